import { describe, expect, it } from "vitest"
import type { SimulatedDistrictState } from "../../src/simulator/index.ts"
import { dayMs, RosterWorld, storageNames } from "../support/roster-world.ts"

const modes = ["bulk", "delta"] as const
const cases = storageNames.flatMap((storage) => modes.map((mode) => ({ storage, mode })))

/** A stored roster, with something to create, update, archive and restore waiting. */
async function waitingWorld(storage: (typeof storageNames)[number], state: SimulatedDistrictState) {
  const world = new RosterWorld({ storage })
  await world.bulk()
  world.truth()
  const [back, gone, edited] = world.ids("user") as [string, string, string]
  world.district.unshare({ ids: [back] })
  await world.delta()
  world.truth()
  world.clock.advance(dayMs)
  world.district.setState(state)
  world.district.unshare({ ids: [gone] })
  world.district.reshare({ ids: [back] })
  world.district.edit("user", edited, { email: "edited@d.example" })
  const added = world.district.add("user", { roles: { student: {} } })
  return { world, back, gone, edited, added }
}

const day = (world: RosterWorld, days: number) =>
  new Date(world.now() + days * dayMs).toISOString().slice(0, 10)

describe.each(cases)("S28 a district that is not running, by $mode on $storage", ({ storage, mode }) => {
  it.each(["pending", "error", "paused", "something-new"])(
    "S28 state %s: creates, updates and restores are applied, archives wait, and the run says why",
    async (state) => {
      const { world, back, gone, edited, added } = await waitingWorld(storage, { state: state as "error" })
      const cursorBefore = (await world.plain.getDistrict(world.districtId)).cursor
      const run = await world[mode]()
      expect(run).toMatchObject({ mode, state: "applied" })
      expect(run.holds).toEqual([
        { code: "district-state", kind: null, schoolId: null, measured: state, limit: "running" },
      ])
      expect(run.counts.user).toMatchObject({ created: 1, updated: 1, restored: 1, archived: 0 })
      const stored = await world.stored()
      expect(stored.get(`user ${gone}`)?.state).toBe("active")
      expect(stored.get(`user ${back}`)?.state).toBe("active")
      expect(stored.get(`user ${added}`)?.state).toBe("active")
      expect(stored.get(`user ${edited}`)?.data).toMatchObject({ email: "edited@d.example" })
      expect((await world.changes(run)).map(({ action }) => action)).not.toContain("archive")
      // What waits must be seen again: a delta keeps its cursor, after a bulk run only a bulk run will do.
      expect(run.cursor).toEqual(mode === "delta" ? cursorBefore : null)
      expect((await world.plain.getDistrict(world.districtId)).cursor).toEqual(run.cursor)

      // Still not running: nothing new, and still the reason.
      const still = await world[mode]()
      expect(still.holds[0]?.code).toBe("district-state")
      expect(still.counts.user).toMatchObject({ created: 0, updated: 0, restored: 0, archived: 0 })
      expect(await world.stored()).toEqual(stored)

      world.district.setState({ state: "running" })
      const running = await world.delta()
      expect(running).toMatchObject({
        mode,
        requestedMode: "delta",
        fallback: mode === "bulk" ? "no-cursor" : null,
      })
      expect(running).toMatchObject({ state: "applied", holds: [], counts: { user: { archived: 1 } } })
      expect(running.cursor).not.toBeNull()
      expect(await world.stored()).toEqual(world.truth())
      expect((await world.delta()).mode).toBe("delta")
    },
  )

  it.each([
    { title: "running", state: { state: "running" as const } },
    { title: "success", state: { state: "success" as const } },
    { title: "no state at all", state: { state: "" as const } },
  ])("S28 $title: everything is applied", async ({ state }) => {
    const { world } = await waitingWorld(storage, state)
    const run = await world[mode]()
    expect(run).toMatchObject({ state: "applied", holds: [], counts: { user: { archived: 1 } } })
    expect(run.cursor).not.toBeNull()
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S28 a district that was never synced", async () => {
    const { world, gone } = await waitingWorld(storage, { last_sync: "" })
    const run = await world[mode]()
    expect(run.holds).toEqual([
      { code: "district-state", kind: null, schoolId: null, measured: "never-synced", limit: "running" },
    ])
    expect((await world.stored()).get(`user ${gone}`)?.state).toBe("active")
    world.district.setState({ last_sync: world.clock.now().toISOString() })
    await world[mode]()
    expect(await world.stored()).toEqual(world.truth())
  })

  it.each([
    { title: "began a week ago and has no end", from: -7, to: undefined, waits: true },
    { title: "is on", from: -7, to: 7, waits: true },
    { title: "begins tomorrow, somewhere today already", from: 1, to: 7, waits: true },
    { title: "begins in three days", from: 3, to: 7, waits: false },
    { title: "ends today", from: -7, to: 0, waits: true },
    { title: "ended yesterday, somewhere still today", from: -7, to: -1, waits: true },
    { title: "ended three days ago", from: -7, to: -3, waits: false },
  ])("S28 a pause that $title: archives wait $waits", async ({ from, to, waits }) => {
    const { world, gone } = await waitingWorld(storage, {})
    world.district.setState({
      pause_start: day(world, from),
      ...(to === undefined ? {} : { pause_end: day(world, to) }),
    })
    const run = await world[mode]()
    expect(run.holds.map(({ measured }) => measured)).toEqual(waits ? ["paused"] : [])
    expect((await world.stored()).get(`user ${gone}`)?.state).toBe(waits ? "active" : "archived")
    // The pause passes without an event: the archives come by themselves.
    if (to === undefined) return
    world.clock.advance((to + 3) * dayMs)
    const later = await world.delta()
    expect(later.counts.user.archived).toBe(waits ? 1 : 0)
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S28 a state that changed without an event is seen all the same", async () => {
    const { world, gone } = await waitingWorld(storage, {})
    world.source.alterItems = (kind, items) =>
      kind !== "district"
        ? items
        : items.map((item) => JSON.stringify({ ...JSON.parse(item), state: "error" }))
    const run = await world[mode]()
    expect(run.holds[0]).toMatchObject({ measured: "error" })
    expect((await world.stored()).get(`user ${gone}`)?.state).toBe("active")
    world.source.alterItems = (_, items) => items
    expect((await world.delta()).counts.user.archived).toBe(1)
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S28 a first import of a district that is not running imports what is there", async () => {
    const world = new RosterWorld({ storage })
    world.district.setState({ state: "error" })
    const run = await world[mode]()
    // There is nothing to archive, so that nothing waits.
    expect(run).toMatchObject({ state: "applied", holds: [] })
    expect(run.cursor).not.toBeNull()
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S28 a record that vanished while the district was not running and came back was never archived", async () => {
    const { world, gone } = await waitingWorld(storage, { state: "error" })
    await world[mode]()
    world.district.reshare({ ids: [gone] })
    world.district.setState({ state: "running" })
    const run = await world.delta()
    expect(run.counts.user).toMatchObject({ archived: 0, restored: 0 })
    expect(await world.stored()).toEqual(world.truth())
  })
})
