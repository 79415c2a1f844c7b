import pg from "pg"
import { afterAll, describe, expect, it } from "vitest"
import { storageContract } from "../../src/testing/index.ts"
import { startPgBouncer } from "../support/pgbouncer.ts"
import { makeDatabase, postgresServer, SchemaStorages } from "../support/postgres.ts"

const server = await postgresServer()
const database = typeof server === "string" ? server : await makeDatabase(server)
const bouncer = typeof database === "string" ? database : await startPgBouncer(database.url)
const why = typeof bouncer === "string" ? ` (skipped: ${bouncer})` : ""

describe.skipIf(typeof bouncer === "string")(`behind PgBouncer in transaction mode${why}`, () => {
  if (typeof bouncer === "string" || typeof database === "string") return
  const pool = new pg.Pool({ connectionString: bouncer.url, max: 20 })
  pool.on("error", () => {})

  afterAll(async () => {
    await pool.end()
    await bouncer.stop()
    await database.drop()
    if (typeof server !== "string") await server.stop()
  })

  const storages = new SchemaStorages({ pool }, (sql) => database.pool.query(sql))
  storageContract(
    { describe, it },
    {
      name: "PostgresStorage",
      create: () => storages.create(),
      reopen: (closed) => storages.again(closed),
      second: (open) => storages.again(open),
      dispose: (closed) => storages.dispose(closed),
    },
  )

  it("leaves nothing behind in the connections that others use next", async () => {
    const { rows } = await pool.query(
      `SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database =
          (SELECT oid FROM pg_database WHERE datname = current_database()))::int AS locks,
        (SELECT count(*) FROM pg_prepared_statements)::int AS statements,
        current_setting('lock_timeout') AS timeout`,
    )
    expect(rows).toEqual([{ locks: 0, statements: 0, timeout: "0" }])
  })
})
