import { describe, expect, it } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import type { FeedEvent } from "../../src/models/record-page.ts"
import type { JsonObject } from "../../src/simulator/index.ts"
import { codeOf, dayMs, RosterWorld, storageNames } from "../support/roster-world.ts"

/** An event as the feed would hold it. */
function event(number: number, type: string, object: JsonObject | undefined): FeedEvent {
  const id = `f${number.toString(16).padStart(23, "0")}`
  return { id, type, created: "2026-09-01T06:30:00.000Z", object: object && JSON.stringify(object) }
}

describe("S2 a district whose events can't be read", () => {
  it.each(["empty", "not-found", "forbidden"] as const)(
    "S2 with a feed that is %s a bulk run works, and a delta falls back to bulk and says why",
    async (mode) => {
      const world = new RosterWorld()
      world.district.disableEvents({ mode })
      const first = await world.delta()
      expect(first).toMatchObject({
        state: "applied",
        mode: "bulk",
        requestedMode: "delta",
        fallback: "no-cursor",
      })
      expect(first.cursor).toBeNull()
      expect(await world.stored()).toEqual(world.truth())
      world.district.nextDay({ intensity: 3 })
      const second = await world.bulk()
      expect(second).toMatchObject({ state: "applied", mode: "bulk", requestedMode: "bulk", fallback: null })
      expect(await world.stored()).toEqual(world.truth())
    },
  )

  it("S2 events switched off after an import: the next delta falls back, and works again once there are events", async () => {
    const world = new RosterWorld()
    await world.bulk()
    world.truth()
    world.district.disableEvents({ mode: "forbidden" })
    world.district.nextDay({ intensity: 3 })
    const without = await world.delta()
    expect(without).toMatchObject({ mode: "bulk", fallback: "events-unavailable", cursor: null })
    expect(await world.stored()).toEqual(world.truth())

    world.district.enableEvents()
    expect(await world.delta()).toMatchObject({ mode: "bulk", fallback: "no-cursor" })
    world.district.nextDay()
    expect(await world.delta()).toMatchObject({ mode: "delta", fallback: null })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S2 events that become unreadable while a bulk run lists leave it without a cursor, not without a roster", async () => {
    const world = new RosterWorld()
    world.source.beforePage = (kind) => {
      if (kind === "section") world.district.disableEvents({ mode: "not-found" })
    }
    const run = await world.bulk()
    expect(run).toMatchObject({ state: "applied", cursor: null })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S4 an event that can't be read turns the delta into a bulk run", async () => {
    const world = new RosterWorld()
    await world.bulk()
    world.truth()
    world.district.nextDay({ intensity: 8 })
    world.source.alterEvents = () => {
      world.source.alterEvents = (events) => events
      throw new HomeroomError("CLEVER_EVENTS_UNAVAILABLE", { details: { reason: "event-unreadable" } })
    }
    const run = await world.delta()
    expect(run).toMatchObject({ mode: "bulk", fallback: "event-unreadable", state: "applied" })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S2 a fallback drops what the events had staged before they broke off", async () => {
    const world = new RosterWorld({ pageSize: 5 })
    await world.bulk()
    world.truth()
    const [id] = world.ids("user") as [string]
    world.district.nextDay({ intensity: 8 })
    let page = 0
    world.source.alterEvents = (events) => {
      if (page++ > 0) throw new HomeroomError("CLEVER_EVENTS_UNAVAILABLE")
      return [event(1, "users.updated", { ...world.district.record("user", id), email: "wrong" }), ...events]
    }
    const run = await world.delta()
    expect(page).toBe(2)
    expect(run).toMatchObject({ mode: "bulk", fallback: "events-unavailable", state: "applied" })
    expect(await world.stored()).toEqual(world.truth())
  })
})

