import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { namedFences, readDocument } from "../../scripts/documents.ts"
import { kinds, RosterSync, type Run, type Section, type User } from "../../src/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { importChanges, put } from "../../src/testing/fixtures.ts"
import { makeDatabase, postgresServer, type TestDatabase } from "../support/postgres.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"

const server = await postgresServer()
const document = readDocument("docs/spec/storage.md")
const queries = namedFences(document, "sql", "postgres-query")
const own = "host_app"

type Row = Record<string, unknown>

describe.skipIf(typeof server === "string")("the PostgreSQL queries of docs/spec/storage.md", () => {
  const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
  const district = new SimulatedDistrict({ seed: seed(), users: 200, schools: 2, clock })
  const other = new SimulatedDistrict({ seed: seed(), index: 1, users: 60, schools: 1, clock })
  let database: TestDatabase
  let storage: PostgresStorage
  let bulk: Run
  let delta: Run
  let gone: string

  beforeAll(async () => {
    if (typeof server === "string") throw new Error(server)
    database = await makeDatabase(server)
    storage = new PostgresStorage({ pool: database.pool, schema: own })
    await storage.open()
    const rosterOf = (simulated: SimulatedDistrict) =>
      new RosterSync({ clever: new SimulatedSource(simulated), storage, clock: () => clock.now().getTime() })
    await rosterOf(other).sync({ districtId: other.id, mode: "bulk" })
    bulk = await rosterOf(district).sync({ districtId: district.id, mode: "bulk" })
    district.nextDay()
    gone = String(district.people[0]?.id)
    district.unshare({ ids: [gone] })
    delta = await rosterOf(district).sync({ districtId: district.id, mode: "delta" })
    await database.pool.query(`ANALYZE ${own}.changes, ${own}.records`)
  })

  afterAll(async () => {
    await storage.close()
    await database.drop()
    if (typeof server !== "string") await server.stop()
  })

  /** The query with numbered parameters, in the schema that is the test's own. */
  function textOf(name: string, parameters: Row): { text: string; values: unknown[] } {
    const sql = queries.get(name)
    if (sql === undefined) throw new Error(`docs/spec/storage.md has no PostgreSQL query ${name}`)
    const names = Object.keys(parameters)
    const text = sql
      .replaceAll("homeroom.", `${own}.`)
      .replace(/(?<![:\w]):([a-z_]+)/g, (_, parameter: string) => `$${names.indexOf(parameter) + 1}::text`)
    return { text, values: Object.values(parameters) }
  }

  async function ask(name: string, parameters: Row): Promise<Row[]> {
    return (await database.pool.query(textOf(name, parameters))).rows as Row[]
  }

  const ofDistrict = (parameters: Row = {}) => ({ district: district.id, ...parameters })
  const users = () => district.records("user") as unknown as User[]
  const sections = () => district.records("section") as unknown as Section[]

  test("one record, active or archived", async () => {
    for (const user of users().slice(0, 10)) {
      const [row] = await ask("one-record", ofDistrict({ id: user.id }))
      expect({ active: row?.active, data: JSON.parse(String(row?.data)) }).toEqual({
        active: true,
        data: user,
      })
    }
    expect(await ask("one-record", ofDistrict({ id: gone }))).toMatchObject([{ active: false }])
    expect(await ask("one-record", ofDistrict({ id: "nobody" }))).toEqual([])
  })

  test("all of a kind", async () => {
    const schools = district.records("school").map(({ id, name }) => ({ id, name }))
    expect(await ask("all-of-a-kind", ofDistrict())).toEqual(schools)
  })

  test("the sections of a person, and the people of a section", async () => {
    const known = new Map(users().map((user) => [user.id, user]))
    for (const section of sections().slice(0, 10)) {
      const expected = (["student", "teacher"] as const).flatMap((role) =>
        [...(section[`${role}s`] ?? [])].sort().flatMap((id) => {
          const user = known.get(id)
          return user === undefined ? [] : [{ id, role, first_name: user.name?.first ?? null }]
        }),
      )
      expect(await ask("people-of-a-section", ofDistrict({ section: section.id }))).toEqual(expected)
    }
    for (const { id: person } of users().slice(0, 20)) {
      const expected = sections().filter(
        ({ students, teachers }) => students?.includes(person) || teachers?.includes(person),
      )
      expect(await ask("sections-of-a-person", ofDistrict({ person }))).toEqual(
        expected.map(({ id, name }) => ({ id, name })),
      )
    }
  })

  test("whoever has a sis_id", async () => {
    const user = users().find(({ roles }) => roles?.student?.sis_id)
    const found = await ask("by-sis-id", ofDistrict({ sis_id: user?.roles?.student?.sis_id }))
    expect(found).toContainEqual({ kind: "user", id: user?.id })
  })

  test("what a run changed", async () => {
    for (const run of [bulk, delta]) {
      const listed = await storage.listChanges({ runId: run.id, limit: 1_000_000 })
      expect(listed.length).toBeGreaterThan(0)
      expect(await ask("changes-of-a-run", { run: run.id })).toEqual(
        listed.map(({ kind, id, action, before, after }) => ({ kind, id, action, before, after })),
      )
    }
  })

  test("every one can be answered from indexes alone", async () => {
    const client = await database.pool.connect()
    try {
      await client.query("SET enable_seqscan = off")
      for (const name of queries.keys()) {
        const parameters = Object.fromEntries(
          [...(queries.get(name)?.matchAll(/(?<![:\w]):([a-z_]+)/g) ?? [])].map(([, key]) => [key, "x"]),
        )
        const { text, values } = textOf(name, parameters)
        const { rows } = await client.query({ text: `EXPLAIN ${text}`, values })
        const plan = rows.map((row) => Object.values(row as object).join()).join("\n")
        expect(plan, name).not.toMatch(/Seq Scan on (?:changes|records)/)
      }
    } finally {
      client.release(true)
    }
  })

  test("the views hold what is shared", async () => {
    const count = async (view: string) => {
      const { rows } = await database.pool.query(
        `SELECT count(*)::int AS n FROM ${own}.${view} WHERE district_id = $1 AND state = 'active'`,
        [district.id],
      )
      return (rows[0] as { n: number }).n
    }
    expect(await count("roster_records")).toBe(kinds.reduce((sum, kind) => sum + district.count(kind), 0))
    for (const kind of ["school", "term", "course", "user", "section"] as const) {
      expect(await count(`roster_${kind}s`)).toBe(district.count(kind))
    }
    expect(await count("roster_enrolments")).toBe(
      sections().reduce(
        (sum, { students, teachers }) => sum + (students ?? []).length + (teachers ?? []).length,
        0,
      ),
    )
    expect(await count("roster_user_roles")).toBe(
      users().reduce((sum, { roles }) => sum + Object.values(roles ?? {}).filter(Boolean).length, 0),
    )
  })

  test("the views and the function json read what jsonb refuses", async () => {
    const texts = [
      ["\\u0000", "\ufffd"],
      ["\\ud83d", "\ufffd"],
      ["\\\\u0000", "\\u0000"],
      ["\\ud83d\\udc00", "🐀"],
    ] as const
    const changes = texts.map(([text], index) =>
      put("create", "school", `s${index}`, "first", `{"id":"s${index}","name":"a${text}b"}`),
    )
    await importChanges(storage, changes, { districtId: "odd", runId: "run-odd" })
    const { rows } = await database.pool.query(
      `SELECT name FROM ${own}.roster_schools WHERE district_id = 'odd' ORDER BY id`,
    )
    expect(rows.map((row) => (row as Row).name)).toEqual(texts.map(([, shown]) => `a${shown}b`))
  })
})
