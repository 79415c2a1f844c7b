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
import { commit, dropStaged, isCommitted } from "./commit.ts"
import type { Database, TransactionOptions } from "./database.ts"
import { getConnection, listConnections, saveConnection } from "./district-connections.ts"
import { getDocument, listDocuments, writeDocuments } from "./documents.ts"
import { emptiedTables, erase } from "./erase.ts"
import { countRecords, findRecords } from "./find-records.ts"
import { heldLease, releaseLease, renewLease } from "./leases.ts"
import { claimLink, deleteLinks, getLink, listLinks, moveLink } from "./links.ts"
import { OpenStore, type PostgresStorageOptions } from "./open-store.ts"
import { clearOverrides, listOverrides, setOverride } from "./overrides.ts"
import { purge } from "./purge.ts"
import { countStaged, listChanges, listRejections, listStaged } from "./read-changes.ts"
import { getDistrict, getRecords, isStretchSame, listFingerprints, listRecords } from "./read-records.ts"
import { getRun, listCommits, listRuns, putFencedRun } from "./runs.ts"
import { consumeOnce, forgetConsumed, getSessionEpochs, isConsumed, raiseSessionEpoch } from "./sessions.ts"
import type { Sql } from "./sql.ts"
import { stageBatch } from "./stage-batch.ts"
import { takeLease } from "./take-lease.ts"
import { countTraces } from "./traces.ts"

export type { PostgresStorageOptions } from "./open-store.ts"

/**
 * Keeps rosters in a schema of a PostgreSQL database (15 or newer), for any number of processes on any number of
 * machines. Needs the package `pg`; with `pg-copy-streams` large imports are several times faster. Nothing is kept in a
 * session, so that it works behind PgBouncer in transaction mode. The tables and views are in `docs/spec/storage.md`,
 * roles and rights in `docs/operations.md`.
 */
export class PostgresStorage implements RosterStorage {
  readonly name: string = "postgres"
  readonly capabilities: StorageCapabilities = { durable: true, shared: true }
  readonly #store: OpenStore
  readonly #clock: (() => number) | undefined

  /** Throws `INVALID_OPTIONS`. */
  constructor(options: PostgresStorageOptions) {
    this.#store = new OpenStore(options)
    this.#clock = options.clock
  }

  /**
   * Connects, and creates the schema or brings it up to date. Rejects with `STORAGE_UNREACHABLE`, `STORAGE_UNREADABLE`
   * for a login or database that there is not, `STORAGE_SCHEMA_NEWER`, `STORAGE_SCHEMA_OUTDATED` where the role may not
   * migrate, and `INVALID_OPTIONS` where `pg` is not installed.
   */
  open(): Promise<void> {
    return this.#store.open()
  }

  /** Waits for writes under way. Ends the pool if the storage made it. */
  close(): Promise<void> {
    return this.#store.close()
  }

  // Connections

  getConnection(districtId: string): Promise<Connection | undefined> {
    return this.#read((sql) => getConnection(sql, districtId))
  }

  listConnections(): Promise<Connection[]> {
    return this.#read(listConnections)
  }

  saveConnection(connection: Connection, expected?: Connection | null): Promise<void> {
    const mayRepeat = expected === undefined
    return this.#write((sql) => saveConnection(sql, connection, expected), { mayRepeat })
  }

  // Leases

