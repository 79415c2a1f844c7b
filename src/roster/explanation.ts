import type { ErrorCode } from "../errors/index.ts"
import type { Kind } from "../models/kinds.ts"
import type { Action, Hold, LoggedAction, RecordState, RunMode } from "../storage/contract.ts"

/** Why one record is as it is, step by step: fetched → scoped → matched → compared → decided (S17). */
export interface Explanation {
  districtId: string
  kind: Kind
  id: string
  fetched: FetchedStep
  scoped: ScopedStep
  matched: MatchedStep
  compared: ComparedStep
  decided: DecidedStep
  /** The last runs that changed the record, newest first; five at most. */
  changed: RecordRun[]
}

/** What Clever has under the id now. */
export type FetchedStep =
  | { readonly state: "found" }
  /** Not shared, or deleted, or never there. */
  | { readonly state: "not-found" }
  /** Clever did not answer: nothing is known of what it has. */
  | { readonly state: "unreachable"; readonly code: ErrorCode }

/** Whether the district's settings keep the record (S18). */
export type ScopedStep =
  | { readonly state: "in-scope" }
  /** `kind`, `roles`, `schools` or `exclude`; `malformed` where none of these could be read. */
  | { readonly state: "out-of-scope"; readonly reason: string }
  /** There is no record to look at. */
  | { readonly state: "unknown" }

/** Whose account of the app the person is, or which of its schools the school. */
export interface MatchedStep {
  /** `no-accounts`: records of other kinds have none. */
  state: "linked" | "in-review" | "unlinked" | "no-accounts"
  /** The accounts that it is linked to: one for each issuer of a person's id. */
  accountIds: string[]
  /** What somebody still has to decide: whose account it is, or whether the person is one that was archived (S27). */
  reviewIds: string[]
}

/** The stored record beside Clever's. */
export interface ComparedStep {
  stored: RecordState | "none"
  /** The fields that differ within the scope, by name. Empty unless both are there. */
  fields: string[]
}

/** What the next import would make of it. */
export interface DecidedStep {
  /**
   * What an import of everything would do now; `none` where it would do nothing, `unknown` where Clever did not answer.
   * A delta does it as far as Clever has told of it by an event.
   */
  action: Action | "none" | "unknown"
  /** What stands in the way of that, or of what a run that waits would do. */
  obstacles: Obstacle[]
}

export type Obstacle =
  /** Clever's record can't be accepted (S9); `runId` is the last import, where it is on the list of that. */
  | {
      readonly code: "rejected"
      readonly reason: string
      readonly path: string
      readonly runId: string | null
    }
  /** A run would change the record, and waits for somebody to decide (S16). */
  | {
      readonly code: "run-waits"
      readonly runId: string
      readonly state: "held" | "planned" | "approved"
      readonly action: LoggedAction
      readonly holds: readonly Hold[]
    }
  /** Nothing is archived while the district's own data stands still (S28). */
  | { readonly code: "district-state"; readonly state: string }
  /** The app's own values of these fields are read in place of Clever's (S19). */
  | { readonly code: "override"; readonly paths: readonly string[] }
  /** No import runs through the district's connection now. */
  | { readonly code: "connection"; readonly state: string }

/** A run that changed the record. */
export interface RecordRun {
  runId: string
  mode: RunMode
  action: LoggedAction
  /** When it was committed: ISO 8601 in UTC. */
  at: string
  /** The fields that it changed, by name. */
  fields: string[]
}
