import { HomeroomError } from "../../errors/index.ts"
import type { ConsoleRoute } from "../routing/route.ts"
import type { ConsoleSection } from "../routing/section.ts"
import type { Visit } from "../routing/visit.ts"
import { html } from "../view/html.ts"
import { districtName } from "../view/layout.ts"
import { emptyState, linkButton } from "../view/pieces.ts"
import { connectionBadge } from "../view/states.ts"
import { table } from "../view/table.ts"
import { pageOfDistricts } from "./district-pages.ts"

/** The pages that are about one district; the tabs lead here where none is chosen. */
const ofDistricts: readonly ConsoleSection[] = ["import", "schedule", "review", "people"]

/** The way in, the choice of a district, and the switch from one to another. */
export const startRoutes: readonly ConsoleRoute[] = [
  { method: "GET", path: "/", role: "view", handle: (visit) => visit.redirect("/partners") },
  { method: "GET", path: "/switch", role: "view", handle: switchDistrict },
  ...ofDistricts.map(
    (section): ConsoleRoute => ({
      method: "GET",
      path: `/${section}`,
      role: "view",
      handle: (visit) => chooseDistrict(visit, section),
    }),
  ),
]

function switchDistrict(visit: Visit): Response {
  const wanted = visit.query.get("district") ?? ""
  const page = visit.query.get("page") ?? ""
  if (!Object.hasOwn(visit.text.sections, page)) throw new HomeroomError("CONSOLE_PAGE_NOT_FOUND")
  if (wanted === "") return visit.redirect(`/${page}`)
  if (!visit.districts.some(({ districtId }) => districtId === wanted)) {
    throw new HomeroomError("CONNECTION_NOT_FOUND")
  }
  return visit.redirect(visit.districtPath(page === "partners" ? "" : page, wanted))
}

/** Asks which district it is about; with one there is nothing to choose. */
export function chooseDistrict(visit: Visit, section: ConsoleSection): Response | Promise<Response> {
  const { text, districts } = visit
  const [only, ...others] = districts
  if (only !== undefined && others.length === 0)
    return visit.redirect(visit.districtPath(section, only.districtId))
  const page = { section, title: text.sections[section] }
  if (only === undefined) {
    const { none: title, noneText, toPartners } = text.choose
    const action = linkButton(visit.href("/partners"), toPartners, "primary")
    return visit.page({
      ...page,
      body: html`<div class="card">${emptyState({ title, text: noneText, action })}</div>`,
    })
  }
  const { shown, pages } = pageOfDistricts(visit, { districts, path: `/${section}` })
  const rows = shown.map((connection) => {
    const { districtId } = connection
    const href = visit.href(visit.districtPath(section, districtId))
    return [
      html`<a href="${href}">${districtName(connection)}</a>`,
      html`<code>${districtId}</code>`,
      connectionBadge(visit.text, connection.state),
    ]
  })
  const { columns } = text.partners
  return visit.page({
    ...page,
    lead: text.choose.lead,
    body: html`<div class="card">${table({
      caption: text.choose.lead,
      columns: [{ title: columns.district }, { title: columns.districtId }, { title: columns.state }],
      rows,
    })}${pages}</div>`,
  })
}
