import type { Context } from "hono"
import { html } from "hono/html"
import { nameOf, type Person } from "../person.ts"
import { pageAnswer } from "./page.ts"

/** Asks a student on a shared device whether it is they who are logged in. */
export function confirmPage(c: Context, options: { person: Person; next: string }): Promise<Response> {
  const { person, next } = options
  const other = new URLSearchParams({ continue: next })
  return pageAnswer(c, {
    title: "Is this you?",
    body: html`<p>You are logged in to Clever as <strong data-testid="who">${nameOf(person)}</strong>.</p>
<p><a class="button" data-testid="confirm" href="${next}">Yes, that's me</a>
<a data-testid="switch" href="/login/${person.district.id}?${other.toString()}">No, that's somebody else</a></p>`,
  })
}
