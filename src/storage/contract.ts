import type { Kind } from "../models/kinds.ts"
import type {
  ChangeQuery,
  CommitRequest,
  LoggedChange,
  Rejection,
  RosterCommit,
  StagedChange,
  StagedCount,
  StagedEntry,
  StagedQuery,
} from "./contract/changes.ts"
import type { Connection } from "./contract/connections.ts"
import type { DocumentStore } from "./contract/documents.ts"
import type { ErasureCounts, ErasureSelection, PurgeCounts, PurgeRequest } from "./contract/erasure.ts"
import type { HeldLease, Lease, LeaseAnswer, LeaseRequest } from "./contract/leases.ts"
import type { LoginStore } from "./contract/login.ts"
import type { OverrideStore } from "./contract/overrides.ts"
import type {
  DistrictHead,
  FingerprintQuery,
  PageQuery,
  RecordFilter,
  RecordQuery,
  RecordSearch,
  StoredFingerprint,
  StoredRecord,
  StretchDifference,
  StretchQuery,
} from "./contract/records.ts"
import type { Run, RunQuery } from "./contract/runs.ts"

export type { Action, LoggedAction } from "./contract/actions.ts"
export type {
  ChangeQuery,
  CommitRequest,
  LoggedChange,
  RecordContent,
  Rejection,
  RosterCommit,
  StagedChange,
  StagedCount,
  StagedEntry,
  StagedQuery,
} from "./contract/changes.ts"
export type { Connection, ConnectionMode, ConnectionState, ConnectionStep } from "./contract/connections.ts"
export type {
  DocumentDelete,
  DocumentPut,
  DocumentQuery,
  DocumentStore,
  DocumentWrite,
  StoredDocument,
} from "./contract/documents.ts"
export type { ErasureCounts, ErasureSelection, PurgeCounts, PurgeRequest } from "./contract/erasure.ts"
export type { HeldLease, Lease, LeaseAnswer, LeaseRequest } from "./contract/leases.ts"
export type {
  AccountLink,
  LinkClaim,
  LinkKey,
  LinkMove,
  LinkMoved,
  LinkQuery,
  LinkSelection,
  LoginStore,
} from "./contract/login.ts"
export type { FieldOverride, OverrideKey, OverrideQuery, OverrideStore } from "./contract/overrides.ts"
export type {
  DistrictHead,
  FingerprintQuery,
  PageQuery,
  RecordFilter,
  RecordKeys,
  RecordQuery,
  RecordSearch,
  RecordState,
  StoredFingerprint,
  StoredRecord,
  StretchDifference,
  StretchQuery,
} from "./contract/records.ts"
export type {
  Approval,
  Checkpoint,
  Counts,
  Cursor,
  Decision,
  FallbackReason,
  Hold,
  HoldCode,
  ImportMode,
  Run,
  RunMode,
  RunPlan,
  RunQuery,
  RunState,
} from "./contract/runs.ts"
export type {
  ConnectionSettings,
  GuardSettings,
  GuardThresholds,
  RolloverWindow,
  ScheduleSettings,
} from "./contract/settings.ts"

/**
 * What a storage adapter must do, and nothing else. An adapter is correct when it passes the suite in
 * `homeroom/testing`; `docs/storage-adapters.md` walks through writing one.
 *
 * Three things carry the whole design:
 * - **Staging.** A run writes what it found (`stage`) page by page, next to the roster, where no reader sees
 *   it. `commit` turns all of it into the roster, the change log, the run's end and the cursor at once.
 * - **Fencing.** Every write names the lease it is made under; a lease that is no longer the district's
 *   newest writes nothing (`LEASE_LOST`).
 * - **Order.** Whatever is listed is listed in ascending id (by code unit), so that the engine compares a
 *   page with the roster by merging two ordered lists in constant memory.
 *
 * Every method rejects with `STORAGE_…` codes when the store fails, and with `STORAGE_UNREADABLE` before `open` and after
 * `close`. It is then without effect; {@link RosterStorage.erase} may have had its effect.
 */
export interface RosterStorage extends LoginStore, OverrideStore, DocumentStore {
  /** What the adapter is called in messages: `sqlite`. */
  readonly name: string
  readonly capabilities: StorageCapabilities

  /** Opens the store and brings its schema up to date. Called once before anything else; calling it again does nothing. */
  open(): Promise<void>
  /** Frees everything. Calling it again does nothing. */
  close(): Promise<void>

  // Connections

  /** The connection of a district. */
  getConnection(districtId: string): Promise<Connection | undefined>
  /** All connections in ascending district id. */
  listConnections(): Promise<Connection[]>
  /**
   * Inserts or replaces the connection of its district. With `expected`, only if what is stored has the same content
   * (null: if there is none); else rejects with `CONNECTION_CHANGED`. Atomic across processes.
   */
  saveConnection(connection: Connection, expected?: Connection | null): Promise<void>

  // Leases: one writer per district (S21)

  /**
   * Takes the district's lease if nobody holds it or the holder's time is up, with a fence one higher than any
   * before; else tells who has it. Atomic across processes.
   */
  acquireLease(request: LeaseRequest): Promise<LeaseAnswer>
  /** Extends the lease by `ttlMs` from now; false if it is no longer the district's newest. */
  renewLease(lease: Lease, ttlMs: number): Promise<boolean>
  /** Ends the lease, so that the next one is granted at once. Does nothing if it is not the newest. */
  releaseLease(lease: Lease): Promise<void>
  /** The unexpired lease of a district. */
  getLease(districtId: string): Promise<HeldLease | undefined>

