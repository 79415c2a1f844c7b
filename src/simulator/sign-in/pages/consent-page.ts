import type { Context } from "hono"
import { html } from "hono/html"
import { nameOf, type Person } from "../person.ts"
import type { SimulatedApp } from "../simulated-app.ts"
import { pageAnswer } from "./page.ts"

/** Asks a teacher whether a Library app may know them and their students. */
export function consentPage(
  c: Context,
  options: { app: SimulatedApp; person: Person; next: string },
): Promise<Response> {
  const { app, person, next } = options
  return pageAnswer(c, {
    title: `Sign up for ${app.name} with Clever`,
    body: html`<p>${nameOf(person)}, ${app.name} will receive your name and e-mail address, and of the students in your
sections the first name and the initial of the last name.</p>
<form method="post" action="/library/${app.clientId}">
<input type="hidden" name="continue" value="${next}">
<button type="submit" name="consent" value="yes" data-testid="consent">Agree and install</button>
</form>
<p><a href="/portal">Not now</a></p>`,
  })
}
