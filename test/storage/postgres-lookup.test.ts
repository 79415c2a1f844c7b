import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { termNumber } from "../../src/storage/postgres/term-numbers.ts"
import { home, importChanges, put, takeLease } from "../../src/testing/fixtures.ts"
import { postgresServer, randomSchema } from "../support/postgres.ts"
import { useDatabase } from "../support/use-database.ts"

const server = await postgresServer()

describe.skipIf(typeof server === "string")("lookup terms of PostgresStorage, as numbers", () => {
  const database = useDatabase(server)
  let schema: string
  let storage: PostgresStorage

  beforeEach(async () => {
    schema = randomSchema()
    storage = new PostgresStorage({ pool: database.pool, schema })
    await storage.open()
  })

  afterEach(() => storage.close())

  const sql = async (text: string) =>
    (await database.pool.query(text.replaceAll("homeroom.", `${schema}.`))).rows
  const student = (id: string, sisId: string) =>
    put(
      "create",
      "user",
      id,
      id,
      JSON.stringify({ id, district: home, roles: { student: { sis_id: sisId } } }),
    )

  /** Gives records the number of another one's term as well, as if two terms had come to one. */
  async function collide(ids: readonly string[], term: string): Promise<void> {
    await sql(
      `UPDATE homeroom.changes SET terms = terms || ${termNumber(term)} WHERE id IN ('${ids.join("', '")}')`,
    )
  }

  async function keyOfHome(): Promise<string> {
    const [row] = await sql("SELECT key FROM homeroom.districts")
    return String(row.key)
  }

  test("that come to one number by chance are told apart by the content", async () => {
    const ids = ["a", "b", "c", "d", "e", "f"]
    await importChanges(
      storage,
      ids.map((id) => student(id, "bdf".includes(id) ? "X-100" : `other-${id}`)),
    )
    await collide(["a", "c", "e"], `${await keyOfHome()}iX-100`)
    const filter = { kind: "user", sisId: "X-100" } as const
    const search = { districtId: home, filter }
    for (const [after, limit, found] of [
      ["", 10, "bdf"],
      ["", 3, "bdf"],
      ["", 2, "bd"],
      ["", 1, "b"],
      ["b", 2, "df"],
      ["f", 2, ""],
    ] as const) {
      const records = await storage.findRecords({ ...search, after, limit })
      expect([after, limit, records.map(({ id }) => id).join("")]).toEqual([after, limit, found])
    }
    expect(await storage.countRecords(search)).toBe(3)
    expect(await storage.countRecords({ ...search, limit: 2 })).toBe(2)
  })

  test("collide for people, schools and roles as well, and nobody is found or counted by it", async () => {
    const of = (id: string, fields: object) => JSON.stringify({ id, district: home, ...fields })
    await importChanges(storage, [
      put("create", "user", "u", "u", of("u", { roles: { teacher: { school: "s9" } } })),
      put("create", "section", "c", "c", of("c", { school: "s9", students: ["p9"] })),
    ])
    const key = await keyOfHome()
    for (const [id, term, filter] of [
      ["c", "pp1", { kind: "section", personId: "p1" }],
      ["c", "ss1", { kind: "section", schoolId: "s1" }],
      ["u", "ss1", { kind: "user", schoolId: "s1" }],
      ["u", "rstudent", { kind: "user", role: "student" }],
      ["u", "qteacher s1", { kind: "user", schoolId: "s1", role: "teacher" }],
    ] as const) {
      await collide([id], `${key}${term}`)
      expect([term, await storage.findRecords({ districtId: home, filter, limit: 9 })]).toEqual([term, []])
      expect([term, await storage.countRecords({ districtId: home, filter })]).toEqual([term, 0])
    }
  })

  test("are counted as traces of whoever they name", async () => {
    await importChanges(storage, [student("a", "X-100")])
    expect(await storage.countTraces("person-7")).toEqual({})
    for (const term of ["pperson-7", "sperson-7", "iperson-7", "qstudent person-7"]) {
      await sql(`UPDATE homeroom.changes SET terms = ARRAY[${termNumber(`${await keyOfHome()}${term}`)}]`)
      expect([term, await storage.countTraces("person-7")]).toEqual([term, { changes: 1 }])
    }
  })

  test("go with the id that is erased", async () => {
    const section = { id: "c", district: home, students: ["a", "b"] }
    await importChanges(storage, [
      student("a", "1"),
      student("b", "2"),
      put("create", "section", "c", "c", JSON.stringify(section)),
    ])
    const number = termNumber(`${await keyOfHome()}pa`)
    const holding = `SELECT id FROM homeroom.changes WHERE terms @> ARRAY[${number}]`
    expect(await sql(holding)).toEqual([{ id: "c" }])
    await storage.erase(await takeLease(storage), { districtId: home, kind: "user", id: "a" })
    expect(await sql(holding)).toEqual([])
  })

  test("are the same for SQL, by the function `term`", async () => {
    await importChanges(storage, [student("a", "X-100")])
    for (const value of ["X-100", "Zoë 🏫", "x".repeat(200), "x".repeat(201)]) {
      await importChanges(storage, [student("b", value)], { runId: `run-${value}` })
      const found = await database.pool.query(
        `SELECT id FROM ${schema}.changes WHERE terms @> ARRAY[${schema}.term($1, 'i', $2)] AND id = 'b'`,
        [home, value],
      )
      expect([value, found.rows]).toEqual([value, [{ id: "b" }]])
    }
  })
})
