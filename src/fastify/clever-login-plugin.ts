import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify"
import {
  type CleverSsoClient,
  type DoorHooks,
  type DoorLogin,
  hooksOfDoor,
  type LoginAnswer,
  type LoginRoute,
  type LoginSession,
} from "../sso/index.ts"
import type { FastifyVisit } from "./fastify-visit.ts"

/** A login with Fastify's request and reply. */
export type FastifyLogin = DoorLogin<FastifyVisit>

export interface CleverLoginPluginOptions extends DoorHooks<FastifyVisit> {
  readonly sso: CleverSsoClient
  /** Where the routes are, if a proxy takes off part of the path. Default: where the redirect URI says. */
  readonly prefix?: string | undefined
}

declare module "fastify" {
  interface FastifyRequest {
    /** Who is logged in with Clever; null if nobody is. */
    cleverSession: LoginSession | null
  }
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
  const hooks = hooksOfDoor(options)
  const paths = pathsOf(app, options)
  const ownPaths = new Set(Object.values(paths).map((path) => `${app.prefix}${path}`))

  app.decorateRequest("cleverSession", null)
  app.addHook("onRequest", async (request, reply) => {
    // These read the session themselves, and answer with a page of their own if it can't be read.
    if (ownPaths.has(request.routeOptions.url ?? "")) return
    const native: FastifyVisit = { request, reply }
    const { session, setCookies } = await sso.readSession(request.raw, { sessions, native })
    for (const cookie of setCookies) reply.header("set-cookie", cookie)
    request.cleverSession = session ?? null
  })

  const answer = (route: LoginRoute) => async (request: FastifyRequest, reply: FastifyReply) => {
    const native: FastifyVisit = { request, reply }
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
