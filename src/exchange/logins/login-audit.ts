/** Something that was done to a link or a session, for the app's audit log: ids, counts and times, no names. */
export type LoginAuditEvent = {
  /** ISO 8601 in UTC. */
  readonly at: string
} & (
  | {
      readonly type: "link" | "unlink"
      readonly issuer: string
      readonly cleverId: string
      readonly accountId: string
      readonly districtId: string | null
      /** Who or what did it. */
      readonly by: string
    }
  | {
      readonly type: "revoke"
      /** Whose sessions have ended. */
      readonly subject: string
    }
  | {
      readonly type: "erase"
      readonly what: "user" | "district"
      /** Of a district; of a user nothing is left to tell. */
      readonly districtId: string | null
      readonly links: number
      readonly keys: number
    }
)

const maxLength = 200

/**
 * A text that is safe to write into a log: control characters, line separators and marks that turn the direction of
 * writing are `?`, and what is longer than 200 characters is cut off.
 */
export function auditText(text: string): string {
  const safe = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "?")
  return safe.length > maxLength ? `${safe.slice(0, maxLength)}…` : safe
}

/** Tells a listener of events whose texts are safe; what it throws is ignored: what was done is done. */
export function auditTo(
  listener: ((event: LoginAuditEvent) => void) | undefined,
): (event: LoginAuditEvent) => void {
  return (event) => {
    const entries = Object.entries(event).map(([key, value]) => [
      key,
      typeof value === "string" ? auditText(value) : value,
    ])
    try {
      listener?.(Object.fromEntries(entries) as LoginAuditEvent)
    } catch {
      // A listener can't undo it.
    }
  }
}
