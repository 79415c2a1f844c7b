import type { Role } from "../models/index.ts"
import type { CookieJar } from "./cookie-jar.ts"
import type { LoginRequest } from "./login-request.ts"

/** Who is logged in on a browser. No token, and no name unless the app asks for it. */
export interface LoginSession {
  /** The session's own id, new with every login. */
  readonly id: string
  readonly issuer: string
  readonly cleverId: string
  /** Null for a Library login. */
  readonly districtId: string | null
  readonly authorizedBy: "district" | "teacher"
  readonly roles: readonly Role[]
  readonly loginSource: "app" | "clever"
  /** The app's account, where the app told one. */
  readonly accountId: string | null
  /** With `session.displayName`: the name to show. */
  readonly displayName: string | null
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  readonly seenAt: number
  readonly expiresAt: number
  /** Which login made it, so that its callback is known again. */
  readonly loginStateHash: string
  /** The epochs of the person and the district when it began. */
  readonly epochs: readonly number[]
}

/** Whether a value has the parts by which a session is judged. */
export function isLoginSession(value: unknown): value is LoginSession {
  if (typeof value !== "object" || value === null) return false
  const { id, issuer, cleverId, districtId, seenAt, expiresAt, epochs } = value as Record<string, unknown>
  return (
    [id, issuer, cleverId].every((part) => typeof part === "string") &&
    (districtId === null || typeof districtId === "string") &&
    [seenAt, expiresAt].every((part) => typeof part === "number") &&
    Array.isArray(epochs)
  )
}

/** What a door hands to a session keeper: the request as the framework knows it, and what it sets. */
export interface SessionContext {
  readonly request: LoginRequest
  readonly jar: CookieJar
  /** The framework's own request, and whatever else the door passes on. */
  readonly native: unknown
}

/**
 * Where the session is kept: the built-in sealed cookie, or the app's own sessions (`expressSessions`,
 * `fastifySessions`).
 */
export interface SessionKeeper {
  /** What `replace` kept, as it was; its age is not its business. */
  read(context: SessionContext): Promise<LoginSession | undefined>
  /** Begins a session under a new id, with nothing of the one before. */
  replace(context: SessionContext, session: LoginSession): Promise<void>
  /** Keeps the same session with a newer `seenAt`. */
  touch(context: SessionContext, session: LoginSession): Promise<void>
  end(context: SessionContext): Promise<void>
}
