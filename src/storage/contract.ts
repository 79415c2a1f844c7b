import type { ApiVersion, Kind } from "../models/kinds.ts"
import type { DocumentStore, DocumentWrite } from "./contract/documents.ts"
import type { ErasureCounts, ErasureSelection, PurgeCounts, PurgeRequest } from "./contract/erasure.ts"
import type { FieldOverride, OverrideStore } from "./contract/overrides.ts"
import type { ConnectionSettings } from "./contract/settings.ts"

export type {
  DocumentDelete,
  DocumentPut,
  DocumentQuery,
  DocumentStore,
  DocumentWrite,
  StoredDocument,
} from "./contract/documents.ts"
export type { ErasureCounts, ErasureSelection, PurgeCounts, PurgeRequest } from "./contract/erasure.ts"
export type { FieldOverride, OverrideKey, OverrideQuery, OverrideStore } from "./contract/overrides.ts"
export type {
  ConnectionSettings,
  GuardSettings,
  GuardThresholds,
  RolloverWindow,
} from "./contract/settings.ts"

/**
 * What a storage adapter must do, and nothing else. An adapter is correct when it passes the suite in
 * `homeroom/testing`; `docs/spec/storage.md` walks through writing one.
 *
 * Three things carry the whole design:
 * - **Staging.** A run writes what it found (`stage`) page by page, next to the roster, where no reader sees
 *   it. `commit` turns all of it into the roster, the change log, the run's end and the cursor at once.
 * - **Fencing.** Every write names the lease it is made under; a lease that is no longer the district's
 *   newest writes nothing (`LEASE_LOST`).
 * - **Order.** Whatever is listed is listed in ascending id (by code unit), so that the engine compares a
 *   page with the roster by merging two ordered lists in constant memory.
 *
 * Every method rejects with a `HomeroomError` (`STORAGE_…`) when the store fails, and is then without effect.
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

  getConnection(districtId: string): Promise<Connection | undefined>
  /** All connections in ascending district id. */
  listConnections(): Promise<Connection[]>
  /** Inserts or replaces the connection of its district. */
  saveConnection(connection: Connection): Promise<void>

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
  /** The active records that fit, in ascending id: see {@link RecordFilter}. */
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
   * {@link Action}) and an entry of the change log with the content before and after; the others are dropped,
   * rejections stay as the run's list; the district gets the cursor, and its version rises by one if any record
   * changed; the run is saved, and with it the overrides and documents. Rejects with `PLAN_STALE` if the district's
   * version is no longer `basis`.
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
   */
  erase(lease: Lease, selection: ErasureSelection): Promise<ErasureCounts>
  /** Removes what has outlived its time. Fenced, in one transaction. */
  purge(lease: Lease, request: PurgeRequest): Promise<PurgeCounts>
  /** In how many entries of each place (table, file) of the store this text stands. Reads everything. */
  countTraces(text: string): Promise<Record<string, number>>
}

/**
 * What sign-in keeps: whose account is whose, what was used once, and which sessions are over. It belongs to no
 * import: no method needs a lease, and all of them answer while an import runs.
 */
export interface LoginStore {
  // Links: one account for a Clever id

  getLink(key: LinkKey): Promise<AccountLink | undefined>
  /** All links, or those of one district or account, in ascending issuer, then Clever id. */
  listLinks(query: LinkQuery): Promise<AccountLink[]>
  /**
   * Adds the link unless its issuer and Clever id have one already, which is then the answer. Atomic across
   * processes: of many who claim at once, one succeeds and all get the same link. With `exclusive` an account
   * that is linked under another id is refused as well, and that link is the answer.
   */
  claimLink(link: AccountLink, options?: { exclusive?: boolean | undefined }): Promise<LinkClaim>
  /** Brings what is linked under older ids of a person under the present one, in one step: see {@link LinkMove}. */
  moveLink(move: LinkMove): Promise<LinkMoved>
  /** Removes a person's link, an account's or a district's; tells how many. */
  deleteLinks(links: LinkSelection): Promise<number>

