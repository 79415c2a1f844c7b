import { HomeroomError } from "../../../errors/index.ts"
import { type IntegrationRequest, nextImport } from "../../../exchange/index.ts"
import type { Connection } from "../../../storage/contract.ts"
import type { ConsoleRoute } from "../../routing/route.ts"
import type { Visit } from "../../routing/visit.ts"
import { html, type Markup } from "../../view/html.ts"
import { districtName } from "../../view/layout.ts"
import { button, card, emptyState, linkButton } from "../../view/pieces.ts"
import { connectionBadge } from "../../view/states.ts"
import { table } from "../../view/table.ts"
import { pageOfDistricts } from "../district-pages.ts"
import { modeCards } from "./mode-cards.ts"
import { visibleRequests } from "./requests.ts"

/** Partners › Clever: both modes, what waits for a decision, and the districts. */
export const overviewRoutes: readonly ConsoleRoute[] = [
  { method: "GET", path: "/partners", role: "view", handle: showPartners },
  { method: "POST", path: "/partners/look", role: "operate", handle: lookForDistricts },
]

async function showPartners(visit: Visit): Promise<Response> {
  const { text } = visit
  const requests = await visibleRequests(visit)
  return visit.page({
    section: "partners",
    title: text.partners.title,
    lead: text.partners.lead,
    body: html`${modeCards(visit, requests)}
${waitingCard(visit, requests)}
${await districtsCard(visit)}`,
  })
}

async function lookForDistricts(visit: Visit): Promise<Response> {
  const { discovery } = visit.parts
  if (discovery === undefined) throw new HomeroomError("CONSOLE_PAGE_NOT_FOUND")
  const reports = await discovery.poll({ signal: visit.request.signal })
  for (const { error } of reports) if (error !== null) throw error
  return visit.redirect("/partners", "districts-looked-for")
}

/** Requests and found districts that somebody has to decide on. */
function waitingCard(visit: Visit, requests: readonly IntegrationRequest[]): Markup {
  const { text, show, districts } = visit
  const { columns, ...words } = text.partners
  const rows = [
    ...requests
      .filter(({ state }) => state === "requested")
      .map(({ id, mode, steps, requestedBy }) => ({
        path: `/partners/requests/${id}`,
        name: `${words.newDistrict} (${requestedBy})`,
        mode,
        step: steps.at(-1),
      })),
    ...districts
      .filter(({ state }) => state === "requested")
      .map((connection) => ({
        path: visit.districtPath("", connection.districtId),
        name: districtName(connection),
        mode: connection.mode,
        step: connection.steps.at(-1),
      })),
  ]
  if (rows.length === 0) return html``
  const mayDecide = visit.may("approve")
  const body = table({
    caption: words.waiting,
    columns: [
      { title: columns.district },
      { title: columns.mode },
      { title: columns.who },
      { title: columns.when },
      ...(mayDecide ? [{ title: columns.actions, isUntitled: true }] : []),
    ],
    rows: rows.map(({ path, name, mode, step }) => [
      html`<a href="${visit.href(path)}">${name}</a>`,
      text.modes[mode],
      step?.by ?? "",
      show.time(step?.at),
      ...(mayDecide ? [decisionButtons(visit, path, name)] : []),
    ]),
  })
  return card({ title: words.waiting, body: html`<p class="quiet">${words.waitingText}</p>${body}` })
}

/** Approve and decline, for one of several on a page. */
function decisionButtons(visit: Visit, path: string, name: string): Markup {
  const words = visit.text.partners
  const approve = button(words.approve, { kind: "primary", label: words.approveWhat(name) })
  const decline = button(words.decline, { label: words.declineWhat(name) })
  return html`<div class="actions">${visit.postForm(`${path}/approve`, approve)}${visit.postForm(`${path}/decline`, decline)}</div>`
}

async function districtsCard(visit: Visit): Promise<Markup> {
  const { text, districts } = visit
  const { columns, ...words } = text.partners
  const decided = districts.filter(({ state }) => state !== "requested")
  const { shown, pages } = pageOfDistricts(visit, { districts: decided, path: "/partners" })
  const footer = await discoveryLine(visit)
  if (decided.length === 0) {
    const body = html`${emptyState({ title: words.none, text: words.noneText })}${footer}`
    return card({ title: words.districts, body })
  }
  const body = table({
    caption: words.districts,
    columns: [
      { title: columns.district },
      { title: columns.districtId },
      { title: columns.mode },
      { title: columns.state },
      { title: columns.lastSync },
      { title: columns.nextSync },
      { title: columns.actions, isUntitled: true },
    ],
    rows: await Promise.all(shown.map((connection) => districtRow(visit, connection))),
  })
  return card({ title: words.districts, body: html`${body}${pages}${footer}` })
}

async function districtRow(visit: Visit, connection: Connection): Promise<(string | Markup)[]> {
  const { text, show } = visit
  const { districtId, mode, state } = connection
  const name = districtName(connection)
  const href = visit.href(visit.districtPath("", districtId))
  const { last, next } = await syncTimes(visit, connection)
  return [
    html`<a href="${href}">${name}</a>`,
    html`<code>${districtId}</code>`,
    text.modes[mode],
    connectionBadge(text, state),
    show.time(last),
    next === null ? html`<span class="quiet">${text.connection.off}</span>` : show.time(next),
    html`<a class="button plain" href="${href}" aria-label="${text.partners.editWhat(name)}">${text.partners.edit}</a>`,
  ]
}

/** When a district was imported last, and when it will be by itself. */
export async function syncTimes(
  visit: Visit,
  connection: Connection,
): Promise<{ last: string | null; next: string | null }> {
  const { storage, imports, schedule } = visit.parts
  const { health } = await imports.status(connection.districtId)
  const { at } = await nextImport({ storage, connection, schedule, clock: visit.clock })
  return { last: health.lastSuccessAt, next: at }
}

async function discoveryLine(visit: Visit): Promise<Markup> {
  const { discovery } = visit.parts
  // What is found is everybody's: those who may see some districts alone are told of none.
  if (discovery === undefined || !visit.sees()) return html``
  const { look, lastLook } = visit.text.partners
  const polls = await discovery.lastPolls()
  const newest = polls
    .map(({ at }) => at)
    .sort()
    .at(-1)
  const form = visit.may("operate") ? visit.postForm("/partners/look", button(look)) : ""
  return html`<div class="actions">${form}</div><p class="hint">${lastLook}: ${visit.show.time(newest)}</p>`
}

/** Leads to where a district is imported. */
export function importLink(visit: Visit): Markup {
  return linkButton(visit.href(visit.districtPath("import")), visit.text.connection.goToImport, "primary")
}
