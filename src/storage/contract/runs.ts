import type { ApiVersion, Kind } from "../../models/kinds.ts"
import type { Action } from "./actions.ts"

/** `bulk` lists everything; `delta` reads the events since the cursor. */
export type ImportMode = "bulk" | "delta"

/**
 * What a run does: an import, the look at one person who logs in before the next import (`user`), or taking back what
 * another run did (`undo`).
 */
export type RunMode = ImportMode | "user" | "undo"

/** Where a run stands: `docs/spec/sync.md` has the table of transitions. */
export type RunState =
  | "queued"
  | "fetching"
  | "interrupted"
  | "planned"
  | "held"
  | "approved"
  | "applying"
  | "applied"
  | "unchanged"
  | "discarded"
  | "expired"
  | "failed"
  | "cancelled"

/** Why a delta run became a bulk run. */
export type FallbackReason =
  | "no-cursor"
  | "cursor-expired"
  | "cursor-rejected"
  | "api-version-changed"
  | "scope-changed"
  | "events-unavailable"
  | "event-unreadable"
  | "events-flood"

/** How many records of one kind a run dealt with, by outcome. */
export interface Counts {
  created: number
  updated: number
  archived: number
  restored: number
  unchanged: number
  rejected: number
}

/**
 * What a guard looks at: the shares of a kind that are archived, updated or rejected, a kind that lost all its records,
 * a school that went, or the district's own state, for which archives wait.
 */
export type HoldCode =
  | "archived-ratio"
  | "updated-ratio"
  | "rejected-ratio"
  | "kind-emptied"
  | "school-vanished"
  | "district-state"

/** What a guard found on a run's plan. */
export interface Hold {
  code: HoldCode
  kind: Kind | null
  schoolId: string | null
  /** Only of a hold about the people of one role. */
  role?: string
  /**
   * The value found and the value allowed, in the hold's unit: a share of 1; how many are left of a kind, a role or a
   * school, and should be; or the state's name.
   */
  measured: number | string
  limit: number | string
}

/** The place in Clever's event feed up to which the roster is current. */
export interface Cursor {
  eventId: string
  /** When that event happened, ISO 8601 in UTC: what its age is judged by (S5). */
  at: string
  apiVersion: ApiVersion
  /** Names the scope that the roster is kept within (S18); absent: everything. */
  scope?: string | undefined
}

/** One import, from its start to its end: a row of the Exchange History. */
export interface Run {
  id: string
  districtId: string
  /** What it is doing; differs from `requestedMode` after a fallback. */
  mode: RunMode
  requestedMode: RunMode
  fallback: FallbackReason | null
  state: RunState
  /** ISO 8601 in UTC, with milliseconds. */
  startedAt: string
  finishedAt: string | null
  startedBy: string
  /** By kind. */
  counts: Record<Kind, Counts>
  holds: Hold[]
  /** What the guards measured of whole kinds and let through; absent if they did not look. */
  passed?: Hold[] | undefined
  /** The cursor that the run's end saved; null where there is none. */
  cursor: Cursor | null
  /** Requests sent to Clever, retries included. */
  requests: number
  /** Records and events read. */
  records: number
  /** Milliseconds spent, over all its processes. */
  durationMs: number
  /** How often it was taken up again after an interruption. */
  resumed: number
  /** Events of unknown types (S3). */
  skippedEvents: number
  error: { code: string; message: string; retryable: boolean } | null
  /** `plan`: made to be looked at; nothing is written unless it is applied (S17). */
  purpose: "import" | "plan"
  /** What applying it would commit, of a run that stopped there. */
  plan: RunPlan | null
  /** Who agreed to that. */
  approval: Approval | null
  /** Who discarded it, or why it expired; of an undo, who wanted it. */
  decision: Decision | null
  /** Of archives that were held while the rest of a run was applied (`risky-only`): that run. */
  splitFrom: string | null
  /** Of an undo: the run that it takes back. */
  undoes: string | null
  /** The district's version after its commit; null before, and where it changed no record. */
  version: number | null
  /** How many records of each school it archives, by kind; schools without any are left out. */
  archivedBySchool: Partial<Record<Kind, Record<string, number>>>
  /** How many people of each role it archives; absent before it is planned, and where there are none. */
  archivedByRole?: Record<string, number>
  /** When its changes were purged, ISO 8601 in UTC; absent while they are there (S31). */
  changesPurgedAt?: string
  /** The fence of the lease that it last ran under. */
  fence: number
  /** The district's version that its changes are changes of. */
  basis: number
  /** Where to go on after an interruption; the engine's own, opaque to adapters. */
  checkpoint: Checkpoint | null
}

/** What a planned, held or approved run would commit. */
export interface RunPlan {
  /** SHA-256 over the basis, the cursor, the actions and every staged change, in hexadecimal. */
  hash: string
  /** Which of the staged actions would take effect. */
  actions: Action[]
  /** The district's cursor after it. */
  cursor: Cursor | null
  /** ISO 8601 in UTC; from then on the run is `expired`. */
  expiresAt: string
  /** Names the scope that it was made within (S18); absent: everything. */
  scope?: string | undefined
}

export interface Approval {
  /** The hash of the plan that was agreed to. */
  hash: string
  /** A user of the app, or `cli`. */
  by: string
  /** In their words; no names of pupils. */
  why: string
  /** ISO 8601 in UTC. */
  at: string
}

/** How a run ended that had waited for somebody to approve it, or how an undo came about. */
export interface Decision {
  /** A user of the app, or `homeroom` where time or a newer run decided. */
  by: string
  /** In their words; no names of pupils. */
  why: string
  /** ISO 8601 in UTC. */
  at: string
}

export interface Checkpoint {
  /** ISO 8601 in UTC. */
  at: string
  stage: "listing" | "replaying" | "reading-events"
  apiVersion: ApiVersion
  /** The cursor taken before a listing, or the last event read. */
  cursor: Cursor | null
  kind: Kind
  /** The link to go on from; null: from the kind's (or the feed's) beginning. */
  next: string | null
  /** The last id listed of the kind. */
  lastId: string
  /** False once a page came unsorted: ids seen are staged, and archives found at the kind's end. */
  ordered: boolean
  /** The last record before which an unidentifiable one stood: nothing up to the next id is archived (S9). */
  gap: boolean
  pages: number
  seen: Partial<Record<Kind, number>>
  /** How many of those seen are out of scope and were not marked as seen: counted where pages came unsorted. */
  outside?: Partial<Record<Kind, number>> | undefined
  /** Names the scope that the run reads within; absent: everything. */
  scope?: string | undefined
}

export interface RunQuery {
  districtId?: string | undefined
  /** All when absent. Those that wait for a decision are few among many: answer from an index. */
  states?: readonly RunState[] | undefined
  before?: { startedAt: string; id: string } | undefined
  limit: number
}
