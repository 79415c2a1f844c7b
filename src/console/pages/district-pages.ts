import type { Connection } from "../../storage/contract.ts"
import type { Visit } from "../routing/visit.ts"
import type { Markup } from "../view/html.ts"
import { pager } from "../view/table.ts"

const districtsPerPage = 50

/** The districts of the page that was asked for, by `after` in its address, and the way to the first and the next. */
export function pageOfDistricts(
  visit: Visit,
  { districts, path }: { districts: readonly Connection[]; path: string },
): { readonly shown: readonly Connection[]; readonly pages: Markup } {
  const { page, firstPage, nextPage } = visit.text.partners
  const after = visit.query.get("after") ?? ""
  const rest = districts.filter(({ districtId }) => districtId > after)
  const shown = rest.slice(0, districtsPerPage)
  const last = shown.at(-1)?.districtId
  const first = after === "" ? undefined : visit.href(path)
  const next = rest.length > shown.length ? visit.href(path, { after: last }) : undefined
  return { shown, pages: pager({ pages: page, firstPage, nextPage }, { first, next }) }
}
