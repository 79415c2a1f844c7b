import type { Response } from "express"
import type { LoginAnswer } from "../sso/index.ts"

/** Sends an answer as it is: what `sso.start` answers, for one. */
export function sendLoginAnswer(res: Response, { status, headers, body }: LoginAnswer): void {
  res.status(status)
  for (const [name, value] of headers) {
    // Cookies are added to the app's; of everything else ours must be the only one, as of two caching rules.
    if (name === "set-cookie") res.appendHeader(name, value)
    else res.setHeader(name, value)
  }
  res.end(body)
}
