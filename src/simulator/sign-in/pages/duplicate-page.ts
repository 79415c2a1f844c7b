import type { Context } from "hono"
import { html } from "hono/html"
import { pageAnswer } from "./page.ts"

/** A page that takes the browser to the callback twice: once in a frame, once as a whole. */
export function duplicatePage(c: Context, url: string): Promise<Response> {
  return pageAnswer(c, {
    title: "Taking you to your app",
    head: html`<meta http-equiv="refresh" content="1;url=${url}">`,
    body: html`<iframe src="${url}" title="The same callback once more" hidden></iframe>
<p><a href="${url}" data-testid="callback">Continue</a></p>`,
  })
}