  // Runs

  /** Inserts or replaces a run's record. */
  saveRun(lease: Lease, run: Run): Promise<void>
  /** The run as it was saved last. */
  getRun(runId: string): Promise<Run | undefined>
  /** Newest first (by `startedAt`, then id, both descending). `before` is the last run of the page before. */
  listRuns(query: RunQuery): Promise<Run[]>

  // The roster

  /** Version, cursor and counts of a district; version 0 and no records for an unknown one. */
  getDistrict(districtId: string): Promise<DistrictHead>
  /**
   * The fingerprints of the stored records of a kind with `after < id <= upTo`, archived ones included, in
   * ascending id; at most `limit` of them.
   */
  listFingerprints(query: FingerprintQuery): Promise<StoredFingerprint[]>
  /**
   * True if the stretch `after < id <= upTo` holds exactly the active records `ids` with the raw fingerprints
   * `raws`, both in ascending id; else false, or how it differs, where little does. For adapters that can tell sooner
   * than by listing; the others leave it out.
   */
  isStretchSame?(query: StretchQuery): Promise<boolean | StretchDifference>
  /** The stored records with these ids, in ascending id; unknown ids are left out. At most 1,000 ids a call. */
  getRecords(query: { districtId: string; kind: Kind; ids: readonly string[] }): Promise<StoredRecord[]>
  /** The stored records of a kind in ascending id, from after `after`. */
  listRecords(query: RecordQuery): Promise<StoredRecord[]>
  /** The records that fit, active ones unless it says otherwise, in ascending id: see {@link RecordFilter}. */
  findRecords(query: RecordSearch): Promise<StoredRecord[]>
  /** How many active records fit; no more than `limit` are looked for. Answers from an index, as `findRecords` does. */
  countRecords(query: {
    districtId: string
    filter: RecordFilter
    limit?: number | undefined
  }): Promise<number>

  // Staging and committing

  /**
   * Adds the changes to the run's staged ones and saves the run, in one transaction. A change replaces what was
   * staged before for the same kind and id. Calls take effect in the order in which they are made, waited for or
   * not. Once one fails for a reason of the store's own, the run's further ones fail too, until another method
   * writes: a later batch must not stand there without an earlier one.
   */
  stage(lease: Lease, batch: { run: Run; changes: readonly StagedChange[] }): Promise<void>
  /** How many changes are staged, by kind and action. */
  countStaged(runId: string): Promise<StagedCount[]>
  /** What is staged for a kind, of any action, in ascending id, from after `after`; without contents. */
  listStaged(query: StagedQuery): Promise<StagedEntry[]>
  /** Drops what the run has staged and saves the run, in one transaction. */
  discardStaged(lease: Lease, run: Run): Promise<void>
  /**
   * Ends a run, in one transaction: every staged change of an action in `actions` becomes the roster (see
   * `Action`) and an entry of the change log with the content before and after; the others are dropped,
   * rejections stay as the run's list; the district gets the cursor, and its version rises by one if any record
   * changed; the run is saved, and with it the overrides, the documents and the connection. Rejects with `PLAN_STALE`
   * if the district's version is no longer `basis`, and with `CONNECTION_CHANGED` if the connection is another one than
   * `expectedConnection`.
   */
  commit(lease: Lease, end: CommitRequest): Promise<void>

  // The change log

  /**
   * The commits of a district that changed a record, in the order in which they were made: each run with the version
   * that the district had after it, from after `after`.
   */
  listCommits(query: {
    districtId: string
    after?: number | undefined
    limit: number
  }): Promise<RosterCommit[]>
  /** The changes of a run in kind order, then id, from after `after`; of a run not yet ended, the staged ones. */
  listChanges(query: ChangeQuery): Promise<LoggedChange[]>
  /** The records that a run rejected, in kind order, then id, from after `after`. */
  listRejections(query: PageQuery & { runId: string }): Promise<Rejection[]>

  // Erasing

  /**
   * Removes a record, or a whole district, from everything that the store holds: roster, plans, logs, documents,
   * overrides, links, and from the contents of others that mention its id. Fenced, in one transaction. Afterwards no
   * file of the store contains it: {@link countTraces} proves it.
   *
   * Of the district's own the settings of its connection stay where a record is erased; session epochs stay, under a
   * name that is nobody's. Rejects with `STORAGE_BUSY` as well if the transaction is done but somebody reads an older
   * state of the store, whose files then still hold it: to be called again.
   */
  erase(lease: Lease, selection: ErasureSelection): Promise<ErasureCounts>
  /**
   * Removes what has outlived its time. Fenced, in one transaction. A run whose changes went stays, with
   * `changesPurgedAt`.
   */
  purge(lease: Lease, request: PurgeRequest): Promise<PurgeCounts>
  /**
   * In how many entries of each place (a table, a file) of the store this text stands, as it is or as JSON or a link
   * would write it; places without it are left out. Does not look at the settings of connections. Reads everything.
   */
  countTraces(text: string): Promise<Record<string, number>>
}

export interface StorageCapabilities {
  /** What is committed outlives the process. */
  durable: boolean
  /** Several processes may open the same store at once. */
  shared: boolean
}
