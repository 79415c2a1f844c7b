import { describe, expect, it } from "vitest"
import type { Kind } from "../../../src/models/kinds.ts"
import type { Ownership } from "../../../src/models/ownership.ts"
import type { OverrideRequest, ReadRecordsOptions, RosterEntry } from "../../../src/roster/index.ts"
import type { JsonObject } from "../../../src/simulator/index.ts"
import type { FieldOverride } from "../../../src/storage/contract.ts"
import {
  codeOf,
  RosterWorld,
  type StorageName,
  storageNames,
  type WorldOptions,
} from "../../support/roster-world.ts"

const ownership: Ownership = {
  user: { "name.first": "sticky", email: "app", 'roles.student["grade"]': "app" },
  section: { name: "app" },
}

class OwnedWorld extends RosterWorld {
  constructor(storage: StorageName, options: WorldOptions = {}) {
    super({ storage, ...options, roster: { ownership, ...options.roster } })
  }

  async entries<K extends Kind>(
    options: Omit<ReadRecordsOptions<K>, "districtId">,
  ): Promise<RosterEntry<K>[]> {
    const found: RosterEntry<K>[] = []
    for await (const entry of this.roster.records({ districtId: this.districtId, ...options }))
      found.push(entry)
    return found
  }

  async entry(kind: Kind, id: string, view: "merged" | "clever" = "merged"): Promise<RosterEntry> {
    const [entry] = await this.entries({ kind, ids: [id], state: "all", view })
    if (entry === undefined) throw new Error(`no ${kind} ${id}`)
    return entry
  }

  set(id: string, path: string, value: unknown, rest: Partial<OverrideRequest> = {}): Promise<FieldOverride> {
    this.clock.advance(1_000)
    return this.roster.override({
      districtId: this.districtId,
      kind: "user",
      id,
      path,
      value,
      by: "ada",
      ...rest,
    })
  }

  async overrides(): Promise<FieldOverride[]> {
    const found: FieldOverride[] = []
    for (const kind of ["user", "section"] as const) {
      found.push(...(await this.plain.listOverrides({ districtId: this.districtId, kind, limit: 10_000 })))
    }
    return found
  }

  /** Somebody who is a student. */
  student(): string {
    const found = this.district.people.find(({ role }) => role === "student")
    if (found === undefined) throw new Error("no student")
    return found.id
  }
}

