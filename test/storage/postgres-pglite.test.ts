import { PGlite } from "@electric-sql/pglite"
import { afterAll, describe, expect, it } from "vitest"
import { PostgresStorage, pglitePool } from "../../src/storage/postgres/index.ts"
import { home, importChanges, put } from "../../src/testing/fixtures.ts"
import { storageContract } from "../../src/testing/index.ts"
import { SchemaStorages } from "../support/postgres.ts"

describe("in PGlite", () => {
  const pglite = new PGlite()
  const pool = pglitePool(pglite)
  const storages = new SchemaStorages({ pool }, (sql) => pglite.exec(sql))

  afterAll(() => pglite.close())

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

  it("gives the connection to one after the other", async () => {
    const storage = new PostgresStorage({ pool, schema: "several" })
    await storage.open()
    const districts = Array.from({ length: 5 }, (_, index) => `${home}-${index}`)
    await Promise.all(
      districts.map((districtId) =>
        importChanges(storage, [put("create", "user", "a")], { districtId, runId: `run-${districtId}` }),
      ),
    )
    for (const id of districts) expect((await storage.getDistrict(id)).version).toBe(1)
    await storage.close()
  })
})
