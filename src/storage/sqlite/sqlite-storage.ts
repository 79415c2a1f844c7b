import { HomeroomError } from "../../errors/index.ts"
import type { Kind } from "../../models/kinds.ts"
import type {
  ChangeQuery,
  CommitRequest,
  Connection,
  ConnectionMode,
  ConnectionState,
  DistrictHead,
  FingerprintQuery,
  HeldLease,
  Lease,
  LeaseAnswer,
  LeaseRequest,
  LoggedChange,
  PageQuery,
  RecordQuery,
  RecordSearch,
  Rejection,
  RosterStorage,
  Run,
  RunQuery,
  StagedChange,
  StagedCount,
  StorageCapabilities,
  StoredFingerprint,
  StoredRecord,
  StretchQuery,
} from "../contract.ts"
import { actionCode, actionOf, actions, kindCode, kindOf, loggedActionOf, loggedActions } from "./codes.ts"
import { commitRun, dropStaged } from "./commit.ts"
import { Database, type Row, type Statements } from "./database.ts"
import { findRows } from "./find-records.ts"
import { ChangeWriter } from "./stage.ts"

export interface SqliteStorageOptions {
  /** The database file; made if it is not there. A host's own tables may live in it too. */
  path: string
  /** Milliseconds since 1970, by which leases run out. Default `Date.now`. */
  clock?: () => number
}

/**
 * Keeps rosters in one SQLite file through Node's own `node:sqlite`: nothing to install, good for a district of
 * a million users, and for several processes on one machine. The tables and views are in `docs/spec/storage.md`.
 */
export class SqliteStorage implements RosterStorage {
  readonly name: string = "sqlite"
  readonly capabilities: StorageCapabilities = { durable: true, shared: true }
  readonly #path: string
  readonly #clock: () => number
  #opening: Promise<Database> | undefined
  #database: Database | undefined

