import type { SubjectKind } from "./account-index.ts"

/** Something that was done to a link or a review, for the app's audit log: ids and times, no names. */
export type MatchAuditEvent = MatchAuditDeed & {
  /** ISO 8601 in UTC. */
  readonly at: string
  readonly districtId: string
  /** Who or what did it. */
  readonly by: string
}

type MatchAuditDeed =
  | {
      readonly type: "link" | "unlink"
      readonly kind: SubjectKind
      /** Of the person or the school. */
      readonly cleverId: string
      readonly accountId: string
      /** The Clever id that the account was linked under before; null if under none, or none that is told. */
      readonly from: string | null
    }
  | {
      readonly type: "kept-apart"
      readonly reviewId: string
      readonly accountId: string
    }
  | {
      readonly type: "review-decided"
      readonly reviewId: string
      /** The candidate that it is; null if none. */
      readonly link: string | null
    }

/** Tells a listener; what it throws is ignored: what was done is done. */
export function auditTo(options: {
  listener: ((event: MatchAuditEvent) => void) | undefined
  clock: () => number
}): (event: MatchAuditDeed & { districtId: string; by: string }) => void {
  const { listener, clock } = options
  return (event) => {
    try {
      listener?.({ ...event, at: new Date(clock()).toISOString() })
    } catch {
      // A listener can't undo it.
    }
  }
}
