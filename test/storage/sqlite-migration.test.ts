import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { migrations } from "../../src/storage/sqlite/schema.ts"
import {
  ended,
  home,
  importChanges,
  makeConnection,
  makeLink,
  makeRun,
  mark,
  put,
  record,
  reject,
  takeLease,
} from "../../src/testing/fixtures.ts"
import { takeBackTo } from "../support/old-database.ts"

let folder: string
let path: string
let storage: SqliteStorage

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "homeroom-"))
  path = join(folder, "roster.db")
  await openAgain()
})

afterEach(async () => {
  await storage.close()
  rmSync(folder, { recursive: true, force: true })
})

async function openAgain(): Promise<void> {
  storage = new SqliteStorage({ path })
  await storage.open()
}

/** Runs SQL on the closed file; the rows of the last statement. */
function inFile<Row>(sql: string): Row[] {
  const raw = new DatabaseSync(path)
  const rows = raw.prepare(sql).all()
  raw.close()
  return rows as Row[]
}

describe("SQLite, a database of schema version 1", () => {
  beforeEach(async () => {
    await storage.saveConnection(makeConnection())
    await importChanges(storage, [put("create", "user", "a")])
    await storage.close()
    takeBackTo(1, path)
  })

  it("has no table for links, keeps what it held when it is opened, and then takes links", async () => {
    expect(inFile("SELECT 1 FROM sqlite_master WHERE name = 'homeroom_links'")).toEqual([])
    await openAgain()
    expect(await storage.getConnection(home)).toEqual(makeConnection())
    expect(await storage.getRecords({ districtId: home, kind: "user", ids: ["a"] })).toEqual([
      record("user", "a"),
    ])
    expect(await storage.claimLink(makeLink())).toEqual({ claimed: true, link: makeLink() })
    expect(await storage.consumeOnce("k", Date.now() + 60_000)).toBe(true)
    expect(await storage.raiseSessionEpoch("user:1")).toBeGreaterThan(0)
    await storage.close()
    const versions = inFile<{ version: number }>("SELECT version FROM homeroom_schema ORDER BY version")
    expect(versions.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1))
  })

  it("is brought up to date once, whoever opens it first", async () => {
    const storages = Array.from({ length: 4 }, () => new SqliteStorage({ path }))
    await Promise.all(storages.map((storage) => storage.open()))
    const claims = await Promise.all(storages.map((storage) => storage.claimLink(makeLink())))
    expect(claims.filter(({ claimed }) => claimed)).toHaveLength(1)
    for (const storage of storages) await storage.close()
  })
})

