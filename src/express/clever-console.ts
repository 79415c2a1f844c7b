import type { RequestHandler } from "express"
import { toFetchRequest } from "../console/node/node-request.ts"
import { sendResponse, signalOf } from "../console/node/send-response.ts"
import { HomeroomError } from "../errors/index.ts"
import type { ExpressVisit } from "./express-visit.ts"

/** A console that `createConsole` has made. */
export interface ExpressConsole {
  readonly basePath: string
  fetch(request: globalThis.Request, native: ExpressVisit): Promise<globalThis.Response>
}

/**
 * The Data Exchange console as one middleware: `app.use("/data-exchange", cleverConsole(console))`, with the same path
 * given to `createConsole` as `basePath`. Fails with `INVALID_OPTIONS` where that is another one.
 *
 * Works with and without a body parser before it. What the app's session adds to the answer is kept.
 */
export function cleverConsole(console: ExpressConsole): RequestHandler {
  const { basePath } = console
  return async (req, res, next) => {
    try {
      // A proxy may put something before the path, so that links need more than the app sees.
      if (!basePath.endsWith(req.baseUrl)) {
        throw new HomeroomError("INVALID_OPTIONS", {
          message: `The console is mounted at ${req.baseUrl || "/"}, but its basePath is ${basePath || "/"}.`,
          details: { option: "basePath" },
        })
      }
      const signal = signalOf(res)
      const request = toFetchRequest({ request: req, url: `${basePath}${req.url}`, body: req.body, signal })
      if (request === undefined) return void res.status(400).end()
      await sendResponse(res, await console.fetch(request, { req, res }))
    } catch (error) {
      next(error)
    }
  }
}
