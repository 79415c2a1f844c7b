import type { Response } from "express"
import type { LoginAnswer } from "../sso/index.ts"

/** Sends an answer as it is. */
export function send(res: Response, { status, headers, body }: LoginAnswer): void {
  res.status(status)
  for (const [name, value] of headers) res.appendHeader(name, value)
  res.end(body)
}
