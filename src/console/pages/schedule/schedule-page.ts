import { HomeroomError, isHomeroomError } from "../../../errors/index.ts"
import { type NextImport, nextImport } from "../../../exchange/index.ts"
import type { ConnectionSettings } from "../../../storage/contract.ts"
import type { ConsoleRoute } from "../../routing/route.ts"
import type { Visit } from "../../routing/visit.ts"
import type { BannerCode } from "../../text/english.ts"
import { html, type Markup } from "../../view/html.ts"
import { districtName } from "../../view/layout.ts"
import { button, card, facts } from "../../view/pieces.ts"
import { errorText, problemText } from "../error-page.ts"
import { guardsForm, readGuards } from "./guards-form.ts"
import type { Problems } from "./problems.ts"
import { readSchedule, scheduleForm } from "./schedule-form.ts"
import { scheduleInWords } from "./schedule-words.ts"

/** Data Exchange › Clever Secure Sync › Schedule: when a district is imported by itself, and when an import is held. */
export const scheduleRoutes: readonly ConsoleRoute[] = [
  {
    method: "GET",
    path: "/districts/:districtId/schedule",
    role: "view",
    handle: (visit) => page(visit, {}),
  },
  { method: "POST", path: "/districts/:districtId/schedule", role: "operate", handle: saveSchedule },
  { method: "POST", path: "/districts/:districtId/schedule/reset", role: "operate", handle: resetSchedule },
  { method: "POST", path: "/districts/:districtId/schedule/guards", role: "admin", handle: saveGuards },
]

/** The two parts of a connection's settings that the page is about. */
type Part = "schedule" | "guards"

function saveSchedule(visit: Visit): Promise<Response> {
  const { schedule, problems } = readSchedule(visit)
  return save(visit, "schedule", "schedule-saved", { value: schedule, problems })
}

function resetSchedule(visit: Visit): Promise<Response> {
  return save(visit, "schedule", "schedule-reset", { value: undefined, problems: {} })
}

function saveGuards(visit: Visit): Promise<Response> {
  const { guards, problems } = readGuards(visit)
  return save(visit, "guards", "guards-saved", { value: guards, problems })
}

/** Saves a part of the settings if nobody has changed it since the form was shown; else shows what is wrong. */
async function save<Name extends Part>(
  visit: Visit,
  part: Name,
  tell: BannerCode,
  { value, problems }: { value: ConnectionSettings[Name]; problems: Problems },
): Promise<Response> {
  if (Object.keys(problems).length > 0) return page(visit, { part, problems })
  const { districtId } = visit.connection
  try {
    await visit.parts.connections.changeSettings(districtId, {
      by: visit.actor,
      change: ({ [part]: before, ...others }) => {
        if (visit.form.get("basis") !== basisOf(before)) throw new HomeroomError("CONNECTION_CHANGED")
        return value === undefined ? others : { ...others, [part]: value }
      },
    })
  } catch (error) {
    return page(visit, { part, problems: problemsIn(visit, error, part) })
  }
  return visit.redirect(visit.districtPath("schedule"), tell)
}

/** Beside the field that an error is about, or else above the form. */
function problemsIn(visit: Visit, error: unknown, part: Part): Problems {
  if (!isHomeroomError(error)) throw error
  const { option } = error.details
  if (error.code === "CONNECTION_CHANGED") return { form: visit.text.schedule.changed }
  const isOfForm = error.code === "SCHEDULE_INVALID" || error.code === "INVALID_OPTIONS"
  if (!isOfForm || typeof option !== "string") throw error
  const field = option.replace(`${part}.`, "").replace(".", "-")
  // A field that the form does not have can't show it.
  return { [field]: problemText(error), ...(visit.form.has(field) ? {} : { form: errorText(visit, error) }) }
}

async function page(
  visit: Visit,
  { part, problems = {} }: { part?: Part | undefined; problems?: Problems | undefined },
): Promise<Response> {
  const { text, connection, clock } = visit
  const { storage, schedule, connections } = visit.parts
  const words = text.schedule
  // What somebody else has saved meanwhile is shown beside what was entered.
  const fresh = part === undefined ? connection : await connections.get(connection.districtId)
  const next = await nextImport({ storage, connection: fresh, schedule, clock })
  const { settings } = fresh
  const problemsOf = (name: Part) => (part === name ? problems : undefined)
  const isOwn = settings.schedule !== undefined
  const path = visit.districtPath("schedule")
  const { form: problem } = problems
  return visit.page({
    status: part === undefined ? 200 : 422,
    section: "schedule",
    title: words.title,
    lead: words.lead,
    crumbs: [{ text: districtName(connection), path: visit.districtPath() }, { text: text.import.crumb }],
    banner: problem === undefined ? undefined : { kind: "error", text: problem },
    body: html`${card({ title: words.now, body: nowFacts(visit, next) })}
${
  visit.may("operate")
    ? card({
        title: words.form,
        body: html`${visit.postForm(
          path,
          html`${basisField(settings.schedule)}${scheduleForm(visit, { own: settings.schedule, next, problems: problemsOf("schedule") })}
<div class="actions">${button(text.saveChanges, { kind: "primary", label: `${text.saveChanges}: ${words.form}` })}</div>`,
        )}
${isOwn ? html`<div class="actions">${visit.postForm(`${path}/reset`, html`${basisField(settings.schedule)}${button(words.reset)}`)}</div>` : ""}`,
      })
    : ""
}
${card({
  title: words.guards,
  id: "guards",
  body: html`<p>${words.guardsText}</p>
${await guardsForm(visit, { own: settings.guards, basis: basisField(settings.guards), problems: problemsOf("guards") })}`,
})}`,
  })
}

function nowFacts(visit: Visit, next: NextImport): Markup {
  const { text, show } = visit
  const words = text.schedule
  const { jitterMinutes } = next.schedule
  return html`${facts([
    [words.when, scheduleInWords(text, next)],
    [
      words.nextSync,
      next.at === null ? html`<span class="quiet">${text.connection.off}</span>` : show.time(next.at),
    ],
    [words.lastSync, show.time(next.lastAt)],
  ])}
${jitterMinutes > 0 ? html`<p class="hint">${words.later(show.number(jitterMinutes))}</p>` : ""}
${next.state === "off" ? html`<p class="hint">${words.off}</p>` : ""}
${next.state === "quarantined" ? html`<p class="hint">${words.quarantined}</p>` : ""}`
}

/** What a form was made of, to notice that somebody else has changed it. */
function basisField(settings: ConnectionSettings[Part]): Markup {
  return html`<input type="hidden" name="basis" value="${basisOf(settings)}">`
}

function basisOf(settings: ConnectionSettings[Part]): string {
  return JSON.stringify(settings ?? null)
}