describe.each(storageNames)("S3 reading events, on %s", (storage) => {
  it("S3 events count in feed order, over pages: the last one about a record decides", async () => {
    const world = new RosterWorld({ storage, pageSize: 3 })
    await world.bulk()
    world.truth()
    const { district } = world
    const [id] = world.ids("section") as [string]
    const record = district.record("section", id) as JsonObject
    for (const name of ["one", "two", "three", "four"]) district.edit("section", id, { name })
    district.remove("section", id)
    district.add("section", { ...record, name: "five" })
    district.edit("section", id, { name: "six" })
    const [gone] = world.ids("user") as [string]
    district.edit("user", gone, { email: "a@b.example" })
    district.remove("user", gone)
    const run = await world.delta()
    expect(run.mode).toBe("delta")
    const stored = await world.stored()
    expect(stored.get(`section ${id}`)?.data).toMatchObject({ name: "six" })
    expect(stored).toEqual(world.truth())
    expect(run.counts.section).toMatchObject({ updated: 1, created: 0, archived: 0, restored: 0 })
    expect(run.counts.user).toMatchObject({ updated: 0, archived: 1 })
  })

  it("S3 the same feed twice does nothing the second time", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const before = (await world.plain.getDistrict(world.districtId)).cursor
    world.district.nextDay({ intensity: 10 })
    const first = await world.delta()
    expect(first.state).toBe("applied")
    const stored = await world.stored()
    // The cursor is put back by hand, as after a restored backup: everything comes again.
    const answer = await world.plain.acquireLease({
      districtId: world.districtId,
      holder: "test",
      ttlMs: 1_000,
    })
    if (!answer.acquired) return expect.unreachable()
    const { version } = await world.plain.getDistrict(world.districtId)
    await world.plain.commit(answer.lease, {
      run: { ...first, id: `${first.id}-again` },
      basis: version,
      cursor: before,
      actions: [],
    })
    await world.plain.releaseLease(answer.lease)

    const second = await world.delta()
    expect(second.records).toBeGreaterThan(10)
    expect(second).toMatchObject({ mode: "delta", state: "unchanged", cursor: first.cursor })
    expect(await world.changes(second)).toEqual([])
    expect(await world.stored()).toEqual(stored)
    // Not even a silent refresh was written.
    expect((await world.plain.getDistrict(world.districtId)).version).toBe(version)
  })

  it("S3 unknown types, kinds and verbs and events without an object are counted and skipped, the others applied", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const [id, other] = world.ids("user") as [string, string]
    const record = world.district.record("user", id) as JsonObject
    world.source.alterEvents = () => [
      event(1, "users.merged", record),
      event(2, "attendance.created", record),
      event(3, "resources.updated", record),
      event(4, "constructor.created", record),
      event(5, "", record),
      event(6, "users.updated", undefined),
      event(7, "users.updated", { ...record, email: "new@d.example" }),
      event(8, "users", record),
      event(9, "users.deleted", world.district.record("user", other)),
    ]
    world.district.nextDay()
    const run = await world.delta()
    expect(run).toMatchObject({ mode: "delta", state: "applied", skippedEvents: 7 })
    expect(run.cursor?.eventId).toBe(event(9, "", undefined).id)
    const stored = await world.stored()
    expect(stored.get(`user ${id}`)).toMatchObject({ state: "active", data: { email: "new@d.example" } })
    expect(stored.get(`user ${other}`)?.state).toBe("archived")
  })

  it("S3 an event for an unknown record creates it, whatever its verb; `deleted` for an unknown record does nothing", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const [id] = world.ids("user") as [string]
    const record = world.district.record("user", id) as JsonObject
    const before = await world.stored()
    world.source.alterEvents = () => [
      event(1, "users.updated", { ...record, id: "unknown-1" }),
      event(2, "users.created", { ...record, id: "unknown-2" }),
      event(3, "users.deleted", { ...record, id: "unknown-3" }),
    ]
    world.district.nextDay()
    const run = await world.delta()
    expect(run.counts.user).toMatchObject({ created: 2, updated: 0, archived: 0 })
    const stored = await world.stored()
    expect([...stored.keys()].filter((key) => !before.has(key))).toEqual(["user unknown-1", "user unknown-2"])
  })

  it("S3 an event's object replaces the record and is never merged into it: an unshared field is gone", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    world.truth()
    const [id] = world.district.people.filter(({ role }) => role === "student").map((person) => person.id)
    const key = `user ${id}`
    expect((await world.stored()).get(key)?.data).toHaveProperty("name.first")
    world.district.unshare({ fields: { user: ["name.first", "email"] } })
    expect((await world.delta()).mode).toBe("delta")
    const data = (await world.stored()).get(key)?.data
    expect(data).not.toHaveProperty("name.first")
    expect(data).not.toHaveProperty("email")
    expect(data).toHaveProperty("name.last")
    expect(await world.stored()).toEqual(world.truth())
  })
})

