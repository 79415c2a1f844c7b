import type { ConsoleRoute } from "../routing/route.ts"
import type { Visit } from "../routing/visit.ts"
import { html, type Markup } from "../view/html.ts"
import { districtName } from "../view/layout.ts"
import { card, emptyState, facts } from "../view/pieces.ts"
import { connectionBadge } from "../view/states.ts"
import { table } from "../view/table.ts"

/** Partners › Clever: how the app and its districts are connected to Clever. */
export const partnersRoutes: readonly ConsoleRoute[] = [
  { method: "GET", path: "/partners", role: "view", handle: showPartners },
  { method: "GET", path: "/districts/:districtId", role: "view", handle: showDistrict },
  { method: "POST", path: "/districts/:districtId/pause", role: "operate", handle: pause },
]

function showPartners(visit: Visit): Promise<Response> {
  const { text } = visit
  return visit.page({
    section: "partners",
    title: text.partners.title,
    lead: text.partners.lead,
    body: html`${visit.postForm("/partners/requests", html``)}${card({ title: text.partners.districts, body: districtTable(visit) })}`,
  })
}

async function pause(visit: Visit): Promise<Response> {
  const { connections } = visit.parts
  await connections.pause(visit.connection.districtId, { by: visit.actor })
  return visit.redirect(visit.districtPath(), "district-paused")
}

function districtTable(visit: Visit): Markup {
  const { text, districts } = visit
  const { columns, none, noneText } = text.partners
  if (districts.length === 0) return emptyState({ title: none, text: noneText })
  return table({
    caption: text.partners.districts,
    columns: [
      { title: columns.district },
      { title: columns.districtId },
      { title: columns.mode },
      { title: columns.state },
    ],
    rows: districts.map((connection) => [
      html`<a href="${visit.href(visit.districtPath("", connection.districtId))}">${districtName(connection)}</a>`,
      html`<code>${connection.districtId}</code>`,
      text.modes[connection.mode],
      connectionBadge(text, connection.state),
    ]),
  })
}

function showDistrict(visit: Visit): Promise<Response> {
  const { text, connection } = visit
  const { columns } = text.partners
  return visit.page({
    section: "partners",
    title: districtName(connection),
    crumbs: [{ text: text.partners.title, path: "/partners" }],
    body: card({
      title: text.partners.connection,
      aside: connectionBadge(text, connection.state),
      body: facts([
        [columns.districtId, html`<code>${connection.districtId}</code>`],
        [columns.mode, text.modes[connection.mode]],
      ]),
    }),
  })
}
