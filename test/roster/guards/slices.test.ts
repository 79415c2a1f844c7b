import { describe, expect, it } from "vitest"
import type { Run } from "../../../src/storage/contract.ts"
import { archives, change, countChanges, GuardWorld, ids, person } from "../../support/guard-world.ts"
import { hourMs, type StorageName, storageNames } from "../../support/roster-world.ts"

const terms = ids("t", 100)

async function withTerms(name: StorageName): Promise<GuardWorld> {
  const world = new GuardWorld(name)
  await world.commit(terms.map((id) => change("create", "term", { id, district: "d" })))
  world.nowMs += 48 * hourMs
  return world
}

describe.each(storageNames)("S15 archives in slices, on %s", (name) => {
  it("S15 count together over the runs of 24 hours, against what there was before the first of them", async () => {
    const world = await withTerms(name)
    await world.commit(archives("term", terms.slice(0, 4)))
    world.nowMs += hourMs
    await world.commit(archives("term", terms.slice(4, 7)))
    world.nowMs += hourMs
    expect((await world.look(archives("term", terms.slice(7, 10)))).holds).toEqual([])
    expect((await world.look(archives("term", terms.slice(7, 11)))).holds).toEqual([
      { code: "archived-ratio", kind: "term", schoolId: null, measured: 11 / 100, limit: 0.1 },
    ])
  })

  it.each([
    ["a moment less than 24 hours ago", 24 * hourMs - 1, 1],
    ["24 hours ago", 24 * hourMs, 0],
  ])("S15 a run that ended %s", async (_, agoMs, held) => {
    const world = await withTerms(name)
    await world.commit(archives("term", terms.slice(0, 6)))
    world.nowMs += agoMs
    expect((await world.look(archives("term", terms.slice(6, 12)))).holds.length).toBe(held)
  })

  it("S15 counts a run by its end, that began long before and was taken up again", async () => {
    const world = await withTerms(name)
    const ago = (hours: number) => new Date(world.nowMs - hours * hourMs).toISOString()
    await world.commit(archives("term", terms.slice(0, 6)), { startedAt: ago(30) })
    // More logins since it began than are read at a time.
    for (let login = 0; login < 110; login++) await world.commit([], { mode: "user", startedAt: ago(26) })
    world.nowMs += hourMs
    expect((await world.look(archives("term", terms.slice(6, 12)))).holds.length).toBe(1)
  })

  const approval = { hash: "h", by: "ada", why: "a school closed", at: "2026-09-03T12:00:00.000Z" }
  const hold = { code: "archived-ratio", kind: "term", schoolId: null, measured: 0.2, limit: 0.1 } as const

  it.each<[string, Partial<Run>]>([
    ["of a plan that was applied and no guard held", { approval, holds: [] }],
    ["that was held, without an approval", { approval: null, holds: [hold] }],
  ])("S15 counts a run %s", async (_, fields) => {
    const world = await withTerms(name)
    await world.commit(archives("term", terms.slice(0, 6)), fields)
    world.nowMs += hourMs
    expect((await world.look(archives("term", terms.slice(6, 12)))).holds.length).toBe(1)
  })

  it.each<[string, Partial<Run>]>([
    ["that was held and somebody approved", { approval, holds: [hold] }],
    ["that is somebody's undo", { mode: "undo", undoes: "another-run" }],
    ["whose archives waited (S28)", { counts: countChanges([]) }],
  ])("S15 leaves out a run %s", async (_, fields) => {
    const world = await withTerms(name)
    await world.commit(archives("term", terms.slice(0, 6)), fields)
    world.nowMs += hourMs
    expect((await world.look(archives("term", terms.slice(6, 12)))).holds).toEqual([])
    expect((await world.look(archives("term", terms.slice(6, 16)))).holds.length).toBe(1)
  })

  it.each<Run["state"]>(["held", "failed", "interrupted", "cancelled"])(
    "S15 leaves out a run that is %s",
    async (state) => {
      const world = await withTerms(name)
      await world.save({
        ...(await world.commit([])),
        state,
        counts: countChanges(archives("term", terms.slice(0, 6))),
      })
      world.nowMs += hourMs
      expect((await world.look(archives("term", terms.slice(6, 15)))).holds).toEqual([])
    },
  )

  it("S15 leaves out a run that was undone, and counts it as long as it was not", async () => {
    const world = await withTerms(name)
    const run = await world.commit(archives("term", terms.slice(0, 6)))
    world.nowMs += hourMs
    const next = archives("term", terms.slice(6, 12))
    expect((await world.look(next)).holds.length).toBe(1)
    const failed = await world.commit([], { undoes: run.id, mode: "undo", state: "failed" })
    expect(failed.state).toBe("failed")
    expect((await world.look(next)).holds.length).toBe(1)
    const back = terms.slice(0, 6).map((id) => change("restore", "term", { id, district: "d" }))
    await world.commit(back, { undoes: run.id, mode: "undo" })
    expect((await world.look(next)).holds).toEqual([])
  })

  it("S15 looks through any number of runs without archives, such as logins", async () => {
    const world = await withTerms(name)
    await world.commit(archives("term", terms.slice(0, 6)))
    for (let login = 0; login < 130; login++) await world.commit([], { mode: "user" })
    world.nowMs += hourMs
    expect((await world.look(archives("term", terms.slice(6, 12)))).holds.length).toBe(1)
  })

  it("S15 count by school and by role as well", async () => {
    const world = new GuardWorld(name)
    const teachers = ids("a", 40)
    const students = ids("u", 60)
    await world.commit([
      ...teachers.map((id) => change("create", "user", person(id, { schools: ["s1"], roles: ["teacher"] }))),
      ...students.map((id) => change("create", "user", person(id, { schools: ["s2"] }))),
      ...ids("x", 900).map((id) => change("create", "user", person(id, { schools: [], roles: ["contact"] }))),
      ...ids("c", 50).map((id) => change("create", "section", { id, district: "d", school: "s1" })),
      ...ids("d", 450).map((id) => change("create", "section", { id, district: "d", school: "s2" })),
    ])
    world.nowMs += 48 * hourMs
    await world.commit([...archives("user", teachers.slice(0, 3)), ...archives("section", ids("c", 3))])
    world.nowMs += hourMs
    const slice = (people: number, sections: number) =>
      world.look([
        ...archives("user", teachers.slice(3, 3 + people)),
        ...archives("section", ids("c", sections, 3)),
      ])
    expect((await slice(1, 2)).holds).toEqual([])
    expect((await slice(2, 3)).holds).toEqual([
      { code: "archived-ratio", kind: "user", schoolId: null, role: "teacher", measured: 5 / 40, limit: 0.1 },
      { code: "archived-ratio", kind: "user", schoolId: "s1", measured: 5 / 40, limit: 0.1 },
      { code: "archived-ratio", kind: "section", schoolId: "s1", measured: 6 / 50, limit: 0.1 },
    ])
  })
})