describe.each(storageNames)("S4 the cursor, on %s", (storage) => {
  it("S4 a delta that fails after some pages leaves cursor and roster, and the next one misses nothing", async () => {
    const world = new RosterWorld({ storage, pageSize: 4 })
    await world.bulk()
    world.truth()
    // Enough for three pages of events, whatever the seed.
    for (let day = 0; day < 2; day++) world.district.nextDay({ intensity: 10 })
    const [before, head] = [await world.stored(), await world.plain.getDistrict(world.districtId)]
    world.source.beforeRequest = (name) => {
      if (name === "events 3") throw new HomeroomError("CLEVER_UNAVAILABLE")
    }
    expect(await codeOf(world.delta())).toBe("CLEVER_UNAVAILABLE")
    expect(await world.stored()).toEqual(before)
    expect(await world.plain.getDistrict(world.districtId)).toEqual(head)
    expect((await world.history())[0]).toMatchObject({ state: "failed", cursor: null, checkpoint: null })

    world.source.beforeRequest = () => {}
    const next = await world.delta()
    expect(next).toMatchObject({ mode: "delta", state: "applied", resumed: 0 })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S4 a commit that fails moves neither cursor nor roster", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    world.truth()
    world.district.nextDay({ intensity: 10 })
    const [before, head] = [await world.stored(), await world.plain.getDistrict(world.districtId)]
    world.hooks.beforeCall = (method) => {
      if (method === "commit") throw new HomeroomError("STORAGE_FULL")
    }
    expect(await codeOf(world.delta())).toBe("STORAGE_FULL")
    expect(await world.stored()).toEqual(before)
    expect(await world.plain.getDistrict(world.districtId)).toEqual(head)
    world.hooks.beforeCall = undefined
    expect((await world.delta()).state).toBe("applied")
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S4 one event that is no good keeps back none of those after it", async () => {
    const world = new RosterWorld({ storage })
    await world.bulk()
    const [bad, good] = world.ids("user") as [string, string]
    const record = world.district.record("user", good) as JsonObject
    world.source.alterEvents = () => [
      event(1, "users.updated", { ...world.district.record("user", bad), name: "no name object" }),
      event(2, "users.updated", { ...record, email: "after@d.example" }),
    ]
    world.district.nextDay()
    const run = await world.delta()
    expect(run.counts.user).toMatchObject({ rejected: 1, updated: 1 })
    expect((await world.stored()).get(`user ${good}`)?.data).toMatchObject({ email: "after@d.example" })
    expect(run.cursor?.eventId).toBe(event(2, "", undefined).id)
  })
})

describe("S5 when a delta becomes a bulk run", () => {
  it.each([
    { days: 24, mode: "delta", fallback: null },
    { days: 26, mode: "bulk", fallback: "cursor-expired" },
  ])("S5 a cursor $days days old by its own time: $mode", async ({ days, mode, fallback }) => {
    const world = new RosterWorld()
    await world.bulk()
    world.truth()
    // The run itself is never old: what counts is when the cursor's event happened.
    world.clock.advance(days * dayMs)
    world.district.nextDay({ intensity: 5, advanceClock: false })
    expect(await world.delta()).toMatchObject({ mode, fallback, requestedMode: "delta", state: "applied" })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S5 the cursor's age is its event's, not that of the import which saved it", async () => {
    const world = new RosterWorld()
    world.clock.advance(20 * dayMs)
    const run = await world.bulk()
    expect(run.cursor?.at).toBe("2026-09-01T06:00:00.000Z")
    world.clock.advance(6 * dayMs)
    world.district.nextDay({ advanceClock: false })
    expect(await world.delta()).toMatchObject({ mode: "bulk", fallback: "cursor-expired" })
  })

  it("S5 a cursor that Clever rejects", async () => {
    const world = new RosterWorld()
    await world.bulk()
    world.truth()
    world.district.nextDay({ intensity: 5 })
    world.source.beforeRequest = (name) => {
      if (name !== "events 0" || world.source.asked.includes("newest-event", 1)) return
      throw new HomeroomError("CLEVER_EVENTS_UNAVAILABLE", { details: { reason: "cursor-rejected" } })
    }
    world.source.asked.length = 0
    expect(await world.delta()).toMatchObject({ mode: "bulk", fallback: "cursor-rejected", state: "applied" })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S5 a cursor of another version of the API", async () => {
    const world = new RosterWorld()
    await world.bulk()
    world.source.apiVersion = "v3.0"
    const run = await world.delta()
    expect(run).toMatchObject({ mode: "bulk", fallback: "api-version-changed" })
    expect(run.cursor?.apiVersion).toBe("v3.0")
    expect(await world.delta()).toMatchObject({ mode: "delta", fallback: null, state: "unchanged" })
  })

  it("S5 more events than stored records", async () => {
    const world = new RosterWorld({ pageSize: 50 })
    await world.bulk()
    world.truth()
    const known = (await world.stored()).size
    const [id] = world.ids("school") as [string]
    const edit = (times: number) => {
      for (let time = 0; time < times; time++)
        world.district.edit("school", id, { name: `${world.now()} ${time}` })
    }
    edit(known)
    expect(await world.delta()).toMatchObject({ mode: "delta", fallback: null })
    world.clock.advance(1_000)
    edit(known + 1)
    const flooded = await world.delta()
    expect(flooded).toMatchObject({ mode: "bulk", fallback: "events-flood", state: "applied" })
    expect(await world.stored()).toEqual(world.truth())
    // And the flood is behind the cursor now.
    expect(await world.delta()).toMatchObject({ mode: "delta", records: 1 })
  })
})
