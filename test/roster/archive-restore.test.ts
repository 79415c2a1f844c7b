import { describe, expect, it } from "vitest"
import { kinds } from "../../src/models/kinds.ts"
import type { DanglingReference } from "../../src/roster/index.ts"
import type { JsonObject } from "../../src/simulator/index.ts"
import { RosterWorld, storageNames } from "../support/roster-world.ts"

const modes = ["bulk", "delta"] as const
const cases = storageNames.flatMap((storage) => modes.map((mode) => ({ storage, mode })))

describe.each(cases)("what is no longer shared, by $mode on $storage", ({ storage, mode }) => {
  it("S12 unsharing everything archives every record but the district; sharing again restores the same ones", async () => {
    const world = new RosterWorld({ storage, users: 40 })
    await world.bulk()
    world.truth()
    const before = await world.stored()
    world.district.unshare({ everything: true })
    const gone = await world[mode]()
    expect(gone).toMatchObject({ mode, state: "applied" })
    const archived = await world.stored()
    expect(archived).toEqual(world.truth())
    for (const [key, { state, data }] of archived) {
      expect(state).toBe(key.startsWith("district") ? "active" : "archived")
      // Archived records keep what they were.
      expect(data).toEqual(before.get(key)?.data)
    }
    for (const kind of kinds) {
      expect(gone.counts[kind].archived).toBe(
        kind === "district" ? 0 : [...before.keys()].filter((key) => key.startsWith(`${kind} `)).length,
      )
    }
    // Seen to be gone once, they are not archived again.
    expect((await world[mode]()).state).toBe("unchanged")

    world.district.reshare({ everything: true })
    const back = await world[mode]()
    expect(await world.stored()).toEqual(before)
    for (const kind of kinds) {
      expect(back.counts[kind]).toMatchObject({
        created: 0,
        archived: 0,
        restored: gone.counts[kind].archived,
      })
    }
  })

  it("S12 a record that comes back changed is restored with its new content", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    world.truth()
    const [id] = world.ids("user") as [string]
    world.district.unshare({ ids: [id] })
    await world[mode]()
    expect((await world.stored()).get(`user ${id}`)?.state).toBe("archived")
    world.truth()
    world.district.edit("user", id, { email: "while-away@d.example" })
    world.district.reshare({ ids: [id] })
    const run = await world[mode]()
    expect(run.counts.user).toMatchObject({ restored: 1, created: 0, updated: 0 })
    expect((await world.stored()).get(`user ${id}`)).toMatchObject({
      state: "active",
      data: { email: "while-away@d.example" },
    })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S12 terms, courses, schools and sections are archived and restored like people", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    world.truth()
    const ids = (["school", "term", "course", "section"] as const).map((kind) => world.ids(kind)[0] as string)
    world.district.unshare({ ids })
    const gone = await world[mode]()
    for (const kind of ["school", "term", "course", "section"] as const)
      expect(gone.counts[kind].archived).toBe(1)
    expect(await world.stored()).toEqual(world.truth())
    world.district.reshare({ ids })
    const back = await world[mode]()
    for (const kind of ["school", "term", "course", "section"] as const)
      expect(back.counts[kind].restored).toBe(1)
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S13 a person with a new id exists twice, with the same address and sis_id: nothing else is taken to be unique", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    world.truth()
    const [person] = world.district.people.filter(({ role }) => role === "student")
    const id = person?.id ?? ""
    const old = world.district.record("user", id) as JsonObject
    const renamed = world.district.reissueIds({ ids: [id] }).get(id) ?? ""
    const run = await world[mode]()
    expect(run.counts.user).toMatchObject({ created: 1, archived: 1 })
    let stored = await world.stored()
    expect(stored.get(`user ${id}`)).toEqual({ state: "archived", data: old })
    expect(stored.get(`user ${renamed}`)).toMatchObject({ state: "active", data: { name: old.name } })
    // Both at once as well: the old one comes back while the new one is still there.
    world.district.add("user", old)
    expect((await world[mode]()).counts.user).toMatchObject({ restored: 1 })
    stored = await world.stored()
    expect([stored.get(`user ${id}`)?.state, stored.get(`user ${renamed}`)?.state]).toEqual([
      "active",
      "active",
    ])
    expect(stored).toEqual(world.truth())
    const sisId = String(((old.roles as JsonObject).student as JsonObject).sis_id)
    const found = await world.plain.findRecords({
      districtId: world.districtId,
      filter: { kind: "user", sisId },
      limit: 9,
    })
    expect(found.map((record) => record.id)).toEqual([id, renamed].sort())
  })

  it("S14 ids in a section that name nobody known are kept as they are and reported, and stop nothing", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const dangling = async () => {
      const found: DanglingReference[] = []
      for await (const reference of world.roster.danglingReferences({ districtId: world.districtId }))
        found.push(reference)
      return found
    }
    const generated = await dangling()
    const [sectionId, other] = world.ids("section") as [string, string]
    const students = [
      "nobody-1",
      ...((world.district.record("section", sectionId) as JsonObject).students as string[]),
      "nobody-2",
    ]
    world.district.edit("section", sectionId, {
      students,
      teachers: ["nobody-3"],
      teacher: "nobody-3",
      course: "no-course",
      term_id: "no-term",
      school: "no-school",
    })
    // Who is unshared is archived, and so still known.
    world.district.unshare({ ids: [world.ids("user")[0] as string] })
    expect(await world[mode]()).toMatchObject({ mode, state: "applied" })
    expect((await world.stored()).get(`section ${sectionId}`)?.data).toMatchObject({
      students,
      teachers: ["nobody-3"],
      course: "no-course",
    })
    const named = (await dangling()).filter(
      (reference) => reference.sectionId === sectionId && reference.id.startsWith("no"),
    )
    expect(named).toEqual([
      { sectionId, kind: "user", field: "students", id: "nobody-1" },
      { sectionId, kind: "user", field: "students", id: "nobody-2" },
      { sectionId, kind: "user", field: "teachers", id: "nobody-3" },
      { sectionId, kind: "course", field: "course", id: "no-course" },
      { sectionId, kind: "term", field: "term_id", id: "no-term" },
      { sectionId, kind: "school", field: "school", id: "no-school" },
    ])
    expect((await dangling()).filter((reference) => reference.sectionId === other)).toEqual(
      generated.filter((reference) => reference.sectionId === other),
    )
    // Whoever comes to be known later is dangling no more.
    world.district.add("user", { id: "nobody-1", roles: {} })
    await world[mode]()
    expect((await dangling()).map(({ id }) => id)).not.toContain("nobody-1")
  })
})
