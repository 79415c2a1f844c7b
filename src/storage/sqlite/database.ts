import { existsSync } from "node:fs"
import { DatabaseSync, type StatementSync } from "node:sqlite"
import { setTimeout as delay } from "node:timers/promises"
import { HomeroomError, isHomeroomError } from "../../errors/index.ts"
import { migrations } from "./schema.ts"
import { type WriteArguments, type WriteOperation, writeOperations } from "./write-operations.ts"
import { WriterThread } from "./writer-thread-handle.ts"

export type Row = Record<string, string | number | null>
type Parameter = string | number | null

/** How long a writer waits for another process's transaction before `STORAGE_BUSY`. */
const busyLimitMs = 30_000
const busyPollMs = 20

/**
 * The two connections of a storage: one writes, one transaction at a time, the other reads what is committed.
 * Two, because a long commit yields to the event loop, and nobody may read what it has written so far.
 */
export class Database {
  readonly writer: Statements
  readonly reader: Statements
  readonly #writing: DatabaseSync
  readonly #reading: DatabaseSync
  /** The end of the queue of write transactions. */
  #last: Promise<unknown> = Promise.resolve()
  #closed = false
  /** Null until it is wanted, undefined where it can't be had. */
  #thread: WriterThread | null | undefined = null
  readonly #path: string

  private constructor(path: string, writing: DatabaseSync, reading: DatabaseSync) {
    this.#path = path
    this.#writing = writing
    this.#reading = reading
    this.writer = new Statements(writing)
    this.reader = new Statements(reading)
  }

  /** Opens or creates the file and migrates it. Throws `STORAGE_UNREADABLE` and `STORAGE_SCHEMA_NEWER`. */
  static async open(path: string): Promise<Database> {
    let writing: DatabaseSync | undefined
    try {
      writing = new DatabaseSync(path)
      const connection = writing
      await retryWhileBusy(() => connection.exec(setUp))
      await retryWhileBusy(() => migrate(connection, path))
      const reading = new DatabaseSync(path)
      reading.exec(`${setUp} PRAGMA query_only = ON;`)
      return new Database(path, writing, reading)
    } catch (error) {
      writing?.close()
      throw asStorageError(error, path)
    }
  }

  /** Runs `work` in one write transaction, after those queued before it. Rolls back if it throws. */
  write<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#last.then(async () => {
      this.#throwIfClosed()
      return inTransaction(this.#writing, work)
    })
    return this.#queued(result)
  }

  /**
   * Runs one of the long operations, after the writes queued before it: here, or in the writer thread, which the
   * first one with much to write starts.
   */
  perform<Name extends WriteOperation>(
    name: Name,
    rest: WriteArguments<Name>,
    { isLong }: { isLong: boolean },
  ): Promise<void> {
    const result = this.#last.then(() => {
      this.#throwIfClosed()
      if (isLong && this.#thread === null) this.#thread = WriterThread.start(this.#path)
      if (this.#thread) return this.#thread.run(name, rest)
      const operation = writeOperations[name] as (
        writer: Statements,
        ...rest: unknown[]
      ) => void | Promise<void>
      return inTransaction(this.#writing, () => operation(this.writer, ...rest))
    })
    return this.#queued(result)
  }

  #queued<Result>(result: Promise<Result>): Promise<Result> {
    this.#last = result.catch(() => {})
    return result.catch((error: unknown) => {
      throw asStorageError(error)
    })
  }

  /** Runs `work` on one consistent view of what is committed. */
  async read<Result>(work: () => Result): Promise<Result> {
    this.#throwIfClosed()
    try {
      this.#reading.exec("BEGIN")
      try {
        return work()
      } finally {
        this.#reading.exec("COMMIT")
      }
    } catch (error) {
      throw asStorageError(error)
    }
  }

  /** Waits for the transaction under way, then closes both connections. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#last
    await this.#thread?.stop()
    this.#reading.close()
    this.#writing.close()
  }

  #throwIfClosed(): void {
    if (this.#closed) throw new HomeroomError("STORAGE_UNREADABLE", { message: "The storage was closed." })
  }
}

/** Prepares each statement once. */
export class Statements {
  readonly #connection: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(connection: DatabaseSync) {
    this.#connection = connection
  }

  all(sql: string, ...parameters: Parameter[]): Row[] {
    return this.prepare(sql).all(...parameters) as Row[]
  }

  get(sql: string, ...parameters: Parameter[]): Row | undefined {
    return this.prepare(sql).get(...parameters) as Row | undefined
  }

  run(sql: string, ...parameters: Parameter[]): { changes: number; key: number } {
    const { changes, lastInsertRowid } = this.prepare(sql).run(...parameters)
    return { changes: Number(changes), key: Number(lastInsertRowid) }
  }

  prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#connection.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}

