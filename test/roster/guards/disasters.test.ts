import { describe, expect, it } from "vitest"
import type { RosterSync } from "../../../src/roster/index.ts"
import type { JsonObject } from "../../../src/simulator/index.ts"
import type { Hold, ImportMode, Run } from "../../../src/storage/contract.ts"
import { dayMs, hourMs, RosterWorld, type StorageName } from "../../support/roster-world.ts"
import { seed } from "../../support/seed.ts"

/** Districts of many sizes. */
const sizes = [
  { users: 40, schools: 1 },
  { users: 60, schools: 2 },
  { users: 120, schools: 3 },
  { users: 250, schools: 2 },
  { users: 500, schools: 4 },
]

const cases = [
  ...sizes.map((size, index) => ({ ...size, index, storage: "memory" as StorageName })),
  { users: 150, schools: 3, index: 50, storage: "sqlite" as StorageName },
]

/** A world with guards as they are by default, imported; the day after. */
async function guardedWorld(options: {
  users: number
  schools: number
  index: number
  storage: StorageName
}) {
  const world = new RosterWorld({ ...options, pageSize: 200 })
  const guarded = world.another({ guards: {} })
  const first = await guarded.sync({ districtId: world.districtId, mode: "bulk" })
  world.clock.advance(dayMs)
  return { world, guarded, first }
}

const idsOf = (world: RosterWorld, role: string) =>
  world.district
    .records("user")
    .filter((user) => Object.hasOwn((user.roles as object | undefined) ?? {}, role))
    .map(({ id }) => String(id))

/** Changes every record that Clever lists. */
function alterAll(world: RosterWorld, change: (record: JsonObject) => JsonObject): void {
  world.source.alterItems = (_, items) =>
    items.map((item) => JSON.stringify(change(JSON.parse(item) as JsonObject)))
}

interface Disaster {
  title: string
  modes: readonly ImportMode[]
  happen: (world: RosterWorld) => void
  /** Whether a hold names what happened. */
  isTold: (hold: Hold, world: RosterWorld) => boolean
}

const both = ["bulk", "delta"] as const

const disasters: readonly Disaster[] = [
  {
    title: "nothing is shared any more",
    modes: both,
    happen: (world) => world.district.unshare({ everything: true }),
    isTold: ({ code, kind }) => code === "kind-emptied" && kind === "user",
  },
  {
    title: "every list is empty, and no event says why",
    modes: ["bulk"],
    happen: (world) => {
      world.source.alterItems = (kind, items) => (kind === "district" ? items : [])
    },
    isTold: ({ code, kind }) => code === "kind-emptied" && kind === "section",
  },
  {
    title: "one school is not shared any more",
    modes: both,
    happen: (world) => world.district.unshare({ schools: world.ids("school").slice(0, 1) }),
    isTold: ({ code }) => code === "school-vanished" || code === "kind-emptied",
  },
  {
    title: "the teachers are gone",
    modes: both,
    happen: (world) => world.district.unshare({ roles: ["teacher"] }),
    isTold: ({ role }) => role === "teacher",
  },
  {
    title: "the contacts are gone",
    modes: both,
    happen: (world) => world.district.unshare({ roles: ["contact"] }),
    isTold: ({ role }) => role === "contact",
  },
  {
    title: "everybody has a new id",
    modes: both,
    happen: (world) => world.district.reissueIds({ ids: world.ids("user") }),
    isTold: ({ code, kind, schoolId, role }) =>
      code === "archived-ratio" && kind === "user" && schoolId === null && role === undefined,
  },
  {
    title: "everything is updated",
    modes: ["bulk"],
    happen: (world) =>
      alterAll(world, (record) => ({ ...record, sis_id: `new-${String(record.id)}`, email: "x@d.example" })),
    isTold: ({ code, kind }) => code === "updated-ratio" && kind === "user",
  },
  {
    title: "every person is updated, as events say",
    modes: both,
    happen: (world) => {
      for (const id of world.ids("user")) world.district.edit("user", id, { email: "x@d.example" })
    },
    isTold: ({ code, kind }) => code === "updated-ratio" && kind === "user",
  },
  {
    title: "a flood of records can't be accepted",
    modes: ["bulk"],
    happen: (world) => {
      const bad = new Set(world.ids("user").filter((_, index) => index % 10 === 0))
      alterAll(world, (record) =>
        bad.has(String(record.id)) ? { ...record, district: "elsewhere" } : record,
      )
    },
    isTold: ({ code, kind }) => code === "rejected-ratio" && kind === "user",
  },
]

