import { randomBytes } from "node:crypto"
import { beforeEach, describe, expect, test } from "vitest"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { home, importChanges, put, takeLease } from "../../src/testing/fixtures.ts"
import { onServer, postgresServer, randomSchema } from "../support/postgres.ts"
import { useDatabase } from "../support/use-database.ts"

const server = await postgresServer()

describe.skipIf(typeof server === "string")("the schema of PostgresStorage", () => {
  const database = useDatabase(server)
  let schema: string

  beforeEach(() => {
    schema = randomSchema()
  })

  test("is made once by many who open at the same time", async () => {
    const storages = Array.from({ length: 8 }, () => new PostgresStorage({ pool: database.pool, schema }))
    await Promise.all(storages.map((storage) => storage.open()))
    const { rows } = await database.pool.query(`SELECT version FROM ${schema}.schema_versions ORDER BY 1`)
    expect(rows).toEqual([{ version: 1 }])
    for (const storage of storages) await storage.close()
  })

  test("of another name shares nothing", async () => {
    const [one, two] = [schema, randomSchema()].map(
      (name) => new PostgresStorage({ pool: database.pool, schema: name }),
    ) as [PostgresStorage, PostgresStorage]
    for (const storage of [one, two]) await storage.open()
    await importChanges(one, [put("create", "user", "a")])
    await takeLease(one)
    expect(await two.getDistrict(home)).toMatchObject({ version: 0 })
    await importChanges(two, [put("create", "user", "b")])
    for (const storage of [one, two]) await storage.close()
  })

  test("is taken as it is where it is there already, empty", async () => {
    await database.pool.query(`CREATE SCHEMA ${schema}`)
    const storage = new PostgresStorage({ pool: database.pool, schema })
    await storage.open()
    await importChanges(storage, [put("create", "user", "a")])
    await storage.close()
  })

  test("of a newer Homeroom is refused (STORAGE_SCHEMA_NEWER)", async () => {
    const storage = new PostgresStorage({ pool: database.pool, schema })
    await storage.open()
    await storage.close()
    await database.pool.query(`INSERT INTO ${schema}.schema_versions VALUES (9999, now())`)
    const older = new PostgresStorage({ pool: database.pool, schema })
    await expect(older.open()).rejects.toMatchObject({
      code: "STORAGE_SCHEMA_NEWER",
      message: expect.stringContaining("9999"),
    })
    await older.close()
  })

  test("is not made where it is not to be (STORAGE_SCHEMA_OUTDATED)", async () => {
    const storage = new PostgresStorage({ pool: database.pool, schema, migrate: false })
    await expect(storage.open()).rejects.toMatchObject({ code: "STORAGE_SCHEMA_OUTDATED" })
    await storage.close()
  })

  test("is opened and used by a role that may create nothing, as the operations page sets it up", async () => {
    if (typeof server === "string") return
    const suffix = randomBytes(4).toString("hex")
    const [owner, app] = [`owner_${suffix}`, `app_${suffix}`]
    const as = (role: string, options = {}) => {
      const url = new URL(database.url)
      url.username = role
      url.password = "password"
      return new PostgresStorage({ connectionString: url.href, schema, ...options })
    }
    for (const role of [owner, app]) await onServer(server, `CREATE ROLE ${role} LOGIN PASSWORD 'password'`)
    try {
      const early = as(app)
      await expect(early.open()).rejects.toMatchObject({ code: "STORAGE_SCHEMA_OUTDATED" })
      await early.close()
      await database.pool.query(`
        CREATE SCHEMA ${schema} AUTHORIZATION ${owner};
        GRANT USAGE ON SCHEMA ${schema} TO ${app};
        ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema}
          GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${app};`)
      const owning = as(owner)
      await owning.open()
      await owning.close()
      for (const options of [{}, { migrate: false }]) {
        const storage = as(app, options)
        await storage.open()
        const many = Array.from({ length: 300 }, (_, index) => put("create", "user", `u${index}`))
        const name = JSON.stringify(options)
        await importChanges(storage, many, { runId: `run-${name}`, districtId: `district-${name}` })
        const lease = await takeLease(storage, `district-${name}`)
        await storage.erase(lease, { districtId: `district-${name}`, kind: "user", id: "u7" })
        expect(await storage.countTraces("raw u7 first")).toEqual({})
        await storage.close()
      }
      await expect(
        database.pool.query(`SET ROLE ${app}; CREATE TABLE ${schema}.mine (id int)`),
      ).rejects.toMatchObject({ code: "42501" })
    } finally {
      await database.pool.query("RESET ROLE")
      await database.pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE; DROP OWNED BY ${owner}, ${app}`)
      for (const role of [owner, app]) await onServer(server, `DROP ROLE ${role}`)
    }
  })
})
