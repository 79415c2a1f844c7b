import { existsSync, readFileSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import type { KillDatabase } from "./kill-database.ts"
import { copyFiles, tearFiles } from "./sqlite-files.ts"
import { watchFile } from "./sqlite-statements.ts"

/** Files of SQLite, as `sqlite:PATH`. */
export const sqliteKillDatabase: KillDatabase = {
  name: "SQLite",
  cleaning: "VACUUM",
  url: (folder, number) => `sqlite:${join(folder, `${number}.db`)}`,
  open: (url, options = {}) => new SqliteStorage({ path: pathOf(url), ...options }),
  openWatched(url, { clock, watch }) {
    const unwatch = watchFile(pathOf(url), watch)
    return { storage: new SqliteStorage({ path: pathOf(url), clock }), close: async () => unwatch() }
  },
  copy: async (from, to) => copyFiles(pathOf(from), pathOf(to)),
  snapshots: {
    take: (from, to) => copyFiles(pathOf(from), pathOf(to)),
    tear: (before, after, to, share) => tearFiles(pathOf(before), pathOf(after), pathOf(to), share),
  },
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
  async measure(url) {
    const sizes = ["", "-wal"].map((end): [string, number] => {
      return [`file${end}`, statSync(pathOf(url) + end, { throwIfNoEntry: false })?.size ?? 0]
    })
    const rows = read(url, (database) => {
      const tables = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .all()
      return tables.map(({ name }): [string, number] => {
        return [
          String(name),
          Number(database.prepare(`SELECT count(*) AS count FROM "${name}"`).get()?.count),
        ]
      })
    })
    return Object.fromEntries([...sizes, ...rows])
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
