import { describe, expect, it } from "vitest"
import type { JsonObject } from "../../src/simulator/index.ts"
import { RosterWorld, storageNames } from "../support/roster-world.ts"

type Damage = (record: JsonObject) => unknown

/** Damages chosen records wherever they are listed. */
function damage(world: RosterWorld, damages: ReadonlyMap<string, Damage>): void {
  world.source.alterItems = (_, items) =>
    items.map((item) => {
      const record = JSON.parse(item) as JsonObject
      const change = damages.get(String(record.id))
      return change === undefined ? item : JSON.stringify(change(record))
    })
}

const withoutId: Damage = ({ id: _, ...rest }) => rest

describe.each(storageNames)("S9 records that can't be accepted, on %s", (storage) => {
  it("S9 are listed with reason and path, keep what was stored, and are never archived because of it", async () => {
    const world = new RosterWorld({ storage, users: 200, pageSize: 25 })
    await world.bulk()
    world.truth()
    const ids = world.ids("user").sort()
    const [badSchool] = world.ids("school") as [string]
    const before = await world.stored()
    world.district.nextDay({ intensity: 3 })
    // Of those whom the day has left, and their neighbours too: who went from beside a record without an id would stay.
    const isShared = (id: string | undefined) =>
      id !== undefined && world.district.record("user", id) !== undefined
    const left = ids.filter((_, at) => [at - 1, at, at + 1].every((place) => isShared(ids[place])))
    const [wrongDistrict, wrongType, noDistrict, noId] = [3, 40, 41, 90].map((at) => left[at]) as [
      string,
      string,
      string,
      string,
    ]
    damage(
      world,
      new Map<string, Damage>([
        [wrongDistrict, (record) => ({ ...record, district: "0".repeat(24) })],
        [wrongType, (record) => ({ ...record, roles: { student: { schools: ["a", 7] } } })],
        [noDistrict, ({ district: _, ...rest }) => rest],
        [noId, withoutId],
      ]),
    )
    world.district.disableEvents({ mode: "forbidden" })
    const run = await world.bulk()
    expect(run).toMatchObject({ state: "applied", holds: [] })
    expect(run.counts.user.rejected).toBe(4)
    const found = (await world.rejections(run)).map(({ kind, id, reason, path }) => ({
      kind,
      id,
      reason,
      path,
    }))
    expect(found).toEqual([
      { kind: "user", id: wrongDistrict, reason: "district-mismatch", path: "district" },
      { kind: "user", id: wrongType, reason: "type: expected string", path: "roles.student.schools[1]" },
      { kind: "user", id: noDistrict, reason: "district-missing", path: "district" },
      { kind: "user", id: expect.stringMatching(/^\?/), reason: "id-missing", path: "id" },
    ])
    const stored = await world.stored()
    const expected = world.truth()
    for (const id of [wrongDistrict, wrongType, noDistrict, noId]) {
      expect(stored.get(`user ${id}`)).toEqual(before.get(`user ${id}`))
      expected.set(`user ${id}`, before.get(`user ${id}`) as never)
    }
    // One bad record never stops the others.
    expect(stored).toEqual(expected)
    expect(stored.get(`school ${badSchool}`)?.state).toBe("active")
    const { created, updated, restored, unchanged } = run.counts.user
    // All that are shared, but for the rejected ones.
    expect(created + updated + restored + unchanged).toBe(world.district.count("user") - 4 + 1)
  })

  it("S9 are rejected alone where their text is no JSON, with or without an id", async () => {
    const world = new RosterWorld({ storage, users: 100, pageSize: 25 })
    await world.bulk()
    const ids = world.ids("user")
    const [torn, nameless, renamed] = [ids[3], ids[40], ids[60]] as [string, string, string]
    const before = await world.stored()
    world.district.edit("user", renamed, { email: "new@school.example" })
    world.district.disableEvents({ mode: "forbidden" })
    world.source.alterItems = (_, items) =>
      items.map((item) => {
        if (item.includes(`"id":"${torn}"`) && item.includes('"name":')) {
          return item.replace('"name":', '"nick":tru,"name":')
        }
        return item.includes(`"id":"${nameless}"`) && item.includes('"name":') ? `{"name":tru}` : item
      })
    const run = await world.bulk()
    expect(run).toMatchObject({ state: "applied", holds: [] })
    expect(run.counts.user).toMatchObject({ rejected: 2, updated: 1, archived: 0 })
    const about = { kind: "user", reason: "not-json", path: "", data: "null" }
    expect(await world.rejections(run)).toEqual([
      { ...about, id: torn },
      { ...about, id: expect.stringMatching(/^\?/) },
    ])
    const stored = await world.stored()
    for (const id of [torn, nameless]) expect(stored.get(`user ${id}`)).toEqual(before.get(`user ${id}`))

    // They stay on the list of deltas until a listing can be read.
    world.district.enableEvents()
    const listed = await world.bulk()
    world.source.alterItems = (_, items) => items
    world.district.edit("user", renamed, { email: "newer@school.example" })
    const delta = await world.delta()
    expect(delta).toMatchObject({
      mode: "delta",
      state: "applied",
      counts: { user: { rejected: 2, updated: 1 } },
    })
    expect(await world.rejections(delta)).toEqual(await world.rejections(listed))
    expect((await world.bulk()).counts.user.rejected).toBe(0)
    expect((await world.stored()).get(`user ${torn}`)).toEqual(before.get(`user ${torn}`))
  })

  it("S9 S18 of one whose text is no JSON a scope keeps an excluded id out", async () => {
    const world = new RosterWorld({ storage, users: 50 })
    const ids = world.ids("user")
    const [excluded, torn] = [ids[3], ids[9]] as [string, string]
    world.source.alterItems = (_, items) =>
      items.map((item) =>
        [excluded, torn].some((id) => item.includes(`"id":"${id}"`))
          ? item.replace('"name":', '"x":tru,"name":')
          : item,
      )
    world.clock.advance(1_000)
    const roster = world.another({ scope: { exclude: [excluded] }, guards: { rejectedShare: 1 } })
    const run = await roster.sync({ districtId: world.districtId, mode: "bulk" })
    const rejected = (await world.rejections(run)).filter(({ kind }) => kind === "user")
    expect(rejected.map(({ id, reason, data }) => ({ id, reason, data }))).toEqual([
      { id: torn, reason: "not-json", data: "null" },
    ])
  })

  it("S9 elements that are no objects are rejected too", async () => {
    const world = new RosterWorld({ storage, users: 200 })
    await world.bulk()
    const [first, second] = world.ids("section") as [string, string]
    damage(
      world,
      new Map<string, Damage>([
        [first, () => "no object"],
        [second, () => null],
      ]),
    )
    world.district.disableEvents()
    const run = await world.bulk({})
    expect(run.counts.section).toMatchObject({ rejected: 2, archived: 0 })
    for (const { id, reason, path } of await world.rejections(run)) {
      expect({ id, reason, path }).toEqual({
        id: expect.stringMatching(/^\?/),
        reason: "id-missing",
        path: "id",
      })
    }
  })

  it.each([
    ["first of a page", 25],
    ["in the middle of a page", 30],
    ["last of a page", 49],
    ["last of all", -1],
    ["first of all", 0],
  ])("S9 a record without id, %s, protects every record that it may be, and no other", async (_, place) => {
    const world = new RosterWorld({ storage, users: 100, pageSize: 25 })
    await world.bulk()
    const ids = world.ids("user")
    const at = place < 0 ? ids.length + place : place
    const [before, nameless, after] = [ids[at - 1], ids[at], ids[at + 1]]
    const far = ids[at > 60 ? 10 : 80] as string
    world.district.disableEvents({ mode: "forbidden" })
    // The neighbours are gone, and so is one far away; which of the three was the nameless one can't be told.
    world.district.unshare({ ids: [before, after, far].filter((id) => id !== undefined) })
    // Still in its place of the listing, but without its id.
    damage(world, new Map([[nameless as string, withoutId]]))
    const run = await world.bulk()
    expect(run.counts.user.rejected).toBe(1)
    const stored = await world.stored()
    expect(stored.get(`user ${far}`)?.state).toBe("archived")
    for (const id of [before, nameless, after]) {
      if (id !== undefined) expect(stored.get(`user ${id}`)?.state).toBe("active")
    }
    expect(run.counts.user.archived).toBe(1)
    // Once it has its id again, what is gone is archived.
    world.source.alterItems = (_kind, items) => items
    const repaired = await world.bulk()
    expect(repaired.counts.user).toMatchObject({
      rejected: 0,
      archived: [before, after].filter((id) => id !== undefined).length,
    })
  })

  it("S9 in an unsorted listing a record without id protects all of its kind", async () => {
    const world = new RosterWorld({ storage, users: 100, pageSize: 25 })
    await world.bulk()
    const ids = world.ids("user")
    world.district.disableEvents({ mode: "forbidden" })
    world.district.unshare({ ids: [ids[5], ids[6]] as string[] })
    const nameless = ids[90] as string
    world.source.alterItems = (kind, items) => {
      if (kind !== "user" || !items.some((item) => item.includes(nameless))) return items
      const [first, ...rest] = items.map((item) =>
        item.includes(`"id":"${nameless}"`) ? item.replace(`"id":"${nameless}"`, '"x":1') : item,
      )
      return [...rest, first as string]
    }
    const run = await world.bulk()
    expect(run.counts.user).toMatchObject({ rejected: 1, archived: 0 })
    const stored = await world.stored()
    for (const id of ids) expect(stored.get(`user ${id}`)?.state).toBe("active")
  })

  it("S9 a rejected record is retried by every later delta, and stored when it is accepted or repaired", async () => {
    const world = new RosterWorld({ storage, users: 100 })
    const ids = world.ids("user")
    const [bad, never] = [ids[7], ids[8]] as [string, string]
    const broken: Damage = (record) => ({ ...record, name: ["no", "object"] })
    damage(
      world,
      new Map([
        [bad, broken],
        [never, broken],
      ]),
    )
    const first = await world.bulk()
    expect(first.counts.user.rejected).toBe(2)
    for (let time = 0; time < 3; time++) {
      const again = await world.delta()
      expect(again).toMatchObject({ mode: "delta", state: "unchanged" })
      expect(again.counts.user.rejected).toBe(2)
      expect((await world.rejections(again)).map(({ id, path }) => [id, path])).toEqual([
        [bad, "name"],
        [never, "name"],
      ])
    }
    expect((await world.stored()).has(`user ${bad}`)).toBe(false)

    // Repaired at Clever: its event brings it in.
    world.source.alterItems = (_, items) => items
    world.district.edit("user", bad, { email: "repaired@d.example" })
    const repaired = await world.delta()
    expect(repaired.counts.user).toMatchObject({ created: 1, rejected: 1 })
    expect((await world.stored()).get(`user ${bad}`)).toMatchObject({
      state: "active",
      data: { email: "repaired@d.example" },
    })
    // Deleted at Clever: nothing is left to retry.
    world.district.remove("user", never)
    expect((await world.delta()).counts.user.rejected).toBe(0)
    expect(await world.rejections(await world.delta())).toEqual([])
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S9 a record that goes bad keeps its last good content, through deltas and bulk runs, until it is good again", async () => {
    const world = new RosterWorld({ storage, users: 100 })
    await world.bulk()
    const [id] = world.ids("user") as [string]
    const good = (await world.stored()).get(`user ${id}`)
    world.district.edit("user", id, { email: 7 as never })
    const delta = await world.delta()
    expect(delta.counts.user).toMatchObject({ rejected: 1, updated: 0, archived: 0 })
    expect((await world.rejections(delta))[0]).toMatchObject({ id, path: "email" })
    expect((await world.stored()).get(`user ${id}`)).toEqual(good)
    const bulk = await world.bulk()
    expect(bulk.counts.user).toMatchObject({ rejected: 1, updated: 0, archived: 0 })
    expect((await world.stored()).get(`user ${id}`)).toEqual(good)
    world.district.edit("user", id, { email: "good@d.example" })
    expect((await world.delta()).counts.user).toMatchObject({ rejected: 0, updated: 1 })
    expect(await world.stored()).toEqual(world.truth())
  })
})

