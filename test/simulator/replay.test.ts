import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { kinds } from "../../src/models/kinds.ts"
import { Clock } from "../../src/simulator/clock.ts"
import { eventText } from "../../src/simulator/district/event-feed.ts"
import { SimulatedDistrict } from "../../src/simulator/district/simulated-district.ts"
import type { JsonObject } from "../../src/simulator/json.ts"
import { idsIn, rolesOf } from "../../src/simulator/kinds.ts"
import { firstDay } from "./support.ts"

type Version = "v3.0" | "v3.1"
type Operation = (district: SimulatedDistrict, pick: (below: number) => number) => void

const someId = (
  district: SimulatedDistrict,
  kind: "user" | "school",
  pick: (below: number) => number,
): string[] => {
  const ids = district.records(kind).map((record) => String(record.id))
  return ids.length === 0 ? [] : [ids[pick(ids.length)] as string]
}

const operations: readonly Operation[] = [
  (district) => district.nextDay(),
  (district) => district.nextDay({ intensity: 10 }),
  (district) => district.rollover({ mode: "replace" }),
  (district) => district.rollover({ mode: "reuse" }),
  (district, pick) => district.unshare({ schools: someId(district, "school", pick) }),
  (district, pick) => district.unshare({ ids: someId(district, "user", pick) }),
  (district) =>
    district.unshare({
      roles: ["staff"],
      fields: { user: ["roles.student.dob", "email"], section: ["period"] },
    }),
  (district) => district.unshare({ everything: true }),
  (district) => district.reshare({ everything: true }),
  (district, pick) => district.reissueIds({ ids: someId(district, "user", pick) }),
  (district, pick) => district.reissueIds({ kind: "school", ids: someId(district, "school", pick) }),
  (district, pick) => district.setState({ state: pick(2) === 0 ? "paused" : "running" }),
  (district, pick) => {
    for (const id of someId(district, "user", pick))
      district.edit("user", id, { roles: { student: { frl_status: "Other" } } })
  },
  (district, pick) => {
    for (const id of someId(district, "user", pick)) district.remove("user", id)
  },
  (district) => {
    district.add("user", { name: { first: "New", last: "Person" }, roles: { student: { schools: [] } } })
  },
]

const truthOf = (district: SimulatedDistrict, version: Version): Map<string, JsonObject> =>
  new Map(
    kinds.flatMap((kind) =>
      district
        .records(kind, { apiVersion: version })
        .map((record) => [`${kind} ${record.id}`, record] as const),
    ),
  )

interface Event {
  id: string
  type: string
  data: { object: JsonObject; previous_attributes?: JsonObject }
}

const eventsOf = (district: SimulatedDistrict, version: Version): Event[] =>
  [...district.data.feed.list({ version }).values()].map(
    (event) => JSON.parse(eventText(event, version)) as Event,
  )

