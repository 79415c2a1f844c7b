import type { RequestHandler } from "express"
import { type CleverSsoClient, type DoorHooks, type DoorLogin, hooksOfDoor } from "../sso/index.ts"
import type { ExpressVisit } from "./express-visit.ts"
import { sendLoginAnswer } from "./send.ts"

/** A login with Express's request and response. */
export type ExpressLogin = DoorLogin<ExpressVisit>

export interface CleverLoginOptions extends DoorHooks<ExpressVisit> {
  readonly sso: CleverSsoClient
}

/**
 * Login, callback and logout as one middleware: `app.use("/auth/clever", cleverLogin({ sso }))`. Other paths go on
 * to the next one.
 *
 * Never throws: a login that fails gets its page. What a hook throws that is no `HomeroomError` reaches the app's error handler. A hook that has answered itself is
 * left the last word; the built-in session's cookie is then not sent.
 */
export function cleverLogin(options: CleverLoginOptions): RequestHandler {
  const { sso } = options
  const hooks = hooksOfDoor(options)
  return async (req, res, next) => {
    const route = sso.routeOf(req.path, req.baseUrl)
    if (route === undefined) return next()
    try {
      const request = { method: req.method, url: req.originalUrl, headers: req.headers }
      const { answer, thrown } = await sso.handle(route, request, { ...hooks, native: { req, res } })
      if (res.headersSent) return thrown === undefined ? undefined : next(thrown)
      if (thrown === undefined) return sendLoginAnswer(res, answer)
      for (const [name, value] of answer.headers) if (name === "set-cookie") res.appendHeader(name, value)
      next(thrown)
    } catch (error) {
      next(error)
    }
  }
}
