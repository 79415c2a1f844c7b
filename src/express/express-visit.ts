import type { Request, Response } from "express"

/** What the app's own functions are given of a request: Express's, with the app's session. */
export interface ExpressVisit {
  readonly req: Request
  readonly res: Response
}