  // What may be used once

  /**
   * True for the first caller with this key, over all processes, until the time given (milliseconds since 1970);
   * false for every other one, and for everybody if that time is over already. Afterwards the key is forgotten:
   * expired keys go whenever one is added. `subjects` say whom it concerns, for {@link forgetConsumed}.
   */
  consumeOnce(key: string, expiresAtMs: number, subjects?: readonly string[]): Promise<boolean>
  /** True while the key is consumed. */
  isConsumed(key: string): Promise<boolean>
  /** Forgets the keys that concern a subject; tells how many. */
  forgetConsumed(subject: string): Promise<number>

  // Session epochs: a session older than its person's or district's epoch is over

  /** The epoch of each subject (`user:ISSUER:ID`, `district:ID`), in their order; 0 where there is none. */
  getSessionEpochs(subjects: readonly string[]): Promise<number[]>
  /**
   * Gives the subject a new epoch and returns it: one more than the last, or the present time in milliseconds if
   * that is more, so that it is higher than any before, forgotten ones included. It may be forgotten at
   * `expiresAtMs`, if every call for it has named a time; the latest counts.
   */
  raiseSessionEpoch(subject: string, expiresAtMs?: number): Promise<number>
}

export interface StorageCapabilities {
  /** What is committed outlives the process. */
  durable: boolean
  /** Several processes may open the same store at once. */
  shared: boolean
}

// ── Connections ──────────────────────────────────────────────────────────────────────────────────

/** `sso`: people only sign in; `sso+provisioning`: the roster is imported as well. */
export type ConnectionMode = "sso" | "sso+provisioning"

export type ConnectionState = "requested" | "approved" | "active" | "paused" | "disconnected" | "declined"

/** What joins a district to the app. One per district. */
export interface Connection {
  districtId: string
  /** The district's name at Clever, as of the last look. */
  name: string
  mode: ConnectionMode
  state: ConnectionState
  /** Every state it has been in, oldest first. Times are ISO 8601 in UTC. */
  steps: ConnectionStep[]
  settings: ConnectionSettings
}

export interface ConnectionStep {
  state: ConnectionState
  mode: ConnectionMode
  at: string
  /** Who took the step: a user of the app, or `cli`. */
  by: string
}

// ── Sign-in ──────────────────────────────────────────────────────────────────────────────────────

/** Who somebody is at Clever. The id alone is not enough: Clever may not be the only issuer. */
export interface LinkKey {
  /** `https://clever.com` */
  issuer: string
  cleverId: string
}

/** Whose account of the app a Clever id is. One for each issuer and Clever id; an account may have several. */
export interface AccountLink extends LinkKey {
  /** The app's own id of the account. */
  accountId: string
  /** Null for somebody who came through the Clever Library alone. */
  districtId: string | null
  /** ISO 8601 in UTC. */
  linkedAt: string
  /** Who or what linked them, for people to read; no name and no address. */
  linkedBy: string
}

/** At most one of district and account. */
export interface LinkQuery {
  districtId?: string | undefined
  accountId?: string | undefined
  after?: LinkKey | undefined
  limit: number
}

export type LinkSelection = LinkKey | { accountId: string } | { districtId: string }

export type LinkClaim =
  | { readonly claimed: true; readonly link: AccountLink }
  /** `link` is the one that stands in the way. */
  | { readonly claimed: false; readonly link: AccountLink }

/**
 * A person's present Clever id and those of before. If all links under any of them name one account, that account
 * ends up linked under the present id alone; else nothing changes. Of several such links the one under the present
 * id is kept, failing that the oldest. The link gets `districtId`, unless that is null.
 */
export interface LinkMove extends LinkKey {
  legacyIds: readonly string[]
  districtId: string | null
}

