import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { archiveAs, ended, importChanges, makeRun, mark, put } from "../../src/testing/fixtures.ts"

let folder: string
let path: string
let storage: SqliteStorage

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "homeroom-"))
  path = join(folder, "roster.db")
  storage = new SqliteStorage({ path })
  await storage.open()
})

afterEach(async () => {
  await storage.close()
  rmSync(folder, { recursive: true, force: true })
})

function archivedAt(): Record<string, unknown> {
  const raw = new DatabaseSync(path, { readOnly: true })
  const rows = raw.prepare("SELECT id, archived_at FROM homeroom_records").all()
  raw.close()
  return Object.fromEntries(rows.map((row) => [String(row.id), row.archived_at]))
}

describe("SQLite, the time since which a record is archived", () => {
  const endedAt = Date.parse(String(ended(makeRun()).finishedAt))

  it("is the end of the run that archived it, and goes when the record is restored", async () => {
    await importChanges(
      storage,
      ["a", "b", "c"].map((id) => put("create", "user", id)),
      { runId: "run-1" },
    )
    expect(archivedAt()).toEqual({ a: null, b: null, c: null })
    await importChanges(storage, [mark("archive", "user", "a"), archiveAs("user", "b", "older")], {
      runId: "run-2",
    })
    expect(archivedAt()).toEqual({ a: endedAt, b: endedAt, c: null })
    await importChanges(storage, [put("restore", "user", "a"), put("restore", "user", "b")], {
      runId: "run-3",
    })
    expect(archivedAt()).toEqual({ a: null, b: null, c: null })
  })

  it("stays where a commit leaves the archive out", async () => {
    await importChanges(storage, [put("create", "user", "a")], { runId: "run-1" })
    await importChanges(storage, [mark("archive", "user", "a")], { runId: "run-2", actions: ["create"] })
    expect(archivedAt()).toEqual({ a: null })
  })
})
