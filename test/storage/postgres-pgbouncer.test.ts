import pg from "pg"
import { afterAll, describe, expect, it } from "vitest"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { makeRun, put, takeLease } from "../../src/testing/fixtures.ts"
import { storageContract } from "../../src/testing/index.ts"
import { startPgBouncer } from "../support/pgbouncer.ts"
import { makeDatabase, postgresServer, randomSchema, SchemaStorages } from "../support/postgres.ts"

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

  it("stages batches of ever other records in one message each, under the newest lease alone", async () => {
    const sent: string[] = []
    const own = new pg.Pool({ connectionString: bouncer.url, max: 2 })
    own.on("error", () => {})
    own.on("connect", (client) => {
      const { query } = client
      const told = (...parameters: [{ text: string }]) => {
        sent.push(parameters[0].text)
        return Reflect.apply(query, client, parameters)
      }
      Object.assign(client, { query: told })
    })
    const schema = randomSchema()
    const storage = new PostgresStorage({ pool: own, schema })
    await storage.open()
    const lease = await takeLease(storage, "district", { ttlMs: 1 })
    const run = makeRun({ id: "run-1", districtId: "district" })
    const batch = (number: number) => ({
      run,
      // More than one message of the protocol.
      changes: Array.from({ length: 600 }, (_, index) => {
        const id = `u${number}-${index}`
        return put("create", "user", id, id, JSON.stringify({ id, note: "x".repeat(1_000) }))
      }),
    })
    for (const number of [0, 1, 2]) {
      sent.length = 0
      await storage.stage(lease, batch(number))
      if (number > 0) expect(sent).toEqual([expect.stringMatching(/^BEGIN.*begin_batch.*COPY.*COMMIT$/s)])
    }
    await takeLease(storage, "district")
    await expect(storage.stage(lease, batch(3))).rejects.toMatchObject({ code: "LEASE_LOST" })
    expect(await storage.countStaged("run-1")).toEqual([{ kind: "user", action: "create", count: 1_800 }])
    await storage.close()
    await own.end()
  })

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