describe("SQLite, a database of schema version 2", () => {
  const added = ["purpose", "plan", "approval", "undoes", "version", "archivedBySchool"]

  beforeEach(async () => {
    await storage.saveConnection(makeConnection())
    await importChanges(storage, [put("create", "user", "a"), put("create", "user", "b")], { runId: "run-1" })
    // Rejections alone change no record.
    await importChanges(storage, [reject("user", "?1")], { runId: "run-2" })
    const archives = ["a", "b"].map((id) => mark("archive", "user", id))
    await importChanges(storage, archives, { runId: "run-3" })
    await importChanges(storage, [put("restore", "user", "b", "second")], { runId: "run-4" })
    await importChanges(storage, [put("refresh", "user", "b", "third")], { runId: "run-5" })
    const lease = await takeLease(storage)
    const run = makeRun({ id: "run-6", basis: 4, state: "held" })
    await storage.stage(lease, { run, changes: [mark("archive", "user", "b")] })
    await storage.close()
    inFile(
      `UPDATE homeroom_runs SET document = json_remove(document, ${added.map((name) => `'$.${name}'`).join(", ")})`,
    )
    takeBackTo(2, path)
    expect(inFile("SELECT document FROM homeroom_runs WHERE document LIKE '%purpose%'")).toEqual([])
  })

  it("reads the runs of then with what they did not know", async () => {
    await openAgain()
    expect(await storage.getRun("run-6")).toEqual(makeRun({ id: "run-6", basis: 4, state: "held" }))
    const [newest] = await storage.listRuns({ limit: 1 })
    expect(newest).toMatchObject({ purpose: "import", plan: null, archivedBySchool: {} })
  })

  it("knows the order of the commits of then, and goes on from it", async () => {
    await openAgain()
    const commits = await storage.listCommits({ districtId: home, limit: 10 })
    expect(commits).toEqual([
      { runId: "run-1", version: 1 },
      { runId: "run-3", version: 2 },
      { runId: "run-4", version: 3 },
      { runId: "run-5", version: 4 },
    ])
    expect(await storage.getRun("run-4")).toMatchObject({ version: 3 })
    expect(await storage.getRun("run-2")).toMatchObject({ version: null })
    await storage.releaseLease({ districtId: home, holder: "", fence: 6 })
    await importChanges(storage, [put("create", "user", "c")], { runId: "run-7" })
    expect(await storage.listCommits({ districtId: home, after: 4, limit: 10 })).toEqual([
      { runId: "run-7", version: 5 },
    ])
  })

  it("knows since when the archived records are archived", async () => {
    await openAgain()
    await storage.close()
    const rows = inFile("SELECT id, archived_at FROM homeroom_records ORDER BY id")
    const endedAt = Date.parse(String(ended(makeRun()).finishedAt))
    expect(rows).toEqual([
      { id: "a", archived_at: endedAt },
      { id: "b", archived_at: null },
    ])
  })

  it("takes settings, overrides and documents, and commits what was staged then", async () => {
    await openAgain()
    expect(await storage.getConnection(home)).toEqual(makeConnection())
    const settings = { scope: { exclude: ["a"] } }
    await storage.saveConnection(makeConnection({ settings }))
    expect(await storage.getConnection(home)).toMatchObject({ settings })
    expect(
      await storage.writeDocuments([{ collection: "c", key: "k", districtId: home, value: 1, expect: 0 }]),
    ).toBe(true)
    await storage.override({
      districtId: home,
      kind: "user",
      id: "a",
      path: "name.first",
      value: "Ada",
      at: "2026-08-17T06:00:00.000Z",
      by: "ada",
    })
    expect(await storage.listOverrides({ districtId: home, kind: "user", limit: 10 })).toHaveLength(1)
    const run = ended(makeRun({ id: "run-6", basis: 4 }))
    const lease = { districtId: home, holder: "", fence: 6 }
    await storage.commit(lease, { run, basis: 4, cursor: null, actions: ["archive"] })
    expect((await storage.getDistrict(home)).counts).toEqual({ user: { active: 0, archived: 2 } })
  })
})

describe("SQLite, a database of schema version 3", () => {
  it("keeps the session epochs of then, and no longer says whose they are (R55)", async () => {
    const subject = "user:https://clever.com:5f3c0a1b2c3d4e5f60718293"
    const epoch = await storage.raiseSessionEpoch(subject)
    await importChanges(storage, [put("create", "user", "a")])
    await storage.close()
    takeBackTo(3, path)
    inFile(`UPDATE homeroom_session_epochs SET subject = '${subject}' RETURNING 1`)
    await openAgain()
    expect(await storage.getSessionEpochs([subject])).toEqual([epoch])
    expect(await storage.raiseSessionEpoch(subject)).toBeGreaterThan(epoch)
    const rows = inFile<{ subject: string }>("SELECT subject FROM homeroom_session_epochs")
    expect(rows).toEqual([{ subject: expect.stringMatching(/^[\w-]{43}$/) }])
    // What stood there is in the free space of the file until the next erasure.
    const lease = await takeLease(storage)
    await storage.erase(lease, { districtId: home, kind: "user", id: "5f3c0a1b2c3d4e5f60718293" })
    expect(await storage.countTraces("5f3c0a1b2c3d4e5f60718293")).toEqual({})
    expect((await takeLease(storage, "away")).fence).toBe(1)
  })
})
