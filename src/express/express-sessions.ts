import { HomeroomError } from "../errors/index.ts"
import type { LoginSession, SessionContext, SessionKeeper } from "../sso/index.ts"

export interface ExpressSessionsOptions {
  /** Under which key the session holds who is logged in. Default `clever`. */
  readonly key?: string | undefined
}

/**
 * Keeps who is logged in within express-session (or a session like it), under a new id with every login. A login rejects
 * with `INVALID_OPTIONS` where the request has no such session.
 */
export function expressSessions({ key = "clever" }: ExpressSessionsOptions = {}): SessionKeeper {
  return {
    async read(context) {
      return sessionOf(context)[key] as LoginSession | undefined
    },
    async replace(context, session) {
      await regenerate(context)
      sessionOf(context)[key] = session
    },
    async touch(context, session) {
      sessionOf(context)[key] = session
    },
    async end(context) {
      await regenerate(context)
    },
  }
}

interface ExpressSessionLike {
  regenerate(done: (error?: unknown) => void): unknown
  [key: string]: unknown
}

function sessionOf({ native }: SessionContext): ExpressSessionLike {
  const { req } = native as { req: { session?: ExpressSessionLike } }
  if (typeof req.session?.regenerate === "function") return req.session
  throw new HomeroomError("INVALID_OPTIONS", {
    message:
      "expressSessions() found no express-session on the request: app.use(session(…)) must come before it.",
  })
}

/** An empty session under a new id; the old id is dead. */
function regenerate(context: SessionContext): Promise<void> {
  return new Promise((resolve, reject) => {
    sessionOf(context).regenerate((error) => (error ? reject(error) : resolve()))
  })
}
