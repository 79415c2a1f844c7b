import { HomeroomError } from "../../errors/index.ts"
import type { Kind } from "../../models/kinds.ts"
import type {
  AccountLink,
  ChangeQuery,
  CommitRequest,
  Connection,
  ConnectionMode,
  ConnectionState,
  DistrictHead,
  DocumentQuery,
  DocumentWrite,
  ErasureCounts,
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
import { completeRun } from "../sql/complete-run.ts"
import { actionCode, actionOf, kindCode, kindOf, loggedActionOf, loggedActions } from "./codes.ts"
import { countStaged } from "./commit.ts"
import { compareStretch, fingerprintOf, selectFingerprints } from "./compare-stretch.ts"
import { Database } from "./database.ts"
import { getDocument, listDocuments, writeDocuments } from "./documents.ts"
import { countRows, findRows } from "./find-records.ts"
import { claimLink, deleteLinks, getLink, listLinks, moveLink } from "./links.ts"
import { clearOverrides, listOverrides, setOverride } from "./overrides.ts"
import { packChanges } from "./packed-changes.ts"
import { consumeOnce, forgetConsumed, getSessionEpoch, isConsumed, raiseSessionEpoch } from "./sessions.ts"
import type { Row, Statements } from "./statements.ts"
import type { WriteArguments, WriteOperation } from "./write-operations.ts"

export interface SqliteStorageOptions {
  /** The database file; made if it is not there. A host's own tables may live in it too. */
  path: string
  /** Milliseconds since 1970, by which leases and sign-in's keys run out. Default `Date.now`. */
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
  /** The last run that had much to stage, and so has much to commit. */
  #longRunId: string | undefined

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

  saveConnection({ districtId, name, mode, state, steps, settings }: Connection): Promise<void> {
    return this.#write((writer) => {
      writer.run(
        `INSERT INTO homeroom_connections (district_id, name, mode, state, steps, settings)
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (district_id) DO UPDATE SET name = excluded.name,
           mode = excluded.mode, state = excluded.state, steps = excluded.steps, settings = excluded.settings`,
        districtId,
        name,
        mode,
        state,
        JSON.stringify(steps),
        JSON.stringify(settings),
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
    return this.#perform("saveRun", false, lease, run)
  }

  getRun(runId: string): Promise<Run | undefined> {
    return this.#read((reader) => {
      const row = reader.get("SELECT document, version FROM homeroom_runs WHERE id = ?", runId)
      return row === undefined ? undefined : runOf(row)
    })
  }

  listRuns({ districtId, before, limit }: RunQuery): Promise<Run[]> {
    return this.#read((reader) => {
      const ofDistrict =
        districtId === undefined ? "" : "district = (SELECT key FROM homeroom_districts WHERE id = ?) AND"
      return reader
        .all(
          `SELECT document, version FROM homeroom_runs WHERE ${ofDistrict} (started_at, id) < (?, ?)
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
        `${selectFingerprints} AND id > ? ${upTo === undefined ? "" : "AND id <= ?"} ORDER BY id LIMIT ?`,
        district,
        kindCode(kind),
        after,
        ...(upTo === undefined ? [] : [upTo]),
        limit,
      )
      return rows.map(fingerprintOf)
    })
  }

  isStretchSame(query: StretchQuery): Promise<boolean | StretchDifference> {
    return this.#read((reader) => {
      const district = districtKey(reader, query.districtId)
      return district === undefined ? query.ids.length === 0 : compareStretch(reader, district, query)
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

  countRecords(query: {
    districtId: string
    filter: RecordFilter
    limit?: number | undefined
  }): Promise<number> {
    return this.#read((reader) => {
      const district = districtKey(reader, query.districtId)
      const { filter, limit = -1 } = query
      return district === undefined ? 0 : countRows(reader, district, { filter, limit })
    })
  }

  // Staging and committing

  stage(lease: Lease, { run, changes }: { run: Run; changes: readonly StagedChange[] }): Promise<void> {
    const isLong = changes.length >= many
    if (isLong) this.#longRunId = run.id
    return this.#perform("stage", isLong, lease, run, packChanges(changes))
  }

  countStaged(runId: string): Promise<StagedCount[]> {
    return this.#read((reader) => countStaged(reader, stagingKey(reader, runId)))
  }

  listStaged({ runId, kind, after = "", limit }: StagedQuery): Promise<StagedEntry[]> {
    return this.#read((reader) =>
      reader
        .all(
          `SELECT id, action, nullif(raw, '') AS raw, nullif(canonical, '') AS canonical FROM homeroom_changes
           WHERE run = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?`,
          stagingKey(reader, runId),
          kindCode(kind),
          after,
          limit,
        )
        .map((row) => ({
          id: String(row.id),
          action: actionOf(row.action),
          raw: row.raw as string | null,
          canonical: row.canonical as string | null,
        })),
    )
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
    const { districtId, after = 0, limit } = query
    return this.#read((reader) =>
      reader
        .all(
          `SELECT id, version FROM homeroom_runs
           WHERE district = (SELECT key FROM homeroom_districts WHERE id = ?) AND version > ?
           ORDER BY version LIMIT ?`,
          districtId,
          after,
          limit,
        )
        .map((row) => ({ runId: String(row.id), version: Number(row.version) })),
    )
  }

  listChanges({ runId, kind, actions, after, limit }: ChangeQuery): Promise<LoggedChange[]> {
    return this.#read((reader) => {
      const wanted = actions?.map(actionCode) ?? loggedActions
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

  // Erasing

  async erase(): Promise<ErasureCounts> {
    throw new HomeroomError("STORAGE_UNREADABLE", { message: "Not written yet." })
  }

  async purge(): Promise<PurgeCounts> {
    throw new HomeroomError("STORAGE_UNREADABLE", { message: "Not written yet." })
  }

  async countTraces(): Promise<Record<string, number>> {
    throw new HomeroomError("STORAGE_UNREADABLE", { message: "Not written yet." })
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
  ): Promise<void> {
    await this.#opened().perform(name, rest, { isLong })
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

const selectRecords = `
SELECT r.kind, r.id, r.active, r.raw, r.canonical, c.data
FROM homeroom_records r JOIN homeroom_changes c ON c.key = r.content
WHERE r.district = ? AND r.kind = ?`

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
  return completeRun(String(row.document), row.version as number | null)
}

function connectionOf(row: Row): Connection {
  return {
    districtId: String(row.district_id),
    name: String(row.name),
    mode: row.mode as ConnectionMode,
    state: row.state as ConnectionState,
    steps: JSON.parse(String(row.steps)),
    settings: JSON.parse(String(row.settings)),
  }
}
