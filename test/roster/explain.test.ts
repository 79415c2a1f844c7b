import { describe, expect, it } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import type { Kind } from "../../src/models/kinds.ts"
import type { Explanation } from "../../src/roster/index.ts"
import { ReviewBook } from "../../src/roster/matching/review-book.ts"
import { SchoolLinks } from "../../src/roster/matching/subject-links.ts"
import { codeOf, dayMs, RosterWorld, type StorageName, storageNames } from "../support/roster-world.ts"

async function importedWorld(storage: StorageName): Promise<RosterWorld> {
  const world = new RosterWorld({ storage, users: 100 })
  await world.bulk()
  return world
}

function explain(world: RosterWorld, id: string, kind: Kind = "user"): Promise<Explanation> {
  return world.roster.explain({ districtId: world.districtId, kind, id })
}

/** A record with another `last_modified`, if it is that one. */
function stamped(item: string, id: string): string {
  const record = JSON.parse(item) as { id: string }
  return record.id === id ? JSON.stringify({ ...record, last_modified: "2026-09-09T09:09:09.000Z" }) : item
}

const nobody = "f".repeat(24)

describe.each(storageNames)("S17 explain, on %s", (storage) => {
  it("S17 a record that is stored as Clever has it, and which run brought it", async () => {
    const world = await importedWorld(storage)
    const [run] = await world.history()
    const [id] = world.ids("user") as [string]
    const asked = world.source.asked.length
    expect(await explain(world, id)).toEqual({
      districtId: world.districtId,
      kind: "user",
      id,
      fetched: { state: "found" },
      scoped: { state: "in-scope" },
      matched: { state: "unlinked", accountIds: [], reviewIds: [] },
      compared: { stored: "active", fields: [] },
      decided: { action: "none", obstacles: [] },
      changed: [
        {
          runId: run?.id,
          mode: "bulk",
          action: "create",
          at: run?.finishedAt,
          fields: expect.arrayContaining(["id", "name", "roles"]),
        },
      ],
    })
    expect(world.source.asked.slice(asked)).toEqual([`user ${id}`])
  })

  it("S17 a record that was never shared", async () => {
    const world = await importedWorld(storage)
    expect(await explain(world, nobody)).toMatchObject({
      fetched: { state: "not-found" },
      scoped: { state: "unknown" },
      compared: { stored: "none", fields: [] },
      decided: { action: "none", obstacles: [] },
      changed: [],
    })
  })

  it.each<[string, (world: RosterWorld, id: string) => unknown, string, string, string[]]>([
    [
      "is new",
      (world, id) => world.district.add("user", { id, roles: { student: {} } }),
      "create",
      "none",
      [],
    ],
    [
      "has changed",
      (world, id) => world.district.edit("user", id, { email: "new@d.example", name: { first: "New" } }),
      "update",
      "active",
      ["email", "name.first"],
    ],
    [
      "has a new stamp alone (S11)",
      (world, id) => {
        world.source.alterItems = (_, items) => items.map((item) => stamped(item, id))
      },
      "refresh",
      "active",
      [],
    ],
    ["is gone", (world, id) => world.district.unshare({ ids: [id] }), "archive", "active", []],
    [
      "is gone and archived already",
      (world, id) => {
        world.district.unshare({ ids: [id] })
        return world.delta()
      },
      "none",
      "archived",
      [],
    ],
    [
      "came back",
      async (world, id) => {
        world.district.unshare({ ids: [id] })
        await world.delta()
        world.district.reshare({ ids: [id] })
        world.district.edit("user", id, { email: "back@d.example" })
      },
      "restore",
      "archived",
      ["email"],
    ],
  ])("S17 a record that %s: what the next import would do", async (title, change, action, stored, fields) => {
    const world = await importedWorld(storage)
    const id = title === "is new" ? nobody : (world.ids("user")[3] as string)
    await change(world, id)
    const explained = await explain(world, id)
    expect(explained.compared).toEqual({ stored, fields })
    expect(explained.decided).toEqual({ action, obstacles: [] })
    // And that is what it does.
    const run = await world.bulk()
    const changed = (await world.changes(run)).filter((one) => one.id === id).map((one) => one.action)
    expect(changed).toEqual(["none", "refresh"].includes(action) ? [] : [action])
    expect((await explain(world, id)).decided.action).toBe("none")
  })

  it("S9 a record that can't be accepted, now and in the last import", async () => {
    const world = await importedWorld(storage)
    const [id] = world.ids("user") as [string]
    world.district.edit("user", id, { email: 7 as never })
    const rejected = { code: "rejected", reason: "type: expected string", path: "email" }
    expect((await explain(world, id)).decided).toEqual({
      action: "reject",
      obstacles: [{ ...rejected, runId: null }],
    })
    const run = await world.delta()
    expect((await explain(world, id)).decided.obstacles).toEqual([{ ...rejected, runId: run.id }])
    world.source.beforeRequest = () => {
      throw new HomeroomError("CLEVER_UNAVAILABLE")
    }
    expect((await explain(world, id)).decided).toEqual({
      action: "unknown",
      obstacles: [{ ...rejected, runId: run.id }],
    })
    world.source.beforeRequest = () => {}
    world.district.edit("user", id, { email: "good@d.example" })
    expect((await explain(world, id)).decided).toEqual({ action: "update", obstacles: [] })
  })

  it("S9 a record that Clever gives under another id", async () => {
    const world = await importedWorld(storage)
    const [id, other] = world.ids("user") as [string, string]
    world.source.alterItems = (_, items) =>
      items.map((item) => item.replace(`"id":"${id}"`, `"id":"${other}"`))
    expect((await explain(world, id)).decided).toEqual({
      action: "reject",
      obstacles: [{ code: "rejected", reason: "id-mismatch", path: "id", runId: null }],
    })
  })

  it.each(["CLEVER_UNAVAILABLE", "CLEVER_DISTRICT_NOT_CONNECTED", "CLEVER_TOKEN_REJECTED"] as const)(
    "S17 when Clever does not answer (%s), says so and tells what is known",
    async (code) => {
      const world = await importedWorld(storage)
      const [id] = world.ids("user") as [string]
      world.source.beforeRequest = () => {
        throw new HomeroomError(code)
      }
      const explained = await explain(world, id)
      expect(explained).toMatchObject({
        fetched: { state: "unreachable", code },
        scoped: { state: "unknown" },
        compared: { stored: "active", fields: [] },
        decided: { action: "unknown", obstacles: [] },
      })
      expect(explained.changed.length).toBe(1)
    },
  )

  it("S16 a run that would change the record and waits for somebody", async () => {
    const world = await importedWorld(storage)
    const [id, bad, other] = world.ids("section") as [string, string, string]
    world.district.edit("section", id, { name: "Renamed" })
    const damaged = new Set(world.ids("section").slice(1, 12))
    world.source.alterItems = (kind, items) =>
      kind !== "section"
        ? items
        : items.map((item) => {
            const record = JSON.parse(item) as { id: string }
            return damaged.has(record.id) ? JSON.stringify({ ...record, district: "elsewhere" }) : item
          })
    world.district.disableEvents()
    const held = await world.bulk()
    expect(held.state).toBe("held")
    expect((await explain(world, id, "section")).decided).toEqual({
      action: "update",
      obstacles: [{ code: "run-waits", runId: held.id, state: "held", action: "update", holds: held.holds }],
    })
    expect(damaged.has(bad)).toBe(true)
    expect((await explain(world, other, "section")).decided.obstacles).toMatchObject([{ code: "rejected" }])
    expect((await explain(world, world.ids("user")[0] as string)).decided.obstacles).toEqual([])
  })

  it("S16 a plan that would change the record, approved or not, until its time is over", async () => {
    const world = await importedWorld(storage)
    const [id, gone] = world.ids("user") as [string, string]
    world.district.edit("user", id, { email: "new@d.example" })
    world.district.setState({ state: "error" })
    world.district.unshare({ ids: [gone] })
    const { run } = await world.roster.plan({ districtId: world.districtId, mode: "bulk" })
    const waits = { code: "run-waits", runId: run.id, action: "update", holds: run.holds }
    const obstaclesOf = async (one: string) => (await explain(world, one)).decided.obstacles
    expect(await obstaclesOf(id)).toEqual([{ ...waits, state: "planned" }])
    // The plan leaves archives out (S28), so that it stands in nobody's way.
    expect((await obstaclesOf(gone)).map(({ code }) => code)).not.toContain("run-waits")
    await world.roster.approve(run.id, { by: "ada", why: "looks right" })
    expect(await obstaclesOf(id)).toEqual([{ ...waits, state: "approved" }])
    world.clock.advance(4 * dayMs)
    expect(await obstaclesOf(id)).toEqual([])
  })

  it("S28 archives wait while the district is not running", async () => {
    const world = await importedWorld(storage)
    const [id, stays] = world.ids("user") as [string, string]
    world.district.setState({ state: "error" })
    await world.delta()
    world.district.unshare({ ids: [id] })
    expect((await explain(world, id)).decided).toEqual({
      action: "archive",
      obstacles: [{ code: "district-state", state: "error" }],
    })
    world.district.edit("user", stays, { email: "new@d.example" })
    expect((await explain(world, stays)).decided).toEqual({ action: "update", obstacles: [] })
  })

  it("S18 a record that the district's scope leaves out, and of one that it keeps the kept fields alone", async () => {
    const world = await importedWorld(storage)
    const { districtId } = world
    const idOf = (role: string) =>
      String(world.district.records("user").find(({ roles }) => Object.hasOwn(roles as object, role))?.id)
    const [student, contact, excluded] = [idOf("student"), idOf("contact"), idOf("teacher")]
    const scope = {
      roles: ["student", "teacher"],
      fields: { user: ["name.first"] },
      exclude: [excluded],
    } as const
    const scoped = world.another({ scope: { ...scope } })
    const look = (id: string, kind: Kind = "user") => scoped.explain({ districtId, kind, id })
    const archive = { action: "archive", obstacles: [] }
    expect(await look(contact)).toMatchObject({
      fetched: { state: "found" },
      scoped: { state: "out-of-scope", reason: "roles" },
      compared: { stored: "active", fields: [] },
      decided: archive,
    })
    expect(await look(excluded)).toMatchObject({
      scoped: { state: "out-of-scope", reason: "exclude" },
      decided: archive,
    })
    expect(await look(student)).toMatchObject({
      scoped: { state: "in-scope" },
      // What was stored before the scope was set is not told, not even by name; nor is it a change.
      compared: { stored: "active", fields: [] },
    })
    world.district.edit("user", student, { name: { first: "Former", last: "Hidden" } })
    expect(await look(student)).toMatchObject({
      compared: { stored: "active", fields: ["name.first"] },
      decided: { action: "update", obstacles: [] },
    })
    await scoped.sync({ districtId, mode: "bulk" })
    for (const id of [contact, excluded]) {
      expect(await look(id)).toMatchObject({ compared: { stored: "archived" }, decided: { action: "none" } })
    }
    // What lies out of scope is no difference.
    world.district.edit("user", student, { email: "new@d.example" })
    expect(await look(student)).toMatchObject({ compared: { fields: [] }, decided: { action: "none" } })
    world.district.edit("user", student, { name: { first: "New" } })
    expect(await look(student)).toMatchObject({
      compared: { fields: ["name.first"] },
      decided: { action: "update", obstacles: [] },
    })
  })

  it("S19 fields whose values are the app's own", async () => {
    const world = await importedWorld(storage)
    const [id, other] = world.ids("user") as [string, string]
    for (const path of ["name.first", "email"]) {
      await world.plain.override({
        districtId: world.districtId,
        kind: "user",
        id,
        path,
        value: "own",
        at: "2026-09-01T06:00:00.000Z",
        by: "ada",
      })
    }
    expect((await explain(world, id)).decided.obstacles).toEqual([
      { code: "override", paths: ["email", "name.first"] },
    ])
    expect((await explain(world, other)).decided.obstacles).toEqual([])
  })

  it.each(["paused", "disconnected", "requested"] as const)("S24 a connection that is %s", async (state) => {
    const world = await importedWorld(storage)
    const [id] = world.ids("user") as [string]
    const { districtId } = world
    const connection = { districtId, name: "", mode: "sso+provisioning", steps: [], settings: {} } as const
    await world.plain.saveConnection({ ...connection, steps: [], state })
    world.district.edit("user", id, { email: "new@d.example" })
    expect((await explain(world, id)).decided).toEqual({
      action: "update",
      obstacles: [{ code: "connection", state }],
    })
    await world.plain.saveConnection({ ...connection, steps: [], state: "active" })
    expect((await explain(world, id)).decided.obstacles).toEqual([])
  })

  it("S26 whose account the person is, under any issuer, and which school the school", async () => {
    const world = await importedWorld(storage)
    const [id, other, third] = world.ids("user") as [string, string, string]
    const { districtId } = world
    const link = {
      issuer: "https://clever.com",
      cleverId: id,
      accountId: "account-1",
      districtId,
      linkedAt: "2026-09-01T06:00:00.000Z",
      linkedBy: "sis_id",
    }
    const local = { ...link, issuer: "http://127.0.0.1:4000", accountId: "account-2" }
    for (const one of [link, local, { ...link, cleverId: third }]) await world.plain.claimLink(one)
    const unlinked = { state: "unlinked", accountIds: [], reviewIds: [] }
    expect((await explain(world, id)).matched).toEqual({
      state: "linked",
      accountIds: ["account-2", "account-1"],
      reviewIds: [],
    })
    expect((await explain(world, other)).matched).toEqual(unlinked)

    const [school, otherSchool] = world.ids("school") as [string, string]
    const links = new SchoolLinks({ storage: world.plain, clock: world.now })
    await links.claim({ districtId, cleverId: school, accountId: "school-1", by: "ada" })
    expect((await explain(world, school, "school")).matched).toEqual({
      state: "linked",
      accountIds: ["school-1"],
      reviewIds: [],
    })
    expect((await explain(world, otherSchool, "school")).matched).toEqual(unlinked)
    expect((await explain(world, world.ids("section")[0] as string, "section")).matched.state).toBe(
      "no-accounts",
    )
  })

  it("S26 S27 what of the person somebody still has to decide", async () => {
    const world = await importedWorld(storage)
    const [id] = world.ids("user") as [string]
    const { districtId } = world
    const book = new ReviewBook({ storage: world.plain, clock: world.now })
    const review = { districtId, cleverId: id, reason: "several-accounts", role: null, field: null } as const
    await book.file({ ...review, type: "account", candidates: ["a", "b"] })
    expect((await explain(world, id)).matched).toEqual({
      state: "in-review",
      accountIds: [],
      reviewIds: [`${districtId}:account:${id}`],
    })
    await book.file({ ...review, type: "reissued", candidates: ["x"] })
    const entry = await book.get(`${districtId}:account:${id}`)
    if (entry === undefined) return expect.unreachable()
    await book.close(entry)
    const { reviewIds } = (await explain(world, id)).matched
    expect(reviewIds).toEqual([`${districtId}:reissued:${id}`])
  })

  it("S17 S24 the last five runs that changed the record, newest first, undos among them", async () => {
    const world = await importedWorld(storage)
    const [id, other] = world.ids("user") as [string, string]
    const expected: unknown[] = []
    for (const email of ["a", "b", "c"]) {
      world.district.edit("user", id, { email: `${email}@d.example` })
      const run = await world.delta()
      expected.unshift({
        runId: run.id,
        mode: "delta",
        action: "update",
        at: run.finishedAt,
        fields: ["email"],
      })
      world.district.edit("user", other, { email: `${email}@d.example` })
      await world.delta()
      await world.delta()
    }
    world.district.unshare({ ids: [id] })
    const gone = await world.delta()
    expected.unshift({ runId: gone.id, mode: "delta", action: "archive", at: gone.finishedAt, fields: [] })
    world.clock.advance(1_000)
    const { run } = await world.roster.undo(gone.id, { by: "ada" })
    expected.unshift({ runId: run.id, mode: "undo", action: "restore", at: run.finishedAt, fields: [] })
    expect((await explain(world, id)).changed).toEqual(expected)
    world.district.add("user", { id: nobody, roles: {} })
    expect((await explain(world, nobody)).changed).toEqual([])
  })

  it("S17 records of every kind, and neighbours are not taken for each other", async () => {
    const world = await importedWorld(storage)
    for (const kind of ["district", "school", "term", "course", "user", "section"] as const) {
      for (const id of world.ids(kind)) {
        const { fetched, changed } = await explain(world, id, kind)
        expect(fetched.state, `${kind} ${id}`).toBe("found")
        expect(changed.length, `${kind} ${id}`).toBe(1)
        const next = `${id.slice(0, -1)}${String.fromCharCode(id.charCodeAt(id.length - 1) + 1)}`
        if (world.district.record(kind, next) === undefined && /^[0-9a-z]+$/.test(next)) {
          expect((await explain(world, next, kind)).changed, `${kind} ${next}`).toEqual([])
        }
      }
    }
  })

  it("S17 a longer id just before one is not taken for it", async () => {
    const world = await importedWorld(storage)
    for (const id of ["aab", "aax", "ab"]) world.district.add("user", { id, roles: { student: {} } })
    await world.delta()
    for (const id of ["aab", "aax", "ab"]) {
      expect((await explain(world, id)).changed, id).toMatchObject([{ action: "create" }])
    }
  })

  it("S17 writes nothing, and takes no lease", async () => {
    const world = await importedWorld(storage)
    const [id] = world.ids("user") as [string]
    const called = new Set<string>()
    world.hooks.beforeCall = (method) => {
      called.add(method)
    }
    const held = await world.plain.acquireLease({
      districtId: world.districtId,
      holder: "import",
      ttlMs: dayMs,
    })
    expect(held.acquired).toBe(true)
    await explain(world, id)
    for (const method of called) expect(method).toMatch(/^(open|get|list|find|count)/)
  })

  it("S17 refuses an id that is none, and stops when told to", async () => {
    const world = await importedWorld(storage)
    for (const id of ["", "a b", "x".repeat(65)])
      expect(await codeOf(explain(world, id))).toBe("INVALID_OPTIONS")
    world.source.beforeRequest = () => {
      throw new HomeroomError("ABORTED")
    }
    const [id] = world.ids("user") as [string]
    expect(await codeOf(explain(world, id))).toBe("ABORTED")
  })
})
