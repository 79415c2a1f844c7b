import { describe, expect, it } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import type { UserSyncResult } from "../../src/roster/index.ts"
import { Random } from "../../src/testing/seeded-random.ts"
import { codeOf, hourMs, RosterWorld, storageNames, type WorldOptions } from "../support/roster-world.ts"
import { seed } from "../support/seed.ts"

/** A world with an imported roster. */
async function importedWorld(options: WorldOptions = {}): Promise<RosterWorld> {
  const world = new RosterWorld(options)
  await world.bulk()
  world.truth()
  return world
}

function syncUser(world: RosterWorld, id: string): Promise<UserSyncResult> {
  world.clock.advance(1_000)
  return world.roster.syncUser({ districtId: world.districtId, id })
}

describe.each(storageNames)("R46 bringing in one person ahead of the next import, on %s", (storage) => {
  it("creates somebody new as a run of its own, and leaves the cursor where it was (S4)", async () => {
    const world = await importedWorld({ storage })
    const before = await world.plain.getDistrict(world.districtId)
    const id = world.district.add("user", { roles: { student: { sis_id: "new-1" } } })
    const asked = world.source.asked.length
    const result = await syncUser(world, id)
    expect(world.source.asked.slice(asked)).toEqual([`user ${id}`])
    expect(result).toMatchObject({
      state: "applied",
      run: {
        mode: "user",
        state: "applied",
        startedBy: "login",
        requests: 1,
        counts: { user: { created: 1 } },
      },
    })
    const after = await world.plain.getDistrict(world.districtId)
    expect(after.cursor).toEqual(before.cursor)
    expect(after.version).toBe(before.version + 1)
    expect((await world.stored()).get(`user ${id}`)).toEqual({
      state: "active",
      data: world.district.record("user", id),
    })
    const [run] = await world.history()
    if (run === undefined) throw new Error("no run in the history")
    expect((await world.changes(run)).map((change) => [change.action, change.id])).toEqual([["create", id]])
    expect(await world.plain.getLease(world.districtId)).toBeUndefined()
    // The delta reads the person's event all the same and finds nothing new in it.
    const delta = await world.delta()
    expect(delta.mode).toBe("delta")
    expect(delta.counts.user).toMatchObject({ created: 0, updated: 0 })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("restores somebody archived, and updates somebody who changed (S12)", async () => {
    const world = await importedWorld({ storage })
    const [back, edited] = world.ids("user") as [string, string]
    world.district.unshare({ ids: [back] })
    await world.delta()
    world.truth()
    world.district.reshare({ ids: [back] })
    world.district.edit("user", edited, { email: "edited@d.example" })
    expect(await syncUser(world, back)).toMatchObject({
      state: "applied",
      run: { counts: { user: { restored: 1 } } },
    })
    expect(await syncUser(world, edited)).toMatchObject({
      state: "applied",
      run: { counts: { user: { updated: 1 } } },
    })
    expect(await syncUser(world, edited)).toEqual({ state: "unchanged" })
    expect((await world.history())[0]?.counts.user.updated).toBe(1)
    await world.delta()
    expect(await world.stored()).toEqual(world.truth())
  })

  it("archives nobody: who is not shared is not found, and stays as stored", async () => {
    const world = await importedWorld({ storage })
    const [gone] = world.ids("user") as [string]
    world.district.unshare({ ids: [gone] })
    const stored = await world.stored()
    const runs = await world.history()
    expect(await syncUser(world, gone)).toEqual({ state: "not-found" })
    expect(await syncUser(world, "nobody")).toEqual({ state: "not-found" })
    expect(await world.stored()).toEqual(stored)
    expect(await world.history()).toEqual(runs)
  })

  it("takes over the rejections of the last run, so that the next delta looks at them again (S9)", async () => {
    const world = await importedWorld({ storage })
    const [bad] = world.ids("user") as [string]
    world.source.alterEvents = (events) =>
      events.map((event) =>
        event.object?.includes(bad)
          ? { ...event, object: JSON.stringify({ id: bad, name: 7, district: world.districtId }) }
          : event,
      )
    world.district.edit("user", bad, { email: "rejected@d.example" })
    const before = await world.delta()
    expect(await world.rejections(before)).toHaveLength(1)
    const id = world.district.add("user", { roles: { student: {} } })
    const result = await syncUser(world, id)
    if (result.state !== "applied") throw new Error(result.state)
    expect(await world.rejections(result.run)).toEqual(await world.rejections(before))
    // Taken out by a good record of the same person.
    const healed = await syncUser(world, bad)
    if (healed.state !== "applied") throw new Error(healed.state)
    expect(await world.rejections(healed.run)).toEqual([])
    world.source.alterEvents = (events) => events
    await world.delta()
    expect(await world.stored()).toEqual(world.truth())
  })
})

describe("R46 bringing in one person", () => {
  it("does nothing in a district that was never imported", async () => {
    const world = new RosterWorld()
    const [id] = world.ids("user") as [string]
    expect(await syncUser(world, id)).toEqual({ state: "not-imported" })
    expect(world.source.asked).toEqual([])
    expect(await world.history()).toEqual([])
  })

  it("does not wait for an import, and an import waits for it (S21)", async () => {
    const world = await importedWorld()
    const id = world.district.add("user", { roles: { student: {} } })
    const answers: unknown[] = []
    world.source.beforePage = (kind) => {
      if (kind === "school") answers.push(world.roster.syncUser({ districtId: world.districtId, id }))
    }
    const asked = world.source.asked.length
    await world.bulk()
    expect(await Promise.all(answers)).toEqual([{ state: "busy" }])
    expect(world.source.asked.slice(asked)).not.toContain(`user ${id}`)

    const other = world.district.add("user", { roles: { student: {} } })
    let importing: Promise<unknown> | undefined
    world.source.beforeRequest = (name) => {
      if (name === `user ${other}`) importing = world.roster.sync({ districtId: world.districtId })
    }
    expect(await syncUser(world, other)).toMatchObject({ state: "applied" })
    expect(await importing).toMatchObject({ state: "unchanged", mode: "delta" })
    world.truth()
  })

  it("leaves an import alone that waits to be resumed, as long as it can be (S22)", async () => {
    const world = await importedWorld()
    const id = world.district.add("user", { roles: { student: {} } })
    const controller = new AbortController()
    world.source.beforePage = (kind, page) => {
      if (kind === "user" && page === 1) controller.abort()
    }
    const interrupted = await world.bulk({ signal: controller.signal })
    expect(interrupted.state).toBe("interrupted")
    expect(await syncUser(world, id)).toEqual({ state: "busy" })
    world.clock.advance(7 * hourMs)
    expect(await syncUser(world, id)).toMatchObject({ state: "applied" })
    world.source.beforePage = () => {}
    expect(await world.bulk()).toMatchObject({ resumed: 0 })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("stores nothing of a record that can't be accepted, of another district or another person (S9)", async () => {
    const world = await importedWorld()
    const stored = await world.stored()
    const [id, other] = world.ids("user") as [string, string]
    const answers: [object, object][] = [
      [
        { id, district: world.districtId, name: 7 },
        { reason: "type: expected object", path: "name" },
      ],
      [
        { id, district: "58a1000000000000000000ff" },
        { reason: "district-mismatch", path: "district" },
      ],
      [
        { id: other, district: world.districtId, email: "x@y.example" },
        { reason: "id-mismatch", path: "id" },
      ],
    ]
    for (const [record, expected] of answers) {
      world.source.alterItems = () => [JSON.stringify(record)]
      expect(await syncUser(world, id)).toEqual({ state: "rejected", ...expected })
    }
    expect(await world.stored()).toEqual(stored)
  })

  it("S28 works while the district's own state makes archives wait", async () => {
    const world = await importedWorld()
    world.district.setState({ state: "error" })
    const id = world.district.add("user", { roles: { student: {} } })
    expect(await syncUser(world, id)).toMatchObject({ state: "applied", run: { holds: [] } })
  })

  it.each(["delta", "bulk"] as const)(
    "S12 somebody who is unshared afterwards is archived by the next %s",
    async (mode) => {
      const world = await importedWorld()
      const id = world.district.add("user", { roles: { student: {} } })
      expect(await syncUser(world, id)).toMatchObject({ state: "applied" })
      world.district.unshare({ ids: [id] })
      expect(await world[mode]()).toMatchObject({ mode, counts: { user: { archived: 1 } } })
      expect((await world.stored()).get(`user ${id}`)?.state).toBe("archived")
    },
  )

  it("gives the error of Clever and leaves no run and no lease behind", async () => {
    const world = await importedWorld()
    world.source.beforeRequest = () => {
      throw new HomeroomError("CLEVER_UNAVAILABLE")
    }
    const runs = await world.history()
    expect(await codeOf(syncUser(world, "someone"))).toBe("CLEVER_UNAVAILABLE")
    expect(await world.history()).toEqual(runs)
    expect(await world.plain.getLease(world.districtId)).toBeUndefined()
  })

  it("S21 commits nothing under a lease that another took over, at whatever call", async () => {
    for (const method of ["stage", "saveRun", "commit"]) {
      const world = await importedWorld()
      const id = world.district.add("user", { roles: { student: {} } })
      world.hooks.beforeCall = async (called) => {
        if (called !== method) return
        world.hooks.beforeCall = undefined
        world.clock.advance(60_000)
        await world.plain.acquireLease({ districtId: world.districtId, holder: "other", ttlMs: 1_000 })
      }
      expect(await codeOf(syncUser(world, id))).toBe("LEASE_LOST")
      expect((await world.stored()).has(`user ${id}`)).toBe(false)
      world.clock.advance(60_000)
      await world.delta()
      expect(await world.stored()).toEqual(world.truth())
    }
  })

  it("S22 dropped half-way, what it staged goes with the next import", async () => {
    const world = await importedWorld()
    const id = world.district.add("user", { roles: { student: {} } })
    world.hooks.beforeCall = (called) => {
      // As a process that dies: nothing more is written by it.
      if (called === "commit" || called === "discardStaged" || called === "releaseLease")
        throw new Error("dead")
    }
    await expect(syncUser(world, id)).rejects.toThrow()
    world.hooks.beforeCall = undefined
    const [dead] = await world.history()
    expect(await world.plain.countStaged(String(dead?.id))).not.toEqual([])
    world.clock.advance(60_000)
    const next = await world.delta()
    expect(next).toMatchObject({
      state: "applied",
      mode: "delta",
      resumed: 0,
      counts: { user: { created: 1 } },
    })
    expect(await world.plain.countStaged(String(dead?.id))).toEqual([])
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S1 S3 agrees with deltas, bulk imports and the truth over many days with many logins", async () => {
    for (let round = 0; round < 12; round++) {
      const random = new Random(seed() + round)
      const world = await importedWorld({
        index: round % 4,
        users: 40,
        storage: round % 3 === 0 ? "sqlite" : "memory",
      })
      for (let day = 0; day < 12; day++) {
        world.district.nextDay({ intensity: 1 + random.below(4) })
        const ids = world.ids("user")
        const some = () => ids[random.below(ids.length)] as string
        if (random.below(4) === 0) world.district.unshare({ ids: [some(), some()] })
        if (random.below(5) === 0) world.district.reshare({ everything: true })
        if (random.below(6) === 0) world.district.reissueIds({ ids: [some()] })
        for (let login = 0; login < 4; login++) await syncUser(world, some())
        const mode = random.below(3) === 0 ? "bulk" : "delta"
        await world[mode]()
        expect(await world.stored(), `round ${round}, day ${day}, ${mode}`).toEqual(world.truth())
      }
    }
  })
})
