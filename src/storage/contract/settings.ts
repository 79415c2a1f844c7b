import type { Kind } from "../../models/kinds.ts"
import type { Ownership } from "../../models/ownership.ts"
import type { Scope } from "../../models/scope.ts"

/** What goes for the imports of one district; what is absent goes as for all districts. */
export interface ConnectionSettings {
  guards?: GuardSettings | undefined
  scope?: Scope | undefined
  ownership?: Ownership | undefined
}

/** When an import is held instead of applied (S15). */
export interface GuardSettings extends GuardThresholds {
  /** `everything` (the default): a held import changes nothing. `risky-only`: only its archives wait. */
  onHold?: "everything" | "risky-only" | undefined
  /** Thresholds of single kinds, which go before those of all kinds, a change of school year's included. */
  kinds?: Partial<Record<Kind, GuardThresholds>> | undefined
  /** A change of school year: from and to these days (ISO 8601 dates in UTC, both included) these thresholds go. */
  rollover?: RolloverWindow | undefined
}

export interface RolloverWindow extends GuardThresholds {
  from: string
  to: string
  kinds?: Partial<Record<Kind, GuardThresholds>> | undefined
}

/** Shares are between 0 and 1; 1 switches a guard off. */
export interface GuardThresholds {
  /** A larger share archived within 24 hours: of a kind in the district or in one school, or of a role. Default 0.1. */
  archivedShare?: number | undefined
  /** A larger share updated. Default 0.75. */
  updatedShare?: number | undefined
  /** A larger share rejected. Default 0.05. */
  rejectedShare?: number | undefined
  /** Shares of archived and updated records count from this many records on. Default 20. */
  atLeast?: number | undefined
  /** Whether a kind (or a role) that had records may lose all of them. Default false. */
  mayEmpty?: boolean | undefined
  /** Whether a school may go, or lose all its people. Default false. */
  maySchoolsGo?: boolean | undefined
}
