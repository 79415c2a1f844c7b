import { auditText } from "../../errors/index.ts"

import type { ErasureCounts } from "../../storage/contract.ts"

/** Something that was done to a link or a session, for the app's audit log: ids, counts and times, no names. */
export type AccountAuditEvent = {
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
  | {
      /** Erased from everything, roster and history included; `erase` is of sign-in alone. */
      readonly type: "forget"
      readonly what: "user" | "district"
      readonly districtId: string
      /** Who asked for it. */
      readonly by: string
      readonly counts: ErasureCounts
    }
)

/** Tells a listener of events whose texts are safe; what it throws is ignored: what was done is done. */
export function auditTo(
  listener: ((event: AccountAuditEvent) => void) | undefined,
): (event: AccountAuditEvent) => void {
  return (event) => {
    const entries = Object.entries(event).map(([key, value]) => [
      key,
      typeof value === "string" ? auditText(value) : value,
    ])
    try {
      listener?.(Object.fromEntries(entries) as AccountAuditEvent)
    } catch {
      // A listener can't undo it.
    }
  }
}
