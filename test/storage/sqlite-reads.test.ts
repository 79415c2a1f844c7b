import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, beforeAll, describe, expect, it, test } from "vitest"
import type { RecordFilter } from "../../src/storage/contract.ts"
import { getDocument, listDocuments, writeDocuments } from "../../src/storage/sqlite/documents.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { clearOverrides, listOverrides } from "../../src/storage/sqlite/overrides.ts"
import { listStaged } from "../../src/storage/sqlite/read-changes.ts"
import { countRecords } from "../../src/storage/sqlite/read-records.ts"
import { listCommits } from "../../src/storage/sqlite/runs.ts"
import { Statements } from "../../src/storage/sqlite/statements.ts"
import { home, importChanges, makeOverride, makeRun, put, takeLease } from "../../src/testing/fixtures.ts"

const folder = mkdtempSync(join(tmpdir(), "homeroom-"))
const path = join(folder, "roster.db")
let database: DatabaseSync

beforeAll(async () => {
  const storage = new SqliteStorage({ path })
  await storage.open()
  const pupils = Array.from({ length: 40 }, (_, index) => {
    const roles = { student: { school: "school1", schools: ["school1"], sis_id: `s${index}` } }
    return put("create", "user", `u${index}`, "first", JSON.stringify({ id: `u${index}`, roles }))
  })
  const section = { id: "c1", school: "school1", students: ["u1", "u2"], teachers: ["u3"] }
  await importChanges(storage, [...pupils, put("create", "section", "c1", "first", JSON.stringify(section))])
  const lease = await takeLease(storage)
  await storage.stage(lease, { run: makeRun({ id: "run-2", basis: 1 }), changes: pupils })
  await storage.override(makeOverride())
  await storage.close()
  database = new DatabaseSync(path)
})

afterAll(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

/** How SQLite goes about each statement that `work` runs. */
function plansOf(work: (statements: Statements) => void): string[] {
  const plans: string[] = []
  const recording = {
    prepare(sql: string) {
      const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]
      plans.push(...steps.map(({ detail }) => detail))
      return database.prepare(sql)
    },
  }
  work(new Statements(recording as unknown as DatabaseSync))
  return plans
}

const reads: Record<string, [work: (statements: Statements) => unknown, steps: RegExp]> = {
  "the commits of a district": [
    (reader) => listCommits(reader, { districtId: home, after: 3, limit: 10 }),
    /homeroom_runs USING INDEX homeroom_runs_by_version \(district=\? AND version>\?\)/,
  ],
  "what is staged of a kind": [
    (reader) => listStaged(reader, { runId: "run-2", kind: "user", after: "u1", limit: 10 }),
    /homeroom_changes USING INDEX homeroom_changes_by_record \(run=\? AND kind=\? AND id>\?\)/,
  ],
  "a document": [
    (reader) => getDocument(reader, "notes", "a"),
    /homeroom_documents USING PRIMARY KEY \(collection=\? AND key=\?\)/,
  ],
  "the documents of a collection": [
    (reader) => listDocuments(reader, { collection: "notes", after: "a", limit: 10 }),
    /homeroom_documents USING PRIMARY KEY \(collection=\? AND key>\? AND key<\?\)/,
  ],
  "the documents with a prefix": [
    (reader) => listDocuments(reader, { collection: "notes", prefix: "a/", limit: 10 }),
    /homeroom_documents USING PRIMARY KEY \(collection=\? AND key>\? AND key<\?\)/,
  ],
  "the documents of a district": [
    (reader) => listDocuments(reader, { collection: "notes", districtId: home, prefix: "a/", limit: 10 }),
    /USING INDEX homeroom_documents_by_district \(district_id=\? AND collection=\? AND key>\? AND key<\?\)/,
  ],
  "the documents that are written": [
    (writer) => writeDocuments(writer, [{ collection: "notes", key: "a", delete: true, expect: 7 }]),
    /homeroom_documents USING PRIMARY KEY \(collection=\? AND key=\?\)/,
  ],
  "the overrides of a kind": [
    (reader) =>
      listOverrides(reader, {
        districtId: home,
        kind: "user",
        after: { id: "u1", path: "email" },
        limit: 10,
      }),
    /homeroom_overrides USING PRIMARY KEY \(district=\? AND kind=\? AND \(id,path\)>\(\?,\?\)\)/,
  ],
  "the overrides of some records": [
    (reader) => listOverrides(reader, { districtId: home, kind: "user", ids: ["u1", "u2"], limit: 10 }),
    /homeroom_overrides USING PRIMARY KEY \(district=\? AND kind=\? AND id=\?/,
  ],
  "the overrides that are given back": [
    (writer) => clearOverrides(writer, { districtId: home, kind: "user", id: "u9" }),
    /homeroom_overrides USING PRIMARY KEY \(district=\? AND kind=\? AND id=\?\)/,
  ],
}

describe("SQLite finds by an index, in the order asked for,", () => {
  test.each(Object.entries(reads))("%s", (_name, [work, steps]) => {
    const plans = plansOf(work)
    expect(
      plans.some((detail) => steps.test(detail)),
      plans.join("\n"),
    ).toBe(true)
    for (const detail of plans) expect(detail).not.toMatch(/SCAN homeroom_|TEMP B-TREE/)
  })
})

describe("SQLite counts", () => {
  const exact: RecordFilter[] = [
    { kind: "user", schoolId: "school1" },
    { kind: "section", schoolId: "school1" },
    { kind: "user", role: "student" },
    { kind: "user", role: "district_admin" },
    { kind: "user", sisId: "s7" },
    { kind: "section", personId: "u1" },
  ]

  it.each(exact)("%o without reading a content", (filter) => {
    const plans = plansOf((reader) => countRecords(reader, { districtId: home, filter }))
    expect(plans.join("\n")).toContain("homeroom_records_by_content")
    expect(plans.join("\n")).not.toMatch(/SEARCH c |SCAN c |homeroom_changes/)
  })

  it("the people of a section from the section's content alone", () => {
    const filter = { kind: "user", sectionId: "c1" } as const
    const plans = plansOf((reader) => countRecords(reader, { districtId: home, filter }))
    expect(plans.filter((detail) => /USING INTEGER PRIMARY KEY/.test(detail))).toHaveLength(2)
  })

  it("no further than the limit", () => {
    const fallen: number[] = []
    database.function("looked_at", (key) => {
      fallen.push(Number(key))
      return 1
    })
    const statements = new Statements({
      // The count's own statement, told to report each record that it comes by.
      prepare: (sql: string) =>
        database.prepare(sql.replace("r.active = 1", "r.active = looked_at(r.content)")),
    } as unknown as DatabaseSync)
    const filter = { kind: "user", schoolId: "school1" } as const
    expect(countRecords(statements, { districtId: home, filter, limit: 5 })).toBe(5)
    expect(fallen).toHaveLength(5)
    expect(countRecords(statements, { districtId: home, filter })).toBe(40)
    expect(fallen).toHaveLength(45)
  })
})
