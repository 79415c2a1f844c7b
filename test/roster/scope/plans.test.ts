import { describe, expect, it } from "vitest"
import { Connections } from "../../../src/exchange/index.ts"
import type { Scope } from "../../../src/models/scope.ts"
import type { RosterSync } from "../../../src/roster/index.ts"
import type { JsonObject } from "../../../src/simulator/index.ts"
import type { GuardSettings } from "../../../src/storage/contract.ts"
import { guardsOff } from "../../support/guards-off.ts"
import { codeOf, RosterWorld, storageNames } from "../../support/roster-world.ts"

const fields: Scope = { fields: { user: ["name"] } }

function within(world: RosterWorld, scope: Scope | undefined, guards: GuardSettings = guardsOff): RosterSync {
  world.clock.advance(1_000)
  return world.another({ ...(scope && { scope }), guards })
}

describe.each(storageNames)("S18 plans and undos within a scope, on %s", (storage) => {
  it("S18 a scope that leaves out much is held, and applied as it is once somebody agrees", async () => {
    const world = new RosterWorld({ storage, users: 100 })
    const { districtId } = world
    await world.bulk()
    const before = await world.stored()
    const scope: Scope = { roles: ["teacher"] }
    const roster = within(world, scope, {})
    const held = await roster.sync({ districtId, mode: "delta" })
    expect(held).toMatchObject({ state: "held", mode: "bulk", fallback: "scope-changed" })
    expect(held.holds.map(({ code }) => code)).toContain("archived-ratio")
    expect(await world.stored()).toEqual(before)
    const applied = await roster.apply(held.id, { approve: held.plan?.hash ?? "" })
    expect(applied.state).toBe("applied")
    // The cursor is that of the new scope: a delta goes on from it.
    expect(await within(world, scope).sync({ districtId, mode: "delta" })).toMatchObject({
      mode: "delta",
      state: "unchanged",
    })
  })

  it("S18 archives that wait by themselves take the scope's cursor with them", async () => {
    const world = new RosterWorld({ storage, users: 100 })
    const { districtId } = world
    await world.bulk()
    const scope: Scope = { roles: ["teacher"], fields: { teacher: [] } }
    world.district.edit("school", world.ids("school")[0] as string, { name: "Renamed" })
    const roster = within(world, scope, { onHold: "risky-only" })
    expect((await roster.sync({ districtId, mode: "bulk" })).state).toBe("applied")
    const history = []
    for await (const run of roster.history({ districtId })) history.push(run)
    const waiting = history.find(({ state }) => state === "held")
    await roster.apply(waiting?.id ?? "", { approve: waiting?.plan?.hash ?? "" })
    expect(await within(world, scope).sync({ districtId, mode: "delta" })).toMatchObject({ mode: "delta" })
  })

  it("S18 a plan from before the scope changed is stale, to be applied and to be approved", async () => {
    const world = new RosterWorld({ storage })
    const { districtId } = world
    await world.bulk()
    world.district.nextDay()
    const plan = await within(world, undefined).plan({ districtId, mode: "bulk" })
    expect(plan.state).toBe("planned")
    const scoped = within(world, fields)
    const why = { by: "ada", why: "a test" }
    expect(await codeOf(scoped.apply(plan.id, { approve: plan.hash }))).toBe("PLAN_STALE")
    expect(await codeOf(scoped.approve(plan.id, why))).toBe("PLAN_STALE")
    // A plan within the scope is stale without it.
    const narrow = await scoped.plan({ districtId, mode: "bulk" })
    expect(await codeOf(within(world, undefined).apply(narrow.id, { approve: narrow.hash }))).toBe(
      "PLAN_STALE",
    )
    expect((await scoped.apply(narrow.id, { approve: narrow.hash })).state).toMatch(/applied|unchanged/)
  })

  it("S18 a plan shows nothing that is out of scope", async () => {
    const world = new RosterWorld({ storage })
    const { districtId } = world
    await world.bulk()
    const [id] = world.ids("user") as [string]
    world.district.edit("user", id, { name: { last: "Renamed" }, email: "new@d.example" })
    const plan = await within(world, fields).plan({ districtId, mode: "bulk" })
    for (const opened of [plan, await within(world, fields).openPlan(plan.id)]) {
      const paths = []
      for await (const change of opened.changes()) paths.push(...change.fields.map(({ path }) => path))
      expect(paths).toEqual(["name.last"])
    }
    expect(await plan.bySchool()).toHaveLength(1)
  })

  it("S18 an undo puts nothing back that is out of scope now, and takes the rest back within it", async () => {
    const world = new RosterWorld({ storage, users: 100 })
    const { districtId } = world
    await world.bulk()
    const users = world.district.records("user")
    const [first, second] = users.filter((user) => "student" in (user.roles as JsonObject)) as [
      JsonObject,
      JsonObject,
    ]
    const [id, excluded] = [String(first.id), String(second.id)]
    for (const one of [id, excluded]) {
      world.district.edit("user", one, { name: { last: "Renamed" }, email: "new@d.example" })
    }
    world.clock.advance(1_000)
    const renamed = await world.roster.sync({ districtId, mode: "delta" })
    const scope: Scope = { fields: { user: ["name"] }, exclude: [excluded] }
    const narrow = await within(world, scope).sync({ districtId, mode: "delta" })
    expect(narrow.counts.user).toMatchObject({ archived: 1, updated: 0 })

    // What left the scope stays away, whichever run archived or changed it.
    const back = await within(world, scope).undo(narrow.id, { by: "ada" })
    expect(back).toMatchObject({ undone: 0, skipped: 1 })
    expect(await world.rejections(back.run)).toEqual([
      { kind: "user", id: excluded, reason: "out-of-scope", path: "", data: "null" },
    ])
    const written: string[] = []
    world.hooks.beforeCall = (method, parameters) => {
      if (method === "stage") written.push(JSON.stringify(parameters))
    }
    const { undone, skipped } = await within(world, scope).undo(renamed.id, { by: "ada" })
    expect({ undone, skipped }).toEqual({ undone: 1, skipped: 1 })
    const { name, district, roles } = first as {
      name: JsonObject
      district: string
      roles: Record<string, JsonObject>
    }
    const { school, schools } = roles.student as JsonObject
    const stored = await world.stored()
    expect(stored.get(`user ${id}`)?.data).toEqual({
      id,
      district,
      name,
      roles: {
        student: { ...(school !== undefined && { school }), ...(schools !== undefined && { schools }) },
      },
    })
    expect(stored.get(`user ${excluded}`)?.state).toBe("archived")
    expect(written.join()).toContain(id)
    for (const gone of ["email", "dob"]) expect(written.join()).not.toContain(`${gone}\\"`)

    // The next import finds Clever's once more, and after it nothing.
    world.hooks.beforeCall = undefined
    const clever = { districts: () => expect.unreachable() }
    await new Connections({ storage: world.plain, clever, clock: world.now }).resume(districtId, {
      by: "ada",
    })
    expect((await within(world, scope).sync({ districtId })).counts.user.updated).toBe(1)
    expect((await within(world, scope).sync({ districtId, mode: "bulk" })).state).toBe("unchanged")
  })

  it("S18 the share of rejected records is one of those in scope", async () => {
    const world = new RosterWorld({ storage, users: 200, schools: 4 })
    const { districtId } = world
    const [here] = world.ids("school") as [string]
    const scope: Scope = { schools: [here], roles: ["student"] }
    const pupils = world.district
      .records("user")
      .filter(({ roles }) => JSON.stringify((roles as JsonObject).student ?? {}).includes(here))
    const limit = (share: number) => within(world, scope, { ...guardsOff, rejectedShare: share })
    const [bad] = pupils as [JsonObject]
    world.district.edit("user", String(bad.id), { email: 7 as never })
    // One of all users would be far below the limit.
    const share = 1 / pupils.length
    const held = await limit(share * 0.9).sync({ districtId, mode: "bulk" })
    expect(held.holds).toEqual([
      { code: "rejected-ratio", kind: "user", schoolId: null, measured: share, limit: share * 0.9 },
    ])
    expect((await limit(share * 1.1).sync({ districtId, mode: "bulk" })).state).toBe("applied")
  })
})