  async acquireLease(request: LeaseRequest): Promise<LeaseAnswer> {
    return takeLease(this.#store, request, this.#now)
  }

  renewLease(lease: Lease, ttlMs: number): Promise<boolean> {
    return this.#write((sql) => renewLease(sql, lease, ttlMs, this.#now), { mayRepeat: true })
  }

  releaseLease(lease: Lease): Promise<void> {
    return this.#write((sql) => releaseLease(sql, lease), { mayRepeat: true })
  }

  getLease(districtId: string): Promise<HeldLease | undefined> {
    return this.#read((sql) => heldLease(sql, districtId, this.#now))
  }

  // Runs

  async saveRun(lease: Lease, run: Run): Promise<void> {
    const saved = structuredClone(run)
    await this.#perform(lease, saved, async (sql) => {
      await putFencedRun(sql, lease, saved)
    })
  }

  getRun(runId: string): Promise<Run | undefined> {
    return this.#read((sql) => getRun(sql, runId))
  }

  listRuns(query: RunQuery): Promise<Run[]> {
    return this.#read((sql) => listRuns(sql, query))
  }

  // The roster

  getDistrict(districtId: string): Promise<DistrictHead> {
    return this.#read((sql) => getDistrict(sql, districtId))
  }

  listFingerprints(query: FingerprintQuery): Promise<StoredFingerprint[]> {
    return this.#read((sql) => listFingerprints(sql, query))
  }

  isStretchSame(query: StretchQuery): Promise<boolean | StretchDifference> {
    return this.#read((sql) => isStretchSame(sql, query))
  }

  getRecords(query: { districtId: string; kind: Kind; ids: readonly string[] }): Promise<StoredRecord[]> {
    return this.#read((sql) => getRecords(sql, query))
  }

  listRecords(query: RecordQuery): Promise<StoredRecord[]> {
    return this.#read((sql) => listRecords(sql, query))
  }

  findRecords(search: RecordSearch): Promise<StoredRecord[]> {
    return this.#readConsistently((sql) => findRecords(sql, search))
  }

  countRecords(query: {
    districtId: string
    filter: RecordFilter
    limit?: number | undefined
  }): Promise<number> {
    return this.#readConsistently((sql) => countRecords(sql, query))
  }

  // Staging and committing

  async stage(lease: Lease, batch: { run: Run; changes: readonly StagedChange[] }): Promise<void> {
    await stageBatch(this.#store, lease, batch)
  }

  countStaged(runId: string): Promise<StagedCount[]> {
    return this.#read((sql) => countStaged(sql, runId))
  }

  listStaged(query: StagedQuery): Promise<StagedEntry[]> {
    return this.#read((sql) => listStaged(sql, query))
  }

  async discardStaged(lease: Lease, run: Run): Promise<void> {
    const saved = structuredClone(run)
    await this.#perform(lease, saved, async (sql) => {
      const keys = await putFencedRun(sql, lease, saved)
      await dropStaged(sql, keys.run)
    })
  }

  async commit(lease: Lease, request: CommitRequest): Promise<void> {
    const wanted = structuredClone(request)
    await this.#perform(lease, wanted.run, async (sql, attempt) => {
      if (attempt > 1 && (await isCommitted(sql, lease, wanted))) return
      await commit(sql, lease, wanted)
    })
  }

  // The change log

  listCommits(query: {
    districtId: string
    after?: number | undefined
    limit: number
  }): Promise<RosterCommit[]> {
    return this.#read((sql) => listCommits(sql, query))
  }

  listChanges(query: ChangeQuery): Promise<LoggedChange[]> {
    return this.#read((sql) => listChanges(sql, query))
  }

  listRejections(query: PageQuery & { runId: string }): Promise<Rejection[]> {
    return this.#read((sql) => listRejections(sql, query))
  }

  // Erasing

  async erase(lease: Lease, selection: ErasureSelection): Promise<ErasureCounts> {
    const { queue, database } = this.#store.opened()
    return queue.add(lease.districtId, async () => {
      const counts = await database.transaction((sql) => erase(sql, lease, selection), {
        lockOf: lease.districtId,
      })
      await vacuum(database)
      return counts
    })
  }

  async purge(lease: Lease, request: PurgeRequest): Promise<PurgeCounts> {
    const { queue, database } = this.#store.opened()
    return queue.add(lease.districtId, () =>
      database.transaction((sql) => purge(sql, lease, request, this.#now), { lockOf: lease.districtId }),
    )
  }

  countTraces(text: string): Promise<Record<string, number>> {
    return this.#readConsistently((sql) => countTraces(sql, this.#store.schema, text))
  }

  // Overrides and documents

  override(override: FieldOverride): Promise<void> {
    return this.#write((sql) => setOverride(sql, override), { mayRepeat: true })
  }

  clearOverrides(key: OverrideKey): Promise<number> {
    return this.#write((sql) => clearOverrides(sql, key))
  }

  listOverrides(query: OverrideQuery): Promise<FieldOverride[]> {
    return this.#read((sql) => listOverrides(sql, query))
  }

  getDocument(collection: string, key: string): Promise<StoredDocument | undefined> {
    return this.#read((sql) => getDocument(sql, collection, key))
  }

  listDocuments(query: DocumentQuery): Promise<StoredDocument[]> {
    return this.#read((sql) => listDocuments(sql, query))
  }

  writeDocuments(writes: readonly DocumentWrite[]): Promise<boolean> {
    return this.#write((sql) => writeDocuments(sql, writes))
  }

  // Sign-in

  getLink(key: LinkKey): Promise<AccountLink | undefined> {
    return this.#read((sql) => getLink(sql, key))
  }

  listLinks(query: LinkQuery): Promise<AccountLink[]> {
    return this.#read((sql) => listLinks(sql, query))
  }

  claimLink(link: AccountLink, options: { exclusive?: boolean | undefined } = {}): Promise<LinkClaim> {
    return this.#write((sql) => claimLink(sql, link, options.exclusive === true))
  }

  moveLink(move: LinkMove): Promise<LinkMoved> {
    return this.#write((sql) => moveLink(sql, move))
  }

  deleteLinks(links: LinkSelection): Promise<number> {
    return this.#write((sql) => deleteLinks(sql, links))
  }

  consumeOnce(key: string, expiresAtMs: number, subjects: readonly string[] = []): Promise<boolean> {
    return this.#write((sql) => consumeOnce(sql, key, { expiresAtMs, subjects, now: this.#now }))
  }

  isConsumed(key: string): Promise<boolean> {
    return this.#read((sql) => isConsumed(sql, key, this.#now))
  }

  forgetConsumed(subject: string): Promise<number> {
    return this.#write((sql) => forgetConsumed(sql, subject, this.#now))
  }

  getSessionEpochs(subjects: readonly string[]): Promise<number[]> {
    return this.#read((sql) => getSessionEpochs(sql, subjects, this.#now))
  }

  raiseSessionEpoch(subject: string, expiresAtMs?: number): Promise<number> {
    return this.#write((sql) => raiseSessionEpoch(sql, subject, { expiresAtMs, now: this.#now }))
  }

  /** Null for the database's own clock. */
  get #now(): number | null {
    return this.#clock === undefined ? null : Math.floor(this.#clock())
  }

  async #read<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.#store.opened().database.read(work)
  }

  async #readConsistently<Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> {
    return this.#store.opened().database.readConsistently(work)
  }

  async #write<Result>(work: (sql: Sql) => Promise<Result>, options?: TransactionOptions): Promise<Result> {
    return this.#store.opened().database.transaction(work, options)
  }

  /** A fenced write of a run, which does the same when it is made twice. */
  async #perform(
    { districtId }: Lease,
    run: Run,
    work: (sql: Sql, attempt: number) => Promise<void>,
  ): Promise<void> {
    const { queue, database } = this.#store.opened()
    return queue.addOther(districtId, run.id, () =>
      database.transaction(work, { lockOf: districtId, mayRepeat: true }),
    )
  }
}

/**
 * Frees the space of what was erased, for other rows to be written there, as far as nobody reads an older state and the
 * role owns the tables; else autovacuum does so later.
 */
async function vacuum(database: Database): Promise<void> {
  const tables = emptiedTables.map((table) => `homeroom.${table}`).join(", ")
  await database.read((sql) => sql.script(`VACUUM ${tables}`)).catch(() => {})
}
