import pg from "pg"
import type { Target, TargetChange } from "../../src/roster/index.ts"

/** An app's table of records in PostgreSQL as a target, and a list of the changes that it was given. */
export class PostgresApp implements Target {
  readonly name = "app"
  readonly #pool: pg.Pool

  constructor(url: string) {
    this.#pool = new pg.Pool({ connectionString: url, max: 2 })
    // A server that is restarted cuts what nobody uses.
    this.#pool.on("error", () => {})
    this.#pool.on("connect", (client) => {
      client.on("error", () => {})
    })
  }

  readonly create = (changes: readonly TargetChange[]): Promise<void> => this.#write(changes, "active")
  readonly update = this.create
  readonly restore = this.create
  readonly archive = (changes: readonly TargetChange[]): Promise<void> => this.#write(changes, "archived")

  async makeTables(): Promise<void> {
    await this.#pool.query(`
      CREATE TABLE app_rows (
        district text, kind text, id text, state text NOT NULL, data jsonb NOT NULL, version int NOT NULL,
        PRIMARY KEY (district, kind, id)
      );
      CREATE TABLE app_changes (change_id text PRIMARY KEY, times int NOT NULL)`)
  }

  /** The rows of a district: `kind id` → state and content. */
  async rows(district: string): Promise<Map<string, { state: string; data: unknown }>> {
    const { rows } = await this.#pool.query(
      "SELECT kind, id, state, data FROM app_rows WHERE district = $1",
      [district],
    )
    return new Map(rows.map(({ kind, id, state, data }) => [`${kind} ${id}`, { state, data }]))
  }

  /** How many changes it was given, and how many of them more than once. */
  async changes(): Promise<{ all: number; repeated: number }> {
    const { rows } = await this.#pool.query(
      "SELECT count(*)::int AS all, count(*) FILTER (WHERE times > 1)::int AS repeated FROM app_changes",
    )
    return rows[0] as { all: number; repeated: number }
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  async #write(changes: readonly TargetChange[], state: string): Promise<void> {
    const rows = changes.map(({ changeId, districtId, kind, id, version, after }) => {
      return { change_id: changeId, district: districtId, kind, id, state, data: after, version }
    })
    await this.#pool.query(
      `WITH given AS (
         SELECT * FROM json_to_recordset($1)
           AS g (change_id text, district text, kind text, id text, state text, data jsonb, version int)
       ), noted AS (
         INSERT INTO app_changes SELECT change_id, 1 FROM given
         ON CONFLICT (change_id) DO UPDATE SET times = app_changes.times + 1
       )
       INSERT INTO app_rows SELECT district, kind, id, state, data, version FROM given
       ON CONFLICT (district, kind, id) DO UPDATE
         SET state = EXCLUDED.state, data = EXCLUDED.data, version = EXCLUDED.version
         WHERE app_rows.version <= EXCLUDED.version`,
      [JSON.stringify(rows)],
    )
  }
}
