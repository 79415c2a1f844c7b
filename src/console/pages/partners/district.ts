import { HomeroomError, isHomeroomError } from "../../../errors/index.ts"
import type { ConnectionMode } from "../../../storage/contract.ts"
import type { ConsoleRoute } from "../../routing/route.ts"
import type { Visit } from "../../routing/visit.ts"
import type { BannerCode } from "../../text/english.ts"
import { selectField, textField } from "../../view/fields.ts"
import { html, type Markup } from "../../view/html.ts"
import { districtName } from "../../view/layout.ts"
import { button, card, facts, linkButton } from "../../view/pieces.ts"
import { connectionBadge } from "../../view/states.ts"
import { errorText } from "../error-page.ts"
import { appField, connectError, stepsTable } from "./connection-form.ts"
import { importLink, syncTimes } from "./overview.ts"

/** One district's connection: how it stands, its mode, and its life from request to end. */
export const districtRoutes: readonly ConsoleRoute[] = [
  { method: "GET", path: "/districts/:districtId", role: "view", handle: (visit) => page(visit, undefined) },
  { method: "POST", path: "/districts/:districtId", role: "operate", handle: saveChanges },
  { method: "GET", path: "/districts/:districtId/disconnect", role: "admin", handle: askToDisconnect },
  step("request", "operate", "integration-requested", ({ parts, connection, actor }) =>
    parts.connections.request(connection.districtId, { mode: connection.mode, by: actor }),
  ),
  step("approve", "approve", "request-approved", ({ parts, connection, actor }) =>
    parts.connections.approve(connection.districtId, { by: actor }),
  ),
  step("decline", "approve", "request-declined", ({ parts, connection, actor }) =>
    parts.connections.decline(connection.districtId, { by: actor }),
  ),
  step("pause", "operate", "district-paused", ({ parts, connection, actor }) =>
    parts.connections.pause(connection.districtId, { by: actor }),
  ),
  step("resume", "operate", "district-resumed", ({ parts, connection, actor }) =>
    parts.connections.resume(connection.districtId, { by: actor }),
  ),
  step("disconnect", "admin", "district-disconnected", ({ parts, connection, actor }) =>
    parts.connections.disconnect(connection.districtId, { by: actor }),
  ),
]

/** A step of a connection that is taken by pressing a button. */
function step(
  name: string,
  role: ConsoleRoute["role"],
  tell: BannerCode,
  take: (visit: Visit) => Promise<unknown>,
): ConsoleRoute {
  return {
    method: "POST",
    path: `/districts/:districtId/${name}`,
    role,
    async handle(visit) {
      await take(visit)
      return visit.redirect(visit.districtPath(), tell)
    },
  }
}

/** Connects an approved district, or changes the mode or the app of one that is connected: Clever is asked first. */
async function saveChanges(visit: Visit): Promise<Response> {
  const { connection, form, actor } = visit
  const { districtId } = connection
  const mode: ConnectionMode = (form.get("mode") ?? connection.mode) === "sso" ? "sso" : "sso+provisioning"
  // What was approved is a mode: another one is for those to decide who approve.
  if (mode !== connection.mode && !visit.may("approve")) {
    throw new HomeroomError("CONSOLE_NOT_ALLOWED", { details: { role: "approve" } })
  }
  const app = form.get("app") || undefined
  try {
    await visit.parts.connections.activate(districtId, { mode, app, by: actor, signal: visit.request.signal })
  } catch (error) {
    if (!isHomeroomError(error) || !connectError(error)) throw error
    return page(visit, errorText(visit, error))
  }
  return visit.redirect(visit.districtPath(), "district-connected")
}

async function page(visit: Visit, problem: string | undefined): Promise<Response> {
  const { text, connection } = visit
  const words = text.connection
  const { health } = await visit.parts.imports.status(connection.districtId)
  return visit.page({
    status: problem === undefined ? 200 : 422,
    section: "partners",
    title: districtName(connection),
    crumbs: [{ text: text.partners.title, path: "/partners" }],
    ...(health.quarantine !== null && {
      banner: {
        kind: "warning",
        text: words.quarantined,
        advice: words.quarantinedAdvice(health.lastFailure?.code ?? ""),
      },
    }),
    body: html`${card({
      title: words.title,
      aside: connectionBadge(text, connection.state),
      body: html`${await connectionFacts(visit)}${changeForm(visit, problem)}`,
    })}
${importsCard(visit)}
${card({
  title: words.steps,
  body: stepsTable(visit, {
    steps: connection.steps.map(({ state, ...rest }) => ({ what: text.connectionStates[state], ...rest })),
  }),
})}
${endCard(visit)}`,
  })
}

