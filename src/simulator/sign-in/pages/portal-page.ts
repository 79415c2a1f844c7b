import type { Context } from "hono"
import { html } from "hono/html"
import { districtName } from "../district-name.ts"
import { describe, nameOf, type Person, roleName } from "../person.ts"
import type { CleverSession } from "../session-book.ts"
import type { SimulatedApp } from "../simulated-app.ts"
import { type Markup, pageAnswer } from "./page.ts"

/** The Portal of one person: an icon for each of their apps. */
export function portalPage(
  c: Context,
  options: {
    session: CleverSession
    person: Person
    apps: readonly SimulatedApp[]
    installable: readonly SimulatedApp[]
    search: string
    /** People whose Portal a district admin may open. */
    others: readonly Person[] | undefined
    admin: Person | undefined
  },
): Promise<Response> {
  const { session, person, apps, installable, admin } = options
  const otherRoles = admin === undefined ? person.roles.filter((role) => role !== session.role) : []
  return pageAnswer(c, {
    title: `Portal of ${districtName(person.district)}`,
    body: html`<p>Logged in as <strong data-testid="who">${nameOf(person)}</strong> (<span data-testid="role">${roleName(session.role)}</span>)${admin === undefined ? "" : html`, <span data-testid="by-admin">opened by ${nameOf(admin)}</span>`}.
<a href="/logout" data-testid="logout">Log out of Clever</a> <a href="/login/${person.district.id}" data-testid="switch">Switch account</a></p>
${otherRoles.map((role) => html`<form class="inline" method="post" action="/portal/role"><button name="role" value="${role}" data-testid="role-${role}">Use Clever as ${roleName(role)}</button></form>`)}
<h2>Apps</h2>
<div class="apps" data-testid="apps">${apps.map((app) => html`<a data-testid="app-${app.clientId}" href="/portal/apps/${app.clientId}">${app.name}</a>`)}</div>
${apps.length === 0 ? html`<p data-testid="no-apps">No app is shared with you.</p>` : ""}
${installable.length === 0 ? "" : html`<h2>Clever Library</h2><ul>${installable.map((app) => html`<li><a data-testid="install-${app.clientId}" href="/library/${app.clientId}">Install ${app.name}</a></li>`)}</ul>`}
${options.others === undefined ? "" : accessAs(options.search, options.others)}`,
  })
}

function accessAs(search: string, people: readonly Person[]): Markup {
  return html`<h2>Access Portal as user</h2>
<form method="get" action="/portal" role="search">
<label for="search">Search for a person
<input id="search" name="q" type="search" value="${search}"></label>
<button type="submit" data-testid="search">Search</button>
</form>
<form method="post" action="/portal/as" data-testid="people">
<ul>${people.map((person) => html`<li><button name="person" value="${person.id}" data-testid="person-${person.id}">${nameOf(person)} <span class="note">${describe(person)}</span></button></li>`)}</ul>
</form>`
}
