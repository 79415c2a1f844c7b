import { DatabaseSync } from "node:sqlite"
import { setImmediate as nextTurn } from "node:timers/promises"
import { describe, expect, it, onTestFinished } from "vitest"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { RosterWorld } from "../support/roster-world.ts"

describe("S20 a commit is seen whole or not at all", () => {
  it("S20 by readers on the same storage, on another one, and on a connection of their own, while it is under way", async () => {
    const world = new RosterWorld({ storage: "sqlite", users: 12_000, schools: 4, pageSize: 10_000 })
    const other = new SqliteStorage({ path: world.path, clock: world.now })
    await other.open()
    onTestFinished(() => other.close())
    const raw = new DatabaseSync(world.path, { readOnly: true })
    onTestFinished(() => raw.close())
    // One statement sees one moment.
    const look = raw.prepare(`
      SELECT coalesce((SELECT version FROM homeroom_districts), 0) AS version,
        (SELECT count(*) FROM homeroom_records) AS records,
        (SELECT count(*) FROM homeroom_records WHERE active = 0) AS archived,
        (SELECT count(*) FROM homeroom_runs WHERE state = 'applied') AS applied`)

    let isCommitting = false
    world.hooks.beforeCall = (method) => {
      if (method === "commit") isCommitting = true
    }
    world.hooks.afterCall = (method) => {
      if (method === "commit") isCommitting = false
    }
    const watched = async (allowed: readonly object[]) => {
      let looks = 0
      let isDone = false
      const watch = (async () => {
        while (!isDone) {
          if (isCommitting) {
            looks++
            expect(allowed).toContainEqual({ ...look.get() })
            for (const storage of [world.plain, other]) {
              const head = await storage.getDistrict(world.districtId)
              const active = Object.values(head.counts).reduce((sum, counts) => sum + counts.active, 0)
              const archived = Object.values(head.counts).reduce((sum, counts) => sum + counts.archived, 0)
              expect(allowed).toContainEqual({
                version: head.version,
                records: active + archived,
                archived,
                applied: head.version,
              })
              const page = await storage.listRecords({ districtId: world.districtId, kind: "user", limit: 3 })
              expect([0, 3]).toContain(page.length)
            }
          }
          await nextTurn()
        }
        return looks
      })()
      const finish = () => {
        isDone = true
        return watch
      }
      return { finish }
    }

    const total = ["district", "school", "term", "course", "user", "section"] as const
    const records = total.reduce((sum, kind) => sum + world.district.count(kind), 0)
    const nothing = { version: 0, records: 0, archived: 0, applied: 0 }
    const imported = { version: 1, records, archived: 0, applied: 1 }
    const first = await watched([nothing, imported])
    expect((await world.bulk()).state).toBe("applied")
    // Else the reader would have had no chance to see anything.
    expect(await first.finish()).toBeGreaterThan(1)
    expect({ ...look.get() }).toEqual(imported)

    world.district.unshare({ everything: true })
    const emptied = { version: 2, records, archived: records - 1, applied: 2 }
    const second = await watched([imported, emptied])
    expect((await world.bulk()).counts.user.archived).toBe(12_000)
    await second.finish()
    expect({ ...look.get() }).toEqual(emptied)
  }, 120_000)

  it("S20 a commit that breaks off in the middle leaves everything as it was", async () => {
    const world = new RosterWorld({ storage: "sqlite", users: 100 })
    await world.bulk()
    world.truth()
    world.district.nextDay({ intensity: 8 })
    const before = await world.stored()
    const head = await world.plain.getDistrict(world.districtId)
    const database = new DatabaseSync(world.path)
    onTestFinished(() => database.close())
    // The last of the roster's tables to be written refuses.
    database.exec(`CREATE TRIGGER refuse BEFORE UPDATE OF cursor ON homeroom_districts
      WHEN new.last_run IS NOT old.last_run BEGIN SELECT RAISE(ABORT, 'refused'); END`)
    await expect(world.bulk()).rejects.toMatchObject({ code: "STORAGE_UNREADABLE" })
    expect(await world.stored()).toEqual(before)
    expect(await world.plain.getDistrict(world.districtId)).toEqual(head)
    database.exec("DROP TRIGGER refuse")
    expect((await world.bulk()).state).toBe("applied")
    expect(await world.stored()).toEqual(world.truth())
  })
})
