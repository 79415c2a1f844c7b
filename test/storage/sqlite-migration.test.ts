import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { migrations } from "../../src/storage/sqlite/schema.ts"
import { home, importChanges, makeConnection, makeLink, put, record } from "../../src/testing/fixtures.ts"

describe("SQLite, a database of schema version 1", () => {
  let folder: string
  let path: string

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "homeroom-"))
    path = join(folder, "roster.db")
    const storage = new SqliteStorage({ path })
    await storage.open()
    await storage.saveConnection(makeConnection())
    await importChanges(storage, [put("create", "user", "a")])
    await storage.close()
    // Back to what version 1 made of it: the same tables without those of the later migrations.
    const raw = new DatabaseSync(path)
    const fresh = new DatabaseSync(":memory:")
    fresh.exec(migrations[0] as string)
    const known = fresh.prepare("SELECT name FROM sqlite_master").all()
    const names = new Set(known.map(({ name }) => String(name)))
    for (const { name } of raw.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()) {
      const isKept =
        names.has(String(name)) || /^(homeroom_lookup|homeroom_schema|sqlite_)/.test(String(name))
      if (!isKept) raw.exec(`DROP TABLE ${String(name)}`)
    }
    raw.exec("DELETE FROM homeroom_schema WHERE version > 1")
    fresh.close()
    raw.close()
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it("has no table for links, keeps what it held when it is opened, and then takes links", async () => {
    const before = new DatabaseSync(path, { readOnly: true })
    expect(before.prepare("SELECT 1 FROM sqlite_master WHERE name = 'homeroom_links'").get()).toBeUndefined()
    before.close()
    const storage = new SqliteStorage({ path })
    await storage.open()
    try {
      expect(await storage.getConnection(home)).toEqual(makeConnection())
      expect(await storage.getRecords({ districtId: home, kind: "user", ids: ["a"] })).toEqual([
        record("user", "a"),
      ])
      expect(await storage.claimLink(makeLink())).toEqual({ claimed: true, link: makeLink() })
      expect(await storage.consumeOnce("k", Date.now() + 60_000)).toBe(true)
      expect(await storage.raiseSessionEpoch("user:1")).toBeGreaterThan(0)
    } finally {
      await storage.close()
    }
    const raw = new DatabaseSync(path, { readOnly: true })
    const versions = raw.prepare("SELECT version FROM homeroom_schema ORDER BY version").all()
    raw.close()
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
