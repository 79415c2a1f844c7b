import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { namedFences, readDocument } from "../../scripts/documents.ts"
import { type Kind, kinds, RosterSync, type Run, roles, type Section, type User } from "../../src/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"

const document = readDocument("docs/spec/storage.md")
const queries = namedFences(document, "sql")

const folder = mkdtempSync(join(tmpdir(), "homeroom-queries-"))
const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
const district = new SimulatedDistrict({ seed: seed(), users: 300, schools: 3, clock })
const other = new SimulatedDistrict({ seed: seed(), index: 1, users: 100, schools: 1, clock })
const spelled = "Ab 12-é"
let database: DatabaseSync
let bulk: Run
let delta: Run
let archivedUser: string
let overridden: string[]

type Row = Record<string, unknown>

beforeAll(async () => {
  const path = join(folder, "roster.db")
  const storage = new SqliteStorage({ path, clock: () => clock.now().getTime() })
  const rosterOf = (simulated: SimulatedDistrict) =>
    new RosterSync({ clever: new SimulatedSource(simulated), storage, clock: () => clock.now().getTime() })
  const roster = rosterOf(district)
  await rosterOf(other).sync({ districtId: other.id, mode: "bulk" })
  bulk = await roster.sync({ districtId: district.id, mode: "bulk" })

  district.nextDay()
  const [first, second] = district.people
  archivedUser = String(first?.id)
  district.unshare({ ids: [archivedUser] })
  district.edit("user", String(second?.id), (user) => {
    for (const role of Object.values(user.roles as Record<string, Row>)) role.sis_id = spelled
  })
  delta = await roster.sync({ districtId: district.id, mode: "delta" })
  const [, , ...others] = users()
  overridden = others.slice(0, 2).map(({ id }) => id)
  for (const [index, id] of overridden.entries()) {
    const value = index === 0 ? "Own “name”" : null
    const field = { districtId: district.id, kind: "user", id, path: "name.first" } as const
    await storage.override({ ...field, value, at: "2026-09-01T08:00:00.000Z", by: "ada" })
  }
  await storage.close()
  database = new DatabaseSync(path, { readOnly: true })
})

