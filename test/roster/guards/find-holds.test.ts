import { describe, expect, it } from "vitest"
import { archives, change, GuardWorld, ids, person, rejects, section } from "../../support/guard-world.ts"
import { hourMs, storageNames } from "../../support/roster-world.ts"

/** A stored roster: schools with their people and sections. */
async function stored(
  name: (typeof storageNames)[number],
  schools: Readonly<Record<string, { students?: number; teachers?: number; sections?: number }>>,
) {
  const world = new GuardWorld(name)
  const people: Record<string, string[]> = {}
  const sections: Record<string, string[]> = {}
  const changes = []
  let [users, lessons] = [0, 0]
  for (const [school, { students = 0, teachers = 0, sections: count = 0 }] of Object.entries(schools)) {
    changes.push(change("create", "school", { id: school, district: "d" }))
    people[school] = ids("u", students + teachers, users)
    sections[school] = ids("c", count, lessons)
    users += students + teachers
    lessons += count
    for (const [index, id] of (people[school] as string[]).entries()) {
      const roles = [index < students ? "student" : "teacher"]
      changes.push(change("create", "user", person(id, { schools: [school], roles })))
    }
    for (const id of sections[school] as string[])
      changes.push(change("create", "section", section(id, school)))
  }
  await world.commit(changes)
  world.nowMs += 48 * hourMs
  return {
    world,
    people: (school: string) => people[school] ?? [],
    sections: (school: string) => sections[school] ?? [],
  }
}

const codesOf = (
  holds: readonly { code: string; kind: string | null; schoolId: string | null; role?: string }[],
) =>
  holds.map(({ code, kind, schoolId, role }) =>
    [code, kind, role ?? schoolId].filter((part) => part !== null).join(" "),
  )

describe.each(storageNames)("S15 archives of a kind, on %s", (name) => {
  it.each([
    [19, []],
    [20, []],
    [21, ["archived-ratio term"]],
  ])("S15 %d of 200 records of a kind", async (gone, expected) => {
    const world = new GuardWorld(name)
    const terms = ids("t", 200)
    await world.commit(terms.map((id) => change("create", "term", { id, district: "d" })))
    const { holds, passed } = await world.look(archives("term", terms.slice(0, gone)))
    expect(codesOf(holds)).toEqual(expected)
    expect(holds.length > 0 ? holds : passed).toEqual([
      { code: "archived-ratio", kind: "term", schoolId: null, measured: gone / 200, limit: 0.1 },
    ])
  })

  it.each([
    [19, 5, []],
    [20, 2, []],
    [20, 3, ["archived-ratio course"]],
  ])("S15 of %d records %d: a share counts from 20 records on", async (size, gone, expected) => {
    const world = new GuardWorld(name)
    const courses = ids("k", size)
    await world.commit(courses.map((id) => change("create", "course", { id, district: "d" })))
    expect(codesOf((await world.look(archives("course", courses.slice(0, gone)))).holds)).toEqual(expected)
  })

  it("S15 archived records are no part of what there is", async () => {
    const world = new GuardWorld(name)
    const terms = ids("t", 100)
    await world.commit(terms.map((id) => change("create", "term", { id, district: "d" })))
    await world.commit(archives("term", terms.slice(0, 50)))
    world.nowMs += 48 * hourMs
    expect((await world.look(archives("term", terms.slice(50, 55)))).holds).toEqual([])
    expect((await world.look(archives("term", terms.slice(50, 56)))).holds).toMatchObject([
      { measured: 6 / 50 },
    ])
  })

  it("S15 each kind has its own thresholds, and a share of 1 switches the guard off", async () => {
    const { world, people } = await stored(name, { s1: { students: 100, sections: 40 } })
    const gone = [...archives("user", people("s1").slice(0, 30))]
    expect(
      (await world.look(gone, { settings: { kinds: { section: { archivedShare: 1 } } } })).holds.length,
    ).toBe(3)
    expect((await world.look(gone, { settings: { kinds: { user: { archivedShare: 0.3 } } } })).holds).toEqual(
      [],
    )
    expect((await world.look(gone, { settings: { archivedShare: 1 } })).holds).toEqual([])
    const all = await world.look(gone, {
      settings: { archivedShare: 0.2, kinds: { section: { archivedShare: 1 } } },
    })
    expect(all.holds).toMatchObject([
      { limit: 0.2 },
      { role: "student", limit: 0.2 },
      { schoolId: "s1", limit: 0.2 },
    ])
  })

  it("S15 with a share of 0 a single archive is held", async () => {
    const { world, people } = await stored(name, { s1: { students: 100 } })
    const { holds } = await world.look(archives("user", people("s1").slice(0, 1)), {
      settings: { archivedShare: 0 },
    })
    expect(holds).toMatchObject([
      { measured: 0.01 },
      { role: "student", measured: 0.01 },
      { schoolId: "s1", measured: 0.01 },
    ])
  })
})

