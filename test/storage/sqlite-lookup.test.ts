import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { parseRecord } from "../../src/models/parse-record.ts"
import { recordKeys } from "../../src/models/record-keys.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import type { RecordFilter } from "../../src/storage/contract.ts"
import { findRows } from "../../src/storage/sqlite/find-records.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { lookupWords } from "../../src/storage/sqlite/lookup-word.ts"
import { Statements } from "../../src/storage/sqlite/statements.ts"
import { SimulatedSource } from "../support/simulated-source.ts"
import { storedRecords } from "../support/stored-roster.ts"

describe("SQLite without FTS5 (Node 22.13 to 22.15)", () => {
  let folder: string
  let path: string
  let district: SimulatedDistrict
  const filters: RecordFilter[] = []
  let expected: string[][]

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "homeroom-"))
    path = join(folder, "roster.db")
    district = new SimulatedDistrict({ seed: 7, users: 80, schools: 2, clock: new Clock() })
    // A role that Clever does not have yet, and not even as an object.
    const [odd] = district.records("user")
    district.edit("user", String(odd?.id), { roles: { alumni: "yes" } })
    const storage = new SqliteStorage({ path })
    await new RosterSync({ clever: new SimulatedSource(district), storage }).sync({ districtId: district.id })
    const section = district.records("section").find(({ students }) => (students as string[]).length > 0)
    if (section === undefined) throw new Error("no section with students")
    const school = String(district.records("school")[0]?.id)
    filters.splice(
      0,
      filters.length,
      { kind: "section", personId: (section.students as string[])[0] as string },
      { kind: "user", schoolId: school },
      { kind: "user", schoolId: school, role: "teacher" },
      { kind: "section", schoolId: school },
      { kind: "user", role: "district_admin" },
      { kind: "section", sisId: String(section.sis_id) },
    )
    expected = await search(storage)
    await rebuildPlain(storage)
    await storage.close()
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  async function search(storage: SqliteStorage): Promise<string[][]> {
    const found: string[][] = []
    for (const filter of filters) {
      const records = await storage.findRecords({ districtId: district.id, filter, limit: 1_000 })
      found.push(records.map(({ id }) => id))
    }
    return found
  }

  /** Leaves the database as an old Node would have written it. */
  async function rebuildPlain(storage: SqliteStorage): Promise<void> {
    const raw = new DatabaseSync(path)
    raw.exec("DROP TABLE homeroom_lookup")
    raw.exec("CREATE TABLE homeroom_lookup (person TEXT, school TEXT, role TEXT, sis_id TEXT)")
    const insert = raw.prepare(
      "INSERT INTO homeroom_lookup (rowid, person, school, role, sis_id) SELECT content, ?, ?, ?, ? FROM homeroom_records WHERE id = ?",
    )
    for await (const { kind, id, data } of storedRecords(storage, district.id)) {
      const result = parseRecord(kind, JSON.parse(data), { districtId: district.id })
      if (!result.ok) throw new Error(result.reason)
      const { people, schools, roles, sisIds } = recordKeys(kind, result.record)
      insert.run(lookupWords(people), lookupWords(schools), lookupWords(roles), lookupWords(sisIds), id)
    }
    raw.close()
  }

  it("finds the same by walking through a plain table", () => {
    const raw = new DatabaseSync(path, { readOnly: true })
    const statements = new Statements(raw)
    const key = Number(statements.get("SELECT key FROM homeroom_districts WHERE id = ?", district.id)?.key)
    const found = filters.map((filter) =>
      findRows(statements, key, { districtId: district.id, filter, limit: 1_000 }).map((row) =>
        String(row.id),
      ),
    )
    raw.close()
    expect(expected.every((ids) => ids.length > 0)).toBe(true)
    expect(found).toEqual(expected)
  })

  it("turns the plain table into an index when a newer Node opens the database", async () => {
    const storage = new SqliteStorage({ path })
    await storage.open()
    expect(await search(storage)).toEqual(expected)
    await storage.close()
    const raw = new DatabaseSync(path, { readOnly: true })
    const tables = raw.prepare("SELECT name, sql FROM sqlite_master WHERE name LIKE 'homeroom_lookup%'").all()
    raw.close()
    expect(tables.find(({ name }) => name === "homeroom_lookup")?.sql).toMatch(/fts5/)
    expect(tables.map(({ name }) => name)).not.toContain("homeroom_lookup_plain")
  })
})
