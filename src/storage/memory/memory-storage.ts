import { HomeroomError } from "../../errors/index.ts"
import type { Kind } from "../../models/kinds.ts"
import { requireSameConnection } from "../contract/connections.ts"
import type {
  ChangeQuery,
  CommitRequest,
  Connection,
  DistrictHead,
  ErasureCounts,
  ErasureSelection,
  FingerprintQuery,
  HeldLease,
  Lease,
  LeaseAnswer,
  LeaseRequest,
  LoggedChange,
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
  StoredFingerprint,
  StoredRecord,
} from "../contract.ts"
import { MemoryAppStore } from "./app-store.ts"
import { DistrictRoster } from "./district-roster.ts"
import { eraseDistrict, eraseRecord } from "./erase.ts"
import { LeaseTable } from "./lease-table.ts"
import type { MemoryTables } from "./memory-tables.ts"
import { OrderedMap, page } from "./ordered-map.ts"
import { purge } from "./purge.ts"
import { RunFile } from "./run-file.ts"
import { RunTable } from "./run-table.ts"
import { countTraces } from "./traces.ts"

/** How a {@link MemoryStorage} tells the time. */
export interface MemoryStorageOptions {
  /** Milliseconds since 1970, by which leases and sign-in's keys run out. Default `Date.now`. */
  clock?: (() => number) | undefined
}

/**
 * A storage that lives and dies with the process: for tests, demonstrations and apps that read their roster
 * afresh at every start.
 *
 * Holds each record's JSON text once, and the change log of every run. What goes in and out is copied. Rejects
 * with `STORAGE_UNREADABLE` before `open` and after `close`; `close` forgets everything for good.
 */
export class MemoryStorage extends MemoryAppStore implements RosterStorage {
  readonly name: string = "memory"
  readonly capabilities: StorageCapabilities = { durable: false, shared: false }
  readonly #clock: () => number
  readonly #leases: LeaseTable
  #connections = new OrderedMap<Connection>()
  readonly #runs = new RunTable()
  readonly #files = new Map<string, RunFile>()
  readonly #rosters = new Map<string, DistrictRoster>()

  constructor(options: MemoryStorageOptions = {}) {
    const clock = options.clock ?? Date.now
    super(clock)
    this.#clock = clock
    this.#leases = new LeaseTable(clock)
  }

  /** Forgets everything for good. */
  override async close(): Promise<void> {
    await super.close()
    this.#connections = new OrderedMap()
    this.#runs.clear()
    this.#files.clear()
    this.#rosters.clear()
  }