// NORMAL in WAL mode: a power cut may undo the last commit but never damages or splits one. The large checkpoint
// interval writes a bulk import's pages to the file fewer times.
export const setUp: string = `
PRAGMA busy_timeout = 0;
PRAGMA page_size = 8192;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA foreign_keys = ON;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA cache_size = -16000;
PRAGMA temp_store = FILE;
`

function migrate(connection: DatabaseSync, path: string): void {
  connection.exec("BEGIN IMMEDIATE")
  try {
    connection.exec(
      "CREATE TABLE IF NOT EXISTS homeroom_schema (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL) STRICT",
    )
    const { version } = connection
      .prepare("SELECT coalesce(max(version), 0) AS version FROM homeroom_schema")
      .get() as {
      version: number
    }
    if (version > migrations.length) {
      throw new HomeroomError("STORAGE_SCHEMA_NEWER", {
        message: `${path} has schema version ${version}; this Homeroom knows ${migrations.length}.`,
        details: { version, known: migrations.length },
      })
    }
    for (const [index, sql] of migrations.entries()) {
      if (index < version) continue
      connection.exec(sql)
      connection
        .prepare("INSERT INTO homeroom_schema VALUES (?, strftime('%Y-%m-%dT%H:%M:%fZ'))")
        .run(index + 1)
    }
    connection.exec("COMMIT")
  } catch (error) {
    if (connection.isTransaction) connection.exec("ROLLBACK")
    throw error
  }
}

/** Runs `work` in a write transaction of the connection, rolled back if it throws. */
export async function inTransaction<Result>(
  connection: DatabaseSync,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  await retryWhileBusy(() => connection.exec("BEGIN IMMEDIATE"))
  try {
    const value = await work()
    connection.exec("COMMIT")
    return value
  } catch (error) {
    if (connection.isTransaction) connection.exec("ROLLBACK")
    throw error
  }
}

/** Tries again while another process holds the write lock, without blocking the event loop. */
async function retryWhileBusy(work: () => void): Promise<void> {
  const giveUpAt = Date.now() + busyLimitMs
  for (;;) {
    try {
      work()
      return
    } catch (error) {
      if (primaryCode(error) !== sqlite.busy || Date.now() >= giveUpAt) throw error
    }
    await delay(busyPollMs)
  }
}

const sqlite = { busy: 5, locked: 6, full: 13 }

function primaryCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown }
  return typeof errcode === "number" ? errcode & 0xff : undefined
}

/** SQLite's error as one of Homeroom's; anything else as it is. */
export function asStorageError(error: unknown, path?: string): unknown {
  if (isHomeroomError(error)) return error
  const code = primaryCode(error)
  const isSqlite = (error as { code?: unknown } | null)?.code === "ERR_SQLITE_ERROR"
  if (code === undefined && !isSqlite) return error
  if (code === sqlite.busy || code === sqlite.locked)
    return new HomeroomError("STORAGE_BUSY", { cause: error })
  if (code === sqlite.full) return new HomeroomError("STORAGE_FULL", { cause: error })
  const missing = path !== undefined && !existsSync(path)
  const what = missing
    ? `The database ${path} can't be created`
    : `The database${path === undefined ? "" : ` ${path}`} can't be read`
  return new HomeroomError("STORAGE_UNREADABLE", {
    message: `${what} (SQLite: ${(error as Error).message}).`,
    details: { sqliteCode: code },
    cause: error,
  })
}
