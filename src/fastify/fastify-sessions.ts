import { HomeroomError } from "../errors/index.ts"
import type { LoginSession, SessionContext, SessionKeeper } from "../sso/index.ts"

export interface FastifySessionsOptions {
  /** Under which key the session holds who is logged in. Default `clever`. */
  readonly key?: string | undefined
}

/**
 * Keeps who is logged in within @fastify/secure-session (or @fastify/session), emptied with every login. Register
 * that one first: a login rejects with `INVALID_OPTIONS` where the request has no session.
 */
export function fastifySessions({ key = "clever" }: FastifySessionsOptions = {}): SessionKeeper {
  return {
    async read(context) {
      return sessionOf(context).get(key) as LoginSession | undefined
    },
    async replace(context, session) {
      await sessionOf(context).regenerate()
      sessionOf(context).set(key, session)
    },
    async touch(context, session) {
      sessionOf(context).set(key, session)
    },
    async end(context) {
      await sessionOf(context).regenerate()
    },
  }
}

interface FastifySessionLike {
  get(key: string): unknown
  set(key: string, value: unknown): void
  regenerate(): unknown
}

function sessionOf({ native }: SessionContext): FastifySessionLike {
  const { request } = native as { request: { session?: FastifySessionLike } }
  if (typeof request.session?.regenerate === "function") return request.session
  throw new HomeroomError("INVALID_OPTIONS", {
    message:
      "fastifySessions() found no session on the request: register @fastify/secure-session before Homeroom.",
  })
}