  constructor(options: SqliteStorageOptions) {
    if (options.path === "" || options.path === ":memory:") {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "SqliteStorage needs a file (path); for a roster in memory there is MemoryStorage.",
      })
    }
    this.#path = options.path
    this.#clock = options.clock ?? Date.now
  }

  async open(): Promise<void> {
    this.#opening ??= Database.open(this.#path)
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
    return this.#read((reader) => {
      const row = reader.get("SELECT * FROM homeroom_connections WHERE district_id = ?", districtId)
      return row === undefined ? undefined : connectionOf(row)
    })
  }

  listConnections(): Promise<Connection[]> {
    return this.#read((reader) =>
      reader.all("SELECT * FROM homeroom_connections ORDER BY district_id").map(connectionOf),
    )
  }

  saveConnection({ districtId, name, mode, state, steps }: Connection): Promise<void> {
    return this.#write((writer) => {
      writer.run(
        `INSERT INTO homeroom_connections VALUES (?, ?, ?, ?, ?) ON CONFLICT (district_id) DO UPDATE SET
           name = excluded.name, mode = excluded.mode, state = excluded.state, steps = excluded.steps`,
        districtId,
        name,
        mode,
        state,
        JSON.stringify(steps),
      )
    })
  }

  // Leases

  acquireLease({ districtId, holder, ttlMs }: LeaseRequest): Promise<LeaseAnswer> {
    return this.#write((writer): LeaseAnswer => {
      const now = this.#clock()
      writer.run("INSERT INTO homeroom_districts (id) VALUES (?) ON CONFLICT DO NOTHING", districtId)
      const held = heldLease(writer, districtId, now)
      if (held !== undefined) return { acquired: false, held }
      const row = writer.get(
        `UPDATE homeroom_districts SET fence = fence + 1, holder = ?, held_since = ?, held_until = ?
         WHERE id = ? RETURNING fence`,
        holder,
        now,
        now + ttlMs,
        districtId,
      )
      return { acquired: true, lease: { districtId, holder, fence: Number(row?.fence) } }
    })
  }

  renewLease({ districtId, fence }: Lease, ttlMs: number): Promise<boolean> {
    return this.#write((writer) => {
      const { changes } = writer.run(
        "UPDATE homeroom_districts SET held_until = ? WHERE id = ? AND fence = ? AND holder IS NOT NULL",
        this.#clock() + ttlMs,
        districtId,
        fence,
      )
      return changes > 0
    })
  }

  releaseLease({ districtId, fence }: Lease): Promise<void> {
    return this.#write((writer) => {
      writer.run(
        "UPDATE homeroom_districts SET holder = NULL, held_until = NULL WHERE id = ? AND fence = ?",
        districtId,
        fence,
      )
    })
  }

  getLease(districtId: string): Promise<HeldLease | undefined> {
    return this.#read((reader) => heldLease(reader, districtId, this.#clock()))
  }

  // Runs

  saveRun(lease: Lease, run: Run): Promise<void> {
    return this.#write((writer) => {
      saveRun(writer, checkFence(writer, lease, run), run)
    })
  }

  getRun(runId: string): Promise<Run | undefined> {
    return this.#read((reader) => {
      const row = reader.get("SELECT document FROM homeroom_runs WHERE id = ?", runId)
      return row === undefined ? undefined : runOf(row)
    })
  }

  listRuns({ districtId, before, limit }: RunQuery): Promise<Run[]> {
    return this.#read((reader) => {
      const ofDistrict =
        districtId === undefined ? "" : "district = (SELECT key FROM homeroom_districts WHERE id = ?) AND"
      return reader
        .all(
          `SELECT document FROM homeroom_runs WHERE ${ofDistrict} (started_at, id) < (?, ?)
           ORDER BY started_at DESC, id DESC LIMIT ?`,
          ...(districtId === undefined ? [] : [districtId]),
          before?.startedAt ?? "~",
          before?.id ?? "",
          limit,
        )
        .map(runOf)
    })
  }

  // The roster

  getDistrict(districtId: string): Promise<DistrictHead> {
    return this.#read((reader) => {
      const row = reader.get("SELECT * FROM homeroom_districts WHERE id = ?", districtId)
      if (row === undefined) return { version: 0, cursor: null, lastRunId: null, counts: {} }
      return {
        version: Number(row.version),
        cursor: row.cursor === null ? null : JSON.parse(String(row.cursor)),
        lastRunId: row.last_run as string | null,
        counts: JSON.parse(String(row.counts)),
      }
    })
  }

  listFingerprints({ districtId, kind, after, upTo, limit }: FingerprintQuery): Promise<StoredFingerprint[]> {
    return this.#read((reader) => {
      const district = districtKey(reader, districtId)
      if (district === undefined) return []
      const rows = reader.all(
        `SELECT id, active, raw, canonical FROM homeroom_records
         WHERE district = ? AND kind = ? AND id > ? ${upTo === undefined ? "" : "AND id <= ?"} ORDER BY id LIMIT ?`,
        district,
        kindCode(kind),
        after,
        ...(upTo === undefined ? [] : [upTo]),
        limit,
      )
      // The rows become the fingerprints themselves: a copy of each would be felt in an unchanged resync.
      for (const row of rows) row.state = row.active === 1 ? "active" : "archived"
      return rows as unknown as StoredFingerprint[]
    })
  }

  isStretchSame({ districtId, kind, after, upTo, ids, raws }: StretchQuery): Promise<boolean> {
    return this.#read((reader) => {
      const district = districtKey(reader, districtId)
      if (district === undefined) return ids.length === 0
      // One long text on either side: the database puts its own together without a row coming over.
      const row = reader.get(
        `SELECT group_concat(id || active || raw, ' ') AS stretch FROM (
           SELECT id, active, raw FROM homeroom_records
           WHERE district = ? AND kind = ? AND id > ? ${upTo === undefined ? "" : "AND id <= ?"} ORDER BY id)`,
        district,
        kindCode(kind),
        after,
        ...(upTo === undefined ? [] : [upTo]),
      )
      return (row?.stretch ?? "") === ids.map((id, index) => `${id}1${raws[index]}`).join(" ")
    })
  }

  getRecords(query: { districtId: string; kind: Kind; ids: readonly string[] }): Promise<StoredRecord[]> {
    return this.#read((reader) => {
      const district = districtKey(reader, query.districtId)
      if (district === undefined) return []
      return [...new Set(query.ids)]
        .sort()
        .map((id) => reader.get(`${selectRecords} AND r.id = ?`, district, kindCode(query.kind), id))
        .filter((row) => row !== undefined)
        .map(recordOf)
    })
  }

  listRecords({ districtId, kind, state, after = "", limit }: RecordQuery): Promise<StoredRecord[]> {
    return this.#read((reader) => {
      const district = districtKey(reader, districtId)
      if (district === undefined) return []
      const inState = state === undefined ? "" : `AND r.active = ${state === "active" ? 1 : 0}`
      return reader
        .all(
          `${selectRecords} AND r.id > ? ${inState} ORDER BY r.id LIMIT ?`,
          district,
          kindCode(kind),
          after,
          limit,
        )
        .map(recordOf)
    })
  }

  findRecords(search: RecordSearch): Promise<StoredRecord[]> {
    return this.#read((reader) => {
      const district = districtKey(reader, search.districtId)
      return district === undefined ? [] : findRows(reader, district, search).map(recordOf)
    })
  }

  // Staging and committing

  stage(lease: Lease, batch: { run: Run; changes: readonly StagedChange[] }): Promise<void> {
    return this.#write((writer) => {
      const district = checkFence(writer, lease, batch.run)
      const run = saveRun(writer, district, batch.run)
      const changes = new ChangeWriter(writer, district, run)
      for (const change of batch.changes) changes.write(change)
    })
  }

  countStaged(runId: string): Promise<StagedCount[]> {
    return this.#read((reader) => countStaged(reader, stagingKey(reader, runId)))
  }

  listStagedIds(query: {
    runId: string
    kind: Kind
    after?: string | undefined
    limit: number
  }): Promise<string[]> {
    const { runId, kind, after = "", limit } = query
    return this.#read((reader) =>
      reader
        .all(
          "SELECT id FROM homeroom_changes WHERE run = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?",
          stagingKey(reader, runId),
          kindCode(kind),
          after,
          limit,
        )
        .map((row) => String(row.id)),
    )
  }

  discardStaged(lease: Lease, run: Run): Promise<void> {
    return this.#write((writer) => {
      const key = saveRun(writer, checkFence(writer, lease, run), run)
      for (const action of actions) dropStaged(writer, key, action)
    })
  }

  commit(lease: Lease, request: CommitRequest): Promise<void> {
    return this.#write(async (writer) => {
      const district = checkFence(writer, lease, request.run)
      const run = saveRun(writer, district, request.run)
      await commitRun(writer, { district, run }, request, countStaged(writer, run))
      writer.run("UPDATE homeroom_runs SET committed = 1 WHERE key = ?", run)
    })
  }

  // The change log

  listChanges({ runId, kind, action, after, limit }: ChangeQuery): Promise<LoggedChange[]> {
    return this.#read((reader) => {
      const wanted = action === undefined ? loggedActions : [actionCode(action)]
      const ofKind = kind === undefined ? "" : `AND c.kind = ${kindCode(kind)}`
      // All but creates are found by their own index, so that the few changes among many creates come fast.
      const notCreate = wanted.includes(0) ? "" : "AND c.action > 0"
      return reader
        .all(
          `SELECT c.kind, c.id, c.action, c.data, b.data AS before_data
           FROM homeroom_changes c LEFT JOIN homeroom_changes b ON b.key = c.before
           WHERE c.run = ? AND (c.kind, c.id) > (?, ?) ${ofKind} AND c.action IN (${wanted.join(", ")}) ${notCreate}
           ORDER BY c.kind, c.id LIMIT ?`,
          runKey(reader, runId),
          ...placeAfter(after),
          limit,
        )
        .map((row) => ({
          kind: kindOf(row.kind),
          id: String(row.id),
          action: loggedActionOf(row.action),
          before: row.before_data as string | null,
          after: row.data as string | null,
        }))
    })
  }

  listRejections({ runId, after, limit }: PageQuery & { runId: string }): Promise<Rejection[]> {
    return this.#read((reader) =>
      reader
        .all(
          `SELECT kind, id, reason, path, data FROM homeroom_changes
           WHERE run = ? AND action = ? AND action > 0 AND (kind, id) > (?, ?) ORDER BY kind, id LIMIT ?`,
          runKey(reader, runId),
          actionCode("reject"),
          ...placeAfter(after),
          limit,
        )
        .map((row) => ({
          kind: kindOf(row.kind),
          id: String(row.id),
          reason: String(row.reason),
          path: String(row.path),
          data: String(row.data),
        })),
    )
  }

  async #read<Result>(work: (reader: Statements) => Result): Promise<Result> {
    const database = this.#opened()
    return database.read(() => work(database.reader))
  }

  async #write<Result>(work: (writer: Statements) => Result | Promise<Result>): Promise<Result> {
    const database = this.#opened()
    return database.write(() => work(database.writer))
  }

  #opened(): Database {
    if (this.#database === undefined) {
      throw new HomeroomError("STORAGE_UNREADABLE", { message: "The storage was not opened." })
    }
    return this.#database
  }
}