async function connectionFacts(visit: Visit): Promise<Markup> {
  const { text, show, connection } = visit
  const { columns } = text.partners
  const { last, next } = await syncTimes(visit, connection)
  const { connections } = visit.parts
  const app = connections.apps.length > 1 ? connection.settings.app : undefined
  return facts([
    [columns.districtId, html`<code>${connection.districtId}</code>`],
    [columns.mode, text.modes[connection.mode]],
    [columns.lastSync, show.time(last)],
    [
      columns.nextSync,
      next === null ? html`<span class="quiet">${text.connection.off}</span>` : show.time(next),
    ],
    ...(app === undefined ? [] : [[text.connection.app, app] as const]),
  ])
}

/** What can be saved, or decided, of the connection as it stands. */
function changeForm(visit: Visit, problem: string | undefined): Markup {
  const { text, connection } = visit
  const { state, mode, districtId } = connection
  const words = text.connection
  const path = visit.districtPath()
  if (state === "requested") {
    if (!visit.may("approve")) return html`<p>${words.waitingText}</p>`
    const { approve: yes, decline: no } = text.partners
    return html`<div class="actions">${visit.postForm(`${path}/approve`, button(yes, { kind: "primary" }))}${visit.postForm(`${path}/decline`, button(no))}</div>`
  }
  if (!visit.may("operate")) return html``
  if (state === "disconnected" || state === "declined") {
    const again = button(text.partners.requestAgain, { kind: "primary" })
    return html`<p>${words.requestAgainText}</p>${visit.postForm(`${path}/request`, again)}`
  }
  // A pause ends by Resume, which asks Clever for nothing.
  if (state === "paused") return html``
  const entered = visit.form.get("mode") ?? mode
  return visit.postForm(
    path,
    html`${textField({
      name: "districtId",
      label: words.districtId,
      value: districtId,
      hint: words.districtIdKept,
      error: problem,
      isCode: true,
      isReadOnly: true,
    })}
${
  visit.may("approve")
    ? selectField({
        name: "mode",
        label: words.mode,
        hint: words.modeHint,
        value: entered,
        choices: [
          ["sso", text.modes.sso],
          ["sso+provisioning", text.modes["sso+provisioning"]],
        ],
      })
    : ""
}
${appField(visit, mode, connection.settings.app)}
<p class="hint">${words.checked}</p>
<div class="actions">${button(text.saveChanges, { kind: "primary" })}</div>`,
  )
}

function importsCard(visit: Visit): Markup {
  const { connection } = visit
  const words = visit.text.connection
  const { state } = connection
  if (connection.mode !== "sso+provisioning" || (state !== "active" && state !== "paused")) return html``
  const isOn = state === "active"
  const path = visit.districtPath(isOn ? "pause" : "resume")
  const change = visit.may("operate")
    ? visit.postForm(path, button(isOn ? words.pause : words.resume, { kind: isOn ? "plain" : "primary" }))
    : ""
  return card({
    title: words.imports,
    body: html`<p>${isOn ? words.importsOn : words.importsPaused}</p><div class="actions">${isOn ? importLink(visit) : ""}${change}</div>`,
  })
}

function endCard(visit: Visit): Markup {
  const words = visit.text.connection
  const { state } = visit.connection
  if (!visit.may("admin") || state === "disconnected" || state === "declined") return html``
  const link = linkButton(visit.href(visit.districtPath("disconnect")), words.disconnect)
  return card({ title: words.end, body: html`<p>${words.endText}</p><p class="actions">${link}</p>` })
}

function askToDisconnect(visit: Visit): Promise<Response> {
  const { text, connection } = visit
  const words = text.connection
  const name = districtName(connection)
  return visit.page({
    section: "partners",
    title: words.disconnectTitle(name),
    crumbs: [
      { text: text.partners.title, path: "/partners" },
      { text: name, path: visit.districtPath() },
    ],
    body: card({
      title: words.end,
      body: html`<p>${words.endText}</p>
<div class="actions">${visit.postForm(visit.districtPath("disconnect"), button(words.disconnect, { kind: "danger" }))}${linkButton(visit.href(visit.districtPath()), text.cancel)}</div>`,
    }),
  })
}
