import { describe, expect, it } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { Connections } from "../../src/exchange/index.ts"
import { canonicalJson } from "../../src/models/index.ts"
import type { Run } from "../../src/storage/contract.ts"
import { codeOf, dayMs, RosterWorld, type StorageName, storageNames } from "../support/roster-world.ts"
import { storedRecords } from "../support/stored-roster.ts"

const by = "ada"

interface Content {
  state: string
  content: string
}
type Contents = Map<string, Content>

/** Every record with its state and what its content means. */
async function contents(world: RosterWorld): Promise<Contents> {
  const found: Contents = new Map()
  for await (const { kind, id, state, data } of storedRecords(world.plain, world.districtId)) {
    found.set(`${kind} ${id}`, { state, content: canonicalJson(JSON.parse(data)) })
  }
  return found
}

/** Who is in which class, as a host looks it up. */
async function enrolments(world: RosterWorld): Promise<string[]> {
  const { plain: storage, districtId } = world
  const found: string[] = []
  for await (const section of storedRecords(storage, districtId, ["section"])) {
    for (const role of ["student", "teacher"] as const) {
      const filter = { kind: "user", sectionId: section.id, role } as const
      const people = await storage.findRecords({ districtId, filter, limit: 1_000 })
      for (const person of people) found.push(`${section.id} ${role} ${person.id}`)
    }
  }
  return found
}

function resume(world: RosterWorld): Promise<unknown> {
  const clever = { districts: () => expect.unreachable() }
  return new Connections({ storage: world.plain, clever, clock: world.now }).resume(world.districtId, { by })
}

function undo(world: RosterWorld, run: Run | { id: string }, signal?: AbortSignal) {
  world.clock.advance(1_000)
  return world.roster.undo(run.id, { by, ...(signal === undefined ? {} : { signal }) })
}

/** A district that was imported, and a day later once more; the second run. */
async function twoDays(storage: StorageName, options: { users?: number; intensity?: number } = {}) {
  const world = new RosterWorld({ storage, users: options.users ?? 60 })
  await world.bulk()
  world.truth()
  const before = await contents(world)
  world.district.nextDay({ intensity: options.intensity ?? 6 })
  const run = await world.delta()
  world.truth()
  return { world, before, run }
}