describe("the feed and the lists", () => {
  it("replaying a feed over the day before gives the day after, whatever happened (S1, S3)", () => {
    const history = fc.array(fc.tuple(fc.nat(operations.length - 1), fc.nat(1_000_000)), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(fc.nat(1000), history, (seed, steps) => {
        const district = new SimulatedDistrict({
          seed,
          users: 120,
          schools: 3,
          clock: new Clock(() => firstDay),
        })
        const copies = { "v3.0": truthOf(district, "v3.0"), "v3.1": truthOf(district, "v3.1") }
        const cursors = { "v3.0": "", "v3.1": "" }
        for (const version of ["v3.0", "v3.1"] as const)
          cursors[version] = eventsOf(district, version).at(-1)?.id ?? ""
        for (const [operation, random] of steps) {
          operations[operation]?.(district, (below) => random % below)
          for (const version of ["v3.0", "v3.1"] as const) {
            for (const event of eventsOf(district, version)) {
              if (event.id <= cursors[version]) continue
              cursors[version] = event.id
              const [collection, action] = event.type.split(".")
              const key = `${collection?.slice(0, -1)} ${event.data.object.id}`
              if (action === "deleted") copies[version].delete(key)
              else copies[version].set(key, event.data.object)
            }
            expect(copies[version]).toEqual(truthOf(district, version))
          }
        }
      }),
      { numRuns: 25 },
    )
  })

  it("forty ordinary days stay in step and change a little every day", () => {
    const district = new SimulatedDistrict({
      seed: 9,
      users: 400,
      schools: 4,
      clock: new Clock(() => firstDay),
    })
    const copy = truthOf(district, "v3.1")
    let cursor = eventsOf(district, "v3.1").at(-1)?.id ?? ""
    const seen = new Set<string>()
    for (let day = 0; day < 40; day++) {
      const size = district.count("user")
      const summary = district.nextDay()
      expect(Object.keys(summary)).toContain("districts.updated")
      expect(summary["users.deleted"] ?? 0).toBeLessThan(size * 0.1)
      for (const event of eventsOf(district, "v3.1")) {
        if (event.id <= cursor) continue
        cursor = event.id
        seen.add(event.type)
        const key = `${event.type.split(".")[0]?.slice(0, -1)} ${event.data.object.id}`
        if (event.type.endsWith("deleted")) copy.delete(key)
        else copy.set(key, event.data.object)
      }
    }
    expect(copy).toEqual(truthOf(district, "v3.1"))
    for (const type of ["users", "sections", "courses"].flatMap((kind) => [
      `${kind}.created`,
      `${kind}.deleted`,
    ])) {
      expect(seen).toContain(type)
    }
    expect(seen).toContain("users.updated")
    expect(seen).toContain("sections.updated")
  })

  it("every batch comes in Clever's documented order", () => {
    const district = new SimulatedDistrict({
      seed: 3,
      users: 300,
      schools: 4,
      clock: new Clock(() => firstDay),
    })
    const up = [
      "districts",
      "district_admin",
      "schools",
      "terms",
      "courses",
      "student",
      "contact",
      "teacher",
      "sections",
      "staff",
    ]
    const down = [
      "staff",
      "sections",
      "teacher",
      "contact",
      "student",
      "terms",
      "courses",
      "schools",
      "district_admin",
      "districts",
    ]
    const placeOf = ({ type, data }: Event): number => {
      const [collection = "", action = ""] = type.split(".")
      const held = rolesOf(data.object)
      const place =
        collection === "users" ? up.filter((name) => held.some((role) => role === name))[0] : collection
      const order = action === "deleted" ? down : up
      return ["created", "updated", "deleted"].indexOf(action) * 100 + order.indexOf(String(place))
    }
    const batches: (() => void)[] = [
      () => district.nextDay({ intensity: 20 }),
      () => district.rollover(),
      () => district.unshare({ everything: true }),
      () => district.reshare({ everything: true }),
    ]
    for (const batch of batches) {
      const cursor = eventsOf(district, "v3.1").at(-1)?.id ?? ""
      batch()
      const places = eventsOf(district, "v3.1")
        .filter((event) => event.id > cursor)
        .map(placeOf)
      expect(places.length).toBeGreaterThan(10)
      expect(places).toEqual([...places].sort((one, other) => one - other))
    }
  })

  it("a section that is created names only people who are there already", () => {
    const district = new SimulatedDistrict({
      seed: 5,
      users: 300,
      oddities: false,
      clock: new Clock(() => firstDay),
    })
    const known = new Set(district.records("user").map((record) => String(record.id)))
    const cursor = eventsOf(district, "v3.1").at(-1)?.id ?? ""
    district.rollover()
    for (const event of eventsOf(district, "v3.1")) {
      if (event.id <= cursor) continue
      if (event.type === "users.created") known.add(String(event.data.object.id))
      if (event.type !== "sections.created") continue
      for (const id of [...idsIn(event.data.object.students), ...idsIn(event.data.object.teachers)]) {
        expect(known).toContain(id)
      }
    }
  })
})