async function runOne(world: RosterWorld, guarded: RosterSync, mode: ImportMode): Promise<Run> {
  world.clock.advance(1_000)
  return guarded.sync({ districtId: world.districtId, mode })
}

describe.each(cases)("S15 a district of $users in $schools schools (no. $index), on $storage", (options) => {
  it.each(disasters.flatMap(({ modes, ...disaster }) => modes.map((mode) => ({ ...disaster, mode }))))(
    "S15 $title, found by a $mode run: held, and nothing is changed",
    async ({ happen, isTold, mode }) => {
      const { world, guarded, first } = await guardedWorld(options)
      expect(first).toMatchObject({ state: "applied", holds: [] })
      const before = await world.stored()
      const head = await world.plain.getDistrict(world.districtId)
      happen(world)
      const run = await runOne(world, guarded, mode)
      const where = `HOMEROOM_TEST_SEED=${seed()}: ${JSON.stringify(run.holds)}`
      expect(run.state, where).toBe("held")
      expect(
        run.holds.some((hold) => isTold(hold, world)),
        where,
      ).toBe(true)
      expect(await world.stored()).toEqual(before)
      expect(await world.plain.getDistrict(world.districtId)).toEqual(head)
    },
  )

  it.each(both)(
    "S15 half of the students in six %s runs of one day: not more than a tenth gets through",
    async (mode) => {
      const { world, guarded } = await guardedWorld(options)
      const students = idsOf(world, "student")
      const half = students.slice(0, Math.ceil(students.length / 2))
      const states: string[] = []
      let archived = 0
      for (let slice = 0; slice < 6; slice++) {
        const from = Math.floor((half.length * slice) / 6)
        const to = Math.floor((half.length * (slice + 1)) / 6)
        world.district.unshare({ ids: half.slice(from, to) })
        world.clock.advance(3 * hourMs)
        const run = await runOne(world, guarded, mode)
        states.push(run.state)
        if (run.state === "applied") archived += run.counts.user.archived
      }
      const where = `HOMEROOM_TEST_SEED=${seed()}: ${states.join(" ")}`
      expect(states.at(-1), where).toBe("held")
      expect(archived / students.length, where).toBeLessThanOrEqual(0.1)
    },
  )

  it("S15 a first import is never held, whatever the district is like", async () => {
    for (const [index, mode] of both.entries()) {
      const world = new RosterWorld({ ...options, index: options.index + 100 + index })
      const guarded = world.another({ guards: {} })
      if (index === 1)
        world.district.unshare({ schools: world.ids("school").slice(0, 1), roles: ["teacher"] })
      expect(await runOne(world, guarded, mode)).toMatchObject({ state: "applied", holds: [] })
      expect(await world.stored()).toEqual(world.truth())
    }
  })
})

describe("S15 what is no disaster", () => {
  it("S15 ordinary school days of a district are not held", async () => {
    const world = new RosterWorld({ users: 3_000, schools: 4, pageSize: 1_000 })
    const guarded = world.another({ guards: {} })
    await runOne(world, guarded, "bulk")
    for (let day = 0; day < 10; day++) {
      world.district.nextDay()
      const run = await runOne(world, guarded, "delta")
      expect(run, `HOMEROOM_TEST_SEED=${seed()}, day ${day}`).toMatchObject({ state: "applied", holds: [] })
    }
  })

  it("S15 a change of school year is held, but not in its window", async () => {
    const world = new RosterWorld({ users: 400, schools: 2, pageSize: 200 })
    const today = new Date(world.now()).toISOString().slice(0, 10)
    const window = { from: today, to: today, archivedShare: 1, updatedShare: 1, mayEmpty: true }
    await runOne(world, world.another({ guards: {} }), "bulk")
    world.truth()
    world.district.rollover()
    const held = await runOne(world, world.another({ guards: {} }), "bulk")
    expect(held.state).toBe("held")
    expect(held.holds).toContainEqual(
      expect.objectContaining({ code: "archived-ratio", kind: "section", schoolId: null }),
    )
    const applied = await runOne(world, world.another({ guards: { rollover: window } }), "bulk")
    expect(applied).toMatchObject({ state: "applied", holds: [] })
    expect(await world.stored()).toEqual(world.truth())
  })
})
