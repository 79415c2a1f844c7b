import { afterAll, describe, it } from "vitest"
import { storageContract } from "../../src/testing/index.ts"
import { makeDatabase, postgresServer, postgresVersion, SchemaStorages } from "../support/postgres.ts"

const server = await postgresServer()

const version = await postgresVersion()

describe.skipIf(typeof server === "string")(`PostgresStorage on PostgreSQL ${version}`, async () => {
  if (typeof server === "string") return
  const database = await makeDatabase(server)
  afterAll(async () => {
    await database.drop()
    await server.stop()
  })

  const storages = new SchemaStorages({ pool: database.pool }, (sql) => database.pool.query(sql))
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