const selectRecords = `
SELECT r.kind, r.id, r.active, r.raw, r.canonical, c.data
FROM homeroom_records r JOIN homeroom_changes c ON c.key = r.content
WHERE r.district = ? AND r.kind = ?`

/** The key of the lease's district. Throws `LEASE_LOST` unless the lease is its newest and the run's own. */
function checkFence(writer: Statements, lease: Lease, run: Run): number {
  const row = writer.get("SELECT key, fence, holder FROM homeroom_districts WHERE id = ?", lease.districtId)
  if (row?.fence !== lease.fence || row.holder === null || run.districtId !== lease.districtId) {
    throw new HomeroomError("LEASE_LOST", { details: { districtId: lease.districtId, fence: lease.fence } })
  }
  return Number(row.key)
}

function heldLease(statements: Statements, districtId: string, now: number): HeldLease | undefined {
  const row = statements.get(
    "SELECT * FROM homeroom_districts WHERE id = ? AND holder IS NOT NULL AND held_until > ?",
    districtId,
    now,
  )
  if (row === undefined) return undefined
  return {
    districtId,
    holder: String(row.holder),
    fence: Number(row.fence),
    since: new Date(Number(row.held_since)).toISOString(),
    expiresAt: new Date(Number(row.held_until)).toISOString(),
  }
}

