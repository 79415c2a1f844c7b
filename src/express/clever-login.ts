import type { Request, RequestHandler, Response } from "express"
import type {
  CleverLoginProof,
  CleverSsoClient,
  Login,
  LoginHooks,
  LoginSession,
  ResolvedLogin,
  SessionKeeper,
} from "../sso/index.ts"
import { sendLoginAnswer } from "./send.ts"

/** A login with Express's request and response. */
export type ExpressLogin = Omit<Login, "request" | "native"> & {
  readonly req: Request
  readonly res: Response
}

export interface CleverLoginOptions {
  readonly sso: CleverSsoClient
  /** Where sessions are kept: `expressSessions()` for express-session. Default: a sealed cookie. */
  readonly sessions?: SessionKeeper | undefined
  /** Decides whether and as whom a person may log in. Throw a `HomeroomError` to refuse. Default: everybody may. */
  readonly resolve?:
    | ((login: ExpressLogin) => ResolvedLogin | undefined | Promise<ResolvedLogin | undefined>)
    | undefined
  /** After the new session has begun: the place to fill the app's own. */
  readonly onLogin?:
    | ((login: ExpressLogin & { readonly session: LoginSession }) => void | Promise<void>)
    | undefined
  /** Instead of a login, when `sso.start` was asked to link an account. */
  readonly onLink?:
    | ((login: ExpressLogin & { readonly proof: CleverLoginProof }) => void | Promise<void>)
    | undefined
  /** Before the session ends. */
  readonly onLogout?:
    | ((logout: {
        readonly session: LoginSession | undefined
        readonly req: Request
        readonly res: Response
      }) => void | Promise<void>)
    | undefined
}

interface Native {
  readonly req: Request
  readonly res: Response
}

/**
 * Login, callback and logout as one middleware: `app.use("/auth/clever", cleverLogin({ sso }))`. Other paths go on
 * to the next one.
 *
 * What a hook throws that is no `HomeroomError` reaches the app's error handler. A hook that has answered itself is
 * left the last word; the built-in session's cookie is then not sent.
 */
export function cleverLogin(options: CleverLoginOptions): RequestHandler {
  const { sso } = options
  const hooks = hooksOf(options)
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

function hooksOf(options: CleverLoginOptions): LoginHooks<Native> {
  const { resolve, onLogin, onLink, onLogout, sessions } = options
  const forExpress = <L extends Login<Native>>({
    native,
    request: _request,
    ...login
  }: L): Omit<L, "request" | "native"> & Native => ({
    ...login,
    ...native,
  })
  return {
    sessions,
    resolve: resolve === undefined ? undefined : (login) => resolve(forExpress(login)),
    onLogin: onLogin === undefined ? undefined : (login) => onLogin(forExpress(login)),
    onLink: onLink === undefined ? undefined : (login) => onLink(forExpress(login)),
    onLogout: onLogout === undefined ? undefined : ({ session, native }) => onLogout({ session, ...native }),
  }
}
