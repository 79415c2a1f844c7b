import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { PgClientLike, PgPoolLike, PgQuery } from "../../src/storage/postgres/index.ts"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { home, importChanges, makeRun, put, takeLease } from "../../src/testing/fixtures.ts"
import { makeDatabase, postgresServer, type TestDatabase } from "../support/postgres.ts"

const server = await postgresServer()
const users = 5_000
const idOf = (number: number): string => `u${String(number).padStart(6, "0")}`
const person = (number: number) =>
  put("create", "user", idOf(number), "first", JSON.stringify({ id: idOf(number) }))

describe.skipIf(typeof server === "string")("in tables that the database knows nothing of yet", () => {
  let database: TestDatabase
  let storage: PostgresStorage
  const asked: PgQuery[] = []

  beforeAll(async () => {
    if (typeof server === "string") throw new Error(server)
    database = await makeDatabase(server)
    storage = new PostgresStorage({ pool: listening(database.pool as unknown as PgPoolLike, asked) })
    await storage.open()
    const people = Array.from({ length: users }, (_, number) => person(number))
    const section = { id: "s1", students: [idOf(7), idOf(4_000)] }
    await importChanges(storage, [
      ...people,
      put("create", "section", "s1", "first", JSON.stringify(section)),
    ])
  })

  afterAll(async () => {
    await storage.close()
    await database.drop()
    if (typeof server !== "string") await server.stop()
  })

  /** The most rows that a step of these statements read and threw away. */
  async function mostThrownAway(work: () => Promise<unknown>): Promise<number> {
    asked.length = 0
    await work()
    let most = 0
    for (const { text, values } of asked.filter(({ text }) => /^\s*(?:SELECT|WITH)\b/.test(text))) {
      const { rows } = await database.pool.query({
        text: `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
        values: values ?? [],
      })
      const plan = JSON.stringify(rows)
      for (const [, count] of plan.matchAll(
        /"Rows Removed by (?:Filter|Join Filter|Index Recheck)":(\d+)/g,
      )) {
        most = Math.max(most, Number(count))
      }
    }
    expect(asked.length).toBeGreaterThan(0)
    return most
  }

  test("some records are read without the others of their kind", async () => {
    const ids = [3, 999, 2_500, 4_999].map(idOf)
    const read = () => storage.getRecords({ districtId: home, kind: "user", ids })
    expect((await read()).map(({ id }) => id)).toEqual(ids)
    expect(await mostThrownAway(read)).toBeLessThan(100)
  })

  test("the people of a section are read and counted without all others", async () => {
    const filter = { kind: "user", sectionId: "s1" } as const
    const read = () => storage.findRecords({ districtId: home, filter, limit: 10 })
    expect((await read()).map(({ id }) => id)).toEqual([idOf(7), idOf(4_000)])
    expect(await mostThrownAway(read)).toBeLessThan(100)
    expect(await mostThrownAway(() => storage.countRecords({ districtId: home, filter }))).toBeLessThan(100)
  })

  test("a stretch that differs in a few records tells which, without reading the others again", async () => {
    const ids = Array.from({ length: users }, (_, number) => idOf(number))
    const raws = ids.map((_, number) => (number % 1_000 === 5 ? "other".padEnd(22, "-") : person(number).raw))
    const stretch = { districtId: home, kind: "user", after: "", ids, raws } as const
    const read = async () => storage.isStretchSame(stretch)
    expect(await read()).toMatchObject({
      others: [5, 1_005, 2_005, 3_005, 4_005].map((at) => ({ id: idOf(at) })),
    })
    expect(await mostThrownAway(read)).toBeLessThan(100)
  })

  test("a batch is staged beside the roster without reading the roster", async () => {
    const lease = await takeLease(storage)
    const run = makeRun({ id: "run-2" })
    const changes = [11, 12].map((number) => ({ ...person(number), action: "update" as const }))
    asked.length = 0
    await storage.stage(lease, { run, changes })
    const insert = asked.find(({ text }) => text.includes("json_to_recordset"))
    expect(insert).toBeDefined()
    const { rows } = await database.pool.query({
      text: `EXPLAIN (FORMAT JSON) ${insert?.text}`,
      values: insert?.values ?? [],
    })
    expect(JSON.stringify(rows)).toMatch(
      /Index Cond":"\(\(district = [^)]*\) AND \(kind = s.kind\) AND \(id = s.id\)\)/,
    )
  })
})

/** Writes down what is asked over the pool's connections. */
function listening(pool: PgPoolLike, asked: PgQuery[]): PgPoolLike {
  return {
    async connect() {
      const client = await pool.connect()
      return new Proxy(client, {
        get(target, key) {
          const value = Reflect.get(target, key, target) as unknown
          if (key === "query") {
            return (query: PgQuery) => {
              asked.push(query)
              return target.query(query)
            }
          }
          return typeof value === "function" ? value.bind(target) : value
        },
      }) as PgClientLike
    },
  }
}
