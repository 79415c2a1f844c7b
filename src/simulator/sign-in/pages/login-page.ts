import type { Context } from "hono"
import { html } from "hono/html"
import type { SimulatedDistrict } from "../../district/simulated-district.ts"
import { districtName } from "../district-name.ts"
import { type LoginMethod, loginMethods } from "../login-method.ts"
import { describe, nameOf, type Person, searchPeople } from "../person.ts"
import { type Markup, pageAnswer } from "./page.ts"

const listed = 25

/** A district's login page in one of its ways: a form, or a list of people to choose from, or both. */
export function loginPage(
  c: Context,
  options: {
    district: SimulatedDistrict
    method: LoginMethod
    next: string
    search: string
    current?: Person | undefined
    failed: boolean
  },
): Promise<Response> {
  const { district, method, next, current } = options
  const rest = new URLSearchParams({ continue: next }).toString()
  const others = loginMethods.filter((other) => other !== method)
  return pageAnswer(c, {
    status: options.failed ? 401 : 200,
    title: `Log in to ${districtName(district)}`,
    body: html`${options.failed ? html`<p class="error" role="alert" data-testid="login-error">Nobody of this district logs in that way with this name.</p>` : ""}
${current === undefined ? "" : html`<p class="note">Logged in as <span data-testid="who">${nameOf(current)}</span>. Logging in replaces that.</p>`}
<h2>${method.label}</h2>
${method.hasForm ? passwordForm(options) : ""}
${method.hasList ? peopleList(options) : ""}
<nav aria-label="Other ways to log in"><h2>Other ways</h2>
${others.map((other) => html`<a data-testid="method-${other.name}" href="/login/${district.id}/${other.name}?${rest}">${other.label}</a> `)}
<a data-testid="other-district" href="/login?${rest}">Not your district?</a></nav>`,
  })
}

interface Place {
  district: SimulatedDistrict
  method: LoginMethod
  next: string
  search: string
}

function passwordForm({ district, method, next }: Place): Markup {
  const example = district.people.find((person) => method.roles.includes(person.role))
  return html`<form method="post" action="/login/${district.id}/${method.name}" data-testid="login-form">
<input type="hidden" name="continue" value="${next}">
<label for="username">User name, e-mail address, number or id
<input id="username" name="username" autocomplete="username" autocapitalize="none" required></label>
<label for="password">Password
<input id="password" name="password" type="password" autocomplete="current-password" required></label>
<button type="submit" id="log-in" data-testid="log-in">Log in</button>
</form>
<p class="note">Every password is right here.${example === undefined ? "" : html` A user name to try: <code>${example.userName}</code>`}</p>`
}

function peopleList({ district, method, next, search }: Place): Markup {
  const people = searchPeople(district, { search, among: method.roles, limit: listed })
  return html`<form method="get" action="/login/${district.id}/${method.name}" role="search">
<input type="hidden" name="continue" value="${next}">
<label for="search">Search for a person
<input id="search" name="q" type="search" value="${search}"></label>
<button type="submit" data-testid="search">Search</button>
</form>
<form method="post" action="/login/${district.id}/${method.name}" data-testid="people">
<input type="hidden" name="continue" value="${next}">
<ul>${people.map((person) => html`<li><button type="submit" name="person" value="${person.id}" data-testid="person-${person.id}">${nameOf(person)} <span class="note">${describe(person)}</span></button></li>`)}</ul>
</form>
${people.length === 0 ? html`<p data-testid="nobody">Nobody is called that.</p>` : ""}
${people.length === listed ? html`<p class="note">The first ${listed} are shown: search for others.</p>` : ""}`
}

/** The page after logging out of Clever. */
export function loggedOutPage(c: Context, districtId: string | undefined): Promise<Response> {
  return pageAnswer(c, {
    title: "You are logged out of Clever",
    body: html`<p>Apps that you used may still be open.</p>
<p><a class="button" href="${districtId === undefined ? "/login" : `/login/${districtId}`}" data-testid="log-in-again">Log in again</a></p>`,
  })
}
