import { describe, expect, it } from "vitest"
import type { JsonObject } from "../../src/simulator/index.ts"
import { RosterWorld, storageNames } from "../support/roster-world.ts"

describe.each(storageNames)("records edited while they are listed, on %s", (storage) => {
  it("S1 creates, edits, deletes and re-creations between any two pages are in the roster after one bulk run", async () => {
    const world = new RosterWorld({ storage, pageSize: 7 })
    await world.bulk()
    world.truth()
    const { district, source } = world
    let edits = 0
    source.beforePage = (kind) => {
      if (kind === "district") return
      const ids = world.ids(kind)
      const [first, last] = [ids[0] as string, ids.at(-1) as string]
      const gone = district.record(kind, ids[Math.floor(ids.length / 2)] as string) as JsonObject
      const back = district.record(kind, ids[edits % ids.length] as string) as JsonObject
      // One of each sort before what is listed already and behind it.
      district.edit(kind, first, { name: kind === "user" ? { last: `Edited ${edits}` } : `Edited ${edits}` })
      district.edit(kind, last, { name: kind === "user" ? { last: `Later ${edits}` } : `Later ${edits}` })
      district.remove(kind, String(gone.id))
      district.remove(kind, String(back.id))
      district.add(kind, back)
      district.add(kind, {
        name: kind === "user" ? { last: "New" } : "New",
        ...(kind === "user" ? { roles: {} } : {}),
      })
      edits++
      world.truth()
    }
    const run = await world.bulk()
    expect(edits).toBeGreaterThan(10)
    expect(run.state).toBe("applied")
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S1 the saved cursor is the last event replayed, and a delta goes on from just there", async () => {
    const world = new RosterWorld({ storage })
    const { district, source } = world
    const newest = async () => (await source.newestEvent({ districtId: world.districtId }))?.id
    const atStart = await newest()
    source.beforePage = (kind, page) => {
      if (kind !== "user" || page !== 1) return
      for (const id of world.ids("school")) district.edit("school", id, { name: "Renamed meanwhile" })
    }
    const run = await world.bulk()
    const atEnd = await newest()
    expect(atEnd).not.toBe(atStart)
    expect(run.cursor?.eventId).toBe(atEnd)
    expect((await world.plain.getDistrict(world.districtId)).cursor).toEqual(run.cursor)

    source.beforePage = () => {}
    const id = world.ids("section")[0] as string
    district.edit("section", id, { name: "Edited after the bulk import" })
    const delta = await world.delta()
    expect([delta.mode, delta.counts.section.updated, delta.counts.school.updated]).toEqual(["delta", 1, 0])
    // The one event after the cursor, and the district itself.
    expect(delta.records).toBe(2)
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S1 without a change meanwhile the cursor is the newest event from before the listing", async () => {
    const world = new RosterWorld({ storage })
    const before = await world.source.newestEvent({ districtId: world.districtId })
    const order = world.source.asked
    const run = await world.bulk()
    expect(run.cursor?.eventId).toBe(before?.id)
    expect(order.indexOf("newest-event", 1)).toBeLessThan(order.indexOf("district 0"))
    expect(order.at(-1)).toBe("events 0")
  })

  it("S1 an event beats the row that was listed: what vanished and came back is active, what was listed and went is archived", async () => {
    const world = new RosterWorld({ storage, pageSize: 10 })
    await world.bulk()
    world.truth()
    const { district, source } = world
    const [back, gone] = world.ids("user") as [string, string]
    const record = district.record("user", back) as JsonObject
    district.remove("user", back)
    source.beforePage = (kind, page) => {
      if (kind !== "user" || page !== 2) return
      district.add("user", record)
      district.remove("user", gone)
    }
    const run = await world.bulk()
    expect(run.counts.user).toMatchObject({ archived: 1, created: 0, restored: 0 })
    const stored = await world.stored()
    expect(stored.get(`user ${back}`)?.state).toBe("active")
    expect(stored.get(`user ${gone}`)?.state).toBe("archived")
    expect(stored).toEqual(world.truth())
  })
})
