import { HomeroomError } from "../../errors/index.ts"
import type { Kind } from "../../models/kinds.ts"
import type {
  AccountLink,
  ChangeQuery,
  CommitRequest,
  Connection,
  DistrictHead,
  DocumentQuery,
  DocumentWrite,
  ErasureCounts,
  ErasureSelection,
  FieldOverride,
  FingerprintQuery,
  HeldLease,
  Lease,
  LeaseAnswer,
  LeaseRequest,
  LinkClaim,
  LinkKey,
  LinkMove,
  LinkMoved,
  LinkQuery,
  LinkSelection,
  LoggedChange,
  OverrideKey,
  OverrideQuery,
  PageQuery,
  PurgeCounts,
  PurgeRequest,
  RecordFilter,
  RecordQuery,
  RecordSearch,
  Rejection,
  RosterCommit,
  RosterStorage,
  Run,
  RunQuery,
  StagedChange,
  StagedCount,
  StagedEntry,
  StagedQuery,
  StorageCapabilities,
  StoredDocument,
  StoredFingerprint,
  StoredRecord,
  StretchDifference,
  StretchQuery,
} from "../contract.ts"
import { countStaged } from "./commit.ts"
import { compareStretch } from "./compare-stretch.ts"
import { defaultBusyTimeoutMs } from "./connection.ts"
import { Database } from "./database.ts"
import type { DatabaseOptions } from "./database-options.ts"
import { getConnection, listConnections, saveConnection } from "./district-connections.ts"
import { getDocument, listDocuments, writeDocuments } from "./documents.ts"
import { districtKey, stagingKey } from "./keys.ts"
import { acquireLease, heldLease, releaseLease, renewLease } from "./leases.ts"
import { claimLink, deleteLinks, getLink, listLinks, moveLink } from "./links.ts"
import { clearOverrides, listOverrides, setOverride } from "./overrides.ts"
import { packChanges } from "./packed-changes.ts"
import { listChanges, listRejections, listStaged } from "./read-changes.ts"
import {
  countRecords,
  findRecords,
  getDistrict,
  getRecords,
  listFingerprints,
  listRecords,
} from "./read-records.ts"
import { getRun, listCommits, listRuns } from "./runs.ts"
import { consumeOnce, forgetConsumed, getSessionEpoch, isConsumed, raiseSessionEpoch } from "./sessions.ts"
import type { Statements } from "./statements.ts"
import type { WriteArguments, WriteOperation, WriteResult } from "./write-operations.ts"

export interface SqliteStorageOptions {
  /** The database file; made if it is not there. A host's own tables may live in it too. */
  path: string
  /** Milliseconds since 1970, by which leases and sign-in's keys run out. Default `Date.now`. */
  clock?: (() => number) | undefined
  /**
   * How long a write waits for another process's transaction, and an erasure for its reading, before `STORAGE_BUSY`.
   * In milliseconds; default 30,000.
   */
  busyTimeoutMs?: number | undefined
}

/**
 * Keeps rosters in one SQLite file through Node's own `node:sqlite`: nothing to install, good for a district of
 * a million users, and for several processes on one machine. The tables and views are in `docs/spec/storage.md`.
 */
export class SqliteStorage implements RosterStorage {
  readonly name: string = "sqlite"
  readonly capabilities: StorageCapabilities = { durable: true, shared: true }
  readonly #options: DatabaseOptions
  readonly #clock: () => number
  #opening: Promise<Database> | undefined
  #database: Database | undefined
  /** The last run that had much to stage, and so has much to commit. */
  #longRunId: string | undefined

