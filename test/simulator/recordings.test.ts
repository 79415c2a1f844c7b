import { existsSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { isJsonObject, type JsonObject } from "../../src/simulator/json.ts"
import { roleOf } from "../../src/simulator/kinds.ts"
import { ask, openSimulator, recordsIn } from "./support.ts"

const folder = new URL("../../../shared/clever/recordings/", import.meta.url)
const isThere = existsSync(folder)
if (!isThere)
  console.warn("../shared/clever/recordings is absent: the simulator is not compared with real answers.")

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), "utf8"))

interface Recorded {
  url: string
  status: number
  headers: Record<string, string>
  body?: JsonObject
  text?: string
}

const recorded = (path: string): Recorded | undefined =>
  (read("certification-isd-v3.0.json") as Recorded[]).find(
    (answer) => answer.url === `https://api.clever.com${path}`,
  )

/** Every path of keys with the types of its values: `roles.student.schools[]: string`. */
function shapesOf(value: unknown, path = "", found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) {
    found.add(`${path}[]`)
    for (const item of value) shapesOf(item, `${path}[]`, found)
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value))
      shapesOf(item, path === "" ? key : `${path}.${key}`, found)
  } else found.add(`${path}: ${typeof value}`)
  return found
}

const shapesOfAll = (records: readonly unknown[]): string[] => {
  const found = new Set<string>()
  for (const record of records) shapesOf(record, "", found)
  return [...found].sort()
}

describe.skipIf(!isThere)("the simulator beside Clever's recorded answers", () => {
  it.each(["student", "teacher", "district_admin", "contact"] as const)(
    "a %s has every key that Clever sends",
    async (role) => {
      const simulator = await openSimulator({ users: 600 })
      const users = recordsIn((await ask(simulator, "/v3.0/users?limit=10000")).json)
      const ours = new Set(shapesOfAll(users.filter((user) => roleOf(user, role) !== undefined)))
      const theirs = recordsIn(read("demo-district/v3.0-users.json") as JsonObject)
      const missing = shapesOfAll(theirs.filter((user) => roleOf(user, role) !== undefined)).filter(
        (shape) => !ours.has(shape),
      )
      expect(missing).toEqual([])
    },
  )

  it.each([
    ["sections", "demo-district/v3.0-sections.json"],
    ["districts", "demo-district/v3.0-districts.json"],
  ])("%s have every key that Clever sends, and no other", async (list, file) => {
    const simulator = await openSimulator({ users: 600, oddities: false })
    const ours = recordsIn((await ask(simulator, `/v3.0/${list}?limit=10000`)).json)
    expect(shapesOfAll(ours)).toEqual(shapesOfAll(recordsIn(read(file) as JsonObject)))
  })

  it.each(["/v3.0/schools", "/v3.0/terms", "/v3.0/courses", "/v3.0/events"])(
    "%s: envelope, links and keys",
    async (path) => {
      const simulator = await openSimulator({ users: 600, schools: 5 })
      simulator.districts[0]?.nextDay({ intensity: 10 })
      const answer = await ask(simulator, path)
      const theirs = recorded(path)
      expect(answer.headers.get("content-type")).toBe(theirs?.headers["content-type"])
      expect(answer.headers.get("cache-control")).toBe(theirs?.headers["cache-control"])
      for (const name of ["bucket", "limit"]) {
        expect(answer.headers.get(`x-ratelimit-${name}`)).toBe(theirs?.headers[`x-ratelimit-${name}`])
      }
      expect(new Set(Object.keys(answer.json))).toEqual(new Set(Object.keys(theirs?.body ?? {})))
      const self = (body: JsonObject) => (body.links as JsonObject[])[0]
      expect(self(answer.json)).toEqual(self(theirs?.body ?? {}))
      if (path === "/v3.0/events") return
      const ours = new Set(shapesOfAll(recordsIn(answer.json)))
      expect(shapesOfAll(recordsIn(theirs?.body ?? {})).filter((shape) => !ours.has(shape))).toEqual([])
    },
  )

  it("an event has the keys of a recorded one", async () => {
    const simulator = await openSimulator()
    simulator.districts[0]?.nextDay()
    const feed = (await ask(simulator, "/v3.0/events")).json.data as JsonObject[]
    const theirs = recorded("/v3.0/events")?.body?.data as JsonObject[]
    for (const type of ["districts.updated", "users.updated"]) {
      const [ours, real] = [feed, theirs].map((events) =>
        events.find((event) => (event.data as JsonObject).type === type),
      )
      const keysOf = (event: JsonObject | undefined) => {
        const data = event?.data as JsonObject
        return [event, data, data.data].map((level) => Object.keys(level as JsonObject).sort())
      }
      expect(keysOf(ours)).toEqual(keysOf(real))
    }
    const updated = feed.find((event) => (event.data as JsonObject).type === "districts.updated")
      ?.data as JsonObject
    expect(updated.data).toMatchObject({ previous_attributes: { last_sync: expect.any(String) } })
    expect(Object.keys((updated.data as JsonObject).previous_attributes as JsonObject)).toEqual(["last_sync"])
  })

  it("an unknown address is answered with the recorded page", async () => {
    const simulator = await openSimulator({ users: 10 })
    const theirs = recorded("/v3.0/resources")
    const answer = await ask(simulator, "/v3.0/no_such_list")
    expect(answer.status).toBe(theirs?.status)
    expect(answer.headers.get("content-type")).toBe(theirs?.headers["content-type"])
    expect(answer.text.trim()).toBe(theirs?.text?.trim().replace("/v3.0/resources", "/v3.0/no_such_list"))
  })

  it("single records link to what the recorded ones link to", async () => {
    const simulator = await openSimulator()
    const [district] = simulator.districts
    const all = read("certification-isd-v3.0.json") as Recorded[]
    for (const [list, id] of [
      ["users", district?.people[0]?.id],
      ["sections", district?.records("section")[0]?.id],
    ] as const) {
      const theirs = all.find((answer) => new RegExp(`/v3\\.0/${list}/[0-9a-f]{24}$`).test(answer.url))
      const relsOf = (body: JsonObject | undefined) =>
        (body?.links as { rel: string }[] | undefined)?.map((link) => link.rel)
      expect(relsOf((await ask(simulator, `/v3.0/${list}/${id}`)).json)).toEqual(relsOf(theirs?.body))
    }
  })
})
