import { existsSync } from "node:fs"
import type { DatabaseSync } from "node:sqlite"
import { setTimeout as delay } from "node:timers/promises"
import { HomeroomError, isHomeroomError } from "../../errors/index.ts"
import { subjectKey } from "../sql/subject-key.ts"
import { prepareLookupTable } from "./lookup-table.ts"
import { migrations } from "./schema.ts"

/** How long a writer waits for another process's transaction before `STORAGE_BUSY`, unless it is told otherwise. */
export const defaultBusyTimeoutMs: number = 30_000
export const busyPollMs: number = 20

/** Pages of the write-ahead log after which a commit takes it over into the file: 32 MiB. */
export const logLimit: number = 4_000

/**
 * The same while a bulk import is staged: 512 MiB. It goes to the log and, only after its commit, from there to the
 * file: in between that would take a fifth of the time.
 */
export const bulkLogLimit: number = 64_000

// NORMAL in WAL mode: a power cut may undo the last commit but never damages or splits one.
export const setUp: string = `
PRAGMA busy_timeout = 0;
PRAGMA page_size = 8192;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA foreign_keys = ON;
PRAGMA wal_autocheckpoint = ${logLimit};
PRAGMA cache_size = -4000;
PRAGMA temp_store = FILE;
`

/**
 * 20 MB for the connection that takes small writes: what 1,000 events touch of a large district. With less it reads the
 * same pages twice. The writer thread goes through the file in order and gains nothing by it.
 */
export const writerCache: string = "PRAGMA cache_size = -20000;"

export function migrate(connection: DatabaseSync, path: string): void {
  connection.function("homeroom_subject_key", { deterministic: true }, (subject) =>
    subjectKey(String(subject)),
  )
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
    prepareLookupTable(connection, path)
    connection.exec("COMMIT")
  } catch (error) {
    rollBack(connection)
    throw error
  }
}

/** Runs `work` in a write transaction of the connection, rolled back if it throws. */
export async function inTransaction<Result>(
  connection: DatabaseSync,
  work: () => Result | Promise<Result>,
  busyTimeoutMs: number,
): Promise<Result> {
  await retryWhileBusy(() => connection.exec("BEGIN IMMEDIATE"), busyTimeoutMs)
  try {
    const value = await work()
    connection.exec("COMMIT")
    return value
  } catch (error) {
    rollBack(connection)
    throw error
  }
}

/** Ends the transaction, if the error has not ended it already. */
function rollBack(connection: DatabaseSync): void {
  try {
    connection.exec("ROLLBACK")
  } catch {
    // SQLite rolls back by itself when the disk is full; what went wrong is in the error that led here.
  }
}

/** Tries again while another process holds the write lock, without blocking the event loop. */
export async function retryWhileBusy(work: () => void, busyTimeoutMs: number): Promise<void> {
  const giveUpAt = Date.now() + busyTimeoutMs
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