describe.each(storageNames)("S15 archives of one school, on %s", (name) => {
  it.each([
    [5, []],
    [6, ["archived-ratio user s1"]],
  ])("S15 %d of the 50 people of a school, few of the district", async (gone, expected) => {
    const { world, people } = await stored(name, { s1: { students: 50 }, s2: { students: 450 } })
    const { holds, archivedBySchool } = await world.look(archives("user", people("s1").slice(0, gone)))
    expect(codesOf(holds)).toEqual(expected)
    if (expected.length > 0) expect(holds[0]).toMatchObject({ measured: 6 / 50, limit: 0.1 })
    expect(archivedBySchool).toEqual({ user: { s1: gone } })
  })

  it.each([
    [3, []],
    [4, ["archived-ratio section s1"]],
  ])("S15 %d of the 30 sections of a school, few of the district", async (gone, expected) => {
    const { world, sections } = await stored(name, {
      s1: { students: 5, sections: 30 },
      s2: { sections: 300 },
    })
    const { holds, archivedBySchool } = await world.look(archives("section", sections("s1").slice(0, gone)))
    expect(codesOf(holds)).toEqual(expected)
    expect(archivedBySchool).toEqual({ section: { s1: gone } })
  })

  it("S15 a school of fewer than 20 people has no share", async () => {
    const { world, people } = await stored(name, { s1: { students: 19 }, s2: { students: 500 } })
    expect((await world.look(archives("user", people("s1").slice(0, 18)))).holds).toEqual([])
  })

  it("S15 somebody of two schools counts in both, by every role", async () => {
    const { world } = await stored(name, {
      s1: { students: 40 },
      s2: { students: 40 },
      s3: { students: 400 },
    })
    const both = ids("x", 5)
    await world.commit([
      ...both.map((id) =>
        change("create", "user", person(id, { schools: ["s1", "s2"], roles: ["teacher", "staff"] })),
      ),
      ...ids("y", 100).map((id) =>
        change("create", "user", person(id, { schools: [], roles: ["teacher", "staff"] })),
      ),
    ])
    const { holds, archivedBySchool, archivedByRole } = await world.look(archives("user", both))
    expect(archivedBySchool).toEqual({ user: { s1: 5, s2: 5 } })
    expect(archivedByRole).toEqual({ teacher: 5, staff: 5 })
    expect(holds).toMatchObject([
      { code: "archived-ratio", kind: "user", schoolId: "s1", measured: 5 / 45 },
      { code: "archived-ratio", kind: "user", schoolId: "s2", measured: 5 / 45 },
    ])
  })

  it("S15 reads no more of a school than decides", async () => {
    const { world, people } = await stored(name, { s1: { students: 300 }, s2: { students: 300 } })
    await world.look([
      ...archives("user", people("s1").slice(0, 3)),
      ...archives("user", people("s2").slice(0, 2)),
    ])
    // The role and two schools: ten times the archives at most.
    const counted = world.asked.filter(({ method }) => method === "countRecords")
    expect(counted.map(({ query }) => query)).toMatchObject([{ limit: 51 }, { limit: 31 }, { limit: 3 }])
  })
})