describe.each(storageNames)("S9 the counts of a bulk run, on %s", (storage) => {
  it("S9 a record listed as bad and repaired by an event meanwhile counts as updated alone", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const [id] = world.ids("school") as [string]
    const total = world.district.count("school")
    damage(world, new Map([[id, (record) => ({ ...record, name: 5 })]]))
    world.source.beforePage = (kind) => {
      if (kind === "term") world.district.edit("school", id, { name: "Repaired meanwhile" })
    }
    const run = await world.bulk()
    expect(run.counts.school).toMatchObject({ rejected: 0, updated: 1, unchanged: total - 1 })
  })
})

describe.each(storageNames)("S9 too many of them, on %s", (storage) => {
  it("S9 more than 5 % of a kind holds the run: nothing is written, the cursor stays, and the run tells why", async () => {
    const world = new RosterWorld({ storage, users: 100, pageSize: 30 })
    await world.bulk()
    world.truth()
    const [before, head] = [await world.stored(), await world.plain.getDistrict(world.districtId)]
    world.district.nextDay({ intensity: 4 })
    const users = world.ids("user")
    const share = (count: number) => {
      damage(
        world,
        new Map(users.slice(0, count).map((id) => [id, (record) => ({ ...record, district: "elsewhere" })])),
      )
    }
    // Of what is listed or of what was stored, whichever is more.
    const known = Math.max(users.length, head.counts.user?.active ?? 0)
    const allowed = Math.floor(known * 0.05)
    share(allowed + 1)
    const held = await world.bulk()
    expect(held).toMatchObject({ state: "held", finishedAt: null, cursor: null })
    expect(held.holds).toEqual([
      {
        code: "rejected-ratio",
        kind: "user",
        schoolId: null,
        measured: (allowed + 1) / known,
        limit: 0.05,
      },
    ])
    expect(held.counts.user.rejected).toBe(allowed + 1)
    expect(await world.stored()).toEqual(before)
    expect(await world.plain.getDistrict(world.districtId)).toEqual(head)
    expect((await world.rejections(held)).length).toBe(allowed + 1)

    // A held run is a result: the next import is free to run, and starts afresh.
    share(0)
    const next = await world.bulk()
    expect(next).toMatchObject({ state: "applied", resumed: 0 })
    expect(await world.stored()).toEqual(world.truth())
    expect((await world.history()).map(({ state }) => state)).toEqual(["applied", "held", "applied"])
  })

  it("S9 just 5 % does not hold the run, nor the deltas after it", async () => {
    const world = new RosterWorld({ storage, users: 100, pageSize: 30 })
    const users = world.ids("user")
    const allowed = Math.floor(users.length * 0.05)
    damage(
      world,
      new Map(users.slice(0, allowed).map((id) => [id, (record) => ({ ...record, district: "elsewhere" })])),
    )
    expect(await world.bulk()).toMatchObject({ state: "applied", holds: [] })
    const delta = await world.delta()
    expect(delta.counts.user.rejected).toBe(allowed)
    expect(delta).toMatchObject({ mode: "delta", state: "unchanged", holds: [] })
  })

  it("S9 the share that holds a run is adjustable", async () => {
    const world = new RosterWorld({ storage, users: 100, roster: { guards: { rejectedShare: 0 } } })
    const [id] = world.ids("school") as [string]
    damage(world, new Map([[id, (record) => ({ ...record, name: 5 })]]))
    expect(await world.bulk()).toMatchObject({ state: "held", holds: [{ kind: "school", limit: 0 }] })
    expect((await world.stored()).size).toBe(0)
  })
})
