import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import { forgetUser } from "../../../src/exchange/index.ts"
import type { Scope } from "../../../src/models/scope.ts"
import type { JsonObject } from "../../../src/simulator/index.ts"
import { dayMs, RosterWorld, storageNames } from "../../support/roster-world.ts"

const canary = "c4n4ry"

/** Whether the storage, or a byte of its files, has the canary. */
async function places(world: RosterWorld): Promise<string[]> {
  const found = Object.keys(await world.plain.countTraces(canary))
  for (const file of world.path === "" ? [] : readdirSync(dirname(world.path))) {
    if (readFileSync(join(dirname(world.path), file)).includes(canary)) found.push(file)
  }
  return [...new Set(found)]
}

describe.each(storageNames)("S18 S31 what was stored before the scope was narrowed, on %s", (storage) => {
  it("S18 S31 is in no table once the logs of before and the archived records are purged, and in no file after an erasure", async () => {
    const retention = { changesDays: 1, archivedDays: 1, stagedDays: 1 }
    const world = new RosterWorld({ storage, roster: { retention } })
    const { district } = world
    let planted = 0
    const plant = () => {
      for (const id of world.ids("user")) {
        district.edit("user", id, (record) => {
          record.email = `${canary}-${++planted}@d.example`
        })
      }
      district.edit("section", world.ids("section")[0] as string, { name: `${canary} ${++planted}` })
    }
    const [archived, rejected] = world.ids("user") as [string, string]
    plant()
    await world.bulk()
    plant()
    await world.delta()
    district.unshare({ ids: [archived] })
    district.edit("user", rejected, { name: { first: 7, last: canary } as never })
    await world.bulk()

    const fields = { user: ["name.last"], section: ["subject"] }
    const scope: Scope = { roles: ["student", "teacher"], fields }
    district.edit("user", rejected, { name: { first: "Good", last: "Again" } })
    const scoped = world.another({ scope, retention })
    const run = async (mode: "bulk" | "delta") => {
      world.clock.advance(1_000)
      return scoped.sync({ districtId: district.id, mode })
    }
    expect(await run("delta")).toMatchObject({ mode: "bulk", state: "applied" })
    plant()
    expect(await run("delta")).toMatchObject({ mode: "delta" })
    // The test has something to look for.
    expect(await places(world)).not.toEqual([])
    world.clock.advance(dayMs + 5_000)
    await run("bulk")
    await scoped.purge({ districtId: district.id })
    // What SQLite has deleted stays in its files, free space and log, until it is written over, or something is erased.
    expect((await places(world)).filter((place) => !place.startsWith("roster.db"))).toEqual([])
    expect(JSON.stringify([...(await world.stored())])).not.toContain(canary)
    expect((district.record("user", rejected) as JsonObject).email).toContain(canary)
    const erasure = { storage: world.plain, districtId: district.id, by: "ada", clock: world.now }
    await forgetUser({ ...erasure, id: archived })
    expect(await places(world)).toEqual([])
  })
})
