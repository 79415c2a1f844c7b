import { errorCodes, type HomeroomError } from "../../errors/index.ts"
import type { Visit } from "../routing/visit.ts"
import { html } from "../view/html.ts"
import { linkButton } from "../view/pieces.ts"

/** What an error says to whoever works with the console. */
export function errorText({ text }: Pick<Visit, "text">, error: HomeroomError): string {
  return text.errors[error.code] ?? error.message
}

/** What is wrong, for where it stands beside what has to be corrected: that need not be said then. */
export function problemText({ code, message }: HomeroomError): string {
  return message.replace(` ${errorCodes[code].remedy}`, "")
}

/** A page that says what went wrong and what to do. */
export function errorPage(visit: Visit, error: HomeroomError): Promise<Response> {
  const { text } = visit
  const { errorPage: words } = text
  const title =
    error.httpStatus === 404 ? words.notFound : error.httpStatus === 403 ? words.notAllowed : words.title
  return visit.page({
    status: error.httpStatus === 499 ? 503 : error.httpStatus,
    title,
    banner: { kind: "error", text: errorText(visit, error) },
    body: html`<p class="quiet">${words.code}: <code>${error.code}</code></p>
<p>${linkButton(visit.href("/partners"), words.toStart)}</p>`,
  })
}
