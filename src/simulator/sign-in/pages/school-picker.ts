import type { Context } from "hono"
import { html } from "hono/html"
import type { SimulatedDistrict } from "../../district/simulated-district.ts"
import { parseObject } from "../../json.ts"
import { districtName } from "../district-name.ts"
import { pageAnswer } from "./page.ts"

const listed = 25

interface Found {
  district: SimulatedDistrict
  school: { id: string; name: string } | undefined
}

/** Asks for a school or a district, by its name or a district's id, before there is one to log in to. */
export function schoolPicker(
  c: Context,
  options: { districts: readonly SimulatedDistrict[]; search: string; next: string },
): Promise<Response> {
  const { districts, search, next } = options
  const found = findPlaces(districts, search)
  const rest = new URLSearchParams({ continue: next }).toString()
  return pageAnswer(c, {
    title: "Find your school",
    body: html`<form method="get" action="/login" role="search">
<input type="hidden" name="continue" value="${next}">
<label for="search">School or district
<input id="search" name="q" type="search" value="${search}" autocomplete="off"></label>
<button type="submit" data-testid="search">Search</button>
</form>
<ul data-testid="schools">${found.map(
      ({ district, school }) =>
        html`<li><a data-testid="${school === undefined ? "district" : "school"}-${school?.id ?? district.id}" href="/login/${district.id}?${rest}">${school === undefined ? districtName(district) : html`${school.name} <span class="note">${districtName(district)}</span>`}</a></li>`,
    )}</ul>
${found.length === 0 ? html`<p data-testid="nothing">No school or district is called that.</p>` : ""}
<p class="note">The real Clever does not find sandbox districts by name: send <code>district_id</code> to reach those.</p>`,
  })
}

function findPlaces(districts: readonly SimulatedDistrict[], search: string): Found[] {
  const wanted = search.trim().toLowerCase()
  const found: Found[] = districts
    .filter((district) => districtName(district).toLowerCase().includes(wanted) || district.id === wanted)
    .slice(0, listed)
    .map((district) => ({ district, school: undefined }))
  for (const district of districts) {
    if (wanted === "") break
    for (const text of district.data.texts("school").values()) {
      if (found.length >= listed) return found
      const school = parseObject(text)
      const name = String(school.name ?? "")
      if (name.toLowerCase().includes(wanted))
        found.push({ district, school: { id: String(school.id), name } })
    }
  }
  return found
}
