import type { Kind } from "../../models/kinds.ts"
import type { LoggedAction } from "../../storage/contract.ts"
import type { DeliveryWait } from "./delivery-state.ts"

/** What a delivery tells of itself while it works: ids, codes and counts, nothing of any record. */
export type DeliveryEvent = { readonly target: string; readonly districtId: string } & (
  | {
      /** A call of the target that succeeded. */
      readonly type: "batch-delivered"
      readonly kind: Kind
      readonly action: LoggedAction
      readonly changes: number
      readonly durationMs: number
    }
  | {
      /** A call of the target that threw; what was in it will be tried again, or set aside. */
      readonly type: "batch-failed"
      readonly kind: Kind
      readonly action: LoggedAction
      readonly changes: number
      readonly durationMs: number
      readonly code: string | null
    }
  /** All of a commit is delivered, or among the dead letters. */
  | { readonly type: "commit-delivered"; readonly version: number; readonly changes: number }
  /** A target that was added later has the roster as it was. */
  | { readonly type: "snapshot-delivered"; readonly version: number; readonly changes: number }
  /** A change became a dead letter, or is one still after a replay. */
  | {
      readonly type: "change-stuck"
      readonly letterId: string
      readonly kind: Kind
      readonly recordId: string
      readonly action: LoggedAction
      readonly code: string | null
    }
  | {
      readonly type: "change-blocked"
      readonly letterId: string
      readonly kind: Kind
      readonly recordId: string
      readonly action: LoggedAction
      readonly blockedBy: string
    }
  /** A dead letter was delivered after all. */
  | { readonly type: "letter-delivered"; readonly letterId: string }
  | ({ readonly type: "delivery-waiting" } & DeliveryWait)
)
