import type { ConsoleRole } from "../access.ts"
import type { Visit } from "./visit.ts"

/** One address of the console. */
export interface ConsoleRoute {
  readonly method: "GET" | "POST"
  /**
   * Below the console's base path. Ids of Clever and of runs alone may stand in it: nothing personal. Under
   * `/districts/:districtId` the shell has looked the connection up, and that the person may see it.
   */
  readonly path: string
  /** What it takes; checked before the handler is called. */
  readonly role: ConsoleRole
  /** Answers. A `HomeroomError` that it throws becomes a page that says what to do. */
  handle(visit: Visit): Response | Promise<Response>
}