afterAll(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

function sqlOf(name: string): string {
  const sql = queries.get(name)
  if (sql === undefined) throw new Error(`docs/spec/storage.md has no query ${name}`)
  return sql
}

/** The rows of a query about the district. */
function ask(name: string, parameters: Record<string, string | number>): Row[] {
  return database.prepare(sqlOf(name)).all({ district: district.id, ...parameters }) as Row[]
}

function askRun(name: string, parameters: Record<string, string>): Row[] {
  return database.prepare(sqlOf(name)).all(parameters) as Row[]
}

const users = () => district.records("user") as unknown as User[]
const sections = () => district.records("section") as unknown as Section[]
const idsOf = (rows: readonly Row[]) => rows.map(({ id }) => String(id))
const rolesOf = (user: User) =>
  Object.entries((user.roles ?? {}) as Record<string, Row | null>).flatMap(([role, fields]) =>
    fields === null ? [] : [[role, fields] as const],
  )
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

describe("the queries of docs/spec/storage.md", () => {
  test("one record, active or archived", () => {
    for (const user of users().slice(0, 20)) {
      const [row, ...more] = ask("one-record", { id: user.id })
      expect(more).toEqual([])
      expect({ active: row?.active, data: JSON.parse(String(row?.data)) }).toEqual({ active: 1, data: user })
    }
    expect(ask("one-record", { id: archivedUser })).toMatchObject([{ id: archivedUser, active: 0 }])
    expect(ask("one-record", { id: "nobody" })).toEqual([])
  })

  test("all of a kind", () => {
    const schools = district.records("school").map(({ id, name }) => ({ id, name }))
    expect(ask("all-of-a-kind", {})).toEqual(schools)
  })

  test("a field with the app's own value, an empty one included", () => {
    for (const { id, name } of users().slice(0, 20)) {
      const own = [{ first_name: "Own “name”" }, { first_name: null }][overridden.indexOf(id)]
      const expected =
        own === undefined ? { id, first_name: name?.first, set_by: null } : { id, ...own, set_by: "ada" }
      expect(ask("one-field-with-overrides", { id })).toEqual([expected])
    }
    const listed = database
      .prepare(
        "SELECT id, path, value FROM roster_overrides WHERE district_id = ? AND kind = 'user' ORDER BY id",
      )
      .all(district.id)
    expect(listed).toHaveLength(2)
    expect(listed.map(({ id }) => id)).toEqual(overridden)
    expect(listed.map(({ value }) => JSON.parse(String(value)))).toEqual(["Own “name”", null])
  })

  test("the people of a section", () => {
    const known = new Map(users().map((user) => [user.id, user]))
    for (const section of sections()) {
      const expected = (["student", "teacher"] as const).flatMap((role) =>
        [...(section[`${role}s`] ?? [])].sort(byText).flatMap((id) => {
          const user = known.get(id)
          const { first = null, last = null } = user?.name ?? {}
          return user === undefined ? [] : [{ id, role, first_name: first, last_name: last }]
        }),
      )
      expect(ask("people-of-a-section", { section: section.id })).toEqual(expected)
    }
  })

  test("the sections of a person", () => {
    for (const { id: person } of users()) {
      const expected = sections().filter(
        ({ students, teachers }) => students?.includes(person) || teachers?.includes(person),
      )
      expect(ask("sections-of-a-person", { person })).toEqual(expected.map(({ id, name }) => ({ id, name })))
    }
  })

  test("the users of a school", () => {
    for (const school of district.records("school").map(({ id }) => String(id))) {
      const expected = users().flatMap((user) =>
        rolesOf(user)
          .filter(
            ([, fields]) => fields.school === school || (fields.schools as string[] | null)?.includes(school),
          )
          .map(([role]) => ({ id: user.id, role })),
      )
      expected.sort((a, b) => byText(a.id, b.id) || byText(a.role, b.role))
      expect(expected.length).toBeGreaterThan(0)
      expect(ask("users-of-a-school", { school })).toEqual(expected)
    }
  })

  test("the users by role, whatever signs its name has", () => {
    for (const role of roles) {
      const expected = users().filter((user) => rolesOf(user).some(([name]) => name === role))
      expect(idsOf(ask("users-by-role", { role }))).toEqual(expected.map(({ id }) => id))
    }
  })

  test("by sis_id, whatever signs it has", () => {
    const found = new Map<string, { kind: Kind; id: string }[]>()
    const add = (sisId: unknown, entry: { kind: Kind; id: string }) => {
      if (typeof sisId !== "string" || sisId === "") return
      const entries = found.get(sisId) ?? []
      if (!entries.some(({ id }) => id === entry.id)) entries.push(entry)
      found.set(sisId, entries)
    }
    for (const kind of kinds) {
      for (const record of district.records(kind)) {
        const entry = { kind, id: String(record.id) }
        if (kind !== "user") add(record.sis_id, entry)
        else
          for (const [, fields] of rolesOf(record as unknown as User)) {
            add(fields.sis_id, entry)
            add(fields.staff_id, entry)
          }
      }
    }
    expect(found.get(spelled)).toHaveLength(1)
    for (const [sisId, entries] of found) expect(ask("by-sis-id", { sis_id: sisId }), sisId).toEqual(entries)
  })

  test("what changed in a run", () => {
    const created = askRun("changes-of-a-run", { run: bulk.id })
    expect(created).toHaveLength(kinds.reduce((sum, kind) => sum + bulk.counts[kind].created, 0))
    const changed = askRun("changes-of-a-run", { run: delta.id })
    for (const kind of kinds) {
      const count = (action: string) =>
        changed.filter((row) => row.kind === kind && row.action === action).length
      const { created, updated, archived, restored } = delta.counts[kind]
      expect([count("create"), count("update"), count("archive"), count("restore")]).toEqual([
        created,
        updated,
        archived,
        restored,
      ])
    }
    const gone = changed.find(({ id }) => id === archivedUser)
    expect(gone).toMatchObject({ kind: "user", action: "archive", after: null })
    expect(JSON.parse(String(gone?.before))).toMatchObject({ id: archivedUser })
  })

  test("what changed since a version", () => {
    const since = (version: number) => ask("changed-since-version", { version })
    expect([bulk.version, delta.version]).toEqual([1, 2])
    const ofDelta = askRun("changes-of-a-run", { run: delta.id })
    expect(ofDelta.length).toBeGreaterThan(0)
    const asListed = ofDelta.map(({ kind, id, action }) => ({ version: 2, kind, id, action }))
    expect(since(1)).toEqual(asListed)
    expect(since(0)).toHaveLength(askRun("changes-of-a-run", { run: bulk.id }).length + ofDelta.length)
    expect(since(0).slice(-ofDelta.length)).toEqual(asListed)
    expect(since(2)).toEqual([])
  })

  test("what was archived since a time", () => {
    const ids = idsOf(ask("archived-since", { since: delta.startedAt }))
    expect(ids).toContain(archivedUser)
    expect(ids).toHaveLength(kinds.reduce((sum, kind) => sum + delta.counts[kind].archived, 0))
    expect(ask("archived-since", { since: "2099-01-01" })).toEqual([])
  })

  test.each([...queries.keys()])("%s reads no more of the large tables than it gives", (name) => {
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sqlOf(name)}`).all() as { detail: string }[]
    const aliases = new Map(
      [...sqlOf(name).matchAll(/\b(homeroom_(?:records|changes)) (\w+)/g)].map(([, table, alias]) => [
        alias,
        table,
      ]),
    )
    expect(aliases.size).toBeGreaterThan(0)
    for (const { detail } of plan) {
      const [, verb, alias] = /^(SCAN|SEARCH) (\w+)/.exec(detail) ?? []
      const table = aliases.get(alias)
      if (table === undefined) continue
      expect(verb, detail).toBe("SEARCH")
      if (table === "homeroom_changes") expect(detail).toMatch(/rowid=\?|\(run=\?/)
      else if (name === "all-of-a-kind") expect(detail).toContain("(district=? AND kind=?)")
      else expect(detail).toMatch(/\(district=\? AND kind=\? AND id=\?\)|\(content=\?/)
    }
  })

  test("the tables and the views are listed with every column", () => {
    const relations = database
      .prepare("SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name")
      .all() as { type: string; name: string }[]
    const headings = document.split(/^#{2,3} /m)
    for (const { type, name } of relations) {
      if (name.startsWith("homeroom_lookup_")) continue
      const section = headings.find((text) => text.startsWith(type === "view" ? "Views" : "Tables")) ?? ""
      const paragraphs = section.split(/\n(?=`homeroom_|\| `roster_)/)
      const own = paragraphs.filter((text) => text.includes(`\`${name}\``)).join("\n")
      expect(own, `${name} is not described`).not.toBe("")
      const columns = database.prepare(`SELECT name FROM pragma_table_info(?)`).all(name) as {
        name: string
      }[]
      const common = type === "view" ? ["district_id", "state", "data"] : []
      const missing = columns.filter((c) => !common.includes(c.name) && !own.includes(`\`${c.name}\``))
      expect(missing.map((c) => `${name}.${c.name}`)).toEqual([])
    }
  })

  test("the views hold what is shared", () => {
    const count = (view: string) =>
      database
        .prepare(`SELECT count(*) AS n FROM ${view} WHERE district_id = ? AND state = 'active'`)
        .get(district.id)?.n
    expect(count("roster_records")).toBe(kinds.reduce((sum, kind) => sum + district.count(kind), 0))
    for (const kind of ["school", "term", "course", "user", "section"] as const) {
      expect(count(`roster_${kind}s`)).toBe(district.count(kind))
    }
    expect(count("roster_user_roles")).toBe(users().reduce((sum, user) => sum + rolesOf(user).length, 0))
    expect(count("roster_enrolments")).toBe(
      sections().reduce(
        (sum, { students, teachers }) => sum + (students ?? []).length + (teachers ?? []).length,
        0,
      ),
    )
  })
})
