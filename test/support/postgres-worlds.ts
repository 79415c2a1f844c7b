import pg from "pg"
import { afterAll } from "vitest"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { emptySchema, randomSchema, runningServer } from "./postgres.ts"

const url = await runningServer()

/** Whether a server runs that worlds may keep their rosters on: they start none. */
export const hasPostgres: boolean = url !== undefined

let pool: pg.Pool | undefined
const made: string[] = []
const free: string[] = []

afterAll(async () => {
  for (const schema of made) await pool?.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
  await pool?.end()
})

/** A storage on an empty schema, and what takes its content away when the test is over and the storage closed. */
export function lendPostgres(options: { clock?: () => number } = {}): {
  storage: PostgresStorage
  giveBack: () => Promise<void>
} {
  const shared = sharedPool()
  const lent = free.pop() ?? newSchema()
  const storage = new PostgresStorage({ ...options, pool: shared, schema: lent })
  const giveBack = async (): Promise<void> => {
    const { rows } = await shared.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", [lent])
    if (rows.length > 0) await emptySchema((sql) => shared.query(sql), lent)
    free.push(lent)
  }
  return { storage, giveBack }
}

function newSchema(): string {
  const schema = randomSchema()
  made.push(schema)
  return schema
}

function sharedPool(): pg.Pool {
  if (pool === undefined) {
    // What a test writes need not outlive a power cut.
    pool = new pg.Pool({ connectionString: url, max: 10, options: "-c synchronous_commit=off" })
    pool.on("error", () => {})
  }
  return pool
}
