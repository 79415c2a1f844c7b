import { DatabaseSync } from "node:sqlite"
import type { Target, TargetChange } from "../../src/roster/index.ts"
import { AppTables } from "./app-tables.ts"
import type { Roster } from "./truth.ts"

/** An app's tables in a SQLite file, which remember everything that was ever done to them. */
export class SqliteApp implements Target {
  readonly name: string = "app"
  readonly #database: DatabaseSync
  /** Runs in a call: before the first change, and after each. */
  readonly #onChange: (written: number) => void

  constructor(path: string, onChange: (written: number) => void = () => {}) {
    this.#database = new DatabaseSync(path, { timeout: 10_000 })
    this.#onChange = onChange
    // A process that is killed loses nothing that it has written; a power cut is nobody's concern here.
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS rows (
        kind TEXT, id TEXT, state TEXT, data TEXT, version INTEGER, PRIMARY KEY (kind, id)) STRICT;
      CREATE TABLE IF NOT EXISTS done (seq INTEGER PRIMARY KEY, change TEXT) STRICT;`)
  }

  readonly create: Target["create"] = (changes) => this.#store(changes)
  readonly update: Target["update"] = (changes) => this.#store(changes)
  readonly archive: Target["archive"] = (changes) => this.#store(changes)
  readonly restore: Target["restore"] = (changes) => this.#store(changes)

  close(): void {
    this.#database.close()
  }

  roster(): Roster {
    const rows = this.#database.prepare("SELECT * FROM rows").all()
    return new Map(
      rows.map(({ kind, id, state, data }) => [
        `${String(kind)} ${String(id)}`,
        { state: String(state), data: JSON.parse(String(data)) },
      ]),
    )
  }

  /** All that was done, once more, to tables that look at the order. */
  async replayed(): Promise<AppTables> {
    const app = new AppTables()
    for (const { change } of this.#database.prepare("SELECT change FROM done ORDER BY seq").all()) {
      const done = JSON.parse(String(change)) as TargetChange
      const call = { districtId: done.districtId, signal: new AbortController().signal, fence: 0 }
      await app[done.action]([done], call)
    }
    return app
  }

  async #store(changes: readonly TargetChange[]): Promise<void> {
    const upsert = this.#database.prepare(`
      INSERT INTO rows VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
      SET state = excluded.state, data = excluded.data, version = excluded.version`)
    const remember = this.#database.prepare("INSERT INTO done (change) VALUES (?)")
    this.#onChange(0)
    // Change by change, so that a death in between leaves a batch half-written.
    for (const [index, change] of changes.entries()) {
      const { kind, id, action, after, version } = change
      this.#database.exec("BEGIN IMMEDIATE")
      upsert.run(kind, id, action === "archive" ? "archived" : "active", JSON.stringify(after), version)
      remember.run(JSON.stringify(change))
      this.#database.exec("COMMIT")
      this.#onChange(index + 1)
    }
  }
}
