import { HomeroomError, isHomeroomError } from "../../../errors/index.ts"
import { type ImportJob, importProgress } from "../../../exchange/index.ts"
import type { ImportMode, Run } from "../../../storage/contract.ts"
import type { ConsoleRoute } from "../../routing/route.ts"
import type { Visit } from "../../routing/visit.ts"
import { totalOf } from "../../view/changes-chart.ts"
import { radios } from "../../view/fields.ts"
import { html, type Markup } from "../../view/html.ts"
import { districtName } from "../../view/layout.ts"
import { type Banner, button, card, emptyState, facts, linkButton } from "../../view/pieces.ts"
import { runBadge } from "../../view/states.ts"
import { errorText } from "../error-page.ts"
import { cancelLink } from "../run-decisions.ts"
import { eventsOf } from "./progress-events.ts"
import { progressBar, stateMark } from "./progress-text.ts"

/** Data Exchange › Clever Secure Sync › Import: start one, look at what it would do, watch the one that runs. */
export const importRoutes: readonly ConsoleRoute[] = [
  { method: "GET", path: "/districts/:districtId/import", role: "view", handle: showImport },
  { method: "POST", path: "/districts/:districtId/import", role: "operate", handle: startImport },
  { method: "POST", path: "/districts/:districtId/import/preview", role: "operate", handle: startPreview },
  { method: "POST", path: "/districts/:districtId/import/cancel", role: "operate", handle: cancelWaiting },
  { method: "GET", path: "/districts/:districtId/import/events", role: "view", handle: eventsOf },
]

const refreshSeconds = 5
/** A waiting import that nobody takes for so long may have nobody to take it. */
const longWaitMs = 60_000
/** Runs of single people who log in are passed over on the way to the last import. */
const mostLookedAt = 200

async function startImport(visit: Visit): Promise<Response> {
  const { imports } = visit.parts
  const { districtId } = visit.connection
  const request = { districtId, mode: modeOf(visit), by: visit.actor }
  try {
    const { health } = await imports.status(districtId)
    // Whoever starts one has looked after what was wrong.
    const { isNew } = await (health.quarantine === null ? imports.schedule(request) : imports.tryNow(request))
    return visit.redirect(visit.districtPath("import"), isNew ? "import-scheduled" : "import-waits-already")
  } catch (error) {
    return refused(visit, error)
  }
}

async function startPreview(visit: Visit): Promise<Response> {
  const { districtId } = visit.connection
  try {
    const runId = await visit.previews.start({ districtId, mode: modeOf(visit), by: visit.actor })
    return visit.redirect(visit.districtPath("import"), undefined, { watch: runId })
  } catch (error) {
    return refused(visit, error)
  }
}

async function cancelWaiting(visit: Visit): Promise<Response> {
  const { districtId } = visit.connection
  const isRemoved = await visit.parts.imports.cancel({ districtId, by: visit.actor })
  return visit.redirect(
    visit.districtPath("import"),
    isRemoved ? "import-cancelled" : "import-already-running",
  )
}

/** The page again, with what was chosen, and what is in the way. */
function refused(visit: Visit, error: unknown): Promise<Response> {
  const isClevers = isHomeroomError(error) && error.code.startsWith("CLEVER_")
  if (!isHomeroomError(error) || (error.httpStatus >= 500 && !isClevers)) throw error
  return page(visit, { status: error.httpStatus, banner: { kind: "error", text: errorText(visit, error) } })
}

async function showImport(visit: Visit): Promise<Response> {
  const watched = visit.query.get("watch")
  if (watched !== null) {
    const { storage } = visit.parts
    const { districtId } = visit.connection
    const running = await importProgress({ storage, districtId, clock: visit.clock })
    // A preview that is done is what was waited for.
    if (running?.runId !== watched)
      return visit.redirect(visit.districtPath(`history/${encodeURIComponent(watched)}`))
  }
  return page(visit, {})
}

async function page(
  visit: Visit,
  { status, banner }: { status?: number | undefined; banner?: Banner | undefined },
): Promise<Response> {
  const { text, connection, parts, clock } = visit
  const { districtId } = connection
  const words = text.import
  const jobs = await parts.imports.status(districtId)
  const running = await importProgress({ storage: parts.storage, districtId, clock })
  const job = jobs.waiting ?? jobs.running
  const isMoving = running !== undefined || job !== null
  const current = running === undefined ? waitingCard(visit, job) : runningCard(visit, running)
  const mark = stateMark(running, job)
  return visit.page({
    status,
    banner,
    section: "import",
    title: words.title,
    lead: words.lead,
    refreshSeconds: isMoving ? refreshSeconds : undefined,
    crumbs: [{ text: districtName(connection), path: visit.districtPath() }, { text: words.crumb }],
    body: html`${
      isMoving
        ? html`<div data-events="${visit.href(visit.districtPath("import/events"))}" data-state="${mark}">${current}</div>`
        : ""
    }
${formCard(visit)}
${await lastCard(visit)}`,
  })
}

