import type { Context } from "hono"
import { html } from "hono/html"
import { describe, nameOf, type Person } from "../person.ts"
import type { SimulatedApp } from "../simulated-app.ts"
import { pageAnswer } from "./page.ts"

/** "Log in as…": the people of an app's districts, to open the app as one of them. */
export function dashboardPage(
  c: Context,
  options: { app: SimulatedApp; people: readonly Person[]; search: string },
): Promise<Response> {
  const { app, people, search } = options
  return pageAnswer(c, {
    title: `Log in to ${app.name} as…`,
    body: html`<form method="get" action="/dashboard/${app.clientId}" role="search">
<label for="search">Search for a person
<input id="search" name="q" type="search" value="${search}"></label>
<button type="submit" data-testid="search">Search</button>
</form>
<form method="post" action="/dashboard/${app.clientId}" data-testid="people">
<ul>${people.map((person) => html`<li><button name="person" value="${person.id}" data-testid="person-${person.id}">Log in as ${nameOf(person)} <span class="note">${describe(person)}</span></button></li>`)}</ul>
</form>`,
  })
}
