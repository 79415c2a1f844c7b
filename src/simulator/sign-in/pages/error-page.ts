import type { Context } from "hono"
import { html } from "hono/html"
import type { Refusal } from "../access.ts"
import { pageAnswer } from "./page.ts"

/** Clever's own page for a request that can't be answered by sending the browser back to the app. */
export function errorPage(
  c: Context,
  options: { reason: string; status?: 400 | 403 | 404 | undefined; text: string },
): Promise<Response> {
  return pageAnswer(c, {
    status: options.status ?? 400,
    title: "Something went wrong",
    body: html`<p class="error" role="alert" data-testid="error" data-reason="${options.reason}">${options.text}</p>
<p><a href="/portal">Back to Clever</a></p>`,
  })
}

const refusals: Readonly<Record<Refusal, string>> = {
  unshared: "Your district has not shared you with this app. Ask your teacher or administrator for access.",
  "unsupported-user-type": "This app does not support accounts of your type.",
  "not-launched": "Your district does not use this app, or has not launched it yet.",
  "library-role": "Apps of the Clever Library are for teachers and their students.",
  "library-blocked": "Your district has disabled sign up with Clever.",
  "library-no-teacher": "None of your teachers has added this app.",
}

/** Clever's own page for somebody who may not use the app: the app does not learn of it. */
export function refusalPage(c: Context, reason: Refusal): Promise<Response> {
  return pageAnswer(c, {
    status: 403,
    title: "You don't have access",
    body: html`<p class="error" role="alert" data-testid="error" data-reason="${reason}">${refusals[reason]}</p>
<p><a href="/portal">Go to your Portal</a> <a href="/logout" data-testid="logout">Log out of Clever</a></p>`,
  })
}
