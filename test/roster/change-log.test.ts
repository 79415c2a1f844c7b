import { describe, expect, it } from "vitest"
import type { JsonObject } from "../../src/simulator/index.ts"
import { RosterWorld, storageNames } from "../support/roster-world.ts"

const cases = storageNames.flatMap((storage) =>
  (["bulk", "delta"] as const).map((mode) => ({ storage, mode })),
)

async function importedWorld(storage: (typeof storageNames)[number]): Promise<RosterWorld> {
  const world = new RosterWorld({ storage })
  await world.bulk()
  return world
}

describe.each(cases)("the change log, by $mode on $storage", ({ storage, mode }) => {
  it("tells each field of an update before and after, and nothing else", async () => {
    const world = await importedWorld(storage)
    const [person] = world.district.people.filter(({ role }) => role === "student")
    const id = person?.id ?? ""
    const before = world.district.record("user", id) as {
      name: JsonObject
      email: unknown
      roles: { student: JsonObject }
    }
    world.district.edit("user", id, {
      email: "new@d.example",
      name: { last: "Newname" },
      roles: { student: { grade: "Other", school: undefined } },
    })
    const run = await world[mode]()
    expect(await world.changes(run)).toEqual([
      {
        kind: "user",
        id,
        action: "update",
        fields: [
          { path: "email", before: before.email, after: "new@d.example" },
          { path: "name.last", before: before.name.last, after: "Newname" },
          { path: "roles.student.grade", before: before.roles.student.grade, after: "Other" },
          { path: "roles.student.school", before: before.roles.student.school, after: undefined },
        ],
        joined: [],
        left: [],
      },
    ])
  })

  it("tells who joined a section and who left it, in which role", async () => {
    const world = await importedWorld(storage)
    const section = world.district.records("section").find((one) => {
      const { students, teachers } = one as { students?: string[]; teachers?: string[] }
      return (students?.length ?? 0) > 2 && (teachers?.length ?? 0) > 0
    }) as { id: string; students: string[]; teachers: string[]; teacher?: string }
    const [leaver, ...others] = section.students as [string, ...string[]]
    const [first, ...rest] = section.teachers as [string, ...string[]]
    // A student becomes a teacher of it, which is leaving in one role and joining in another.
    const [promoted, ...staying] = others as [string, ...string[]]
    world.district.edit("section", section.id, {
      students: [...staying, "student-new"],
      teachers: [...rest, promoted],
      teacher: [...rest, promoted][0],
    })
    const run = await world[mode]()
    const [change] = await world.changes(run)
    expect(change).toMatchObject({ kind: "section", id: section.id, action: "update" })
    expect(change?.joined).toEqual([
      { id: promoted, role: "teacher" },
      { id: "student-new", role: "student" },
    ])
    expect(change?.left).toEqual([
      { id: first, role: "teacher" },
      ...[leaver, promoted]
        .sort((a, b) => section.students.indexOf(a) - section.students.indexOf(b))
        .map((id) => ({ id, role: "student" })),
    ])
  })

  it("tells creates, archives and restores with what they bring and end", async () => {
    const world = await importedWorld(storage)
    const section = world.district
      .records("section")
      .find(
        ({ students, teachers }) =>
          Array.isArray(students) && students.length > 1 && Array.isArray(teachers) && teachers.length > 0,
      ) as {
      id: string
      students: string[]
      teachers: string[]
    }
    const everyone = [
      ...section.teachers.map((id) => ({ id, role: "teacher" })),
      ...section.students.map((id) => ({ id, role: "student" })),
    ]
    const added = world.district.add("section", { name: "Brand new", students: ["one"], teachers: [] })
    world.district.unshare({ ids: [section.id] })
    const first = await world.changes(await world[mode]())
    expect(first.map(({ id, action }) => [id, action])).toEqual(
      [
        [added, "create"],
        [section.id, "archive"],
      ].sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
    )
    const created = first.find(({ action }) => action === "create")
    expect(created?.fields.find(({ path }) => path === "name")).toEqual({
      path: "name",
      before: undefined,
      after: "Brand new",
    })
    expect(created).toMatchObject({ joined: [{ id: "one", role: "student" }], left: [] })
    const archived = first.find(({ action }) => action === "archive")
    expect(archived).toMatchObject({ fields: [], joined: [], left: everyone })

    world.district.edit("section", section.id, { name: "Back again" })
    world.district.reshare({ ids: [section.id] })
    const [restored, ...more] = await world.changes(await world[mode]())
    expect(more).toEqual([])
    expect(restored).toMatchObject({ id: section.id, action: "restore", joined: everyone, left: [] })
    expect(restored?.fields.map(({ path, after }) => [path, after])).toEqual([["name", "Back again"]])
  })

  it("is in kind order, then id, over any number of pages, and can be asked for one kind or action", async () => {
    const world = new RosterWorld({ storage, users: 700, pageSize: 400 })
    await world.bulk()
    world.district.nextDay({ intensity: 6 })
    world.district.unshare({ ids: world.ids("user").slice(0, 600) })
    // Read before it is committed and after: the same log.
    const run = await world[mode]()
    expect(run.mode).toBe(mode)
    const log = await world.changes(run)
    expect(log.length).toBeGreaterThan(600)
    const order = ["district", "school", "term", "course", "user", "section"]
    const places = log.map(({ kind, id }) => `${order.indexOf(kind)} ${id}`)
    expect(places).toEqual([...new Set(places)].sort())
    const archives = []
    for await (const change of world.roster.changes(run.id, { kind: "user", action: "archive" }))
      archives.push(change)
    expect(archives).toEqual(log.filter(({ kind, action }) => kind === "user" && action === "archive"))
    for (const [kind, counts] of Object.entries(run.counts)) {
      const logged = (action: string) =>
        log.filter((change) => change.kind === kind && change.action === action).length
      expect([logged("create"), logged("update"), logged("archive"), logged("restore")]).toEqual([
        counts.created,
        counts.updated,
        counts.archived,
        counts.restored,
      ])
    }
  })

  it("of an old run stays as it was, whatever later runs change", async () => {
    const world = await importedWorld(storage)
    world.district.nextDay({ intensity: 5 })
    const run = await world[mode]()
    const before = await world.changes(run)
    expect(before.length).toBeGreaterThan(3)
    for (let day = 0; day < 3; day++) {
      world.district.nextDay({ intensity: 5 })
      await world[mode]()
    }
    world.district.unshare({ everything: true })
    await world[mode]()
    expect(await world.changes(run)).toEqual(before)
  })
})

describe.each(storageNames)("the change log of a held run, on %s", (storage) => {
  it("shows what it would change, and stays with the run", async () => {
    const world = new RosterWorld({ storage, roster: { guards: { rejectedShare: 0 } } })
    await world.bulk()
    const [bad, good] = world.ids("user") as [string, string]
    world.district.edit("user", bad, { email: 5 as never })
    world.district.edit("user", good, { email: "waiting@d.example" })
    const held = await world.delta()
    expect(held.state).toBe("held")
    const changes = await world.changes(held)
    expect(changes.map(({ id, action, fields }) => [id, action, fields[0]?.after])).toEqual([
      [good, "update", "waiting@d.example"],
    ])
    expect((await world.stored()).get(`user ${good}`)?.data).not.toMatchObject({ email: "waiting@d.example" })
  })

  it("is unknown for a run that is not there", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    await expect(world.roster.run("no-such-run")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" })
  })
})
