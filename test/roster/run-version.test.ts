import { describe, expect, it } from "vitest"
import type { Run } from "../../src/storage/contract.ts"
import { RosterWorld, storageNames } from "../support/roster-world.ts"

describe.each(storageNames)("S20 the version in a run, on %s", (storage) => {
  it("S20 is the district's after its commit, and none where no record was written", async () => {
    const world = new RosterWorld({ storage })
    const runs: Run[] = [await world.bulk()]
    const versions = async () => {
      const { version } = await world.plain.getDistrict(world.districtId)
      return [runs.at(-1)?.version, version]
    }
    expect(await versions()).toEqual([1, 1])

    runs.push(await world.bulk())
    expect(runs.at(-1)?.state).toBe("unchanged")
    expect(await versions()).toEqual([null, 1])

    const edited = String(world.ids("user")[0])
    world.district.edit("user", edited, { name: { first: "New", last: "Name" } })
    runs.push(await world.delta())
    expect(await versions()).toEqual([2, 2])

    // Stored, though it means nothing new (S11).
    world.source.alterItems = (_, items) =>
      items.map((item) => JSON.stringify({ ...JSON.parse(item), last_modified: "2030-01-01T00:00:00.000Z" }))
    runs.push(await world.bulk())
    expect(runs.at(-1)?.state).toBe("unchanged")
    expect(await versions()).toEqual([3, 3])
    world.source.alterItems = (_, items) => items

    const id = world.district.add("user", { roles: { student: { sis_id: "new-1" } } })
    world.clock.advance(1_000)
    const result = await world.roster.syncUser({ districtId: world.districtId, id })
    if (result.state !== "applied") throw new Error(`the look at one person was ${result.state}`)
    runs.push(result.run)
    expect(await versions()).toEqual([4, 4])

    const commits = await world.plain.listCommits({ districtId: world.districtId, limit: 100 })
    const withVersion = runs.filter(({ version }) => version !== null)
    expect(commits).toEqual(withVersion.map(({ id: runId, version }) => ({ runId, version })))
    for (const run of runs) expect(await world.plain.getRun(run.id)).toEqual(run)
  })

  it("S20 is none of a run that is held", async () => {
    const world = new RosterWorld({ storage })
    world.source.alterItems = (kind, items) =>
      kind === "user" ? items.map((item) => JSON.stringify({ ...JSON.parse(item), roles: 5 })) : items
    const run = await world.bulk()
    expect([run.state, run.version]).toEqual(["held", null])
    expect(await world.plain.listCommits({ districtId: world.districtId, limit: 100 })).toEqual([])
  })
})