  /** Throws `INVALID_OPTIONS` for a path that is no file's. */
  constructor(options: SqliteStorageOptions) {
    if (options.path === "" || options.path === ":memory:") {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "SqliteStorage needs a file (path); for a roster in memory there is MemoryStorage.",
      })
    }
    this.#options = { path: options.path, busyTimeoutMs: options.busyTimeoutMs ?? defaultBusyTimeoutMs }
    this.#clock = options.clock ?? Date.now
  }

  async open(): Promise<void> {
    this.#opening ??= Database.open(this.#options)
    try {
      this.#database = await this.#opening
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  async close(): Promise<void> {
    await (await this.#opening)?.close()
  }

  // Connections

  getConnection(districtId: string): Promise<Connection | undefined> {
    return this.#read((reader) => getConnection(reader, districtId))
  }

  listConnections(): Promise<Connection[]> {
    return this.#read(listConnections)
  }

  saveConnection(connection: Connection, expected?: Connection | null): Promise<void> {
    return this.#write((writer) => saveConnection(writer, connection, expected))
  }

  // Leases

  acquireLease(request: LeaseRequest): Promise<LeaseAnswer> {
    return this.#write((writer) => acquireLease(writer, request, this.#clock()))
  }

  renewLease(lease: Lease, ttlMs: number): Promise<boolean> {
    return this.#write((writer) => renewLease(writer, lease, this.#clock() + ttlMs))
  }

  releaseLease(lease: Lease): Promise<void> {
    return this.#write((writer) => releaseLease(writer, lease))
  }

  getLease(districtId: string): Promise<HeldLease | undefined> {
    return this.#read((reader) => heldLease(reader, districtId, this.#clock()))
  }

  // Runs

  saveRun(lease: Lease, run: Run): Promise<void> {
    return this.#perform("saveRun", false, lease, run)
  }

  getRun(runId: string): Promise<Run | undefined> {
    return this.#read((reader) => getRun(reader, runId))
  }

  listRuns(query: RunQuery): Promise<Run[]> {
    return this.#read((reader) => listRuns(reader, query))
  }

  // The roster

  getDistrict(districtId: string): Promise<DistrictHead> {
    return this.#read((reader) => getDistrict(reader, districtId))
  }

  listFingerprints(query: FingerprintQuery): Promise<StoredFingerprint[]> {
    return this.#read((reader) => listFingerprints(reader, query))
  }

  isStretchSame(query: StretchQuery): Promise<boolean | StretchDifference> {
    return this.#read((reader) => {
      const district = districtKey(reader, query.districtId)
      return district === undefined ? query.ids.length === 0 : compareStretch(reader, district, query)
    })
  }

  getRecords(query: { districtId: string; kind: Kind; ids: readonly string[] }): Promise<StoredRecord[]> {
    return this.#read((reader) => getRecords(reader, query))
  }

  listRecords(query: RecordQuery): Promise<StoredRecord[]> {
    return this.#read((reader) => listRecords(reader, query))
  }

  findRecords(search: RecordSearch): Promise<StoredRecord[]> {
    return this.#read((reader) => findRecords(reader, search))
  }

  countRecords(query: {
    districtId: string
    filter: RecordFilter
    limit?: number | undefined
  }): Promise<number> {
    return this.#read((reader) => countRecords(reader, query))
  }

  // Staging and committing

  async stage(lease: Lease, { run, changes }: { run: Run; changes: readonly StagedChange[] }): Promise<void> {
    const isLong = changes.length >= many
    if (isLong) this.#longRunId = run.id
    const { contentMemory } = this.#opened()
    await this.#perform("stage", isLong, lease, run, packChanges(changes, contentMemory))
  }

  countStaged(runId: string): Promise<StagedCount[]> {
    return this.#read((reader) => countStaged(reader, stagingKey(reader, runId)))
  }

  listStaged(query: StagedQuery): Promise<StagedEntry[]> {
    return this.#read((reader) => listStaged(reader, query))
  }

  discardStaged(lease: Lease, run: Run): Promise<void> {
    return this.#perform("discardStaged", false, lease, run)
  }

  commit(lease: Lease, request: CommitRequest): Promise<void> {
    return this.#perform("commit", this.#longRunId === request.run.id, lease, request)
  }

  // The change log

  listCommits(query: {
    districtId: string
    after?: number | undefined
    limit: number
  }): Promise<RosterCommit[]> {
    return this.#read((reader) => listCommits(reader, query))
  }

  listChanges(query: ChangeQuery): Promise<LoggedChange[]> {
    return this.#read((reader) => listChanges(reader, query))
  }

  listRejections(query: PageQuery & { runId: string }): Promise<Rejection[]> {
    return this.#read((reader) => listRejections(reader, query))
  }

  // Erasing

  async erase(lease: Lease, selection: ErasureSelection): Promise<ErasureCounts> {
    const database = this.#opened()
    const counts = await this.#perform("erase", database.isLarge, lease, selection)
    await database.maintain("cleanFile")
    return counts
  }

  async purge(lease: Lease, request: PurgeRequest): Promise<PurgeCounts> {
    const at = new Date(this.#clock()).toISOString()
    return this.#perform("purge", this.#opened().isLarge, lease, { ...request, at })
  }

  async countTraces(text: string): Promise<Record<string, number>> {
    return this.#opened().maintain("countTraces", text)
  }

  // Overrides and documents: short writes take their turn as sign-in's do.

  override(override: FieldOverride): Promise<void> {
    return this.#write((writer) => setOverride(writer, override))
  }

  clearOverrides(key: OverrideKey): Promise<number> {
    return this.#write((writer) => clearOverrides(writer, key))
  }

  listOverrides(query: OverrideQuery): Promise<FieldOverride[]> {
    return this.#read((reader) => listOverrides(reader, query))
  }

  getDocument(collection: string, key: string): Promise<StoredDocument | undefined> {
    return this.#read((reader) => getDocument(reader, collection, key))
  }

  listDocuments(query: DocumentQuery): Promise<StoredDocument[]> {
    return this.#read((reader) => listDocuments(reader, query))
  }

  writeDocuments(writes: readonly DocumentWrite[]): Promise<boolean> {
    return this.#write((writer) => writeDocuments(writer, writes))
  }

  // Sign-in: reads wait for nobody; the short writes take their turn between an import's batches.

  getLink(key: LinkKey): Promise<AccountLink | undefined> {
    return this.#read((reader) => getLink(reader, key))
  }

  listLinks(query: LinkQuery): Promise<AccountLink[]> {
    return this.#read((reader) => listLinks(reader, query))
  }

  claimLink(link: AccountLink, options: { exclusive?: boolean | undefined } = {}): Promise<LinkClaim> {
    return this.#write((writer) => claimLink(writer, link, options.exclusive === true))
  }

  moveLink(move: LinkMove): Promise<LinkMoved> {
    return this.#write((writer) => moveLink(writer, move))
  }

  deleteLinks(links: LinkSelection): Promise<number> {
    return this.#write((writer) => deleteLinks(writer, links))
  }

  consumeOnce(key: string, expiresAtMs: number, subjects: readonly string[] = []): Promise<boolean> {
    return this.#write((writer) => consumeOnce(writer, key, { expiresAtMs, subjects, now: this.#clock() }))
  }

  isConsumed(key: string): Promise<boolean> {
    return this.#read((reader) => isConsumed(reader, key, this.#clock()))
  }

  forgetConsumed(subject: string): Promise<number> {
    return this.#write((writer) => forgetConsumed(writer, subject, this.#clock()))
  }

  getSessionEpochs(subjects: readonly string[]): Promise<number[]> {
    return this.#read((reader) => subjects.map((subject) => getSessionEpoch(reader, subject, this.#clock())))
  }

  raiseSessionEpoch(subject: string, expiresAtMs?: number): Promise<number> {
    return this.#write((writer) => raiseSessionEpoch(writer, subject, { expiresAtMs, now: this.#clock() }))
  }

  async #read<Result>(work: (reader: Statements) => Result): Promise<Result> {
    const database = this.#opened()
    return database.read(() => work(database.reader))
  }

  async #write<Result>(work: (writer: Statements) => Result | Promise<Result>): Promise<Result> {
    const database = this.#opened()
    return database.write(() => work(database.writer))
  }

  async #perform<Name extends WriteOperation>(
    name: Name,
    isLong: boolean,
    ...rest: WriteArguments<Name>
  ): Promise<WriteResult<Name>> {
    return this.#opened().perform(name, rest, { isLong })
  }

  #opened(): Database {
    if (this.#database === undefined) {
      throw new HomeroomError("STORAGE_UNREADABLE", { message: "The storage was not opened." })
    }
    return this.#database
  }
}

/** From this many changes a page's staging is worth a thread. */
const many = 250
