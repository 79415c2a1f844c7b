import { basename } from "node:path"
import pg from "pg"
import { PostgresStorage, type PostgresStorageOptions } from "../../src/storage/postgres/index.ts"
import type { KillDatabase } from "./kill-database.ts"
import { MortalPool } from "./mortal-pool.ts"
import { emptySchema, randomSchema } from "./postgres.ts"

/** Tables in the order in which one may be filled after the other. */
const tables = ["districts", "fence_floor", "connections", "runs", "changes", "records", "overrides"].concat([
  "documents",
  "links",
  "login_keys",
  "session_epochs",
])
const withKeys = ["districts", "runs"]

/**
 * Schemas of a server's database, as `postgres://…?application_name=SCHEMA`: what a task that died had begun is known
 * by that name, which the connections of a watched storage have.
 *
 * To the server a process that is killed is a connection that vanishes: what it had sent is carried out, what was not
 * committed is undone. So a task dies in this process by letting its connections vanish in the same way.
 */
export function postgresKillDatabase(serverUrl: string): KillDatabase {
  // Commits wait for no disk: nothing is to outlive the server.
  const options = "-c synchronous_commit=off"
  const pool = new pg.Pool({ connectionString: serverUrl, max: 16, allowExitOnIdle: true, options })
  pool.on("error", () => {})
  /** Empty schemas that nobody needs any more: one is renamed sooner than another is made. */
  const free: string[] = []

  /** In the statements `@` is the schema. */
  async function ask(url: string, sql: string, values?: unknown[]): Promise<Record<string, unknown>[]> {
    const { rows } = await pool.query(sql.replaceAll("@", `"${schemaOf(url)}"`), values)
    return rows as Record<string, unknown>[]
  }

  /** Waits until the server has done with what a process that died had sent. */
  async function settle(url: string): Promise<void> {
    const sql = "SELECT count(*) AS count FROM pg_stat_activity WHERE application_name = $1"
    while (Number((await ask(url, sql, [schemaOf(url)]))[0]?.count) > 0) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  return {
    name: "PostgreSQL",
    url(folder, number) {
      const url = new URL(serverUrl)
      const suffix = Buffer.from(basename(folder)).toString("hex").slice(-24)
      url.searchParams.set("application_name", `kill_${suffix}_${number}`)
      return url.href
    },
    open(url, options = {}) {
      return new SettledStorage(() => settle(url), { ...options, schema: schemaOf(url), pool })
    },
    openWatched(url, { clock, watch }) {
      const mortal = new MortalPool({ connectionString: url, max: 4, options }, watch)
      const storage = new PostgresStorage({ clock, schema: schemaOf(url), pool: mortal })
      return { storage, vanish: () => mortal.vanish(), close: () => mortal.end() }
    },
    async copy(from, to) {
      const schema = free.pop()
      if (schema !== undefined) await ask(to, `ALTER SCHEMA "${schema}" RENAME TO @`)
      else {
        const storage = new PostgresStorage({ pool, schema: schemaOf(to) })
        await storage.open()
        await storage.close()
      }
      const statements = tables.flatMap((table) => [
        `INSERT INTO @.${table} OVERRIDING SYSTEM VALUE TABLE "${schemaOf(from)}".${table};`,
        withKeys.includes(table)
          ? `SELECT setval(pg_get_serial_sequence('@.${table}', 'key'), max(key)) FROM @.${table};`
          : "",
      ])
      await ask(to, `DELETE FROM @.fence_floor; ${statements.join("\n")}`)
    },
    async remove(url) {
      await settle(url)
      const known = await ask(url, "SELECT 1 FROM pg_namespace WHERE nspname = $1", [schemaOf(url)])
      if (known.length === 0) return
      const schema = randomSchema()
      await ask(url, `ALTER SCHEMA @ RENAME TO "${schema}"`)
      await emptySchema((sql) => pool.query(sql), schema)
      free.push(schema)
    },
    async close() {
      for (const schema of free.splice(0)) await pool.query(`DROP SCHEMA "${schema}" CASCADE`)
    },
    findDamage: (url) =>
      ask(
        url,
        `SELECT 'a record without content' AS damage, r.kind, r.id FROM @.records r WHERE NOT EXISTS (
           SELECT 1 FROM @.changes c WHERE c.run = r.content AND c.kind = r.kind AND c.id = r.id AND c.data IS NOT NULL)
         UNION ALL
         SELECT 'a change of no run', c.kind, c.id FROM @.changes c
         WHERE NOT EXISTS (SELECT 1 FROM @.runs run WHERE run.key = c.run)
         UNION ALL
         SELECT 'a record of no district', r.kind, r.id FROM @.records r
         WHERE NOT EXISTS (SELECT 1 FROM @.districts d WHERE d.key = r.district)
         UNION ALL
         SELECT 'left in staging', s.kind, s.id FROM @.staging s`,
      ),
    async countLeftovers(url) {
      const [row] = await ask(
        url,
        `SELECT count(*) AS count FROM @.changes c JOIN @.runs r ON r.key = c.run
         WHERE NOT r.committed AND r.state NOT IN ('planned', 'held', 'approved')`,
      )
      return Number(row?.count)
    },
    // A client of the server sees rows, not files.
    async countInFiles(url, text) {
      let count = 0
      for (const table of tables) {
        const rows = await ask(url, `SELECT t::text AS row FROM @.${table} t`)
        for (const { row } of rows) count += String(row).split(text).length - 1
      }
      return count
    },
    async measure(url) {
      await settle(url)
      const counts = [...tables, "staging"].map(async (table): Promise<[string, number]> => {
        const [row] = await ask(url, `SELECT count(*) AS count FROM @.${table}`)
        return [table, Number(row?.count)]
      })
      return Object.fromEntries(await Promise.all(counts))
    },
  }
}

/** A storage that waits before it looks at a database. */
class SettledStorage extends PostgresStorage {
  readonly #settle: () => Promise<void>

  constructor(settle: () => Promise<void>, options: PostgresStorageOptions) {
    super(options)
    this.#settle = settle
  }

  override async open(): Promise<void> {
    await this.#settle()
    await super.open()
  }
}

function schemaOf(url: string): string {
  return new URL(url).searchParams.get("application_name") ?? ""
}
