import { describe, expect, it, onTestFinished, vi } from "vitest"
import { idsIn, roleOf, schoolsOfUser } from "../../src/simulator/kinds.ts"
import { ask, firstDay, idsOf, linkIn, openSimulator, pagesOf, recordsIn } from "./support.ts"

const basic = (id: string, secret: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`,
})

describe("tokens", () => {
  it("lists one token for each connected district, and only with the right credentials", async () => {
    const simulator = await openSimulator({ districts: 2 })
    const { clientId, clientSecret, authUrl, districts } = simulator
    const list = async (query: string) => {
      const answer = await fetch(`${authUrl}/oauth/tokens?owner_type=district${query}`, {
        headers: basic(clientId, clientSecret),
      })
      const { data } = (await answer.json()) as { data: { owner: { id: string }; access_token: string }[] }
      return data.map((entry) => [entry.owner.id, entry.access_token])
    }
    expect(await list("")).toEqual(districts.map((district) => [district.id, district.token]))
    expect(await list(`&district=${districts[1]?.id}`)).toEqual([[districts[1]?.id, districts[1]?.token]])
    expect(await list(`&district=${"0".repeat(24)}`)).toEqual([])
    districts[0]?.disconnect()
    expect(await list("")).toEqual([[districts[1]?.id, districts[1]?.token]])
    const refused = await fetch(`${authUrl}/oauth/tokens?owner_type=district`, {
      headers: basic(clientId, "wrong"),
    })
    expect(refused.status).toBe(401)
    expect(refused.headers.get("content-type")).toMatch(/json/)
  })

  it("a rotated or disconnected token is refused as Clever refuses it", async () => {
    const simulator = await openSimulator()
    const [district] = simulator.districts
    const old = district?.token
    expect((await ask(simulator, "/v3.1/districts", old)).status).toBe(200)
    const fresh = district?.rotateToken()
    expect(fresh).not.toBe(old)
    const refused = await ask(simulator, "/v3.1/districts", old)
    expect(refused.status).toBe(401)
    expect(refused.json).toMatchObject({ code: 101, error: "Unrecognized token string" })
    expect((await ask(simulator, "/v3.1/districts", fresh)).status).toBe(200)
    const kept = district?.rotateToken({ keepOld: true })
    expect((await ask(simulator, "/v3.1/districts", fresh)).status).toBe(200)
    district?.disconnect()
    expect((await ask(simulator, "/v3.1/districts", kept)).status).toBe(401)
    expect((await ask(simulator, "/v3.1/districts", district?.connect())).status).toBe(200)
  })

  it("shows each district's token that district alone", async () => {
    const simulator = await openSimulator({ districts: 2, users: 50 })
    for (const district of simulator.districts) {
      const { json } = await ask(simulator, "/v3.1/districts", district.token)
      expect(idsOf(recordsIn(json))).toEqual([district.id])
    }
    const [one, two] = simulator.districts.map((district) => idsOf(district.records("user")))
    expect(one?.filter((id) => two?.includes(id))).toEqual([])
    const stranger = await ask(simulator, `/v3.1/users/${two?.[0]}`, simulator.districts[0]?.token)
    expect(stranger.status).toBe(404)
  })
})

describe("addresses", () => {
  it("answers unknown ids with JSON and unknown addresses with Clever's page of HTML", async () => {
    const simulator = await openSimulator()
    const unknown = await ask(simulator, `/v3.1/users/${"a".repeat(24)}`)
    expect(unknown.status).toBe(404)
    expect(unknown.json).toHaveProperty("message")
    for (const path of ["/v3.1/students", "/v2.1/users", "/nothing", "/v3.1/users/x/nonsense"]) {
      const answer = await ask(simulator, path)
      expect(answer.status).toBe(404)
      expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8")
      expect(answer.text).toContain(`<pre>Cannot GET ${path}</pre>`)
    }
  })

  it("serves single records with the links that were recorded", async () => {
    const simulator = await openSimulator()
    const [student] = simulator.districts[0]?.people ?? []
    const path = `/v3.0/users/${student?.id}`
    const { json } = await ask(simulator, path)
    expect(Object.keys(json)).toEqual(["data", "links"])
    expect(json.links).toEqual([
      { rel: "self", uri: path },
      ...["district", "sections", "myContacts", "myTeachers", "schools"].map((rel) => ({
        rel,
        uri: `${path}/${rel}`,
      })),
    ])
    for (const rel of ["district", "sections", "myContacts", "myTeachers", "schools"]) {
      expect((await ask(simulator, linkIn(json, rel) ?? "")).status).toBe(200)
    }
  })

  it("answers every relation with what the records themselves say", async () => {
    const simulator = await openSimulator({ oddities: false, resources: 4 })
    const [district] = simulator.districts
    const users = district?.records("user") ?? []
    const sections = district?.records("section") ?? []
    const [section] = sections
    const list = async (path: string) => idsOf((await pagesOf(simulator, `/v3.1${path}?limit=5`)).flat())
    const one = async (path: string) =>
      ((await ask(simulator, `/v3.1${path}`)).json.data as { id: string }).id
    const where = (condition: (user: (typeof users)[number]) => boolean) => idsOf(users.filter(condition))
    const at = `/sections/${section?.id}`

    expect(await one(`${at}/school`)).toBe(section?.school)
    expect(await one(`${at}/course`)).toBe(section?.course)
    expect(await one(`${at}/term`)).toBe(section?.term_id)
    expect(await one(`${at}/district`)).toBe(district?.id)
    expect(await list(`${at}/users`)).toEqual(
      [...idsIn(section?.students), ...idsIn(section?.teachers)].sort(),
    )

    const school = String(section?.school)
    expect(await list(`/schools/${school}/users`)).toEqual(
      where((user) => roleOf(user, "contact") === undefined && schoolsOfUser(user).has(school)),
    )
    expect(await list(`/schools/${school}/sections`)).toEqual(
      idsOf(sections.filter((other) => other.school === school)),
    )
    const courses = new Set(
      sections.filter((other) => other.school === school).map((other) => String(other.course)),
    )
    expect(await list(`/schools/${school}/courses`)).toEqual([...courses].sort())
    expect(await list(`/courses/${section?.course}/schools`)).toContain(school)
    expect(await list(`/terms/${section?.term_id}/sections`)).toContain(section?.id)

    const student = String(idsIn(section?.students)[0])
    const own = sections.filter((other) => idsIn(other.students).includes(student))
    expect(await list(`/users/${student}/sections`)).toEqual(idsOf(own))
    expect(await list(`/users/${student}/myteachers`)).toEqual(
      [...new Set(own.flatMap((other) => idsIn(other.teachers)))].sort(),
    )
    expect(await list(`/users/${student}/mycontacts`)).toEqual(
      where((user) => JSON.stringify(roleOf(user, "contact") ?? "").includes(student)),
    )
    expect(await list(`/users/${section?.teacher}/mystudents`)).toContain(student)
    const [resource] = await list("/resources")
    for (const of of await list(`/resources/${resource}/sections`)) {
      expect(await list(`/sections/${of}/resources`)).toContain(resource)
    }
  })

  it("filters users by role, and lists somebody with several roles under each", async () => {
    const simulator = await openSimulator({ users: 400 })
    const users = simulator.districts[0]?.records("user") ?? []
    for (const role of ["student", "teacher", "staff", "district_admin", "contact"] as const) {
      const listed = idsOf((await pagesOf(simulator, `/v3.1/users?role=${role}`)).flat())
      expect(listed).toEqual(idsOf(users.filter((user) => roleOf(user, role) !== undefined)))
      expect(listed.length).toBeGreaterThan(0)
    }
  })

  it("counts, and has a list of content of its own shape while there is none", async () => {
    const simulator = await openSimulator()
    expect((await ask(simulator, "/v3.1/users?count=true")).json).toMatchObject({ count: 200 })
    expect((await ask(simulator, "/v3.1/resources")).json).toEqual({ resources: [] })
  })

  it("v3.0 shows nothing that v3.1 added, and a v3.0-only simulator never has it", async () => {
    const both = await openSimulator()
    const old = await openSimulator({ apiVersions: ["v3.0"] })
    const added =
      /frl_status|gifted_status|section_504_status|iep_status|home_language|preferred_name|disability|lms_/
    expect((await ask(both, "/v3.1/users?limit=1000")).text).toMatch(added)
    for (const simulator of [both, old]) {
      for (const list of ["users", "sections", "districts", "events"]) {
        expect((await ask(simulator, `/v3.0/${list}?limit=1000`)).text).not.toMatch(added)
      }
    }
    expect((await ask(old, "/v3.1/users")).status).toBe(404)
    expect(recordsIn((await ask(old, "/v3.0/users?limit=1000")).json)).toEqual(
      old.districts[0]?.records("user"),
    )
  })

  it("shuffled keys change the text each time and never what it says", async () => {
    const simulator = await openSimulator()
    const [district] = simulator.districts
    const plain = await ask(simulator, "/v3.1/users?limit=50")
    district?.shuffleKeys()
    const one = await ask(simulator, "/v3.1/users?limit=50")
    const two = await ask(simulator, "/v3.1/users?limit=50")
    expect(one.text).not.toBe(two.text)
    expect(one.json).toEqual(plain.json)
    expect(two.json).toEqual(plain.json)
    district?.shuffleKeys(false)
    expect((await ask(simulator, "/v3.1/users?limit=50")).text).toBe(plain.text)
  })
})

describe("the rate limit", () => {
  it("counts by token in windows of 60 s from first use, and then answers 429 with nothing", async () => {
    let now = new Date("2025-09-01T06:00:30Z")
    const simulator = await openSimulator({ rateLimit: 3, wallClock: () => now, districts: 2, users: 20 })
    const state = async (token?: string) => {
      const { status, headers, text } = await ask(simulator, "/v3.1/districts", token)
      const [bucket, limit, remaining, reset] = ["bucket", "limit", "remaining", "reset"].map((name) =>
        headers.get(`x-ratelimit-${name}`),
      )
      return { status, bucket, limit, remaining, reset, empty: text === "" }
    }
    const reset = String(Date.parse("2025-09-01T06:01:30Z") / 1000)
    const good = { status: 200, bucket: "bearer", limit: "3", reset, empty: false }
    expect(await state()).toEqual({ ...good, remaining: "2" })
    now = new Date("2025-09-01T06:01:20Z")
    expect(await state()).toEqual({ ...good, remaining: "1" })
    expect(await state()).toEqual({ ...good, remaining: "0" })
    expect(await state()).toEqual({ ...good, remaining: "0", status: 429, empty: true })
    expect((await state(simulator.districts[1]?.token)).status).toBe(200)
    expect(await state("unknown")).toMatchObject({ status: 401, remaining: "2" })
    now = new Date("2025-09-01T06:01:30Z")
    expect(await state()).toMatchObject({ status: 200, remaining: "2" })
  })
})

describe("the simulator itself", () => {
  it("remembers what was asked", async () => {
    const simulator = await openSimulator()
    const { requests } = simulator
    await ask(simulator, "/v3.1/users?limit=2")
    await ask(simulator, "/v3.0/users")
    await ask(simulator, "/v3.1/users?limit=0")
    expect(requests.total).toBe(3)
    expect(requests.count({ path: "/users" })).toBe(3)
    expect(requests.count({ path: /^\/v3\.1\/users/, status: 200 })).toBe(1)
    expect(requests.list({ status: 400 })).toEqual([
      { method: "GET", path: "/v3.1/users?limit=0", status: 400, districtId: simulator.districts[0]?.id },
    ])
    requests.clear()
    expect(requests.total + requests.count()).toBe(0)
  })

  it("describes itself as plain data, with people of every role to log in as", async () => {
    const simulator = await openSimulator({ districts: 2 })
    const description = simulator.describe()
    expect(JSON.parse(JSON.stringify(description))).toEqual(description)
    expect(description).toMatchObject({ apiUrl: simulator.apiUrl, clientId: simulator.clientId })
    const roles = description.districts[0]?.people.map((person) => person.role)
    expect(new Set(roles)).toEqual(new Set(["student", "teacher", "staff", "district_admin", "contact"]))
    expect(description.districts[1]).toMatchObject({ schools: 3, users: 200 })
  })

  it("lets one day pass for every district at once", async () => {
    const simulator = await openSimulator({ districts: 2 })
    const before = simulator.clock.now().getTime()
    expect(simulator.nextDay()).toHaveLength(2)
    expect(simulator.clock.now().getTime() - before).toBe(86_400_000)
  })

  it("lets days pass by itself if told to, until it is closed", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const simulator = await openSimulator({ dayEverySeconds: 10 })
    const passed = () => (simulator.clock.now().getTime() - firstDay.getTime()) / 86_400_000
    vi.advanceTimersByTime(9_999)
    expect(passed()).toBe(0)
    vi.advanceTimersByTime(20_001)
    expect(passed()).toBe(3)
    await simulator.close()
    vi.advanceTimersByTime(60_000)
    expect(passed()).toBe(3)
  })

  it("fails with Node's error if the port is taken", async () => {
    const simulator = await openSimulator({ users: 10 })
    const port = Number(new URL(simulator.apiUrl).port)
    await expect(openSimulator({ users: 10, port })).rejects.toMatchObject({ code: "EADDRINUSE" })
  })
})
