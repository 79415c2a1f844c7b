import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it, onTestFinished } from "vitest"
import type { RosterStorage } from "../../src/storage/contract.ts"
import { cleanFile } from "../../src/storage/sqlite/clean-file.ts"
import { setUp } from "../../src/storage/sqlite/connection.ts"
import { hasDeletedText } from "../../src/storage/sqlite/free-space.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { wordsOfIndex } from "../../src/storage/sqlite/index-terms.ts"
import { mergeLookups, plainLookupSql } from "../../src/storage/sqlite/lookup-table.ts"
import { Statements } from "../../src/storage/sqlite/statements.ts"
import { home, importChanges, put, takeLease } from "../../src/testing/fixtures.ts"
import { codeOf, temporaryFolder } from "../support/roster-world.ts"

const person = "5f3c0a1b2c3d4e5f60718293"

function newPath(): string {
  return join(temporaryFolder(), "roster.db")
}

function connect(path: string): DatabaseSync {
  const connection = new DatabaseSync(path)
  onTestFinished(() => connection.close())
  connection.exec(setUp)
  return connection
}

async function openStorage(path: string, busyTimeoutMs = 30_000): Promise<SqliteStorage> {
  const storage = new SqliteStorage({ path, busyTimeoutMs })
  await storage.open()
  onTestFinished(() => storage.close())
  return storage
}

async function eraseUser(storage: RosterStorage, id: string) {
  const lease = await takeLease(storage)
  const counts = await storage.erase(lease, { districtId: home, kind: "user", id })
  await storage.releaseLease(lease)
  return counts
}

/** Rises whenever the file is rebuilt, as long as nobody alters a table. */
function rebuilds(path: string): number {
  const connection = new DatabaseSync(path)
  const { schema_version } = connection.prepare("PRAGMA schema_version").get() as { schema_version: number }
  connection.close()
  return schema_version
}

/** Rows of a kilobyte and more, some of which are to be deleted. */
function fill(connection: DatabaseSync, rows = 200): void {
  connection.exec("CREATE TABLE letters (key INTEGER PRIMARY KEY, text TEXT)")
  const insert = connection.prepare("INSERT INTO letters (text) VALUES (?)")
  for (let row = 0; row < rows; row++) insert.run(`Dear ${row + 1}, ${"yours sincerely ".repeat(70)}`)
}

/** In a transaction, with the log taken over, as it asks for. */
function look(connection: DatabaseSync, path: string): boolean {
  connection.exec("PRAGMA wal_checkpoint(TRUNCATE); BEGIN IMMEDIATE")
  try {
    return hasDeletedText(new Statements(connection), path)
  } finally {
    connection.exec("COMMIT")
  }
}

