import type { Kind } from "../../models/kinds.ts"
import type { Ownership } from "../../models/ownership.ts"
import type { Scope } from "../../models/scope.ts"

/** What goes for the imports of one district; what is absent goes as for all districts. */
export interface ConnectionSettings {
  /** When its imports are held. Default: as `RosterSync` has it. */
  guards?: GuardSettings | undefined
  /** What of it is kept. Default: as `RosterSync` has it. */
  scope?: Scope | undefined
  /** Whose fields are whose. Default: as `RosterSync` has it. */
  ownership?: Ownership | undefined
  /**
   * The name of the Clever app that the district is connected to, where there are several. Default: the one that is
   * for its mode.
   */
  app?: string | undefined
  /** When it is imported by itself. Default: as `ImportScheduler` has it. */
  schedule?: ScheduleSettings | undefined
}

/** When a district is imported by itself (S29). */
export interface ScheduleSettings {
  /**
   * Minute, hour, day of the month, month and day of the week, as cron has them: `30 3 * * 1-5`. Default `0 22 * *
   * *`.
   */
  cron?: string | undefined
  /** An IANA time zone, in which the times and dates are: `America/Chicago`. Default `America/New_York`. */
  timeZone?: string | undefined
  /**
   * Each time is later by up to so many minutes, by as many as is the district's own share. Default 240; 10 with a
   * `cron` of one's own.
   */
  jitterMinutes?: number | undefined
  /**
   * On these days nothing begins by itself: ISO 8601 dates, or ranges of them with both ends included. Default:
   * none.
   */
  blackout?: readonly (string | { from: string; to: string })[] | undefined
  /** After how many days an import lists everything again, instead of reading what changed; 0: never. Default 7. */
  bulkEveryDays?: number | undefined
  /** Whether there is an import on every day, also on one that the expression leaves out. Default true. */
  atLeastDaily?: boolean | undefined
}

/** When an import is held instead of applied (S15). */
export interface GuardSettings extends GuardThresholds {
  /** `everything` (the default): a held import changes nothing. `risky-only`: only its archives wait. */
  onHold?: "everything" | "risky-only" | undefined
  /**
   * Thresholds of single kinds, which go before those of all kinds, a change of school year's included. Default:
   * none.
   */
  kinds?: Partial<Record<Kind, GuardThresholds>> | undefined
  /**
   * A change of school year: from and to these days (ISO 8601 dates in UTC, both included) these thresholds go.
   * Default: none.
   */
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
