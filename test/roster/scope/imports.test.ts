import { describe, expect, it } from "vitest"
import { type Kind, kinds } from "../../../src/models/kinds.ts"
import type { Scope } from "../../../src/models/scope.ts"
import type { SyncOptions } from "../../../src/roster/index.ts"
import { compileScope } from "../../../src/roster/scope/compiled-scope.ts"
import type { JsonObject } from "../../../src/simulator/index.ts"
import type { Run, StagedChange } from "../../../src/storage/contract.ts"
import { guardsOff } from "../../support/guards-off.ts"
import {
  codeOf,
  RosterWorld,
  type StorageName,
  storageNames,
  type WorldOptions,
} from "../../support/roster-world.ts"
import { scoped } from "../../support/scope-model.ts"
import { storedRecords } from "../../support/stored-roster.ts"

/** No guard stands in the way of what a scope archives. */
const guards = { ...guardsOff, rejectedShare: 1 }

class ScopedWorld extends RosterWorld {
  constructor(storage: StorageName, options: WorldOptions = {}) {
    super({ storage, users: 100, schools: 3, ...options, roster: { guards, ...options.roster } })
  }

  run(scope: Scope | undefined, mode: "bulk" | "delta", options: Partial<SyncOptions> = {}): Promise<Run> {
    this.clock.advance(1_000)
    const roster = this.another(scope === undefined ? {} : { scope })
    return roster.sync({ districtId: this.districtId, mode, ...options })
  }

  /** The kinds that were asked for since the last look. */
  kindsAsked(): Set<string> {
    const asked = this.source.asked.splice(0).map((name) => name.split(" ")[0] as string)
    return new Set(asked.filter((name) => (kinds as readonly string[]).includes(name)))
  }

  async active(kind: Kind): Promise<Map<string, JsonObject>> {
    const found = new Map<string, JsonObject>()
    for await (const { id, state, data } of storedRecords(this.plain, this.districtId, [kind])) {
      if (state === "active") found.set(id, JSON.parse(data) as JsonObject)
    }
    return found
  }
}

function studentsOf(world: RosterWorld): string[] {
  return world.district
    .records("user")
    .filter((user) => "student" in (user.roles as JsonObject))
    .map((user) => String(user.id))
}