describe.each(storageNames)("S24 undo, on %s", (storage) => {
  it("S24 takes back what a run created, updated, archived and restored, as a run of its own", async () => {
    const world = new RosterWorld({ storage })
    const [back, gone, edited, moved] = world.ids("user") as [string, string, string, string]
    const [section] = world.ids("section") as [string]
    await world.bulk()
    world.district.unshare({ ids: [back] })
    await world.delta()
    const before = await contents(world)
    const enrolled = await enrolments(world)
    // Somebody who was archived comes back with another content.
    world.district.reshare({ ids: [back] })
    world.district.edit("user", back, { email: "back@d.example" })
    world.district.unshare({ ids: [gone] })
    world.district.edit("user", edited, { email: "edited@d.example" })
    world.district.edit("section", section, { students: [moved] })
    const added = world.district.add("user", { roles: { student: {} } })
    const run = await world.delta()
    const after = await contents(world)
    const asked = world.source.asked.length

    world.clock.advance(1_000)
    const result = await world.roster.undo(run.id, { by, why: "a bad file" })
    expect(result).toMatchObject({ undone: 5, skipped: 0 })
    expect(result.run).toMatchObject({
      mode: "undo",
      requestedMode: "undo",
      state: "applied",
      undoes: run.id,
      startedBy: by,
      decision: { by, why: "a bad file", at: new Date(world.now()).toISOString() },
      approval: null,
      holds: [],
      error: null,
      basis: run.version,
      version: (run.version as number) + 1,
      requests: 0,
      records: 5,
      checkpoint: null,
    })
    expect(world.source.asked.length).toBe(asked)
    expect(await world.roster.run(result.run.id)).toEqual(result.run)
    expect((await world.history())[0]).toEqual(result.run)
    expect((await world.plain.getDistrict(world.districtId)).version).toBe(result.run.version)
    const none = { created: 0, updated: 0, archived: 0, restored: 0, unchanged: 0, rejected: 0 }
    expect(result.run.counts.user).toEqual({ ...none, updated: 1, archived: 2, restored: 1 })
    expect(result.run.counts.section).toEqual({ ...none, updated: 1 })

    const expected = new Map(before)
    expected.set(`user ${added}`, { ...(after.get(`user ${added}`) as Content), state: "archived" })
    expect(await contents(world)).toEqual(expected)
    expect(await enrolments(world)).toEqual(enrolled)

    const changes = await world.changes(result.run)
    const changeOf = (id: string) => changes.find((change) => change.id === id)
    expect(changes.length).toBe(5)
    expect(changeOf(back)).toMatchObject({
      action: "archive",
      fields: [{ path: "email", before: "back@d.example" }],
    })
    expect(changeOf(gone)).toMatchObject({ action: "restore", fields: [] })
    expect(changeOf(edited)).toMatchObject({ action: "update", fields: [{ before: "edited@d.example" }] })
    expect(changeOf(added)).toMatchObject({ action: "archive", fields: [] })
    expect(changeOf(section)).toMatchObject({
      action: "update",
      fields: [{ path: "students", before: [moved] }],
    })
  })

  it("S24 leaves alone what has moved on since, and lists it with the reason", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const [edited, editedTwice, editedAndGone, gone, goneAndBack, refreshed] = world.ids(
      "user",
    ) as string[] as [string, string, string, string, string, string]
    const before = await contents(world)
    for (const id of [edited, editedTwice, editedAndGone, refreshed]) {
      world.district.edit("user", id, { email: "first@d.example" })
    }
    world.district.unshare({ ids: [gone, goneAndBack] })
    const added = world.district.add("user", { roles: { student: {} } })
    const addedAndEdited = world.district.add("user", { roles: { student: {} } })
    const run = await world.delta()

    world.district.edit("user", editedTwice, { email: "second@d.example" })
    world.district.edit("user", addedAndEdited, { email: "second@d.example" })
    world.district.unshare({ ids: [editedAndGone] })
    world.district.reshare({ ids: [goneAndBack] })
    await world.delta()
    // A stamp alone means nothing new (S11): it is stored, and is no change.
    world.source.alterItems = (_, items) =>
      items.map((item) => {
        const record = JSON.parse(item) as { id: string }
        return record.id === refreshed
          ? JSON.stringify({ ...record, last_modified: "2026-09-09T09:09:09.000Z" })
          : item
      })
    world.district.disableEvents()
    expect((await world.bulk()).state).toBe("unchanged")
    expect((await world.stored()).get(`user ${refreshed}`)?.data).toMatchObject({
      last_modified: "2026-09-09T09:09:09.000Z",
    })
    const now = await contents(world)

    const result = await undo(world, run)
    expect(result).toMatchObject({ undone: 4, skipped: 4, run: { state: "applied" } })
    const list = (await world.rejections(result.run)).map(({ kind, id, reason, path, data }) => [
      kind,
      id,
      reason,
      path,
      data,
    ])
    expect(list.sort()).toEqual(
      [
        ["user", editedTwice, "moved-on", "email", "null"],
        ["user", addedAndEdited, "moved-on", "email", "null"],
        ["user", editedAndGone, "moved-on", "", "null"],
        ["user", goneAndBack, "moved-on", "", "null"],
      ].sort(),
    )
    expect(result.run.counts.user).toMatchObject({ rejected: 4, updated: 2, archived: 1, restored: 1 })
    const expected = new Map(now)
    for (const id of [edited, gone, refreshed])
      expected.set(`user ${id}`, before.get(`user ${id}`) as Content)
    expected.set(`user ${added}`, { ...(now.get(`user ${added}`) as Content), state: "archived" })
    expect(await contents(world)).toEqual(expected)
  })

  it("S24 takes back a change that was made, taken back at Clever, and made again", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const [id] = world.ids("user") as [string]
    const before = await contents(world)
    world.district.edit("user", id, { email: "new@d.example" })
    const run = await world.delta()
    world.district.unshare({ ids: [id] })
    await world.delta()
    world.district.reshare({ ids: [id] })
    await world.delta()
    expect(await undo(world, run)).toMatchObject({ undone: 1, skipped: 0 })
    expect(await contents(world)).toEqual(before)
  })

  it("S24 where nothing is left to take back, changes no record and does not pause", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const [id] = world.ids("user") as [string]
    world.district.edit("user", id, { email: "first@d.example" })
    const run = await world.delta()
    world.district.edit("user", id, { email: "second@d.example" })
    await world.delta()
    const { version } = await world.plain.getDistrict(world.districtId)
    const result = await undo(world, run)
    expect(result).toMatchObject({ undone: 0, skipped: 1, run: { state: "unchanged", version: null } })
    expect((await world.rejections(result.run)).length).toBe(1)
    expect((await world.plain.getDistrict(world.districtId)).version).toBe(version)
    expect(await world.plain.getConnection(world.districtId)).toBeUndefined()
    // What an undo lists is nothing to be retried (S9).
    const next = await world.delta()
    expect(next).toMatchObject({ fallback: "no-cursor", state: "unchanged" })
    expect(next.counts.user.rejected).toBe(0)
  })

  it("S24 of an undo makes it as if it had never been", async () => {
    const { world, before, run } = await twoDays(storage)
    const after = await contents(world)
    const enrolled = await enrolments(world)
    const first = await undo(world, run)
    const undone = await contents(world)
    const second = await undo(world, first.run)
    expect(second).toMatchObject({ undone: first.undone, skipped: 0, run: { undoes: first.run.id } })
    expect(await contents(world)).toEqual(after)
    expect(await enrolments(world)).toEqual(enrolled)
    await undo(world, second.run)
    expect(await contents(world)).toEqual(undone)
    for (const [key, content] of before) expect(undone.get(key), key).toEqual(content)
  })

  it("S24 of a first import archives all of it, 700 records at a time", async () => {
    const world = new RosterWorld({ storage, users: 1_500, pageSize: 1_000 })
    const run = await world.bulk()
    const staged: number[] = []
    world.hooks.beforeCall = (method, parameters) => {
      if (method === "stage") staged.push((parameters[1] as { changes: unknown[] }).changes.length)
    }
    const { undone } = await undo(world, run)
    expect(undone).toBeGreaterThan(1_700)
    expect(staged.reduce((sum, count) => sum + count, 0)).toBe(undone)
    expect(Math.max(...staged)).toBe(700)
    for (const { state } of (await contents(world)).values()) expect(state).toBe("archived")
    await resume(world)
    expect(await world.delta()).toMatchObject({ mode: "bulk", state: "applied", fallback: "no-cursor" })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S24 of a run of one person", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const before = await contents(world)
    const [id] = world.ids("user") as [string]
    world.district.edit("user", id, { email: "new@d.example" })
    const result = await world.roster.syncUser({ districtId: world.districtId, id })
    if (result.state !== "applied") return expect.unreachable()
    expect(await undo(world, result.run)).toMatchObject({ undone: 1 })
    expect(await contents(world)).toEqual(before)
  })
})

