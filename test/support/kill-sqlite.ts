import { copyFileSync, existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync, StatementSync } from "node:sqlite"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import type { KillDatabase } from "./kill-database.ts"

/** Files of SQLite, as `sqlite:PATH`. */
export const sqliteKillDatabase: KillDatabase = {
  name: "SQLite",
  cleaning: "VACUUM",
  url: (folder, number) => `sqlite:${join(folder, `${number}.db`)}`,
  open: (url, options = {}) => new SqliteStorage({ path: pathOf(url), ...options }),
  copy: async (from, to) => copyFileSync(pathOf(from), pathOf(to)),
  remove: async (url) => {
    for (const path of filesOf(url)) rmSync(path, { force: true })
  },
  findDamage: async (url) =>
    read(url, (database) => [
      ...database
        .prepare("PRAGMA integrity_check")
        .all()
        .filter((row) => row.integrity_check !== "ok"),
      ...database.prepare("PRAGMA foreign_key_check").all(),
    ]),
  countLeftovers: async (url) =>
    read(url, (database) => {
      const rows = database.prepare(`
        SELECT count(*) AS count FROM homeroom_changes c JOIN homeroom_runs r ON r.key = c.run
        WHERE r.committed = 0 AND r.state NOT IN ('planned', 'held', 'approved')`)
      return Number(rows.get()?.count)
    }),
  countInFiles: async (url, text) =>
    filesOf(url)
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path).toString("latin1").split(text).length - 1)
      .reduce((sum, count) => sum + count, 0),
  watchStatements(before) {
    for (const [prototype, names] of [
      [StatementSync.prototype, ["run", "get", "all"]],
      [DatabaseSync.prototype, ["exec"]],
    ] as const) {
      for (const name of names) {
        const methods = prototype as unknown as Record<string, (...parameters: unknown[]) => unknown>
        const original = methods[name] as (...parameters: unknown[]) => unknown
        methods[name] = function (this: unknown, ...parameters: unknown[]) {
          before(this instanceof StatementSync ? this.sourceSQL : String(parameters[0]))
          return original.apply(this, parameters)
        }
      }
    }
  },
}

function pathOf(url: string): string {
  return url.slice("sqlite:".length)
}

function filesOf(url: string): string[] {
  return ["", "-wal", "-shm"].map((end) => pathOf(url) + end)
}

function read<Result>(url: string, look: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(pathOf(url))
  try {
    return look(database)
  } finally {
    database.close()
  }
}
