import type { RequestHandler } from "express"
import type { CleverSsoClient, LoginSession, SessionKeeper } from "../sso/index.ts"

declare global {
  namespace Express {
    interface Request {
      /** Who is logged in with Clever; null if nobody is. Set by `cleverSession`. */
      cleverSession?: LoginSession | null | undefined
    }
  }
}

/**
 * Puts who is logged in into `req.cleverSession`, and keeps a session alive that is in use. `sessions` must be what
 * `cleverLogin` was given.
 */
export function cleverSession(options: {
  readonly sso: CleverSsoClient
  readonly sessions?: SessionKeeper | undefined
}): RequestHandler {
  const { sso, sessions } = options
  return async (req, res, next) => {
    try {
      const { session, setCookies } = await sso.readSession(req, { sessions, native: { req, res } })
      for (const cookie of setCookies) res.appendHeader("set-cookie", cookie)
      req.cleverSession = session ?? null
      next()
    } catch (error) {
      next(error)
    }
  }
}