describe.each(storageNames)("S19 the app's own values, on %s", (storage) => {
  it("S19 lie over Clever's wherever the roster is read merged, whatever imports bring, until they are cleared", async () => {
    const world = new OwnedWorld(storage)
    await world.bulk()
    const id = world.student()
    const { clock, districtId } = world
    const override = await world.set(id, "name.first", "Ada")
    expect(override).toEqual({
      districtId,
      kind: "user",
      id,
      path: "name.first",
      value: "Ada",
      at: clock.now().toISOString(),
      by: "ada",
    })
    for (const mode of ["delta", "bulk"] as const) {
      world.district.edit("user", id, { name: { first: `Clever's ${mode}` } })
      const run = await world[mode]()
      // What Clever said is recorded all the same.
      expect(run.counts.user.updated).toBe(1)
      const [change] = await world.changes(run)
      expect(change?.fields).toMatchObject([{ path: "name.first", after: `Clever's ${mode}` }])
      expect(await world.entry("user", id)).toMatchObject({
        data: { name: { first: "Ada" } },
        overrides: [override],
      })
      expect(await world.entry("user", id, "clever")).toMatchObject({
        data: { name: { first: `Clever's ${mode}` } },
        overrides: [override],
      })
      expect(await world.stored()).toEqual(world.truth())
    }
    // Gone and back again: the same person, with what the app said of them.
    world.district.unshare({ ids: [id] })
    await world.delta()
    expect(await world.entry("user", id)).toMatchObject({
      state: "archived",
      data: { name: { first: "Ada" } },
    })
    world.district.reshare({ ids: [id] })
    expect((await world.delta()).counts.user.restored).toBe(1)
    expect(await world.entry("user", id)).toMatchObject({ state: "active", data: { name: { first: "Ada" } } })

    expect(await world.roster.clearOverrides({ districtId, kind: "user", id, path: '["name"].first' })).toBe(
      1,
    )
    expect(await world.entry("user", id)).toMatchObject({
      data: { name: { first: "Clever's bulk" } },
      overrides: [],
    })
    expect(await world.roster.clearOverrides({ districtId, kind: "user", id })).toBe(0)
  })

  it("S19 a field of the app's keeps the value that Clever gave at creation, pinned once by the run that would change it", async () => {
    for (const mode of ["delta", "bulk"] as const) {
      const world = new OwnedWorld(storage)
      await world.bulk()
      expect(await world.overrides()).toEqual([])
      const id = world.student()
      const before = world.district.record("user", id) as JsonObject
      world.district.edit("user", id, { email: "second@d.example", roles: { student: { grade: "9" } } })
      const run = await world[mode]()
      expect(run.counts.user.updated).toBe(1)
      const at = run.finishedAt as string
      const pin = { districtId: world.districtId, kind: "user", id, at, by: "creation" }
      const { grade } = (before.roles as JsonObject).student as JsonObject
      const pins = [
        { ...pin, path: "email", value: before.email ?? null },
        { ...pin, path: "roles.student.grade", value: grade ?? null },
      ]
      expect(await world.overrides()).toEqual(pins)
      expect(await world.entry("user", id)).toMatchObject({
        data: { email: before.email ?? null, roles: { student: { grade: grade ?? null } } },
      })
      expect(await world.entry("user", id, "clever")).toMatchObject({ data: { email: "second@d.example" } })
      for (const email of ["third@d.example", "fourth@d.example"]) {
        world.district.edit("user", id, { email })
        await world[mode]()
        await world.bulk()
        expect(await world.overrides()).toEqual(pins)
      }
    }
  })

  it("S19 nothing is pinned of a field that the app has set, or that Clever leaves as it was", async () => {
    const world = new OwnedWorld(storage)
    await world.bulk()
    const id = world.student()
    const own = await world.set(id, "email", "own@d.example")
    world.district.edit("user", id, { email: "second@d.example", name: { last: "Renamed" } })
    await world.delta()
    expect(await world.overrides()).toEqual([own])
    // Cleared: Clever's present value is the app's first one from now on.
    await world.roster.clearOverrides({ districtId: world.districtId, kind: "user", id })
    expect(await world.entry("user", id)).toMatchObject({ data: { email: "second@d.example" } })
    world.district.edit("user", id, { email: "third@d.example" })
    await world.delta()
    expect(await world.entry("user", id)).toMatchObject({ data: { email: "second@d.example" } })
  })

  it("S19 a restored person keeps the app's fields as they were, and a role that comes brings its own first values", async () => {
    const world = new OwnedWorld(storage)
    await world.bulk()
    const id = world.student()
    world.district.edit("user", id, (user) => {
      user.email = "first@d.example"
      user.roles = { staff: { title: "T" } }
    })
    await world.delta()
    const firstEmail = (await world.entry("user", id)).data as { email?: string }
    await world.roster.clearOverrides({ districtId: world.districtId, kind: "user", id })
    world.district.unshare({ ids: [id] })
    await world.delta()
    world.district.edit("user", id, (user) => {
      user.email = "back@d.example"
      user.roles = { student: { grade: "7" } }
    })
    world.district.reshare({ ids: [id] })
    expect((await world.delta()).counts.user.restored).toBe(1)
    expect(firstEmail.email).not.toBe("first@d.example")
    const { data, overrides } = await world.entry("user", id)
    expect(data).toMatchObject({ email: "first@d.example", roles: { student: { grade: "7" } } })
    expect(overrides.map(({ path }) => path)).toEqual(["email"])
    // The role goes, and what it held is what it holds when it comes again.
    world.district.edit("user", id, (user) => {
      user.roles = { staff: {} }
    })
    await world.delta()
    expect((await world.entry("user", id)).data).not.toHaveProperty("roles.student")
    world.district.edit("user", id, (user) => {
      user.roles = { student: { grade: "8" } }
    })
    await world.delta()
    expect((await world.entry("user", id)).data).toMatchObject({ roles: { student: { grade: "7" } } })
  })

  it("S19 a login ahead of the next import pins as an import does", async () => {
    const world = new OwnedWorld(storage)
    await world.bulk()
    const id = world.student()
    const { email } = world.district.record("user", id) as { email?: string }
    world.district.edit("user", id, { email: "second@d.example" })
    const result = await world.roster.syncUser({ districtId: world.districtId, id })
    expect(result.state).toBe("applied")
    expect(await world.overrides()).toMatchObject([
      { id, path: "email", value: email ?? null, by: "creation" },
    ])
  })

  it("S19 a plan pins nothing until it is applied", async () => {
    const world = new OwnedWorld(storage)
    await world.bulk()
    const id = world.student()
    const { email } = world.district.record("user", id) as { email?: string }
    world.district.edit("user", id, { email: "second@d.example" })
    world.clock.advance(1_000)
    const plan = await world.roster.plan({ districtId: world.districtId })
    expect(await world.overrides()).toEqual([])
    const run = await world.roster.apply(plan.id, { approve: plan.hash })
    const pin = { id, path: "email", value: email ?? null, by: "creation", at: run.finishedAt }
    expect(await world.overrides()).toMatchObject([pin])
  })

  it("S19 an undo takes back what Clever said, and keeps what the app has", async () => {
    const world = new OwnedWorld(storage)
    const id = world.student()
    world.district.edit("user", id, { email: "first@d.example", name: { first: "First" } })
    await world.bulk()
    world.district.edit("user", id, { email: "second@d.example", name: { first: "Second" } })
    // Clever's field then: the app has had the second one since.
    world.clock.advance(1_000)
    const run = await world.another({ ownership: {} }).sync({ districtId: world.districtId })
    expect(await world.overrides()).toEqual([])
    const own = await world.set(id, "name.first", "Ada")
    expect(await world.roster.undo(run.id, { by: "ada" })).toMatchObject({ undone: 1, skipped: 0 })
    expect(await world.entry("user", id, "clever")).toMatchObject({
      data: { email: "first@d.example", name: { first: "First" } },
    })
    const { data, overrides } = await world.entry("user", id)
    expect(data).toMatchObject({ email: "second@d.example", name: { first: "Ada" } })
    expect(overrides).toEqual([expect.objectContaining({ path: "email", by: "creation" }), own])
  })

  it("S19 a scope goes before an ownership: what has left it is not kept for being the app's", async () => {
    const world = new OwnedWorld(storage)
    await world.bulk()
    const id = world.student()
    world.district.edit("user", id, { email: "second@d.example", name: { last: "Renamed" } })
    world.clock.advance(1_000)
    const run = await world
      .another({ scope: { fields: { user: ["name"] } } })
      .sync({ districtId: world.districtId, mode: "delta" })
    expect(run.counts.user.updated).toBe(1)
    expect(await world.overrides()).toEqual([])
  })

  it("S19 what was archived for leaving the scope keeps nothing of the app's when it comes back into it", async () => {
    const world = new OwnedWorld(storage, { schools: 2 })
    const [here, there] = world.ids("school") as [string, string]
    const id = world.district
      .records("user")
      .find(({ roles }) => JSON.stringify((roles as JsonObject).student).includes(there))?.id as string
    const move = (school: string, email: string) => {
      world.district.edit("user", id, { email, roles: { student: { school, schools: [school] } } })
    }
    move(there, "first@d.example")
    await world.bulk()
    const sync = () => {
      world.clock.advance(1_000)
      return world.another({ scope: { schools: [here] } }).sync({ districtId: world.districtId })
    }
    await sync()
    move(here, "second@d.example")
    expect((await sync()).counts.user.restored).toBe(1)
    expect(await world.entry("user", id)).toMatchObject({
      data: { email: "second@d.example" },
      overrides: [],
    })
  })

  it("S19 one way of saying nothing for another is no value to keep", async () => {
    const world = new OwnedWorld(storage)
    const id = world.student()
    world.district.edit("user", id, { email: "" })
    await world.bulk()
    world.district.edit("user", id, { email: undefined, name: { last: "Renamed" } })
    expect((await world.delta()).counts.user.updated).toBe(1)
    expect(await world.overrides()).toEqual([])
  })

  it("S19 no query is made for the sake of fields that nobody but Clever owns", async () => {
    const world = new RosterWorld({ storage, roster: { ownership: { user: { "name.first": "sticky" } } } })
    await world.bulk()
    const calls: string[] = []
    world.hooks.beforeCall = (method) => calls.push(method)
    world.district.edit("user", world.ids("user")[0] as string, { name: { first: "Edited" } })
    expect((await world.delta()).counts.user.updated).toBe(1)
    expect(calls).not.toContain("listOverrides")
  })

  it("S19 records are read in ascending id, by state, by ids, by either view, over any number of pages", async () => {
    const world = new OwnedWorld(storage, { users: 1_300, pageSize: 500 })
    await world.bulk()
    const ids = world.ids("user")
    const gone = ids.filter((_, at) => at % 10 === 0)
    world.district.unshare({ ids: gone })
    await world.delta()
    const chosen = ids.filter((_, at) => at % 3 === 0)
    for (const id of chosen) await world.set(id, "name.first", `own ${id}`)
    const [active, archived, all] = await Promise.all([
      world.entries({ kind: "user" }),
      world.entries({ kind: "user", state: "archived" }),
      world.entries({ kind: "user", state: "all" }),
    ])
    expect(all.map(({ id }) => id)).toEqual(ids)
    expect(archived.map(({ id }) => id)).toEqual(gone)
    expect(active.map(({ id }) => id)).toEqual(ids.filter((id) => !gone.includes(id)))
    for (const { id, data, overrides } of all) {
      expect(data.name?.first === `own ${id}`).toBe(chosen.includes(id))
      expect(overrides.length).toBe(chosen.includes(id) ? 1 : 0)
    }
    const some = [...ids.toReversed(), "unknown", ids[0] as string]
    expect(await world.entries({ kind: "user", ids: some })).toEqual(active)
    expect(await world.entries({ kind: "user", ids: [], state: "all" })).toEqual([])
    const clever = await world.entries({ kind: "user", state: "all", view: "clever" })
    const stored = await world.stored()
    for (const { id, data } of clever) expect(data).toEqual(stored.get(`user ${id}`)?.data)
    expect(clever.some(({ id, data }) => data.name?.first === `own ${id}`)).toBe(false)
  })
})

