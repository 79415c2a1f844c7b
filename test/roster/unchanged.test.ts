import { DatabaseSync } from "node:sqlite"
import { describe, expect, it, onTestFinished } from "vitest"
import type { JsonObject } from "../../src/simulator/index.ts"
import type { StoredRecord } from "../../src/storage/contract.ts"
import { RosterWorld, type StorageName, storageNames } from "../support/roster-world.ts"
import { storedRecords } from "../support/stored-roster.ts"

/** Alters what is listed of every record. */
function alter(world: RosterWorld, change: (record: JsonObject) => JsonObject): void {
  world.source.alterItems = (_, items) => items.map((item) => JSON.stringify(change(JSON.parse(item))))
}

async function everything(world: RosterWorld): Promise<StoredRecord[]> {
  const records: StoredRecord[] = []
  for await (const record of storedRecords(world.plain, world.districtId)) records.push(record)
  return records
}

function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversedKeys(inner)]),
  )
}

const silently: [string, (record: JsonObject) => JsonObject][] = [
  ["a new last_modified", (record) => ({ ...record, last_modified: "2030-01-01T00:00:00.000Z" })],
  [
    "empties of every sort for what is absent",
    (record) => ({ ext: null, nickname: "", tags: [], ...record }),
  ],
  [
    "absence for what is empty",
    (record) =>
      Object.fromEntries(
        Object.entries(record).filter(
          ([, value]) => value !== "" && value !== null && !(Array.isArray(value) && value.length === 0),
        ),
      ),
  ],
]

describe.each(storageNames)("S11 what is unchanged, on %s", (storage: StorageName) => {
  it.each(silently)(
    "S11 %s is stored as it came, but is no change: not counted, not logged",
    async (_, change) => {
      const world = new RosterWorld({ storage })
      await world.bulk()
      const before = await everything(world)
      alter(world, change)
      const run = await world.bulk()
      expect(run.state).toBe("unchanged")
      expect(await world.changes(run)).toEqual([])
      for (const { updated, created, archived, restored } of Object.values(run.counts)) {
        expect(updated + created + archived + restored).toBe(0)
      }
      expect(Object.values(run.counts).reduce((sum, { unchanged }) => sum + unchanged, 0)).toBe(before.length)
      const after = await everything(world)
      for (const [place, { id, data, state }] of after.entries()) {
        const former = before[place] as StoredRecord
        expect({ id, state }).toEqual({ id: former.id, state: former.state })
        expect(data).toBe(JSON.stringify(change(JSON.parse(former.data))))
      }
      // And as it is stored now, it is the same the next time.
      expect((await world.bulk()).state).toBe("unchanged")
      expect(await everything(world)).toEqual(after)
    },
  )

  it("S11 another order of keys, at every level, is nothing at all: not even stored", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const [before, head] = [await everything(world), await world.plain.getDistrict(world.districtId)]
    alter(world, (record) => reversedKeys(record) as JsonObject)
    const run = await world.bulk()
    expect(run.state).toBe("unchanged")
    expect(Object.values(run.counts).reduce((sum, { unchanged }) => sum + unchanged, 0)).toBe(before.length)
    expect(await everything(world)).toEqual(before)
    expect((await world.plain.getDistrict(world.districtId)).version).toBe(head.version)
  })

  it("S11 keys shuffled anew in every answer, over several days: only what changed is changed", async () => {
    const world = new RosterWorld({ storage })
    world.district.shuffleKeys()
    await world.bulk()
    world.truth()
    for (let day = 0; day < 5; day++) {
      expect((await world.bulk()).state).toBe("unchanged")
      world.district.nextDay({ intensity: 3 })
      const [bulk, delta] = [await world.bulk(), await world.delta()]
      expect([bulk.state, delta.state]).toEqual(["applied", "unchanged"])
      expect(await world.stored()).toEqual(world.truth())
    }
  })

  it("S11 the order of a list does matter", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const [id] = world.district
      .records("section")
      .filter(({ students }) => Array.isArray(students) && students.length > 1)
      .map((section) => String(section.id))
    alter(world, (record) =>
      record.id === id ? { ...record, students: (record.students as string[]).toReversed() } : record,
    )
    const run = await world.bulk()
    expect(run.counts.section.updated).toBe(1)
    expect(
      (await world.changes(run)).map((change) => [change.id, change.fields.map(({ path }) => path)]),
    ).toEqual([[id, ["students"]]])
  })

  it("S11 a resync in which nothing came differently stages nothing and keeps the district's version", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const [before, head] = [await everything(world), await world.plain.getDistrict(world.districtId)]
    const staged: unknown[] = []
    world.hooks.beforeCall = (method, parameters) => {
      if (method === "stage") staged.push(...(parameters[1] as { changes: unknown[] }).changes)
    }
    for (const mode of ["bulk", "delta"] as const) {
      const run = await world[mode]()
      expect(run.state).toBe("unchanged")
      expect(staged).toEqual([])
      expect(await world.plain.getDistrict(world.districtId)).toEqual({ ...head, lastRunId: run.id })
    }
    expect(await everything(world)).toEqual(before)
  })
})

describe("S11 on SQLite", () => {
  /** Counts, in the database itself, every row written to the tables that hold records. */
  function countWrites(path: string): () => number {
    const database = new DatabaseSync(path)
    onTestFinished(() => database.close())
    database.exec("CREATE TABLE written (what TEXT)")
    for (const table of ["homeroom_records", "homeroom_changes"]) {
      for (const what of ["INSERT", "UPDATE", "DELETE"]) {
        database.exec(
          `CREATE TRIGGER watch_${table}_${what} AFTER ${what} ON ${table} BEGIN INSERT INTO written VALUES ('${table} ${what}'); END`,
        )
      }
    }
    return () => Number(database.prepare("SELECT count(*) AS count FROM written").get()?.count)
  }

  it("S11 an unchanged resync writes no row of the roster, bulk or delta", async () => {
    const world = new RosterWorld({ storage: "sqlite" })
    await world.bulk()
    const written = countWrites(world.path)
    expect((await world.bulk()).state).toBe("unchanged")
    expect((await world.delta()).state).toBe("unchanged")
    expect(written()).toBe(0)
    // The triggers do count.
    world.district.edit("school", world.ids("school")[0] as string, { name: "Renamed" })
    await world.delta()
    expect(written()).toBeGreaterThanOrEqual(2)
  })

  it("S11 a resync with one change writes that one row of the roster", async () => {
    const world = new RosterWorld({ storage: "sqlite" })
    await world.bulk()
    const [id] = world.ids("user") as [string]
    world.district.edit("user", id, { email: "changed@d.example" })
    const database = new DatabaseSync(world.path)
    onTestFinished(() => database.close())
    database.exec(`
      CREATE TABLE touched (id TEXT);
      CREATE TRIGGER touch AFTER UPDATE ON homeroom_records BEGIN INSERT INTO touched VALUES (new.id); END;
      CREATE TRIGGER add_one AFTER INSERT ON homeroom_records BEGIN INSERT INTO touched VALUES (new.id); END;`)
    expect((await world.bulk()).counts.user.updated).toBe(1)
    expect(database.prepare("SELECT id FROM touched").all()).toEqual([{ id }])
  })
})