  async getConnection(districtId: string): Promise<Connection | undefined> {
    this.requireOpen()
    return structuredClone(this.#connections.get(districtId))
  }

  async listConnections(): Promise<Connection[]> {
    this.requireOpen()
    return structuredClone([...this.#connections.after("")])
  }

  async saveConnection(connection: Connection, expected?: Connection | null): Promise<void> {
    this.requireOpen()
    if (expected !== undefined) {
      requireSameConnection(this.#connections.get(connection.districtId), expected)
    }
    this.#connections.set(connection.districtId, structuredClone(connection))
  }

  async acquireLease(request: LeaseRequest): Promise<LeaseAnswer> {
    this.requireOpen()
    return this.#leases.acquire(request)
  }

  async renewLease(lease: Lease, ttlMs: number): Promise<boolean> {
    this.requireOpen()
    return this.#leases.renew(lease, ttlMs)
  }

  async releaseLease(lease: Lease): Promise<void> {
    this.requireOpen()
    this.#leases.release(lease)
  }

  async getLease(districtId: string): Promise<HeldLease | undefined> {
    this.requireOpen()
    return this.#leases.get(districtId)
  }

  async saveRun(lease: Lease, run: Run): Promise<void> {
    this.#requireWrite(lease, run)
    this.#runs.put(structuredClone(run))
  }

  async getRun(runId: string): Promise<Run | undefined> {
    this.requireOpen()
    return this.#runs.get(runId)
  }

  async listRuns(query: RunQuery): Promise<Run[]> {
    this.requireOpen()
    return this.#runs.list(query)
  }

  async getDistrict(districtId: string): Promise<DistrictHead> {
    this.requireOpen()
    return this.#roster(districtId).head()
  }

  async listFingerprints(query: FingerprintQuery): Promise<StoredFingerprint[]> {
    this.requireOpen()
    const { districtId, kind, after, upTo, limit } = query
    const fingerprints: StoredFingerprint[] = []
    for (const { id, state, raw, canonical } of this.#roster(districtId).records[kind].after(after)) {
      if (fingerprints.length >= limit || (upTo !== undefined && id > upTo)) break
      fingerprints.push({ id, state, raw, canonical })
    }
    return fingerprints
  }

  async getRecords(query: {
    districtId: string
    kind: Kind
    ids: readonly string[]
  }): Promise<StoredRecord[]> {
    this.requireOpen()
    if (query.ids.length > 1_000) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "getRecords takes at most 1,000 ids.",
        details: { ids: query.ids.length },
      })
    }
    const records = this.#roster(query.districtId).records[query.kind]
    const found: StoredRecord[] = []
    for (const id of [...new Set(query.ids)].sort()) {
      const record = records.get(id)
      if (record !== undefined) found.push({ ...record })
    }
    return found
  }

  async listRecords({ districtId, kind, state, after, limit }: RecordQuery): Promise<StoredRecord[]> {
    this.requireOpen()
    return page(this.#roster(districtId).records[kind].after(after ?? ""), limit, (record) =>
      state === undefined || record.state === state ? { ...record } : undefined,
    )
  }

  async findRecords(search: RecordSearch): Promise<StoredRecord[]> {
    this.requireOpen()
    const { districtId, filter, state = "active", after = "", limit } = search
    return this.#roster(districtId).find(filter, state, after, limit)
  }

  async countRecords(query: {
    districtId: string
    filter: RecordFilter
    limit?: number | undefined
  }): Promise<number> {
    this.requireOpen()
    return this.#roster(query.districtId).count(query.filter, query.limit ?? Number.POSITIVE_INFINITY)
  }

  async stage(lease: Lease, batch: { run: Run; changes: readonly StagedChange[] }): Promise<void> {
    this.#requireWrite(lease, batch.run)
    const run = structuredClone(batch.run)
    this.#file(run.id).stage(batch.changes)
    this.#runs.put(run)
  }

  async countStaged(runId: string): Promise<StagedCount[]> {
    this.requireOpen()
    return this.#files.get(runId)?.countStaged() ?? []
  }

  async listStaged({ runId, kind, after, limit }: StagedQuery): Promise<StagedEntry[]> {
    this.requireOpen()
    return this.#files.get(runId)?.listStaged(kind, after ?? "", limit) ?? []
  }

  async discardStaged(lease: Lease, run: Run): Promise<void> {
    this.#requireWrite(lease, run)
    this.#runs.put(structuredClone(run))
    this.#files.get(run.id)?.dropStaged()
  }

  async commit(lease: Lease, end: CommitRequest): Promise<void> {
    this.#requireWrite(lease, end.run)
    const { districtId } = end.run
    const roster = this.#roster(districtId)
    if (roster.version !== end.basis) {
      throw new HomeroomError("PLAN_STALE", {
        details: { districtId, basis: end.basis, version: roster.version },
      })
    }
    if (end.expectedConnection !== undefined) {
      requireSameConnection(this.#connections.get(districtId), end.expectedConnection)
    }
    const run = structuredClone(end.run)
    const { cursor, connection } = structuredClone({ cursor: end.cursor, connection: end.connection })
    const { overrides, documents } = jsonCopyOf({
      overrides: end.overrides ?? [],
      documents: end.documents ?? [],
    })

    // From here on nothing can fail and nothing waits: that is the transaction (S20).
    const endedAt = Date.parse(run.finishedAt ?? run.startedAt)
    const changed = this.#file(run.id).commit(roster, end.actions, endedAt)
    if (changed) roster.commits.push({ runId: run.id, version: ++roster.version })
    roster.cursor = cursor
    roster.lastRunId = run.id
    this.#rosters.set(districtId, roster)
    this.#runs.put(run)
    for (const override of overrides) this.overrides.add(override)
    this.documents.force(documents)
    if (connection !== undefined) this.#connections.set(connection.districtId, connection)
  }

  async listCommits(query: {
    districtId: string
    after?: number | undefined
    limit: number
  }): Promise<RosterCommit[]> {
    this.requireOpen()
    const { districtId, after = 0, limit } = query
    return page(this.#roster(districtId).commits, limit, (commit) =>
      commit.version > after ? { ...commit } : undefined,
    )
  }

  async listChanges({ runId, ...query }: ChangeQuery): Promise<LoggedChange[]> {
    this.requireOpen()
    const districtId = this.#runs.get(runId)?.districtId
    if (districtId === undefined) return []
    return this.#files.get(runId)?.listChanges(this.#roster(districtId), query) ?? []
  }

  async listRejections({ runId, ...query }: PageQuery & { runId: string }): Promise<Rejection[]> {
    this.requireOpen()
    return this.#files.get(runId)?.listRejections(query) ?? []
  }

  async erase(lease: Lease, selection: ErasureSelection): Promise<ErasureCounts> {
    this.#requireWrite(lease, selection)
    const { districtId, kind, id } = selection
    const tables = this.#tables()
    return kind === undefined
      ? eraseDistrict(tables, districtId)
      : eraseRecord(tables, { districtId, kind, id })
  }

  async purge(lease: Lease, request: PurgeRequest): Promise<PurgeCounts> {
    this.#requireWrite(lease, request)
    return purge(this.#tables(), { ...request, at: new Date(this.#clock()).toISOString() })
  }

  async countTraces(text: string): Promise<Record<string, number>> {
    this.requireOpen()
    return countTraces(this.#tables(), text)
  }

  #requireWrite(lease: Lease, { districtId }: { districtId: string }): void {
    this.requireOpen()
    this.#leases.check(lease, districtId)
  }

  #tables(): MemoryTables {
    return {
      leases: this.#leases,
      links: this.links,
      sessions: this.sessions,
      documents: this.documents,
      overrides: this.overrides,
      connections: this.#connections,
      runs: this.#runs,
      files: this.#files,
      rosters: this.#rosters,
    }
  }

  #file(runId: string): RunFile {
    let file = this.#files.get(runId)
    if (file === undefined) {
      file = new RunFile()
      this.#files.set(runId, file)
    }
    return file
  }

  /** An empty roster for an unknown district: it is kept only once it is committed to. */
  #roster(districtId: string): DistrictRoster {
    return this.#rosters.get(districtId) ?? new DistrictRoster()
  }
}

/** Throws on what JSON can't hold, before anything is written. */
function jsonCopyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