function formCard(visit: Visit): Markup {
  const { text, connection } = visit
  const words = text.import
  const isPaused = connection.state === "paused"
  if (connection.mode !== "sso+provisioning" || (connection.state !== "active" && !isPaused)) {
    const action = linkButton(visit.href(visit.districtPath()), words.toConnection, "primary")
    const why = connection.state === "active" ? words.ssoOnly : words.notActive
    return card({ title: words.form, body: emptyState({ title: words.notImportable, text: why, action }) })
  }
  if (!visit.may("operate")) return html``
  const preview = visit.href(visit.districtPath("import/preview"))
  const form = visit.postForm(
    visit.districtPath("import"),
    html`${radios({
      name: "mode",
      legend: words.mode,
      value: visit.form.get("mode") ?? "delta",
      choices: [
        { value: "delta", ...words.modes.delta },
        { value: "bulk", ...words.modes.bulk },
      ],
    })}
<div class="actions">${button(words.import, { kind: "primary", disabled: isPaused })}
<button class="button plain" formaction="${preview}">${words.preview}</button></div>
<p class="hint">${words.previewHint}</p>`,
  )
  return card({
    title: words.form,
    body: isPaused ? html`<p class="quiet">${text.connection.importsPaused}</p>${form}` : form,
  })
}

function runningCard(visit: Visit, running: NonNullable<Awaited<ReturnType<typeof importProgress>>>): Markup {
  const { text, show } = visit
  const words = text.import
  const { purpose, startedBy, startedAt, mode } = running.run
  return card({
    title: purpose === "plan" ? words.runningPreview : words.running,
    aside: runBadge(text, running.run.state),
    body: html`${progressBar(visit, running)}
<p class="hint">${text.importModes[mode]}. ${words.startedBy(startedBy)}, ${show.time(startedAt)}. ${words.runningText}</p>
${cancelLink(visit, running.run)}`,
  })
}

function waitingCard(visit: Visit, waiting: ImportJob | null): Markup {
  if (waiting === null) return html``
  const { text, show, clock } = visit
  const words = text.import
  // Taken off the queue, and not yet a run, or no longer one.
  if (waiting.state === "running") return card({ title: words.running, body: html`<p>${words.atWork}</p>` })
  const { notBefore, requestedAt } = waiting
  const dueMs = Math.max(Date.parse(requestedAt), notBefore === undefined ? 0 : Date.parse(notBefore))
  const isLate = clock() - dueMs > longWaitMs
  return card({
    title: words.waiting,
    body: html`<p>${words.waitingText(text.importModes[waiting.mode], waiting.requestedBy)}</p>
${dueMs > clock() ? html`<p>${words.waitingUntil} ${show.time(notBefore)}.</p>` : ""}
${isLate ? html`<p class="hint">${words.waitingLong}</p>` : ""}
${visit.may("operate") ? visit.postForm(visit.districtPath("import/cancel"), button(words.cancelWaiting)) : ""}`,
  })
}

async function lastCard(visit: Visit): Promise<Markup> {
  const { text, show } = visit
  const words = text.import
  const run = await lastImport(visit)
  if (run === undefined) {
    return card({ title: words.last, body: emptyState({ title: words.lastNone, text: words.lastNoneText }) })
  }
  const sum = (outcome: "created" | "updated" | "archived") => show.number(totalOf(run, outcome))
  const href = visit.href(visit.districtPath(`history/${encodeURIComponent(run.id)}`))
  return card({
    title: words.last,
    aside: runBadge(text, run.state),
    body: html`${facts([
      [words.when, show.time(run.finishedAt ?? run.startedAt)],
      [words.how, words.lastText(text.importModes[run.mode], run.startedBy)],
      [words.whatChanged, words.counts(sum("created"), sum("updated"), sum("archived"))],
    ])}
<p class="actions">${linkButton(href, words.details)}</p>`,
  })
}

/** The last import that came to an end or to a rest. */
async function lastImport(visit: Visit): Promise<Run | undefined> {
  let looked = 0
  for await (const run of visit.parts.roster.history({ districtId: visit.connection.districtId })) {
    if (++looked > mostLookedAt) return undefined
    const isRunning = ["queued", "fetching", "applying"].includes(run.state)
    if (run.purpose === "import" && run.mode !== "user" && !isRunning) return run
  }
  return undefined
}

function modeOf(visit: Visit): ImportMode {
  const mode = visit.form.get("mode")
  if (mode === "delta" || mode === "bulk") return mode
  throw new HomeroomError("INVALID_OPTIONS", { message: "mode must be delta or bulk." })
}