describe.each(storageNames)("S15 archives of one role, on %s", (name) => {
  it.each([
    [3, []],
    [4, ["archived-ratio user teacher"]],
  ])("S15 %d of the 30 teachers, few of anybody's", async (gone, expected) => {
    const { world } = await stored(name, {
      s1: { students: 300, teachers: 10 },
      s2: { students: 300, teachers: 10 },
      s3: { students: 300, teachers: 10 },
    })
    const teachers = (
      await world.storage.findRecords({
        districtId: "d".repeat(24),
        filter: { kind: "user", role: "teacher" },
        limit: 100,
      })
    ).map(({ id }) => id)
    expect(teachers.length).toBe(30)
    const { holds, archivedByRole } = await world.look(archives("user", teachers.slice(0, gone)))
    expect(codesOf(holds)).toEqual(expected)
    expect(archivedByRole).toEqual({ teacher: gone })
    if (expected.length > 0) {
      expect(holds).toEqual([
        {
          code: "archived-ratio",
          kind: "user",
          schoolId: null,
          role: "teacher",
          measured: 4 / 30,
          limit: 0.1,
        },
      ])
    }
  })

  it("S15 the last of a few teachers; one who stays as something else counts as gone", async () => {
    const { world, people } = await stored(name, { s1: { students: 100, teachers: 2 } })
    const [first, second] = people("s1").slice(100) as [string, string]
    const staysAs = (roles: string[]) => change("update", "user", person(second, { roles }))
    const lookAt = (...changes: Parameters<GuardWorld["look"]>[0]) =>
      world.look([...archives("user", [first]), ...changes])
    expect((await lookAt()).holds).toEqual([])
    expect((await lookAt(staysAs(["teacher", "staff"]))).holds).toEqual([])
    expect((await lookAt(staysAs(["staff"]))).holds).toEqual([
      { code: "kind-emptied", kind: "user", schoolId: null, role: "teacher", measured: 0, limit: 1 },
    ])
    const successor = change("create", "user", person("u9999", { roles: ["teacher"] }))
    expect((await lookAt(staysAs(["staff"]), successor)).holds).toEqual([])
    const promoted = change(
      "update",
      "user",
      person(people("s1")[0] as string, { roles: ["student", "teacher"] }),
    )
    expect((await lookAt(staysAs(["staff"]), promoted)).holds).toEqual([])
    expect(
      (await world.look([...archives("user", [first]), staysAs(["staff"])], { settings: { mayEmpty: true } }))
        .holds,
    ).toEqual([])
  })
})

describe.each(storageNames)("S15 what ends up empty, on %s", (name) => {
  it("S15 a kind that had records and has none, however few they were", async () => {
    const world = new GuardWorld(name)
    const terms = ids("t", 3)
    await world.commit(terms.map((id) => change("create", "term", { id, district: "d" })))
    const all = archives("term", terms)
    const hold = { code: "kind-emptied", kind: "term", schoolId: null, measured: 0, limit: 1 }
    expect((await world.look(all)).holds).toEqual([hold])
    expect((await world.look(all.slice(1))).holds).toEqual([])
    expect((await world.look([...all, change("create", "term", { id: "t9", district: "d" })])).holds).toEqual(
      [],
    )
    expect((await world.look(all, { settings: { mayEmpty: true } })).holds).toEqual([])
    expect((await world.look(all, { settings: { kinds: { term: { mayEmpty: true } } } })).holds).toEqual([])
    expect((await world.look(all, { settings: { kinds: { user: { mayEmpty: true } } } })).holds).toEqual([
      hold,
    ])
  })

  it("S15 a kind is not empty if an archived record comes back", async () => {
    const world = new GuardWorld(name)
    await world.commit(ids("t", 2).map((id) => change("create", "term", { id, district: "d" })))
    await world.commit(archives("term", ["t0000"]))
    world.nowMs += 48 * hourMs
    const back = change("restore", "term", { id: "t0000", district: "d" })
    expect((await world.look([...archives("term", ["t0001"]), back])).holds).toEqual([])
    expect((await world.look(archives("term", ["t0001"]))).holds).toMatchObject([{ code: "kind-emptied" }])
  })

  it("S15 a kind that is emptied is told once, not school by school and role by role", async () => {
    const { world, people, sections } = await stored(name, {
      s1: { students: 40, sections: 30 },
      s2: { teachers: 40 },
    })
    const everything = [
      ...archives("school", ["s1", "s2"]),
      ...archives("user", [...people("s1"), ...people("s2")]),
      ...archives("section", sections("s1")),
    ]
    const found = await world.look(everything)
    expect(codesOf(found.holds)).toEqual(["kind-emptied school", "kind-emptied user", "kind-emptied section"])
    expect(found.archivedBySchool).toEqual({ user: { s1: 40, s2: 40 }, section: { s1: 30 } })
    // No school was counted for it.
    expect(world.asked.map(({ method }) => method)).not.toContain("countRecords")
  })
})