function saveRun(writer: Statements, district: number, run: Run): number {
  const row = writer.get(
    `INSERT INTO homeroom_runs (id, district, state, started_at, document) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET
       state = excluded.state, started_at = excluded.started_at, document = excluded.document RETURNING key`,
    run.id,
    district,
    run.state,
    run.startedAt,
    JSON.stringify(run),
  )
  return Number(row?.key)
}

function countStaged(statements: Statements, run: number): StagedCount[] {
  const others = statements.all(
    `SELECT kind, action, count(*) AS count FROM homeroom_changes
     WHERE run = ? AND action > 0 GROUP BY action, kind`,
    run,
  )
  const all = statements.all(
    "SELECT kind, count(*) AS count FROM homeroom_changes WHERE run = ? GROUP BY kind",
    run,
  )
  const counts = others.map((row) => ({
    kind: kindOf(row.kind),
    action: actionOf(row.action),
    count: Number(row.count),
  }))
  // Creates are what the index of the others does not hold: counted without reading their contents.
  for (const row of all) {
    const kind = kindOf(row.kind)
    const created = counts.reduce(
      (left, entry) => left - (entry.kind === kind ? entry.count : 0),
      Number(row.count),
    )
    if (created > 0) counts.push({ kind, action: "create", count: created })
  }
  return counts
}

function districtKey(reader: Statements, districtId: string): number | undefined {
  return reader.get("SELECT key FROM homeroom_districts WHERE id = ?", districtId)?.key as number | undefined
}

/** A run's key; one that no run has where there is none. */
function runKey(reader: Statements, runId: string): number {
  return Number(reader.get("SELECT key FROM homeroom_runs WHERE id = ?", runId)?.key ?? -1)
}

/** The same of a run whose changes are still staged, not committed. */
function stagingKey(reader: Statements, runId: string): number {
  return Number(reader.get("SELECT key FROM homeroom_runs WHERE id = ? AND committed = 0", runId)?.key ?? -1)
}

function placeAfter(after: { kind: Kind; id: string } | undefined): [number, string] {
  return after === undefined ? [-1, ""] : [kindCode(after.kind), after.id]
}

function recordOf(row: Row): StoredRecord {
  return {
    kind: kindOf(row.kind),
    id: String(row.id),
    state: row.active === 1 ? "active" : "archived",
    raw: String(row.raw),
    canonical: String(row.canonical),
    data: String(row.data),
  }
}

function runOf(row: Row): Run {
  return JSON.parse(String(row.document)) as Run
}

function connectionOf(row: Row): Connection {
  return {
    districtId: String(row.district_id),
    name: String(row.name),
    mode: row.mode as ConnectionMode,
    state: row.state as ConnectionState,
    steps: JSON.parse(String(row.steps)),
  }
}