describe.each(storageNames)("S18 imports within a scope, on %s", (storage) => {
  it("S18 kinds out of scope are not asked for, but for the district, and what was stored of them is archived", async () => {
    const world = new ScopedWorld(storage)
    await world.run(undefined, "bulk")
    const before = await world.stored()
    world.kindsAsked()
    const scope: Scope = { kinds: ["school", "user"] }
    const run = await world.run(scope, "bulk")
    expect(world.kindsAsked()).toEqual(new Set(["district", "school", "user"]))
    for (const kind of ["term", "course", "section"] as const) {
      expect(run.counts[kind]).toMatchObject({ archived: world.district.count(kind), unchanged: 0 })
      expect(await world.active(kind)).toEqual(new Map())
    }
    // Archived as what is gone is: with its content.
    for (const [key, { data }] of await world.stored()) expect(data).toEqual(before.get(key)?.data)
    const [section] = world.ids("section") as [string]
    world.district.edit("section", section, { name: "Edited out of scope" })
    expect(await world.run(scope, "delta")).toMatchObject({ mode: "delta", state: "unchanged" })
    // Back in scope: the same record, with what it holds now.
    const back = await world.run(undefined, "bulk")
    expect(back.counts.section).toMatchObject({ restored: world.district.count("section"), created: 0 })
    expect((await world.active("section")).get(section)).toMatchObject({ name: "Edited out of scope" })
  })

  it("S18 whoever leaves the scope is archived, by an event as by a listing, and restored on coming back", async () => {
    for (const mode of ["delta", "bulk"] as const) {
      const world = new ScopedWorld(storage)
      const [here, there] = world.ids("school") as [string, string]
      const scope: Scope = { roles: ["student", "teacher"], schools: [here] }
      await world.run(scope, "bulk")
      const users = await world.active("user")
      const mover = [...users].find(([, user]) => {
        const role = (user.roles as JsonObject).student as JsonObject | undefined
        return role !== undefined && (role.schools as string[]).length === 1
      })?.[0] as string
      const move = (school: string) => {
        world.district.edit("user", mover, { roles: { student: { school, schools: [school] } } })
      }
      move(there)
      const left = await world.run(scope, mode)
      expect(left).toMatchObject({ mode, state: "applied" })
      expect(left.counts.user).toMatchObject({ archived: 1, updated: 0 })
      expect((await world.stored()).get(`user ${mover}`)).toEqual({
        state: "archived",
        data: users.get(mover),
      })
      move(here)
      const back = await world.run(scope, mode)
      expect(back.counts.user).toMatchObject({ restored: 1, created: 0 })
      // The last of the roles in scope goes.
      world.district.edit("user", mover, (user) => {
        user.roles = { staff: { schools: [here] } }
      })
      expect((await world.run(scope, mode)).counts.user).toMatchObject({ archived: 1 })
    }
  })

  it("S18 a delta after the scope has changed, appeared or gone is a bulk run, and the one after it is not", async () => {
    const world = new ScopedWorld(storage)
    await world.run(undefined, "bulk")
    const steps: [Scope | undefined, boolean][] = [
      [undefined, false],
      [{ roles: ["student"] }, true],
      [{ roles: ["student"] }, false],
      [{ roles: ["student", "student"] }, false],
      [{ roles: ["student"], exclude: [] }, true],
      [{ roles: ["teacher", "student"] }, true],
      [undefined, true],
      [{}, false],
    ]
    for (const [scope, falls] of steps) {
      world.district.nextDay()
      const run = await world.run(scope, "delta")
      expect(run).toMatchObject(
        falls ? { mode: "bulk", fallback: "scope-changed" } : { mode: "delta", fallback: null },
      )
    }
  })

  it("S18 a person who logs in meanwhile does not make the next delta forget that the scope has changed", async () => {
    const world = new ScopedWorld(storage)
    await world.run(undefined, "bulk")
    const scope: Scope = { roles: ["student"] }
    const [student] = studentsOf(world) as [string]
    world.district.edit("user", student, { email: "new@d.example" })
    const result = await world.another({ scope }).syncUser({ districtId: world.districtId, id: student })
    expect(result.state).toBe("applied")
    expect(await world.run(scope, "delta")).toMatchObject({ mode: "bulk", fallback: "scope-changed" })
  })

  it("S18 a narrower scope takes fields out of what is stored, and logs and counts nothing of it", async () => {
    const world = new ScopedWorld(storage)
    await world.run(undefined, "bulk")
    const scope: Scope = {
      fields: { user: ["name.last"], student: ["grade"] },
      exclude: studentsOf(world).slice(0, 1),
    }
    const run = await world.run(scope, "delta")
    // The person who is excluded goes; their sections and contacts lose a mention, which is no change of Clever's.
    expect(run.counts.user).toMatchObject({ updated: 0, created: 0, restored: 0, archived: 1 })
    expect(run.counts.section).toMatchObject({ updated: 0, archived: 0 })
    expect((await world.changes(run)).map(({ kind, action }) => [kind, action])).toEqual([
      ["user", "archive"],
    ])
    for (const kind of kinds) {
      for (const record of world.district.records(kind)) {
        const left = scoped(scope, kind, record)
        expect((await world.active(kind)).get(String(record.id))).toEqual(left)
      }
    }
    // Every record was looked at once, and its bytes tell from now on: those of the terms, too, which did not change.
    for (const kind of kinds) {
      const stored = await world.plain.listFingerprints({
        districtId: world.districtId,
        kind,
        after: "",
        limit: 999,
      })
      const tags = stored.filter(({ state }) => state === "active").map(({ raw }) => raw.slice(23))
      expect([...new Set(tags)]).toEqual([compileScope(scope)?.digest.slice(0, 8)])
    }
    const { version } = await world.plain.getDistrict(world.districtId)
    expect((await world.run(scope, "bulk")).state).toBe("unchanged")
    expect((await world.plain.getDistrict(world.districtId)).version).toBe(version)
  })

  it("S18 who is left out goes with every mention at the next import, and comes back with them at the one after", async () => {
    const world = new ScopedWorld(storage)
    const [id] = studentsOf(world) as [string]
    const mentionsOf = async () => {
      const found: string[] = []
      for (const [key, { state, data }] of await world.stored()) {
        if (state === "active" && JSON.stringify(data).includes(id)) found.push(key)
      }
      return found.sort()
    }
    await world.run(undefined, "bulk")
    const before = await mentionsOf()
    expect(before.filter((key) => key.startsWith("section "))).not.toEqual([])
    // Nothing changes at Clever meanwhile: nothing but the scope tells that there is something to do.
    for (const others of [[], ["0f3c0a1b2c3d4e5f60718293"]]) {
      expect(await world.run({ exclude: [...others, id] }, "delta")).toMatchObject({ mode: "bulk" })
      expect(await mentionsOf()).toEqual([])
      expect(await world.run({ exclude: [...others, id] }, "delta")).toMatchObject({ mode: "delta" })
      const run = await world.run(others.length === 0 ? undefined : { exclude: others }, "delta")
      expect(run).toMatchObject({ mode: "bulk", state: "applied", counts: { user: { restored: 1 } } })
      expect(await mentionsOf()).toEqual(before)
    }
  })

  it("S18 a wider scope is an update: what is new to the roster must reach whoever follows it", async () => {
    const world = new ScopedWorld(storage)
    await world.run({ fields: { student: [] } }, "bulk")
    const run = await world.run({ fields: { student: ["grade"] } }, "delta")
    expect(run.counts.user.updated).toBeGreaterThan(0)
    for (const change of await world.changes(run)) {
      expect(change.fields.map(({ path, before }) => [path, before])).toEqual([
        ["roles.student.grade", undefined],
      ])
    }
  })

  it("S18 the history shows nothing that is out of scope now, of no run", async () => {
    const world = new ScopedWorld(storage)
    const first = await world.run(undefined, "bulk")
    const [student] = studentsOf(world) as [string]
    const scope: Scope = { fields: { user: ["name"] } }
    world.district.edit("user", student, { name: { last: "Renamed" }, email: "edited@d.example" })
    const narrower = await world.run(scope, "delta")
    expect(narrower.counts.user.updated).toBe(1)
    const roster = world.another({ scope })
    const paths = new Set<string>()
    for (const run of [first, narrower]) {
      for await (const change of roster.changes(run.id, { kind: "user" })) {
        for (const { path } of change.fields) paths.add(path)
      }
    }
    expect([...paths].filter((path) => /email|roles\.student\.(?!schools?$)/.test(path))).toEqual([])
    expect(paths).toContain("name.last")
  })

  it("S18 an interrupted run is not gone on with in another scope, and what it staged goes", async () => {
    const world = new ScopedWorld(storage, { pageSize: 10 })
    const abort = new AbortController()
    world.source.beforeRequest = (name) => {
      if (name.startsWith("user 3")) abort.abort()
    }
    const interrupted = await world.run(undefined, "bulk", { signal: abort.signal })
    expect(interrupted.state).toBe("interrupted")
    world.source.beforeRequest = () => {}
    const scope: Scope = { roles: ["teacher"] }
    const run = await world.run(scope, "bulk")
    expect(run).toMatchObject({ state: "applied", resumed: 0 })
    expect(run.id).not.toBe(interrupted.id)
    expect(await world.plain.countStaged(interrupted.id)).toEqual([])
    for (const user of (await world.active("user")).values())
      expect(Object.keys(user.roles as object)).toEqual(["teacher"])
    // The same scope goes on where it was.
    const again = new AbortController()
    world.source.beforeRequest = (name) => {
      if (name.startsWith("user 2")) again.abort()
    }
    expect((await world.run({ roles: ["staff"] }, "bulk", { signal: again.signal })).state).toBe(
      "interrupted",
    )
    world.source.beforeRequest = () => {}
    expect(await world.run({ roles: ["staff"] }, "bulk")).toMatchObject({ state: "applied", resumed: 1 })
  })

  it("S18 somebody out of scope is not found when they log in, and not even asked for if they are excluded", async () => {
    const world = new ScopedWorld(storage)
    const [excluded, student, archived] = studentsOf(world) as [string, string, string]
    const scope: Scope = { roles: ["teacher", "student"], exclude: [excluded] }
    await world.run(scope, "bulk")
    const sync = (id: string, within: Scope = scope) =>
      world.another({ scope: within }).syncUser({ districtId: world.districtId, id })
    const asked = world.source.asked.length
    expect(await sync(excluded)).toEqual({ state: "not-found" })
    expect(await sync(student, { kinds: ["school"] })).toEqual({ state: "not-found" })
    expect(world.source.asked.length).toBe(asked)
    // Stored and no longer in scope: the next import archives, not a login.
    expect(await sync(student, { roles: ["teacher"] })).toEqual({ state: "not-found" })
    expect((await world.stored()).get(`user ${student}`)?.state).toBe("active")
    expect(await sync(student)).toEqual({ state: "unchanged" })
    const [contact] = world.district.people.filter(({ role }) => role === "contact").map(({ id }) => id) as [
      string,
    ]
    expect(await sync(contact)).toEqual({ state: "not-found" })
    expect((await world.stored()).has(`user ${contact}`)).toBe(false)
    world.district.unshare({ ids: [archived] })
    await world.run(scope, "bulk")
    world.district.reshare({ ids: [archived] })
    world.district.edit("user", archived, { roles: { contact: {} } })
    world.district.edit("user", archived, (user) => {
      user.roles = { contact: {} }
    })
    expect(await sync(archived)).toEqual({ state: "not-found" })
    expect((await world.stored()).get(`user ${archived}`)?.state).toBe("archived")
  })

  it("S18 a record out of scope is not rejected; one whose place can't be read is, without content; others within scope", async () => {
    const world = new ScopedWorld(storage)
    const [here, there] = world.ids("school") as [string, string]
    const scope: Scope = { schools: [here], roles: ["student"], fields: { user: ["email"], student: [] } }
    const [a, b, c, d, e] = studentsOf(world) as [string, string, string, string, string]
    const place = (school: string) => ({ student: { school, schools: [school], dob: "secret" } })
    for (const [id, roles] of [
      [a, place(there)],
      [b, place(here)],
      [c, "secret"],
      [d, place(here)],
      [e, place(here)],
    ] as const) {
      world.district.edit("user", id, (user) => {
        Object.assign(user, { roles, name: { first: "secret" } })
      })
    }
    for (const id of [a, b]) world.district.edit("user", id, { email: 7 as never })
    // Malformed where nothing is kept: nobody's business.
    world.district.edit("user", d, { name: "secret" as never })
    world.source.alterItems = (kind, items) =>
      items.map((item) =>
        kind === "user" && item.includes(`"id":"${e}"`) ? item.replace(e, "no id!") : item,
      )
    const run = await world.run(scope, "bulk")
    const rejections = await world.rejections(run)
    expect(rejections).toEqual([
      {
        kind: "user",
        id: b,
        reason: "type: expected string",
        path: "email",
        data: expect.any(String),
      },
      { kind: "user", id: c, reason: "type: expected object", path: "roles", data: "null" },
      expect.objectContaining({
        kind: "user",
        id: expect.stringMatching(/^\?/),
        reason: "id-invalid",
        path: "id",
      }),
    ])
    expect(JSON.parse(rejections[0]?.data ?? "")).toEqual({
      id: b,
      district: world.districtId,
      email: 7,
      roles: { student: { school: here, schools: [here] } },
    })
    expect(JSON.stringify(rejections)).not.toContain("secret")
    expect((await world.active("user")).has(d)).toBe(true)
    world.source.alterItems = (_, items) => items
    // A delta keeps them listed, and lets them go once they are good, or out of scope.
    const delta = await world.run(scope, "delta")
    expect(delta.mode).toBe("delta")
    expect(
      (await world.rejections(delta)).map(({ id, reason, path, data }) => [
        id,
        reason,
        path,
        data === "null",
      ]),
    ).toEqual([
      [b, "type: expected string", "email", false],
      [c, "type: expected object", "roles", true],
      [expect.stringMatching(/^\?/), "id-invalid", "id", false],
    ])
    world.district.edit("user", c, (user) => {
      user.roles = place(there)
    })
    world.district.edit("user", b, { email: "good@d.example" })
    const last = await world.run(scope, "delta")
    expect((await world.rejections(last)).map(({ id }) => id.startsWith("?"))).toEqual([true])
    expect((await world.active("user")).has(b)).toBe(true)
  })

  it("S18 a person's login takes over only what the scope leaves of the rejections of before", async () => {
    const world = new ScopedWorld(storage)
    const [bad, good, gone] = studentsOf(world) as [string, string, string]
    for (const id of [bad, gone]) world.district.edit("user", id, { email: 7 as never })
    await world.run(undefined, "bulk")
    world.district.edit("user", good, { name: { last: "Renamed" } })
    const scope: Scope = { fields: { user: ["name.last"] }, exclude: [gone] }
    const result = await world.another({ scope }).syncUser({ districtId: world.districtId, id: good })
    if (result.state !== "applied") throw new Error(result.state)
    const rejections = await world.rejections(result.run)
    expect(rejections.map(({ id }) => id)).toEqual([bad])
    expect(JSON.parse(rejections[0]?.data ?? "")).toEqual(
      scoped(scope, "user", world.district.record("user", bad) as JsonObject),
    )
  })

  it("S18 pages that come unsorted change nothing of this, and are no loop", async () => {
    const world = new ScopedWorld(storage, { pageSize: 10 })
    const scope: Scope = { roles: ["teacher"] }
    await world.run(undefined, "bulk")
    const staged: string[] = []
    world.hooks.beforeCall = (method, parameters) => {
      if (method !== "stage") return
      for (const { id } of (parameters[1] as { changes: StagedChange[] }).changes) staged.push(id)
    }
    world.source.alterItems = (_, items) => items.toReversed()
    const run = await world.run(scope, "bulk")
    expect(run.state).toBe("applied")
    for (const user of (await world.active("user")).values())
      expect(Object.keys(user.roles as object)).toEqual(["teacher"])
    const archived = await world.run(scope, "bulk")
    expect(archived.state).toBe("unchanged")
    // Of who was never stored not even the id is staged.
    const fresh = new ScopedWorld(storage, { pageSize: 10, index: 1 })
    fresh.source.alterItems = (_, items) => items.toReversed()
    fresh.hooks.beforeCall = world.hooks.beforeCall
    staged.length = 0
    await fresh.run(scope, "bulk")
    expect(staged.filter((id) => fresh.ids("user").includes(id)).toSorted()).toEqual(
      expect.arrayContaining([...(await fresh.active("user")).keys()]),
    )
    expect(new Set(staged.filter((id) => fresh.ids("user").includes(id)))).toEqual(
      new Set((await fresh.active("user")).keys()),
    )
  })

  it("S18 events of who is out of scope stage nothing, unless the listing before them had them in it", async () => {
    const world = new ScopedWorld(storage)
    const [here, there] = world.ids("school") as [string, string]
    const scope: Scope = { schools: [here] }
    await world.run(scope, "bulk")
    const active = await world.active("user")
    const stored = await world.stored()
    const staged: string[] = []
    world.hooks.beforeCall = (method, parameters) => {
      if (method !== "stage") return
      for (const { id } of (parameters[1] as { changes: StagedChange[] }).changes) staged.push(id)
    }
    const outside = world.ids("user").filter((id) => !active.has(id))
    for (const id of outside) world.district.edit("user", id, { email: `${id}@d.example` })
    world.district.remove("user", outside[0] as string)
    expect(await world.run(scope, "delta")).toMatchObject({ mode: "delta", state: "unchanged" })
    expect(staged.filter((id) => outside.includes(id))).toEqual([])
    expect(await world.stored()).toEqual(stored)

    // Listed as a pupil of this school, and gone to the other before the listing ends: nothing of it may stay.
    const newcomer = String(
      world.district.add("user", { roles: { student: { school: here, schools: [here] } } }),
    )
    world.source.beforePage = (kind) => {
      if (kind !== "section") return
      world.source.beforePage = () => {}
      world.district.edit("user", newcomer, { roles: { student: { school: there, schools: [there] } } })
    }
    const run = await world.run(scope, "bulk")
    expect(run.counts.user.created).toBe(0)
    expect(staged).toContain(newcomer)
    expect((await world.stored()).has(`user ${newcomer}`)).toBe(false)
  })
})

