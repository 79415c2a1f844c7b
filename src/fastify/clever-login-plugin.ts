import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import type {
  CleverLoginProof,
  CleverSsoClient,
  Login,
  LoginAnswer,
  LoginHooks,
  LoginRoute,
  LoginSession,
  ResolvedLogin,
  SessionKeeper,
} from "../sso/index.ts"

/** A login with Fastify's request and reply. */
export type FastifyLogin = Omit<Login, "request" | "native"> & {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

export interface CleverLoginPluginOptions {
  readonly sso: CleverSsoClient
  /** Where the routes are, if a proxy takes off part of the path. Default: where the redirect URI says. */
  readonly prefix?: string | undefined
  /** Where sessions are kept: `fastifySessions()` for `@fastify/secure-session`. Default: a sealed cookie. */
  readonly sessions?: SessionKeeper | undefined
  /** Decides whether and as whom a person may log in. Throw a `HomeroomError` to refuse. Default: everybody may. */
  readonly resolve?:
    | ((login: FastifyLogin) => ResolvedLogin | undefined | Promise<ResolvedLogin | undefined>)
    | undefined
  /** After the new session has begun: the place to fill the app's own. */
  readonly onLogin?:
    | ((login: FastifyLogin & { readonly session: LoginSession }) => void | Promise<void>)
    | undefined
  /** Instead of a login, when `sso.start` was asked to link an account. */
  readonly onLink?:
    | ((login: FastifyLogin & { readonly proof: CleverLoginProof }) => void | Promise<void>)
    | undefined
  /** Before the session ends. */
  readonly onLogout?:
    | ((logout: {
        readonly session: LoginSession | undefined
        readonly request: FastifyRequest
        readonly reply: FastifyReply
      }) => void | Promise<void>)
    | undefined
}

declare module "fastify" {
  interface FastifyRequest {
    /** Who is logged in with Clever; null if nobody is. */
    cleverSession: LoginSession | null
  }
}

interface Native {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/**
 * Login, callback and logout at the paths of the redirect URI, and `request.cleverSession` on every route:
 * `app.register(cleverLoginPlugin, { sso })`.
 *
 * What a hook throws that is no `HomeroomError` reaches the app's error handler. A hook that has answered itself is
 * left the last word; the built-in session's cookie is then not sent.
 */
async function cleverLoginPlugin(app: FastifyInstance, options: CleverLoginPluginOptions): Promise<void> {
  const { sso, sessions } = options
  const hooks = hooksOf(options)
  const paths = pathsOf(app, options)
  const ownPaths = new Set(Object.values(paths).map((path) => `${app.prefix}${path}`))

  app.decorateRequest("cleverSession", null)
  app.addHook("onRequest", async (request, reply) => {
    // These read the session themselves, and answer with a page of their own if it can't be read.
    if (ownPaths.has(request.routeOptions.url ?? "")) return
    const native: Native = { request, reply }
    const { session, setCookies } = await sso.readSession(request.raw, { sessions, native })
    for (const cookie of setCookies) reply.header("set-cookie", cookie)
    request.cleverSession = session ?? null
  })

  const answer = (route: LoginRoute) => async (request: FastifyRequest, reply: FastifyReply) => {
    const native: Native = { request, reply }
    const handled = await sso.handle(route, request.raw, { ...hooks, native })
    if (reply.sent && !("thrown" in handled)) return reply
    if (!("thrown" in handled)) return sendLoginAnswer(reply, handled.answer)
    if (!reply.sent) {
      for (const [name, value] of handled.answer.headers) if (name === "set-cookie") reply.header(name, value)
    }
    throw handled.thrown
  }
  await app.register(async (routes) => {
    // A logout's form says nothing that is needed, whatever its type.
    routes.removeAllContentTypeParsers()
    routes.addContentTypeParser("*", (_request, body, done) => {
      body.resume()
      done(null)
    })
    for (const route of ["login", "callback", "logout"] as const) routes.all(paths[route], answer(route))
  })
}

// As fastify-plugin does it: the hook and the decorator are for the whole app, not for this plugin alone.
const shared: typeof cleverLoginPlugin = Object.assign(cleverLoginPlugin, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "homeroom",
  [Symbol.for("plugin-meta")]: { name: "homeroom", fastify: "5.x" },
})

export default shared

/** Sends an answer as it is: what `sso.start` answers, for one. */
export function sendLoginAnswer(reply: FastifyReply, { status, headers, body }: LoginAnswer): FastifyReply {
  reply.code(status)
  for (const [name, value] of headers) reply.header(name, value)
  return reply.send(body)
}

/** Where the routes are, below what Fastify puts in front of this instance's. */
function pathsOf(
  app: FastifyInstance,
  { sso, prefix }: CleverLoginPluginOptions,
): Readonly<Record<LoginRoute, string>> {
  const { paths } = sso
  const at = (path: string): string => {
    if (prefix !== undefined) return `${prefix}${path.slice(path.lastIndexOf("/"))}`
    return app.prefix !== "" && path.startsWith(`${app.prefix}/`) ? path.slice(app.prefix.length) : path
  }
  return { login: at(paths.login), callback: at(paths.callback), logout: at(paths.logout) }
}

function hooksOf(options: CleverLoginPluginOptions): LoginHooks<Native> {
  const { resolve, onLogin, onLink, onLogout, sessions } = options
  const forFastify = <L extends Login<Native>>({
    native,
    request: _request,
    ...login
  }: L): Omit<L, "request" | "native"> & Native => ({
    ...login,
    ...native,
  })
  return {
    sessions,
    resolve: resolve === undefined ? undefined : (login) => resolve(forFastify(login)),
    onLogin: onLogin === undefined ? undefined : (login) => onLogin(forFastify(login)),
    onLink: onLink === undefined ? undefined : (login) => onLink(forFastify(login)),
    onLogout: onLogout === undefined ? undefined : ({ session, native }) => onLogout({ session, ...native }),
  }
}