describe("S31 SQLite, text in the free space of the file", () => {
  it("finds none where SQLite overwrites, even if nothing was deleted where it does not", () => {
    for (const isSecure of [true, false]) {
      const path = newPath()
      const connection = connect(path)
      connection.exec(`PRAGMA secure_delete = ${isSecure ? "ON" : "OFF"}`)
      fill(connection)
      // When a table outgrows its first page, the rows are copied from it and stay there as well.
      expect(look(connection, path)).toBe(!isSecure)
    }
  })

  it.each([
    ["a row among others", "DELETE FROM letters WHERE key = 77"],
    ["the last row of all", "DELETE FROM letters WHERE key = 200"],
    ["whole pages", "DELETE FROM letters WHERE key BETWEEN 50 AND 150"],
    ["all rows", "DELETE FROM letters"],
    ["a table", "DROP TABLE letters"],
    ["the old text of a row that is shorter now", "UPDATE letters SET text = 'gone' WHERE key = 77"],
  ])("finds %s that was deleted, and none of it where it was overwritten", (_what, sql) => {
    for (const isSecure of [false, true]) {
      const path = newPath()
      const connection = connect(path)
      connection.exec("PRAGMA secure_delete = ON")
      fill(connection)
      expect(look(connection, path)).toBe(false)
      connection.exec(`PRAGMA secure_delete = ${isSecure ? "ON" : "OFF"}`)
      connection.exec(sql)
      expect(look(connection, path)).toBe(!isSecure)
    }
  })

  it("takes what inner pages of a table have left over of their own numbers for no text, and text for text", () => {
    const path = newPath()
    const connection = connect(path)
    connection.exec("PRAGMA secure_delete = ON")
    fill(connection, 2_000)
    expect(look(connection, path)).toBe(false)
    const pageSize = Number(connection.prepare("PRAGMA page_size").get()?.page_size)
    const pageOf = (type: string) => {
      const find = "SELECT pageno FROM dbstat WHERE name = 'letters' AND pagetype = ? AND unused > 100"
      return Number(connection.prepare(find).get(type)?.pageno)
    }
    const file = openSync(path, "r+")
    onTestFinished(() => closeSync(file))
    /** Writes to where cells would be put next, far from those that there are. */
    const leave = (type: string, text: string) => {
      const start = (pageOf(type) - 1) * pageSize
      const header = Buffer.alloc(12)
      readSync(file, header, 0, header.length, start)
      const places = 12 + 2 * header.readUInt16BE(3)
      writeSync(file, text, start + places + 8)
    }
    for (const [type, text, isText] of [
      ["internal", "Canary7", false],
      ["internal", "Canary88", true],
      ["internal", "\0".repeat(8), false],
      ["leaf", "Ca\0", false],
      ["leaf", "Can", true],
    ] as const) {
      leave(type, text)
      expect([type, text, look(connection, path)]).toEqual([type, text, isText])
    }
  })

  it("finds it behind the end of a long value, and takes the value itself for no deleted one", () => {
    const path = newPath()
    const connection = connect(path)
    connection.exec("CREATE TABLE books (key INTEGER PRIMARY KEY, text TEXT)")
    const put = connection.prepare("INSERT OR REPLACE INTO books VALUES (1, ?)")
    // Some pages each, of which the last is full in part.
    put.run("all of it ".repeat(3_000))
    expect(look(connection, path)).toBe(false)
    // What a page held that is freed and taken again within one transaction is still behind the new end.
    connection.exec("BEGIN")
    connection.exec("DELETE FROM books")
    put.run("less of it ".repeat(1_200))
    connection.exec("COMMIT")
    expect(look(connection, path)).toBe(true)
    connection.exec("VACUUM")
    expect(look(connection, path)).toBe(false)
  })

  it("is overwritten or rebuilt by the cleaning, which does the least that is needed", async () => {
    const path = newPath()
    const connection = connect(path)
    fill(connection)
    connection.exec("DELETE FROM letters WHERE key = 77")
    const before = rebuilds(path)
    await cleanFile(connection, { path, busyTimeoutMs: 0 })
    expect(rebuilds(path)).toBe(before + 1)
    expect(readFileSync(path).includes("Dear 77,")).toBe(false)
    expect(look(connection, path)).toBe(false)
    connection.exec("PRAGMA secure_delete = ON")
    connection.exec("DELETE FROM letters WHERE key = 78")
    await cleanFile(connection, { path, busyTimeoutMs: 0 })
    expect(rebuilds(path)).toBe(before + 1)
    expect(readFileSync(path).includes("Dear 78,")).toBe(false)
    expect(readFileSync(`${path}-wal`).length).toBe(0)
  })

  it("rejects with STORAGE_BUSY while somebody reads an older state, or writes", async () => {
    const path = newPath()
    const connection = connect(path)
    fill(connection)
    const other = connect(path)
    other.exec("BEGIN")
    other.prepare("SELECT count(*) FROM letters").get()
    connection.exec("DELETE FROM letters WHERE key = 77")
    expect(await codeOf(cleanFile(connection, { path, busyTimeoutMs: 0 }))).toBe("STORAGE_BUSY")
    other.exec("COMMIT; BEGIN IMMEDIATE")
    expect(await codeOf(cleanFile(connection, { path, busyTimeoutMs: 0 }))).toBe("STORAGE_BUSY")
    other.exec("COMMIT")
    await cleanFile(connection, { path, busyTimeoutMs: 0 })
    expect(readFileSync(path).includes("Dear 77,")).toBe(false)
  })
})