export type LinkMoved =
  /** Nothing is linked under any of the ids. */
  | { readonly state: "none" }
  /** `from` are the older ids that were linked: empty if nothing had to move. */
  | { readonly state: "linked"; readonly link: AccountLink; readonly from: readonly string[] }
  /** Two accounts, or two districts: `links` as they still stand, in ascending Clever id. */
  | { readonly state: "conflict"; readonly links: readonly AccountLink[] }

// ── Leases ───────────────────────────────────────────────────────────────────────────────────────

/** The right to write one district. */
export interface Lease {
  readonly districtId: string
  /** Who holds it, for people to read: host name and process id. */
  readonly holder: string
  /** Rises with every lease of the district. */
  readonly fence: number
}

export interface HeldLease extends Lease {
  /** ISO 8601 in UTC. */
  readonly since: string
  readonly expiresAt: string
}

export interface LeaseRequest {
  districtId: string
  holder: string
  ttlMs: number
}

export type LeaseAnswer =
  | { readonly acquired: true; readonly lease: Lease }
  | { readonly acquired: false; readonly held: HeldLease }

// ── Runs ─────────────────────────────────────────────────────────────────────────────────────────

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
  | "events-unavailable"
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
  /** The value found and the value allowed, in the hold's unit: a share of 1, or the state's name. */
  measured: number | string
  limit: number | string
}

/** The place in Clever's event feed up to which the roster is current. */
export interface Cursor {
  eventId: string
  /** When that event happened, ISO 8601 in UTC: what its age is judged by (S5). */
  at: string
  apiVersion: ApiVersion
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
  /** Of an undo: the run that it takes back. */
  undoes: string | null
  /** The district's version after its commit; null before, and where it changed no record. */
  version: number | null
  /** How many records of each school it archives, by kind; schools without any are left out. */
  archivedBySchool: Partial<Record<Kind, Record<string, number>>>
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
}

export interface RunQuery {
  districtId?: string | undefined
  before?: { startedAt: string; id: string } | undefined
  limit: number
}

// ── Records ──────────────────────────────────────────────────────────────────────────────────────

export type RecordState = "active" | "archived"

export interface DistrictHead {
  /** 0 before the first commit. */
  version: number
  cursor: Cursor | null
  /** The last run that was committed. */
  lastRunId: string | null
  counts: Partial<Record<Kind, { active: number; archived: number }>>
}

export interface StoredFingerprint {
  id: string
  state: RecordState
  /** Of the bytes as Clever sent them. */
  raw: string
  /** Of the canonical content (S11). */
  canonical: string
}

export interface StoredRecord extends StoredFingerprint {
  kind: Kind
  /** The record's JSON text as Clever sent it. */
  data: string
}

export interface PageQuery {
  /** The kind and id of the last entry of the page before. */
  after?: { kind: Kind; id: string } | undefined
  limit: number
}

export interface FingerprintQuery {
  districtId: string
  kind: Kind
  /** Exclusive; `""` is before every id. */
  after: string
  /** Inclusive; to the end when absent. */
  upTo?: string | undefined
  limit: number
}

export interface StretchQuery {
  districtId: string
  kind: Kind
  after: string
  upTo?: string | undefined
  ids: readonly string[]
  raws: readonly string[]
}

/** How a stretch differs from what {@link StretchQuery} says of it. */
export interface StretchDifference {
  /** Of each of the query's `ids`, by its place: 1 if it is stored as the query says, else 0. */
  same: Uint8Array
  /** All other stored records of the stretch, in ascending id. */
  others: StoredFingerprint[]
}

export interface RecordQuery {
  districtId: string
  kind: Kind
  state?: RecordState | undefined
  after?: string | undefined
  limit: number
}

