import { HomeroomError, isHomeroomError } from "../../../errors/index.ts"
import { type IntegrationRequest, IntegrationRequests } from "../../../exchange/index.ts"
import type { ConnectionMode } from "../../../storage/contract.ts"
import type { ConsoleRoute } from "../../routing/route.ts"
import type { Visit } from "../../routing/visit.ts"
import { html } from "../../view/html.ts"
import { button, card, facts, linkButton } from "../../view/pieces.ts"
import { connectionBadge } from "../../view/states.ts"
import { errorText } from "../error-page.ts"
import { appField, connectError, districtIdField, readDistrictId, stepsTable } from "./connection-form.ts"

/** Wishes to be integrated: made, decided on, and turned into a connection. */
export const requestRoutes: readonly ConsoleRoute[] = [
  { method: "POST", path: "/partners/requests", role: "operate", handle: makeRequest },
  { method: "GET", path: "/partners/requests/:requestId", role: "view", handle: showRequest },
  { method: "POST", path: "/partners/requests/:requestId", role: "operate", handle: connectDistrict },
  { method: "POST", path: "/partners/requests/:requestId/approve", role: "approve", handle: approve },
  { method: "POST", path: "/partners/requests/:requestId/decline", role: "approve", handle: decline },
]

/** Those that the visitor may know of: all, or where they see some districts alone, their own. */
export async function visibleRequests(visit: Visit): Promise<IntegrationRequest[]> {
  return (await book(visit).list()).filter((request) => mayKnow(visit, request))
}

async function makeRequest(visit: Visit): Promise<Response> {
  const mode = visit.form.get("mode") ?? ""
  if (!isMode(mode)) {
    throw new HomeroomError("INVALID_OPTIONS", { message: "mode must be sso or sso+provisioning." })
  }
  await book(visit).request({ mode, by: visit.actor })
  return visit.redirect("/partners", "integration-requested")
}

async function approve(visit: Visit): Promise<Response> {
  const { id } = await requestOf(visit)
  await book(visit).approve(id, { by: visit.actor })
  return visit.redirect("/partners", "request-approved")
}

async function decline(visit: Visit): Promise<Response> {
  const { id } = await requestOf(visit)
  await book(visit).decline(id, { by: visit.actor })
  return visit.redirect("/partners", "request-declined")
}

async function connectDistrict(visit: Visit): Promise<Response> {
  const { id } = await requestOf(visit)
  const districtId = readDistrictId(visit)
  if (typeof districtId !== "string") return page(visit, districtId.problem)
  const app = visit.form.get("app") || undefined
  try {
    await book(visit).connect(id, { districtId, app, by: visit.actor, signal: visit.request.signal })
  } catch (error) {
    if (!isHomeroomError(error) || !connectError(error)) throw error
    return page(visit, errorText(visit, error))
  }
  return visit.redirect(visit.districtPath("", districtId), "district-connected")
}

function showRequest(visit: Visit): Promise<Response> {
  return page(visit, undefined)
}

/** The request, with what was entered and what is wrong with it. */
async function page(visit: Visit, problem: string | undefined): Promise<Response> {
  const { text } = visit
  const request = await requestOf(visit)
  const words = text.connection
  const states = { ...text.connectionStates, connected: text.connectionStates.active }
  const about = facts([
    [words.mode, text.modes[request.mode]],
    [text.partners.columns.who, request.requestedBy],
  ])
  return visit.page({
    status: problem === undefined ? 200 : 422,
    section: "partners",
    title: words.editTitle,
    lead: words.lead,
    crumbs: [{ text: text.partners.title, path: "/partners" }],
    body: html`${card({
      title: words.title,
      aside:
        request.state === "connected"
          ? connectionBadge(text, "active")
          : connectionBadge(text, request.state),
      body: html`${about}${await nextStep(visit, request, problem)}`,
    })}
${card({
  title: words.steps,
  body: stepsTable(visit, {
    steps: request.steps.map(({ state, at, by }) => ({ what: states[state], mode: request.mode, at, by })),
  }),
})}`,
  })
}

async function nextStep(visit: Visit, request: IntegrationRequest, problem: string | undefined) {
  const { text } = visit
  const path = `/partners/requests/${request.id}`
  if (request.state === "connected" && request.districtId !== null) {
    return linkButton(visit.href(visit.districtPath("", request.districtId)), text.partners.edit)
  }
  if (request.state === "requested") {
    if (!visit.may("approve")) return html`<p>${text.connection.waitingText}</p>`
    const { approve: yes, decline: no } = text.partners
    return html`<div class="actions">${visit.postForm(`${path}/approve`, button(yes, { kind: "primary" }))}${visit.postForm(`${path}/decline`, button(no))}</div>`
  }
  if (request.state !== "approved" || !visit.may("operate")) return html``
  return visit.postForm(
    path,
    html`${districtIdField(visit, problem)}
${appField(visit, request.mode)}
<p class="hint">${text.connection.checked}</p>
<div class="actions">${button(text.saveChanges, { kind: "primary" })}${linkButton(visit.href("/partners"), text.cancel)}</div>`,
  )
}

async function requestOf(visit: Visit): Promise<IntegrationRequest> {
  const request = await book(visit).get(visit.param("requestId"))
  if (mayKnow(visit, request)) return request
  throw new HomeroomError("CONNECTION_NOT_FOUND")
}

function mayKnow(visit: Visit, { requestedBy }: IntegrationRequest): boolean {
  return visit.sees() || requestedBy === visit.actor
}

function book({ parts, clock }: Visit): IntegrationRequests {
  const { storage, connections, requests } = parts
  return requests ?? new IntegrationRequests({ storage, connections, clock })
}

function isMode(text: string): text is ConnectionMode {
  return text === "sso" || text === "sso+provisioning"
}