describe("S31 SQLite, the words of the lookup index", () => {
  it("are all read from its pages, as SQLite itself knows them", async () => {
    const path = newPath()
    const storage = await openStorage(path)
    for (const [index, students] of [ids(0, 3_000), ids(1_500, 5_000), ["zz", "a"]].entries()) {
      const data = JSON.stringify({ id: "s", school: "AB-12", students })
      await importChanges(storage, [put(index === 0 ? "create" : "update", "section", "s", "", data)], {
        runId: `run-${index}`,
      })
    }
    const connection = connect(path)
    connection.exec("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'homeroom_lookup', 'row')")
    const known = connection.prepare("SELECT term FROM temp.words ORDER BY term").all()
    const words = [...new Set(wordsOfIndex(new Statements(connection)))].sort()
    expect(words).toEqual(known.map(({ term }) => term))
    expect(words.length).toBe(5_003)
  })

  it("stand there after their entry is deleted, where no search finds them, until they are merged away", async () => {
    const path = newPath()
    const storage = await openStorage(path)
    const data = JSON.stringify({ id: "s", students: [person, "other"] })
    await importChanges(storage, [put("create", "section", "s", "", data)])
    const connection = connect(path)
    const statements = new Statements(connection)
    statements.run("DELETE FROM homeroom_lookup")
    const match = "SELECT count(*) AS count FROM homeroom_lookup WHERE homeroom_lookup MATCH ?"
    expect(statements.get(match, person)).toEqual({ count: 0 })
    expect([...wordsOfIndex(statements)]).toContain(person)
    expect(await storage.countTraces(person)).toHaveProperty("homeroom_lookup")
    mergeLookups(statements)
    expect([...wordsOfIndex(statements)]).toEqual([])
    expect(await storage.countTraces(person)).not.toHaveProperty("homeroom_lookup")
  })
})

function ids(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => (0x5f3c0a1b2c3d + (from + index) * 7).toString(16))
}

describe("S31 SQLite, erasing", () => {
  it("rebuilds the file once, and not again while nothing but erasures has been written", async () => {
    const path = newPath()
    const storage = await openStorage(path)
    const everybody = ids(0, 400)
    await importChanges(
      storage,
      everybody.map((id) => put("create", "user", id)),
    )
    await importChanges(
      storage,
      everybody.slice(100).map((id) => put("update", "user", id, "second")),
      {
        runId: "run-2",
      },
    )
    const [first, second, third] = everybody.slice(200) as [string, string, string]
    await eraseUser(storage, first)
    const after = rebuilds(path)
    for (const id of [second, third]) {
      await eraseUser(storage, id)
      expect(await storage.countTraces(id)).toEqual({})
    }
    expect(rebuilds(path)).toBe(after)
  })

  it("does so in the thread of its own where the file is large, and tells of failures from there", async () => {
    const path = newPath()
    const storage = await openStorage(path, 60)
    const stuff = { collection: "stuff", districtId: null, value: "x".repeat(6_000_000) }
    await storage.writeDocuments(["1", "2", "3"].map((key) => ({ ...stuff, key })))
    await importChanges(storage, [put("create", "user", person), put("create", "user", "other")])
    const reader = new DatabaseSync(path)
    reader.exec("BEGIN")
    reader.prepare("SELECT count(*) FROM homeroom_records").get()
    const lease = await takeLease(storage)
    const them = { districtId: home, kind: "user", id: person } as const
    expect(await codeOf(storage.erase({ ...lease, fence: 0 }, them))).toBe("LEASE_LOST")
    await expect(storage.erase(lease, them)).rejects.toMatchObject({
      code: "STORAGE_BUSY",
      message: expect.stringContaining("a program reads an older state of the file"),
    })
    reader.exec("COMMIT")
    reader.close()
    let isDone = false
    let turns = 0
    const watch = setInterval(() => {
      if (!isDone) turns++
    }, 1)
    const counts = await storage.erase(lease, them)
    isDone = true
    clearInterval(watch)
    // It was erased by the first call; and this thread had time for others.
    expect(counts.records).toBe(0)
    expect(turns).toBeGreaterThan(0)
    expect(await storage.countTraces(person)).toEqual({})
    expect((await storage.getDistrict(home)).counts).toEqual({ user: { active: 1, archived: 0 } })
  })

  it("keeps searches right through a rebuilt file where the lookup table is a plain one (Node 22.13 to 22.15)", async () => {
    const path = newPath()
    const connection = connect(path)
    connection.exec("CREATE TABLE homeroom_lookup (person TEXT)")
    const keep = connection.prepare("INSERT INTO homeroom_lookup (rowid, person) VALUES (?, ?)")
    for (const key of [5, 9, 12]) keep.run(key, `p${key}`)
    const keys = () => connection.prepare("SELECT rowid, person FROM homeroom_lookup ORDER BY 1").all()
    connection.exec("VACUUM")
    // That is what SQLite does to rows without a key of their own.
    expect(keys().map(({ rowid }) => rowid)).toEqual([1, 2, 3])
    connection.exec("DROP TABLE homeroom_lookup")
    connection.exec(plainLookupSql)
    for (const key of [5, 9, 12]) keep.run(key, `p${key}`)
    connection.exec("VACUUM")
    expect(keys()).toEqual([5, 9, 12].map((rowid) => ({ rowid, person: `p${rowid}` })))
  })
})
