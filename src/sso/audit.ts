import { type ErrorCode, tellTo } from "../errors/index.ts"

/**
 * A step of somebody's signing in or out, for the app's audit log. Every value is a code, an id of the checked
 * form, or a time: nothing in it can forge a line of a log.
 */
export interface LoginAuditEvent {
  readonly type:
    | "login-started"
    | "login-succeeded"
    | "login-failed"
    | "account-linked"
    | "logged-out"
    | "logout-refused"
    | "sessions-revoked"
  /** ISO 8601 in UTC. */
  readonly at: string
  /** Who started it, where that is known: the app's own button, or Clever. */
  readonly loginSource?: "app" | "clever" | undefined
  readonly cleverId?: string | undefined
  readonly districtId?: string | undefined
  /** Of a failure. */
  readonly code?: ErrorCode | undefined
}

export type Audit = (event: Omit<LoginAuditEvent, "at">) => void

/** Tells the app's hook, with the time; without one, nobody. */
export function auditor(options: {
  readonly onAudit?: ((event: LoginAuditEvent) => void) | undefined
  readonly clock: () => number
}): Audit {
  const { onAudit, clock } = options
  return tellTo(onAudit && ((event) => onAudit({ ...event, at: new Date(clock()).toISOString() })))
}
