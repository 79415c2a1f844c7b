import { idPattern } from "../../models/index.ts"
import type { FoundPerson } from "../../roster/index.ts"
import type { ConsoleRoute } from "../routing/route.ts"
import type { Visit } from "../routing/visit.ts"
import { textField } from "../view/fields.ts"
import { html, type Markup } from "../view/html.ts"
import { personName, rolesText, sisIdsText, stateBadge } from "../view/person-facts.ts"
import { button, emptyState, linkButton } from "../view/pieces.ts"
import { table } from "../view/table.ts"
import { showPerson } from "./person.ts"

/** People: look somebody up, and find out why they can't log in. */
export const peopleRoutes: readonly ConsoleRoute[] = [
  { method: "GET", path: "/districts/:districtId/people", role: "view", handle: (visit) => showForm(visit) },
  { method: "POST", path: "/districts/:districtId/people", role: "view", handle: lookUp },
  { method: "GET", path: "/districts/:districtId/people/:personId", role: "view", handle: showPerson },
]

const peoplePerPage = 25

/** By POST: names and addresses have no place in a URL. */
function showForm(visit: Visit, value = "", results: Markup = html``): Promise<Response> {
  const words = visit.text.people
  return visit.page({
    section: "people",
    title: words.title,
    lead: words.lead,
    body: html`<section class="card">${visit.postForm(
      visit.districtPath("people"),
      html`<div class="inline search">${textField({ name: "who", label: words.search, hint: words.searchHint, value, required: true })}
${button(words.button, { kind: "primary" })}</div>`,
    )}</section>${results}`,
  })
}

async function lookUp(visit: Visit): Promise<Response> {
  const { text, show, form, parts, connection } = visit
  const words = text.people
  const { districtId } = connection
  const wanted = (form.get("who") ?? "").trim().slice(0, 200)
  if (wanted === "") return visit.redirect(visit.districtPath("people"))
  const after = form.get("after") ?? undefined
  const { people, next, looked } = await parts.roster.findPeople({
    districtId,
    text: wanted,
    after,
    limit: peoplePerPage,
  })
  const list =
    people.length > 0
      ? html`<p>${words.found(show.number(people.length))}</p>${peopleTable(visit, people)}`
      : next === null
        ? nobody(visit, wanted)
        : html``
  const goOn =
    next === null
      ? ""
      : visit.postForm(
          visit.districtPath("people"),
          html`<input type="hidden" name="who" value="${wanted}"><input type="hidden" name="after" value="${next}">
<p>${words.lookedThrough(show.number(looked))}</p>${button(words.searchOn)}`,
        )
  return showForm(visit, wanted, html`<section class="card" aria-live="polite">${list}${goOn}</section>`)
}

function peopleTable(visit: Visit, people: readonly FoundPerson[]): Markup {
  const { columns, title } = visit.text.people
  return table({
    caption: title,
    columns: [
      { title: columns.name },
      { title: columns.roles },
      { title: columns.sisIds },
      { title: columns.state },
      { title: columns.id },
    ],
    rows: people.map((person) => [
      html`<a href="${visit.href(personPath(visit, person.id))}">${personName(visit, person)}</a>`,
      rolesText(visit, person.roles),
      sisIdsText(visit, person),
      stateBadge(visit, person),
      html`<code>${person.id}</code>`,
    ]),
  })
}

/** Whom the roster does not have Clever may. */
function nobody(visit: Visit, wanted: string): Markup {
  const { none, noneText, ask } = visit.text.people
  const isId = idPattern.test(wanted) && /^[0-9a-f]{24}$/i.test(wanted)
  const action = isId ? linkButton(visit.href(personPath(visit, wanted)), ask) : undefined
  return emptyState({ title: none, text: noneText, action })
}

function personPath(visit: Visit, id: string): string {
  return visit.districtPath(`people/${encodeURIComponent(id)}`)
}