describe("S19 an override that can't be set", () => {
  const refusals: [string, string, Partial<OverrideRequest>][] = [
    ["a field that is Clever's", "FIELD_NOT_OWNED", { path: "name.last" }],
    ["a whole of which a part is the app's", "FIELD_NOT_OWNED", { path: "name" }],
    ["a kind without owned fields", "FIELD_NOT_OWNED", { kind: "school" }],
    ["a record that there is not", "RECORD_NOT_FOUND", { id: "unknown" }],
    ["the id", "INVALID_OPTIONS", { path: "id" }],
    ["a role", "INVALID_OPTIONS", { path: "roles.student" }],
    ["no path", "INVALID_OPTIONS", { path: "name..first" }],
    ["the prototype", "INVALID_OPTIONS", { path: "__proto__.polluted" }],
    ["a value of another type", "INVALID_OPTIONS", { path: "email", value: 7 }],
    ["a value that JSON can't hold", "INVALID_OPTIONS", { path: "email", value: 7n }],
    ["no value", "INVALID_OPTIONS", { path: "email", value: undefined }],
    ["a part of a text", "INVALID_OPTIONS", { path: "email.domain" }],
  ]

  it.each(refusals)("S19 %s is refused with %s, and nothing is set", async (_, code, request) => {
    const world = new OwnedWorld("memory")
    await world.bulk()
    const id = world.district.people.find(({ role }) => role === "student")?.id as string
    world.district.edit("user", id, { email: "there@d.example" })
    await world.delta()
    const before = await world.overrides()
    expect(await codeOf(world.set(id, "name.first", "secret", request))).toBe(code)
    expect(await world.overrides()).toEqual(before)
  })

  it("S19 a role that somebody does not have is no place for a value", async () => {
    const world = new OwnedWorld("memory")
    await world.bulk()
    const teacher = world.district.people.find(({ role }) => role === "teacher")?.id as string
    expect(await codeOf(world.set(teacher, "roles.student.grade", "4"))).toBe("INVALID_OPTIONS")
  })

  it("S19 errors tell nothing of the value or the record", async () => {
    const world = new OwnedWorld("memory")
    await world.bulk()
    const id = world.student()
    const { name } = world.district.record("user", id) as { name: { last: string } }
    const error = await world.set(id, "email", { secret: "s3cret" }).catch((thrown: unknown) => thrown)
    const told = `${String(error)} ${JSON.stringify(error)}`
    expect(told).toContain("email")
    expect(told).not.toContain("s3cret")
    expect(told).not.toContain(name.last)
  })

  it("S19 settings that name no fields are refused before anything else", async () => {
    const world = new OwnedWorld("memory", { roster: { ownership: { user: { id: "app" } } } })
    expect(await codeOf(world.bulk())).toBe("INVALID_OPTIONS")
  })
})
