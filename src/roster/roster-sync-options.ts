import type { Kind } from "../models/kinds.ts"
import type { Ownership } from "../models/ownership.ts"
import type { RosterSource } from "../models/record-page.ts"
import type { Scope } from "../models/scope.ts"
import type { Repeat, Sleep } from "../models/timers.ts"
import type { GuardSettings, ImportMode, RosterStorage } from "../storage/contract.ts"
import type { LeaseOptions } from "./lease-keeper.ts"
import type { Retention } from "./retention.ts"
import type { RosterEvent } from "./roster-events.ts"
import type { SyncProgress } from "./run-context.ts"
import type { RunLimits } from "./run-limits.ts"

export interface RosterSyncOptions {
  /** Where the roster comes from: a `CleverClient`, or anything that answers like one. */
  clever: RosterSource
  /** Where the roster is kept. */
  storage: RosterStorage
  /** Records a page, 1 to 10,000. The source's own default when absent. */
  pageSize?: number | undefined
  /** The lease on the district being imported. Default: 20 s, extended every 5 s. */
  lease?: Partial<LeaseOptions> | undefined
  /** Thresholds; each has the default that {@link RunLimits} names. */
  limits?: Partial<RunLimits> | undefined
  /**
   * When imports are held, where a district's connection does not say otherwise (S15). Like `scope` and `ownership`
   * it is checked with the first call, which rejects with `INVALID_OPTIONS`. Default: the thresholds that {@link
   * GuardThresholds} names.
   */
  guards?: GuardSettings | undefined
  /** What of a district is kept, where its connection does not say otherwise (S18). Default: everything. */
  scope?: Scope | undefined
  /** Whose fields are whose, where a district's connection does not say otherwise (S19). Default: all Clever's. */
  ownership?: Ownership | undefined
  /** For how long details are kept (S31). Default: for ever. Purged after each import, and by `purge`. */
  retention?: Retention | undefined
  /** Who holds the leases, for people to read. Default: host name and process id. */
  holder?: string | undefined
  /** Told what happens, in ids, codes and counts; what it throws is ignored. See `homeroom/telemetry`. */
  onEvent?: ((event: RosterEvent) => void) | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
  /** How waiting is done. Default: timers. */
  sleep?: Sleep | undefined
  /** How the heartbeat is repeated. Default: a timer that does not keep the process alive. */
  repeat?: Repeat | undefined
}

export interface SyncOptions {
  /** The Clever id of the district. */
  districtId: string
  /** `delta` by default; it falls back to `bulk` by itself where it must, and says why in `run.fallback`. */
  mode?: ImportMode | undefined
  /** Who asked for it: a user of the app. Default `library`. */
  by?: string | undefined
  /** How long to wait for another import of the district to end, in milliseconds. Default 0: not at all. */
  waitMs?: number | undefined
  /** Ends the run at the next safe point: it becomes `interrupted`, and the same mode resumes it. */
  signal?: AbortSignal | undefined
  /** Told after every page (S30). What it throws is ignored. */
  onProgress?: ((progress: SyncProgress) => void) | undefined
}

/** As for {@link SyncOptions}; nothing of the roster is written. */
export type PlanOptions = SyncOptions

/** Who decides on a plan, and why. */
export interface DecisionOptions {
  /** A user of the app. Default `library`. */
  by?: string | undefined
  /** In their words, for the history; no names of pupils. Default: nothing. */
  why?: string | undefined
  /** How long to wait for an import of the district to end, in milliseconds. Default 0: not at all. */
  waitMs?: number | undefined
  /** Gives up, with `ABORTED`, before anything is written. */
  signal?: AbortSignal | undefined
}

export interface ApplyOptions extends DecisionOptions {
  /** The hash of the plan that is meant. */
  approve: string
}

export interface ApproveOptions extends DecisionOptions {
  by: string
  why: string
  /** The hash of the plan that is meant. Default: that of the plan as it is. */
  hash?: string | undefined
}

export interface DiscardOptions extends DecisionOptions {
  by: string
  why: string
}

export interface CancelOptions {
  /** A user of the app. */
  by: string
  /** In their words, for the history; no names of pupils. Default: nothing. */
  why?: string | undefined
}

export interface PurgeOptions {
  /** The Clever id of the district. */
  districtId: string
  /** How long to wait for an import of the district to end, in milliseconds. Default 0: not at all. */
  waitMs?: number | undefined
  /** Gives up waiting, with `ABORTED`. */
  signal?: AbortSignal | undefined
}

export interface SyncUserOptions {
  /** The Clever id of the district. */
  districtId: string
  /** The Clever id of the person. */
  id: string
  /** Who asked for it. Default `login`. */
  by?: string | undefined
  /** Gives up, with `ABORTED`, before the commit. */
  signal?: AbortSignal | undefined
}

export interface ExplainOptions {
  /** The Clever id of the district. */
  districtId: string
  kind: Kind
  /** The Clever id of the record. */
  id: string
  /** Gives up, with `ABORTED`. */
  signal?: AbortSignal | undefined
}

export interface UndoOptions {
  /** Who wants it: a user of the app, or `cli`. Pauses the connection in their name. */
  by: string
  /** In their words, for the history; no names of pupils. Default: nothing. */
  why?: string | undefined
  /** How long to wait for an import of the district to end, in milliseconds. Default 0: not at all. */
  waitMs?: number | undefined
  /** Calls it off, with `ABORTED`, before the commit: nothing was changed. */
  signal?: AbortSignal | undefined
}
