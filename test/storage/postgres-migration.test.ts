import { hash, randomBytes } from "node:crypto"
import { beforeEach, describe, expect, test } from "vitest"
import type { RecordFilter } from "../../src/storage/contract.ts"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { migrations } from "../../src/storage/postgres/schema.ts"
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
    expect(rows).toEqual(migrations.map((_, index) => ({ version: index + 1 })))
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

  test("of version 1, with terms as texts, is brought up to date once, and everybody is found as before", async () => {
    const storages = Array.from({ length: 4 }, () => new PostgresStorage({ pool: database.pool, schema }))
    const [storage] = storages as [PostgresStorage]
    await database.pool.query(`CREATE SCHEMA ${schema}`)
    await database.pool.query(String(migrations[0]).replaceAll("homeroom.", `${schema}.`))
    await database.pool.query(`
      CREATE TABLE ${schema}.schema_versions (version int PRIMARY KEY, applied_at timestamptz NOT NULL);
      INSERT INTO ${schema}.schema_versions VALUES (1, now());
      INSERT INTO ${schema}.districts (id, version, counts) VALUES
        ('other', 0, '{}'), ('${home}', 1, '{"user":{"active":3,"archived":0}}');
      INSERT INTO ${schema}.runs (id, district, state, started_at, committed, version, document)
        VALUES ('run-0', 2, 'applied', '2026-08-01', true, 1, '{}')`)
    const long = "x".repeat(201)
    const people = [
      ["a", "S-1", ["2ss1", "2iS-1", "2rstudent", "2qstudent s1"]],
      ["b", long, ["2ss1", `2i#${hash("sha256", long)}`, "2rstudent", "2qstudent s1"]],
      ["c", "Zoë 学校", ["2ss1", "2iZoë 学校", "2rstudent", "2qstudent s1"]],
    ] as const
    for (const [id, sisId, terms] of people) {
      const data = JSON.stringify({ id, district: home, roles: { student: { school: "s1", sis_id: sisId } } })
      await database.pool.query(
        `INSERT INTO ${schema}.changes (run, kind, action, id, raw, canonical, data, terms)
         VALUES (1, 4, 0, $1, 'raw', 'canonical', $2, $3)`,
        [id, data, terms],
      )
    }
    await database.pool.query(`
      INSERT INTO ${schema}.changes (run, kind, action, id, reason, path, data) VALUES (1, 4, 6, '?1', 'r', 'p', '{}');
      INSERT INTO ${schema}.records (district, kind, active, content, id, raw, canonical)
        SELECT 2, kind, true, run, id, raw, canonical FROM ${schema}.changes WHERE action = 0`)
    await Promise.all(storages.map((one) => one.open()))
    const find = async (filter: RecordFilter) => {
      const found = await storage.findRecords({ districtId: home, filter, limit: 10 })
      expect(await storage.countRecords({ districtId: home, filter })).toBe(found.length)
      return found.map(({ id }) => id).join("")
    }
    for (const [id, sisId] of people) expect(await find({ kind: "user", sisId })).toBe(id)
    expect(await find({ kind: "user", schoolId: "s1" })).toBe("abc")
    expect(await find({ kind: "user", role: "student" })).toBe("abc")
    expect(await find({ kind: "user", role: "student", schoolId: "s1" })).toBe("abc")
    for (const one of storages) await one.close()
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
