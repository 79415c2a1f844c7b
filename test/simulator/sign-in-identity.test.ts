import { describe, expect, it, onTestFinished, vi } from "vitest"
import type { JsonObject } from "../../src/simulator/json.ts"
import { roleOf } from "../../src/simulator/kinds.ts"
import { exchange, firstApp, personWith, userToken } from "./browser.ts"
import { ask, firstDay, openSimulator } from "./support.ts"

describe("a user token", () => {
  it("shows its own user and district, and nothing else", async () => {
    const simulator = await openSimulator({ districts: 2 })
    const [district, stranger] = simulator.districts
    const [id, other] = [personWith(simulator, "teacher"), personWith(simulator, "student")]
    const token = await userToken(simulator, id)
    const get = async (path: string) => {
      const { status, headers } = await ask(simulator, path, token)
      return `${status} ${headers.get("content-type")?.includes("json") ? "JSON" : "HTML"}`
    }
    for (const version of ["v3.0", "v3.1"]) {
      expect(await get(`/${version}/me`)).toBe("200 JSON")
      expect(await get(`/${version}/users/${id}`)).toBe("200 JSON")
      expect(await get(`/${version}/districts/${district!.id}`)).toBe("200 JSON")
      expect(await get(`/${version}/users/${other}`)).toBe("404 JSON")
      expect(await get(`/${version}/districts/${stranger!.id}`)).toBe("404 JSON")
      for (const path of [
        "users",
        "users?limit=2",
        "districts",
        "sections",
        `users/${id}/sections`,
        `users/${id}/mystudents`,
        "events",
        "me/sections",
        "nonsense",
      ]) {
        expect(await get(`/${version}/${path}`)).toBe("404 HTML")
      }
    }
    expect(await get("/v9.9/me")).toBe("404 HTML")
    const post = await fetch(`${simulator.apiUrl}/v3.1/me`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
    })
    expect(post.status).toBe(404)
  })

  it("lives for 24 hours of simulated time, and can be revoked", async () => {
    const simulator = await openSimulator()
    const id = personWith(simulator, "student")
    const [one, two] = [await userToken(simulator, id), await userToken(simulator, id)]
    const statuses = async (token: string) => {
      const paths = ["/v3.1/me", "/me", "/userinfo", "/oauth/tokeninfo", `/v3.1/users/${id}`]
      return new Set(await Promise.all(paths.map(async (path) => (await ask(simulator, path, token)).status)))
    }
    simulator.clock.advance(86_399_000)
    expect(await statuses(one)).toEqual(new Set([200]))
    simulator.signIn.tokens.revoke(two)
    expect(await statuses(two)).toEqual(new Set([401]))
    simulator.clock.advance(1_000)
    expect(await statuses(one)).toEqual(new Set([401]))
    expect((await ask(simulator, "/v3.1/me", one)).json).toMatchObject({ error: "Unrecognized token string" })
    expect(await statuses(await userToken(simulator, id))).toEqual(new Set([200]))
  })

  it("outlives days that pass by themselves", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const simulator = await openSimulator({ users: 60, dayEverySeconds: 10 })
    const id = personWith(simulator, "contact")
    const token = await userToken(simulator, id)
    vi.advanceTimersByTime(30_000)
    expect(simulator.clock.now().getTime()).toBe(firstDay.getTime() + 3 * 86_400_000)
    expect((await ask(simulator, "/v3.1/me", token)).status).not.toBe(401)
  })

  it("no longer finds a user who is unshared or gone", async () => {
    const simulator = await openSimulator()
    const [district] = simulator.districts
    const id = personWith(simulator, "student")
    const token = await userToken(simulator, id)
    const own = async () => (await ask(simulator, `/v3.1/users/${id}`, token)).status
    district!.unshare({ ids: [id] })
    expect([await own(), (await ask(simulator, "/v3.1/me", token)).status]).toEqual([404, 200])
    district!.reshare({ ids: [id] })
    simulator.signIn.unshare(id)
    expect(await own()).toBe(404)
    simulator.signIn.reshare(id)
    expect(await own()).toBe(200)
    district!.remove("user", id)
    expect([await own(), (await ask(simulator, "/userinfo", token)).status]).toEqual([404, 404])
  })

  it("counts in the rate limit and in the request log like any other", async () => {
    const simulator = await openSimulator({ rateLimit: 3 })
    const id = personWith(simulator, "student")
    const token = await userToken(simulator, id)
    const remaining = async (path: string) => {
      const { status, headers } = await ask(simulator, path, token)
      return [status, headers.get("x-ratelimit-remaining")]
    }
    expect(await remaining("/v3.1/me")).toEqual([200, "2"])
    expect(await remaining("/userinfo")).toEqual([200, "1"])
    expect(await remaining("/me")).toEqual([200, "0"])
    expect(await remaining(`/v3.1/users/${id}`)).toEqual([429, "0"])
    expect((await ask(simulator, "/v3.1/me", await userToken(simulator, id))).status).toBe(200)
    const { requests, districts } = simulator
    expect(requests.count({ method: "POST", path: "/oauth/tokens" })).toBe(2)
    expect(requests.list({ path: "/me" })[0]).toEqual({
      method: "GET",
      path: "/v3.1/me",
      status: 200,
      districtId: districts[0]!.id,
    })
  })
})