describe.each(storageNames)("S24 after an undo, on %s", (storage) => {
  it("S24 the connection is paused by whoever undid it: no import and no single person, until it is resumed", async () => {
    const { world, run } = await twoDays(storage)
    const { districtId } = world
    const active = {
      districtId,
      name: "District",
      mode: "sso+provisioning",
      state: "active",
      steps: [{ state: "active", mode: "sso+provisioning", at: "2026-09-01T06:00:00.000Z", by: "bo" }],
      settings: { guards: { archivedShare: 0.5 } },
    } as const
    await world.plain.saveConnection(structuredClone(active) as never)
    const result = await undo(world, run)
    const at = new Date(world.now()).toISOString()
    expect(await world.plain.getConnection(districtId)).toEqual({
      ...active,
      state: "paused",
      steps: [...active.steps, { state: "paused", mode: "sso+provisioning", at, by }],
    })
    const runs = (await world.history()).length
    const asked = world.source.asked.length
    for (const mode of ["bulk", "delta"] as const)
      expect(await codeOf(world[mode]())).toBe("CONNECTION_NOT_ACTIVE")
    const [id] = world.ids("user") as [string]
    expect(await codeOf(world.roster.syncUser({ districtId, id }))).toBe("CONNECTION_NOT_ACTIVE")
    expect((await world.history()).length).toBe(runs)
    expect(world.source.asked.length).toBe(asked)
    expect(await world.plain.getLease(districtId)).toBeUndefined()

    await resume(world)
    expect((await world.plain.getDistrict(districtId)).cursor).toBeNull()
    expect(result.run.cursor).toBeNull()
    // Clever has what was undone, and no event will say so: only a listing tells.
    expect(await world.delta()).toMatchObject({ mode: "bulk", fallback: "no-cursor", state: "applied" })
    expect(await world.stored()).toEqual(world.truth())
    expect(await world.delta()).toMatchObject({ mode: "delta", state: "unchanged" })
  })

  it("S24 a district without a connection gets a paused one, under its name", async () => {
    const { world, run } = await twoDays(storage)
    await undo(world, run)
    const at = new Date(world.now()).toISOString()
    expect(await world.plain.getConnection(world.districtId)).toEqual({
      districtId: world.districtId,
      name: world.district.name,
      mode: "sso+provisioning",
      state: "paused",
      steps: [{ state: "paused", mode: "sso+provisioning", at, by }],
      settings: {},
    })
  })

  it.each(["requested", "approved", "paused", "disconnected", "declined"] as const)(
    "S24 a connection that is %s stays so, and lets no import through",
    async (state) => {
      const { world, run } = await twoDays(storage)
      const { districtId } = world
      const connection = { districtId, name: "", mode: "sso", state, steps: [], settings: {} } as const
      await world.plain.saveConnection({ ...connection, steps: [] })
      expect((await undo(world, run)).undone).toBeGreaterThan(0)
      expect(await world.plain.getConnection(districtId)).toEqual(connection)
      expect(await codeOf(world.bulk())).toBe("CONNECTION_NOT_ACTIVE")
    },
  )

  it("S24 an import that waited for the undo to end does not do again what was undone", async () => {
    const { world, run } = await twoDays(storage)
    let waiting: Promise<unknown> | undefined
    world.hooks.beforeCall = (method) => {
      if (method !== "commit" || waiting !== undefined) return
      waiting = codeOf(
        world
          .another({ sleep: () => new Promise((resolve) => setImmediate(resolve)) })
          .sync({ districtId: world.districtId, waitMs: 60_000 }),
      )
    }
    await undo(world, run)
    expect(await waiting).toBe("CONNECTION_NOT_ACTIVE")
  })

  it("S24 somebody who logs in before that import leaves the undo's list alone", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const [first, second] = world.ids("user") as [string, string]
    for (const id of [first, second]) world.district.edit("user", id, { email: "first@d.example" })
    const run = await world.delta()
    world.district.edit("user", first, { email: "second@d.example" })
    await world.delta()
    expect(await undo(world, run)).toMatchObject({ undone: 1, skipped: 1 })
    await resume(world)
    const result = await world.roster.syncUser({ districtId: world.districtId, id: second })
    if (result.state !== "applied") return expect.unreachable()
    expect(await world.rejections(result.run)).toEqual([])
    expect(await world.delta()).toMatchObject({ mode: "bulk" })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S22 S24 an import that was interrupted before is not gone on with", async () => {
    const { world, run } = await twoDays(storage)
    for (const id of world.ids("user").slice(0, 10))
      world.district.edit("user", id, { email: "new@d.example" })
    const controller = new AbortController()
    world.source.beforeRequest = (name) => {
      if (name.startsWith("section")) controller.abort()
    }
    const interrupted = await world.bulk({ signal: controller.signal })
    expect(interrupted.state).toBe("interrupted")
    world.source.beforeRequest = () => {}
    await undo(world, run)
    await resume(world)
    const next = await world.bulk()
    expect(next).toMatchObject({ state: "applied", resumed: 0 })
    expect(await world.stored()).toEqual(world.truth())
    expect(await world.plain.countStaged(interrupted.id)).toEqual([])
  })
})