describe("S18 a scope that can't be used", () => {
  it("S18 refuses to start, before anything is asked for", async () => {
    const world = new RosterWorld()
    const other = world.another({ scope: { fields: { user: ["name..first"] } } })
    expect(await codeOf(other.sync({ districtId: world.districtId, mode: "bulk" }))).toBe("INVALID_OPTIONS")
    expect(world.source.asked).toEqual([])
  })
})

it.each(storageNames)(
  "S18 reading shows of what is kept only what is in the scope as it is now, on %s",
  async (storage) => {
    const world = new ScopedWorld(storage)
    const scope: Scope = { roles: ["teacher"], fields: { user: ["name.last"] } }
    await world.run(undefined, "bulk")
    expect((await world.run(scope, "bulk")).counts.user?.archived).toBeGreaterThan(0)
    const reader = world.another({ scope })
    const seen: string[] = []
    for await (const entry of reader.records({ districtId: world.districtId, kind: "user", state: "all" })) {
      const { id, data } = entry
      expect(await reader.record({ districtId: world.districtId, kind: "user", id })).toEqual(entry)
      expect(Object.keys(data).sort()).toEqual(["district", "id", "name", "roles"])
      seen.push(id)
    }
    expect(seen).toEqual([...(await world.active("user")).keys()].sort())
    expect(seen.length).toBeGreaterThan(0)
  },
)