/** What a host asks a roster for. Exactly one of the fields besides `role`. */
export type RecordFilter =
  /** The sections a person teaches or attends. */
  | { kind: "section"; personId: string }
  /** The people of a section, in one role or both. */
  | { kind: "user"; sectionId: string; role?: "student" | "teacher" }
  /** The users of a school (primary or not), in one role or any; or its sections. */
  | { kind: "user" | "section"; schoolId: string; role?: string }
  /** The users that have a role. */
  | { kind: "user"; role: string }
  /** Whoever or whatever has this `sis_id` (of any role; a staff member's `staff_id` counts). */
  | { kind: "school" | "user" | "section"; sisId: string }

/** What a record is found by, read from its content once, so that an adapter need not parse it again. */
export interface RecordKeys {
  /** Of a user: the roles. */
  roles: readonly string[]
  /** Of a user: every school of every role; of a section: its school. */
  schools: readonly string[]
  /** Of a user: each role's `sis_id` (a staff role's `staff_id`); of any other kind: its own. */
  sisIds: readonly string[]
  /** Of a section: its students and teachers. */
  people: readonly string[]
}

export interface RecordSearch {
  districtId: string
  filter: RecordFilter
  after?: string | undefined
  limit: number
}

// ── Changes ──────────────────────────────────────────────────────────────────────────────────────

/**
 * What a commit does with a staged change:
 * - `create`: a new active record; `update`: new content; `restore`: an archived record is active again, with
 *   the new content; `archive`: the record is no longer active and keeps its content;
 * - `refresh`: new content and fingerprints that mean nothing new (S11): stored, never logged;
 * - `unchanged`: nothing (a marker that the record was seen);
 * - `reject`: nothing; listed with its reason.
 */
export type Action = "create" | "update" | "restore" | "archive" | "refresh" | "unchanged" | "reject"

/** The actions that the change log shows. */
export type LoggedAction = "create" | "update" | "restore" | "archive"

export type StagedChange =
  | {
      action: "create" | "update" | "restore" | "refresh"
      kind: Kind
      id: string
      data: string
      raw: string
      canonical: string
      keys: RecordKeys
    }
  /** With a content, which an undo puts back, that becomes the archived record's. */
  | { action: "archive"; kind: Kind; id: string; content?: RecordContent | undefined }
  | { action: "unchanged"; kind: Kind; id: string }
  | { action: "reject"; kind: Kind; id: string; reason: string; path: string; data: string }

export interface RecordContent {
  data: string
  raw: string
  canonical: string
  keys: RecordKeys
}

export interface StagedQuery {
  runId: string
  kind: Kind
  after?: string | undefined
  limit: number
}

export interface StagedEntry {
  id: string
  action: Action
  /** Null where there is no content. */
  raw: string | null
  canonical: string | null
}

export interface RosterCommit {
  runId: string
  version: number
}

export interface StagedCount {
  kind: Kind
  action: Action
  count: number
}

export interface CommitRequest {
  run: Run
  /** The district's version that the changes are changes of. */
  basis: number
  /** The district's new cursor; null: it has none. */
  cursor: Cursor | null
  /** Which actions take effect. */
  actions: readonly Action[]
  /** Overrides that are made unless the field has one (S19). */
  overrides?: readonly FieldOverride[] | undefined
  /** Documents written with it; their expected revisions are not looked at. */
  documents?: readonly DocumentWrite[] | undefined
}

export interface ChangeQuery extends PageQuery {
  runId: string
  kind?: Kind | undefined
  /** All when absent. */
  actions?: readonly LoggedAction[] | undefined
}

/** One entry of the change log. */
export interface LoggedChange {
  kind: Kind
  id: string
  action: LoggedAction
  /** The JSON text before; null for a create. */
  before: string | null
  /** The JSON text after; null for an archive that leaves the content as it was. */
  after: string | null
}

export interface Rejection {
  kind: Kind
  /** Begins with `?` where the record had no id. */
  id: string
  reason: string
  /** Where in the record: `roles.student.schools[0]`; empty for the whole. */
  path: string
  /** The record's JSON text as Clever sent it. */
  data: string
}