describe("/me", () => {
  it("without a version gives the role, and its id of before version 3", async () => {
    const simulator = await openSimulator()
    const [district] = simulator.districts
    for (const [role, type] of [
      ["student", "student"],
      ["teacher", "teacher"],
      ["staff", "school_admin"],
      ["district_admin", "district_admin"],
    ] as const) {
      const id = personWith(simulator, role)
      const token = await userToken(simulator, id)
      const legacy = role === "student" ? id : roleOf(district!.record("user", id)!, role)?.legacy_id
      const { json } = await ask(simulator, "/me", token)
      expect(json).toMatchObject({ type, data: { id: legacy, district: district!.id, type } })
      expect((await ask(simulator, "/v2.1/me", token)).json).toEqual(json)
      if (role !== "student") expect(legacy).not.toBe(id)
      expect(legacy).toMatch(/^[0-9a-f]{24}$/)
    }
  })

  it("has the other shapes that were seen, if told to", async () => {
    const simulator = await openSimulator({ apps: [{ meShape: "bare" }] })
    const district = simulator.districts[0]!.id
    const id = personWith(simulator, "teacher")
    const token = await userToken(simulator, id)
    expect((await ask(simulator, "/v3.0/me", token)).json).toEqual({
      data: { id, district, type: "teacher" },
    })
    firstApp(simulator).meShape = "role-as-type"
    expect((await ask(simulator, "/v3.0/me", token)).json).toMatchObject({
      type: "user",
      data: { id, type: "teacher", name: { first: expect.any(String) }, authorized_by: "district" },
      links: [{}, { uri: `/v3.0/users/${id}` }, {}],
    })
  })

  it("is no place for district tokens, nor for unknown ones", async () => {
    const simulator = await openSimulator()
    for (const path of ["/v3.1/me", "/me", "/userinfo"]) {
      const answer = await ask(simulator, path)
      expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"])
      expect((await ask(simulator, path, "ilunknown")).status).toBe(401)
    }
  })
})

describe("/userinfo and /oauth/tokeninfo", () => {
  it("tells the person in the role of the login, the name as an object, by GET and POST", async () => {
    const simulator = await openSimulator()
    const [district] = simulator.districts
    const id = personWith(simulator, "teacher")
    const record = district!.record("user", id) as JsonObject & { name: JsonObject }
    const token = await userToken(simulator, id)
    const { json } = await ask(simulator, "/userinfo", token)
    expect(json).toEqual({
      sub: id,
      user_id: roleOf(record, "teacher")?.legacy_id,
      multi_role_user_id: id,
      user_type: "teacher",
      district_id: district!.id,
      district: district!.id,
      email: record.email,
      name: record.name,
      schools: roleOf(record, "teacher")?.schools,
      given_name: record.name.first,
      family_name: record.name.last,
      email_verified: false,
      authorized_by: "district",
    })
    const posted = await fetch(`${simulator.apiUrl}/userinfo`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
    })
    expect(await posted.json()).toEqual(json)
  })

  it("tells the app of a token and its scopes", async () => {
    const simulator = await openSimulator({ apps: [{}, { library: true }] })
    const [one, two] = simulator.signIn.apps
    const id = personWith(simulator, "teacher")
    const info = async (token?: string) => (await ask(simulator, "/oauth/tokeninfo", token)).json
    expect(await info(await userToken(simulator, id))).toEqual({
      client_id: one!.clientId,
      scopes: [...one!.scopes].sort(),
    })
    expect(await info()).toMatchObject({ client_id: one!.clientId })
    simulator.signIn.install(id, two!)
    const library = await info(await userToken(simulator, id, { app: two! }))
    expect(library).toMatchObject({ client_id: two!.clientId })
    expect(library.scopes).toContain("read:students_limited")
    expect((await exchange(simulator, "x")).status).toBe(400)
  })
})
