import type { Kind } from "../models/kinds.ts"
import type { Ownership } from "../models/ownership.ts"
import type { RosterSource } from "../models/record-page.ts"
import type { Scope } from "../models/scope.ts"
import type { GuardSettings, ImportMode, RosterStorage } from "../storage/contract.ts"
import type { LeaseOptions, Repeat, Sleep } from "./lease-keeper.ts"
import type { Retention } from "./retention.ts"
import type { RosterEvent } from "./roster-events.ts"
import type { Progress } from "./run-context.ts"
import type { RunLimits } from "./run-limits.ts"

export interface RosterSyncOptions {
  /** Where the roster comes from: a `CleverClient`, or anything that answers like one. */
  clever: RosterSource
  /** Where the roster is kept. */
  storage: RosterStorage
  /** Records a page, 1 to 10,000. The source's own default when absent. */
  pageSize?: number
  /** The lease on the district being imported: 20 s, extended every 5 s. */
  lease?: Partial<LeaseOptions>
  /** Thresholds; each has the default that {@link RunLimits} names. */
  limits?: Partial<RunLimits>
  /**
   * When imports are held, where a district's connection does not say otherwise (S15). Like `scope` and `ownership` it is
   * checked with the first call, which rejects with `INVALID_OPTIONS`.
   */
  guards?: GuardSettings
  /** What of a district is kept, where its connection does not say otherwise (S18). Default: everything. */
  scope?: Scope
  /** Whose fields are whose, where a district's connection does not say otherwise (S19). Default: all Clever's. */
  ownership?: Ownership
  /** For how long details are kept (S31). Default: for ever. Purged after each import, and by `purge`. */
  retention?: Retention
  /** Who holds the leases, for people to read. Default: host name and process id. */
  holder?: string
  /** Told what happens, in ids, codes and counts; what it throws is ignored. See `homeroom/telemetry`. */
  onEvent?: (event: RosterEvent) => void
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: () => number
  /** How waiting is done. Default: timers. */
  sleep?: Sleep
  /** How the heartbeat is repeated. Default: a timer that does not keep the process alive. */
  repeat?: Repeat
}

export interface SyncOptions {
  /** The Clever id of the district. */
  districtId: string
  /** `delta` by default; it falls back to `bulk` by itself where it must, and says why in `run.fallback`. */
  mode?: ImportMode
  /** Who asked for it: a user of the app. Default `library`. */
  startedBy?: string
  /** How long to wait for another import of the district to end, in milliseconds. Default 0: not at all. */
  waitMs?: number
  /** Ends the run at the next safe point: it becomes `interrupted`, and the same mode resumes it. */
  signal?: AbortSignal
  /** Told after every page (S30). Must not throw. */
  onProgress?: (progress: Progress) => void
}

/** As for {@link SyncOptions}; nothing of the roster is written. */
export type PlanOptions = SyncOptions

/** Who decides on a plan, and why. */
export interface PlanActor {
  /** A user of the app. Default `library`. */
  by?: string
  /** In their words, for the history; no names of pupils. */
  why?: string
  /** How long to wait for an import of the district to end, in milliseconds. Default 0: not at all. */
  waitMs?: number
}

export interface ApplyOptions extends PlanActor {
  /** The hash of the plan that is meant. */
  approve: string
  /** Gives up, with `ABORTED`, before anything is written. */
  signal?: AbortSignal
}

export interface ApproveOptions extends PlanActor {
  by: string
  why: string
  /** The hash of the plan that is meant. Default: that of the plan as it is. */
  hash?: string
}

export interface DiscardOptions extends PlanActor {
  by: string
  why: string
}

export interface SyncUserOptions {
  /** The Clever id of the district. */
  districtId: string
  /** The Clever id of the person. */
  id: string
  /** Who asked for it. Default `login`. */
  startedBy?: string | undefined
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
  signal?: AbortSignal
}

export interface UndoOptions {
  /** Who wants it: a user of the app, or `cli`. Pauses the connection in their name. */
  by: string
  /** In their words, for the history; no names of pupils. */
  why?: string
  /** How long to wait for an import of the district to end, in milliseconds. Default 0: not at all. */
  waitMs?: number
  /** Calls it off, with `ABORTED`, before the commit: nothing was changed. */
  signal?: AbortSignal
}