describe.each(storageNames)("S15 a school that goes, on %s", (name) => {
  it("S15 its record is archived: told once, whatever happens to its people and sections", async () => {
    const { world, people, sections } = await stored(name, {
      s1: { students: 40, sections: 30 },
      s2: { students: 900, sections: 600 },
    })
    const hold = { code: "school-vanished", kind: "school", schoolId: "s1", measured: 0, limit: 1 }
    expect((await world.look(archives("school", ["s1"]))).holds).toEqual([hold])
    const all = [
      ...archives("school", ["s1"]),
      ...archives("user", people("s1")),
      ...archives("section", sections("s1")),
    ]
    expect((await world.look(all)).holds).toEqual([hold])
    expect((await world.look(all, { settings: { maySchoolsGo: true } })).holds).toEqual([])
    expect(
      (await world.look(all, { settings: { kinds: { school: { maySchoolsGo: true } } } })).holds,
    ).toEqual([])
  })

  it("S15 all its people are gone, however few they were", async () => {
    const { world, people } = await stored(name, { s1: { students: 3 }, s2: { students: 400 } })
    const hold = { code: "school-vanished", kind: "user", schoolId: "s1", measured: 0, limit: 1 }
    const all = archives("user", people("s1"))
    expect((await world.look(all)).holds).toEqual([hold])
    expect((await world.look(all.slice(1))).holds).toEqual([])
    expect((await world.look(all, { settings: { maySchoolsGo: true } })).holds).toEqual([])
    // Others come in their place: the same people under new ids, for one.
    expect((await world.look([...all, change("create", "user", person("u9998"))])).holds).toEqual([])
    const moved = change("update", "user", person(people("s2")[0] as string))
    expect((await world.look([...all, moved])).holds).toEqual([])
    const elsewhere = change("update", "user", person(people("s2")[0] as string, { schools: ["s3"] }))
    expect((await world.look([...all, elsewhere])).holds).toEqual([hold])
  })

  it("S15 all its people are gone, and with them its sections: told once", async () => {
    const { world, people, sections } = await stored(name, {
      s1: { students: 30, sections: 25 },
      s2: { students: 900, sections: 600 },
    })
    const all = [...archives("user", people("s1")), ...archives("section", sections("s1"))]
    expect(codesOf((await world.look(all)).holds)).toEqual(["school-vanished user s1"])
  })
})

describe.each(storageNames)("S15 updates, on %s", (name) => {
  it.each([
    [75, []],
    [76, ["updated-ratio user"]],
  ])("S15 %d of 100 records updated", async (count, expected) => {
    const { world, people } = await stored(name, { s1: { students: 100 } })
    const changes = people("s1")
      .slice(0, count)
      .map((id) => change("update", "user", person(id, { note: "new" })))
    const { holds } = await world.look(changes)
    expect(codesOf(holds)).toEqual(expected)
    if (expected.length > 0) expect(holds[0]).toMatchObject({ measured: 0.76, limit: 0.75 })
    expect((await world.look(changes, { settings: { updatedShare: 0.76 } })).holds).toEqual([])
  })

  it.each([
    [19, []],
    [20, ["updated-ratio term"]],
  ])("S15 all of %d records updated: a share counts from 20 records on", async (count, expected) => {
    const world = new GuardWorld(name)
    const terms = ids("t", count)
    await world.commit(terms.map((id) => change("create", "term", { id, district: "d" })))
    const changes = terms.map((id) => change("update", "term", { id, district: "d", name: "new" }))
    expect(codesOf((await world.look(changes)).holds)).toEqual(expected)
  })
})

describe.each(storageNames)("S15 the first import, archives that wait, and what is cheap, on %s", (name) => {
  it("S9 S15 a first import is held for rejected records alone", async () => {
    const world = new GuardWorld(name)
    const listed = ids("u", 100)
    const lookAt = (bad: number) =>
      world.look(
        [
          ...listed.slice(bad).map((id) => change("create", "user", person(id))),
          ...rejects("user", listed.slice(0, bad)),
        ],
        { seen: { user: 100 } },
      )
    expect((await lookAt(5)).holds).toEqual([])
    expect((await lookAt(6)).holds).toEqual([
      { code: "rejected-ratio", kind: "user", schoolId: null, measured: 0.06, limit: 0.05 },
    ])
  })

  it("S28 archives that wait anyway are not looked at", async () => {
    const { world, people } = await stored(name, { s1: { students: 100 } })
    const all = archives("user", people("s1"))
    expect(await world.look(all, { archivesWait: true })).toEqual({
      holds: [],
      passed: [],
      archivedBySchool: {},
      archivedByRole: {},
    })
    expect(world.asked).toEqual([])
    expect((await world.look(all)).holds.length).toBe(1)
  })

  it("S15 a run that archives nothing costs nothing", async () => {
    const { world, people } = await stored(name, { s1: { students: 100 } })
    const changes = people("s1").map((id) => change("update", "user", person(id, { note: "new" })))
    expect((await world.look(changes)).holds).toMatchObject([{ code: "updated-ratio" }])
    expect(world.asked).toEqual([])
  })
})
