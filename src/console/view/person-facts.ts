import type { FoundPerson } from "../../roster/index.ts"
import type { Visit } from "../routing/visit.ts"
import { html, type Markup } from "./html.ts"
import { badge } from "./pieces.ts"

/** What people are told apart by, as names and values. */
export function personFacts(visit: Visit, person: FoundPerson): (readonly [string, string | Markup])[] {
  const { fields } = visit.text.review
  return [
    [fields.name, personName(visit, person)],
    [fields.email, person.email === null ? visit.text.nothing : html`<bdi>${person.email}</bdi>`],
    [fields.roles, rolesText(visit, person.roles)],
    [fields.sisIds, sisIdsText(visit, person)],
    [fields.state, stateBadge(visit, person)],
  ]
}

/** The name, or that there is none. */
export function personName({ text }: Visit, { name }: Pick<FoundPerson, "name">): Markup {
  return name === null ? html`<span class="quiet">${text.people.nameless}</span>` : html`<bdi>${name}</bdi>`
}

/** The roles in words. */
export function rolesText({ text }: Visit, roles: readonly string[]): string {
  return roles.length === 0 ? text.nothing : roles.map((role) => text.roles[role] ?? role).join(", ")
}

/** The ids that the district's own system has for somebody. */
export function sisIdsText({ text }: Visit, { sisIds }: Pick<FoundPerson, "sisIds">): Markup {
  return sisIds.length === 0 ? html`${text.nothing}` : html`<bdi>${sisIds.join(", ")}</bdi>`
}

/** Whether the person is active in the roster. */
export function stateBadge({ text }: Visit, { state }: Pick<FoundPerson, "state">): Markup {
  return badge(text.people.states[state], state === "active" ? "good" : "quiet")
}