describe.each(storageNames)("S24 what can't be undone, on %s", (storage) => {
  it("S24 a run that changed nothing, or that nobody knows", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const unchanged = await world.bulk()
    expect(unchanged.state).toBe("unchanged")
    world.source.beforeRequest = () => {
      throw new HomeroomError("CLEVER_UNAVAILABLE")
    }
    expect(await codeOf(world.bulk())).toBe("CLEVER_UNAVAILABLE")
    const runs = await world.history()
    const [failed] = runs
    expect(failed?.state).toBe("failed")
    for (const run of [unchanged, failed as Run])
      expect(await codeOf(undo(world, run))).toBe("RUN_NOT_UNDOABLE")
    expect(await codeOf(undo(world, { id: "nobody" }))).toBe("RUN_NOT_FOUND")
    expect(await world.history()).toEqual(runs)
    expect(await world.plain.getConnection(world.districtId)).toBeUndefined()
    expect(await world.plain.getLease(world.districtId)).toBeUndefined()
  })

  it("S24 S31 a run whose change log was purged; one whose own log is there can be", async () => {
    const world = new RosterWorld({ storage })
    const { districtId } = world
    await world.bulk()
    const [id, other] = world.ids("user") as [string, string]
    world.district.edit("user", id, { email: "first@d.example" })
    const first = await world.delta()
    const before = await contents(world)
    world.clock.advance(dayMs)
    world.district.edit("user", id, { email: "second@d.example" })
    world.district.edit("user", other, { email: "other@d.example" })
    const second = await world.delta()
    const answer = await world.plain.acquireLease({ districtId, holder: "purge", ttlMs: dayMs })
    if (!answer.acquired) return expect.unreachable()
    await world.plain.purge(answer.lease, { districtId, changesBefore: second.startedAt })
    await world.plain.releaseLease(answer.lease)
    expect(await codeOf(undo(world, first))).toBe("RUN_NOT_UNDOABLE")
    expect(await undo(world, second)).toMatchObject({ undone: 2, skipped: 0 })
    expect(await contents(world)).toEqual(before)
  })

  it("S24 S31 what was erased since is no longer in the log, and the rest is taken back", async () => {
    const world = new RosterWorld({ storage })
    const { districtId } = world
    await world.bulk()
    const [erased, id] = world.ids("user") as [string, string]
    const before = await contents(world)
    for (const one of [erased, id]) world.district.edit("user", one, { email: "new@d.example" })
    const run = await world.delta()
    const answer = await world.plain.acquireLease({ districtId, holder: "erase", ttlMs: dayMs })
    if (!answer.acquired) return expect.unreachable()
    await world.plain.erase(answer.lease, { districtId, kind: "user", id: erased })
    await world.plain.releaseLease(answer.lease)
    expect(await undo(world, run)).toMatchObject({ undone: 1, skipped: 0 })
    const after = await contents(world)
    expect(after.get(`user ${id}`)).toEqual(before.get(`user ${id}`))
    expect(after.has(`user ${erased}`)).toBe(false)
  })

  it("S21 S24 while an import of the district runs", async () => {
    const { world, run } = await twoDays(storage)
    const { districtId } = world
    const held = await world.plain.acquireLease({ districtId, holder: "another", ttlMs: dayMs })
    if (!held.acquired) return expect.unreachable()
    expect(await codeOf(undo(world, run))).toBe("SYNC_IN_PROGRESS")
    await world.plain.releaseLease(held.lease)
    expect((await undo(world, run)).run.state).toBe("applied")
  })

  it("S21 S24 when another took the lease: nothing is written", async () => {
    const { world, run } = await twoDays(storage)
    const before = await contents(world)
    world.hooks.beforeCall = async (method) => {
      if (method !== "commit") return
      const held = await world.plain.getLease(world.districtId)
      if (held !== undefined) await world.plain.releaseLease(held)
      await world.plain.acquireLease({ districtId: world.districtId, holder: "another", ttlMs: 1_000 })
    }
    expect(await codeOf(undo(world, run))).toBe("LEASE_LOST")
    expect(await contents(world)).toEqual(before)
    expect(await world.plain.getConnection(world.districtId)).toBeUndefined()
  })

  it("S22 S24 one whose process died is not gone on with: the next drops what it staged", async () => {
    const { world, run } = await twoDays(storage)
    world.hooks.beforeCall = (method) => {
      // As if the process had ended there: nothing more is written.
      if (method === "commit") throw new HomeroomError("LEASE_LOST")
    }
    expect(await codeOf(undo(world, run))).toBe("LEASE_LOST")
    world.hooks.beforeCall = undefined
    const [dead] = await world.history()
    expect(dead).toMatchObject({ mode: "undo", state: "interrupted" })
    expect((await world.plain.countStaged(String(dead?.id))).length).toBeGreaterThan(0)
    // However many logins came after it.
    const { districtId } = world
    const answer = await world.plain.acquireLease({ districtId, holder: "logins", ttlMs: dayMs })
    if (!answer.acquired) return expect.unreachable()
    const { lease } = answer
    for (let number = 1; number <= 120; number++) {
      const startedAt = new Date(world.now() + number).toISOString()
      const login = { ...run, id: `login-${number}`, mode: "user", state: "unchanged", startedAt } as const
      await world.plain.saveRun(lease, { ...login, checkpoint: null })
    }
    await world.plain.releaseLease(lease)
    expect((await undo(world, run)).run.state).toBe("applied")
    expect(await world.plain.countStaged(String(dead?.id))).toEqual([])
    expect(await world.plain.getRun(String(dead?.id))).toMatchObject({
      state: "interrupted",
      checkpoint: null,
    })
  })

  it("S25 S24 called off in the middle of a long one: stops at once", async () => {
    const world = new RosterWorld({ storage, users: 1_500, pageSize: 1_000 })
    const run = await world.bulk()
    const controller = new AbortController()
    let batches = 0
    world.hooks.afterCall = (method) => {
      if (method === "stage" && ++batches === 1) controller.abort()
    }
    expect(await codeOf(undo(world, run, controller.signal))).toBe("ABORTED")
    expect(batches).toBe(1)
  })

  it("S25 S24 called off at any moment before its commit: cancelled, and nothing is changed", async () => {
    const { world, run } = await twoDays(storage)
    const before = await contents(world)
    const head = await world.plain.getDistrict(world.districtId)
    let calls = 0
    for (let at = 1; ; at++) {
      calls = 0
      const controller = new AbortController()
      world.hooks.beforeCall = (method) => {
        if (method === "commit") calls = Number.POSITIVE_INFINITY
        if (++calls === at) controller.abort()
      }
      const result = await codeOf(undo(world, run, controller.signal))
      world.hooks.beforeCall = undefined
      if (result !== "ABORTED") {
        expect(result).toMatchObject({ run: { state: "applied" } })
        break
      }
      expect(await contents(world)).toEqual(before)
      expect(await world.plain.getDistrict(world.districtId)).toEqual(head)
      expect(await world.plain.getConnection(world.districtId)).toBeUndefined()
      const [last] = await world.history()
      if (last?.mode !== "undo") continue
      expect(last).toMatchObject({ state: "cancelled", error: { code: "ABORTED" }, checkpoint: null })
      expect(await world.plain.countStaged(last.id)).toEqual([])
    }
  })

  it("S24 a storage that fails at any write: failed, nothing is changed, and the next undo succeeds", async () => {
    const { world, before, run } = await twoDays(storage)
    const after = await contents(world)
    let failures = 0
    for (const method of ["saveRun", "stage", "commit"]) {
      world.hooks.beforeCall = (called) => {
        if (called === method) throw new HomeroomError("STORAGE_BUSY")
      }
      expect(await codeOf(undo(world, run)), method).toBe("STORAGE_BUSY")
      world.hooks.beforeCall = undefined
      const [last] = await world.history()
      if (last?.mode === "undo") {
        failures++
        expect(last).toMatchObject({ state: "failed", error: { code: "STORAGE_BUSY" } })
        expect(await world.plain.countStaged(last.id)).toEqual([])
      }
      expect(await contents(world)).toEqual(after)
    }
    expect(failures).toBe(2)
    await undo(world, run)
    const undone = await contents(world)
    for (const [key, content] of before) expect(undone.get(key)).toEqual(content)
  })
})
