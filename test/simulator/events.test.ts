import { describe, expect, it } from "vitest"
import type { Simulator } from "../../src/simulator/index.ts"
import { isJsonObject, type JsonObject } from "../../src/simulator/json.ts"
import { idsIn, roleOf } from "../../src/simulator/kinds.ts"
import { ask, idsOf, linkIn, openSimulator, pagesOf, recordsIn } from "./support.ts"

interface Event {
  id: string
  type: string
  created: string
  data: { object: JsonObject; previous_attributes?: JsonObject }
}

async function feedOf(simulator: Simulator, query = "", version = "v3.1"): Promise<Event[]> {
  return (await pagesOf(simulator, `/${version}/events?limit=50${query}`)).flat() as unknown as Event[]
}

const days = (count: number): number => count * 86_400_000

describe("the events", () => {
  it("begin with the district alone, or with everything if asked to", async () => {
    const plain = await openSimulator({ users: 30 })
    expect((await feedOf(plain)).map((event) => event.type)).toEqual(["districts.created"])
    const full = await openSimulator({ users: 30, initialEvents: "all" })
    const created = (await feedOf(full)).filter((event) => event.type === "users.created")
    expect(idsOf(created.map((event) => event.data.object))).toEqual(
      idsOf(full.districts[0]?.records("user") ?? []),
    )
  })

  it("come in pages of any size, oldest first, with the newest at ending_before=last", async () => {
    const simulator = await openSimulator()
    simulator.nextDay({ intensity: 5 })
    const all = await feedOf(simulator)
    expect(idsOf(all as unknown as JsonObject[])).toEqual(all.map((event) => event.id).sort())
    for (const limit of [1, 3, 1000]) {
      expect((await pagesOf(simulator, `/v3.1/events?limit=${limit}`)).flat()).toEqual(all)
    }
    const newest = (await ask(simulator, "/v3.1/events?ending_before=last&limit=1")).json
    expect(recordsIn(newest)).toEqual([all.at(-1)])
    const after = (await ask(simulator, `/v3.1/events?starting_after=${all.at(-1)?.id}`)).json
    expect(after.data).toEqual([])
    expect(linkIn(after, "next")).toBeUndefined()
    const one = (await ask(simulator, `/v3.1/events/${all[1]?.id}`)).json
    expect(one.data).toEqual(all[1])
    expect((await ask(simulator, `/v3.1/events/${"0".repeat(24)}`)).status).toBe(404)
  })

  it("carry the whole record, and beside it a deep and minimal previous_attributes", async () => {
    const simulator = await openSimulator()
    const [district] = simulator.districts
    const [person] = district?.people ?? []
    const id = person?.id ?? ""
    const before = district?.record("user", id)
    district?.edit("user", id, {
      name: { last: "Changed" },
      roles: { student: { ext: { bus: "7" }, schools: [] } },
    })
    district?.remove("user", id)
    const [, updated, deleted] = await feedOf(simulator)
    expect(updated).toMatchObject({ type: "users.updated", created: "2025-09-01T06:00:00.000Z" })
    expect(updated?.data.previous_attributes).toEqual({
      name: { last: (before?.name as JsonObject | undefined)?.last },
      roles: { student: { ext: null, schools: roleOf(before ?? {}, "student")?.schools } },
    })
    expect(updated?.data.object).toMatchObject({ id, created: before?.created, name: { last: "Changed" } })
    expect(deleted?.data).toEqual({ object: updated?.data.object })
  })

  it("of fields that v3.1 added do not appear in v3.0", async () => {
    const simulator = await openSimulator()
    const [district] = simulator.districts
    const id = district?.people[0]?.id ?? ""
    const before = district?.records("user", { apiVersion: "v3.0" })
    district?.edit("user", id, { roles: { student: { iep_status: "changed" } } })
    expect(await feedOf(simulator, "", "v3.0")).toHaveLength(1)
    expect(district?.records("user", { apiVersion: "v3.0" })).toEqual(before)
    district?.edit("user", id, { name: { last: "New" }, roles: { student: { iep_status: "again" } } })
    const last = (await feedOf(simulator, "", "v3.0")).at(-1)
    expect(last?.data.previous_attributes).toEqual({ name: { last: expect.any(String) } })
    expect((await feedOf(simulator)).at(-1)?.data.previous_attributes).toMatchObject({
      roles: { student: { iep_status: "changed" } },
    })
  })

  it("drop off after 30 days; an expired cursor is answered with what is left (S5)", async () => {
    const simulator = await openSimulator()
    simulator.nextDay()
    const early = await feedOf(simulator)
    simulator.clock.advance(days(29))
    simulator.nextDay()
    const all = await feedOf(simulator)
    expect(early[0]?.type).toBe("districts.created")
    expect(all[0]?.id).toBe(early[1]?.id)
    simulator.clock.advance(days(1))
    const left = await feedOf(simulator)
    expect(left.length).toBeGreaterThan(0)
    expect(left.some((event) => early.some((old) => old.id === event.id))).toBe(false)
    const gap = await ask(simulator, `/v3.1/events?starting_after=${early[0]?.id}&limit=10000`)
    expect(gap.status).toBe(200)
    expect(recordsIn(gap.json)).toEqual(left)
    const never = await ask(simulator, `/v3.1/events?starting_after=${"1".repeat(24)}&limit=10000`)
    expect(recordsIn(never.json)).toEqual(left)
    simulator.clock.advance(days(31))
    expect(await feedOf(simulator)).toEqual([])
  })

  it("can be filtered by type of record and by school", async () => {
    const simulator = await openSimulator({ oddities: false })
    const [district] = simulator.districts
    simulator.nextDay({ intensity: 20 })
    const all = await feedOf(simulator)
    const types = await feedOf(simulator, "&record_type=sections&record_type=districts")
    expect(types).toEqual(all.filter((event) => /^(sections|districts)/.test(event.type)))
    const school = String(district?.records("school")[0]?.id)
    const ofSchool = await feedOf(simulator, `&school=${school}`)
    expect(ofSchool.filter((event) => event.type.startsWith("sections"))).toEqual(
      all.filter((event) => event.type.startsWith("sections") && event.data.object.school === school),
    )
    const students = ofSchool.map((event) => roleOf(event.data.object, "student")).filter(isJsonObject)
    expect(students.length).toBeGreaterThan(0)
    for (const student of students) expect(idsIn(student.schools)).toContain(school)
    expect(ofSchool.map((event) => event.type)).toContain("districts.updated")
  })

  it("are not recorded while switched off, and the feed is empty or refused", async () => {
    const simulator = await openSimulator()
    const [district] = simulator.districts
    district?.disableEvents()
    simulator.nextDay()
    expect(await feedOf(simulator)).toEqual([])
    district?.disableEvents({ mode: "not-found" })
    const page = await ask(simulator, "/v3.1/events?limit=1")
    expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"])
    district?.disableEvents({ mode: "forbidden" })
    expect((await ask(simulator, "/v3.1/events")).status).toBe(403)
    district?.enableEvents()
    expect((await feedOf(simulator)).map((event) => event.type)).toEqual(["districts.created"])
    district?.setState({ state: "paused" })
    expect(await feedOf(simulator)).toHaveLength(2)
  })

  it("a change that the app cannot see makes no event, and no new last_modified", async () => {
    const simulator = await openSimulator()
    const [district] = simulator.districts
    const [one, two] = idsOf(district?.records("user") ?? [])
    district?.unshare({ ids: [one ?? ""], fields: { user: ["roles.student.dob"] } })
    const before = district?.records("user")
    const count = (await feedOf(simulator)).length
    district?.edit("user", one ?? "", { name: { last: "Hidden" } })
    district?.edit("user", two ?? "", { roles: { student: { dob: "1/1/2001" } } })
    expect(await feedOf(simulator)).toHaveLength(count)
    expect(district?.records("user")).toEqual(before)
    const summary = district?.reshare({ everything: true })
    expect(summary?.["users.created"]).toBe(1)
    expect(district?.record("user", one ?? "")).toMatchObject({ name: { last: "Hidden" } })
  })
})
