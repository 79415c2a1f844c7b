import { getEventListeners } from "node:events"
import nock from "nock"
import { describe, expect, it } from "vitest"
import { UserReader, type UserReaderOptions } from "../../src/clever/users.ts"
import { apiUrl, districtId, failure, idOf, useNock } from "./harness.ts"

useNock()

const accessToken = "iltoken0123456789abcdef"
const now = 1_700_000_000_000
const me = { data: { id: idOf(1), district: districtId, authorized_by: "district" } }

/** A reader whose waits are written down instead of waited out. */
function testReader(options: Partial<UserReaderOptions> = {}): { users: UserReader; waits: number[] } {
  const waits: number[] = []
  const users = new UserReader({
    apiUrl: new URL(apiUrl),
    apiVersion: "v3.1",
    fetch: globalThis.fetch,
    clock: () => now,
    sleep: async (ms) => {
      waits.push(ms)
    },
    random: () => 1,
    timeoutMs: 5_000,
    maxBodyBytes: 1024 * 1024,
    ...options,
  })
  return { users, waits }
}

function api(): nock.Scope {
  return nock(apiUrl, { reqheaders: { authorization: `Bearer ${accessToken}` } })
}

describe("a user's own token", () => {
  it("reads /me, the user and /userinfo, versioned where Clever has versions", async () => {
    api().get("/v3.0/me").reply(200, me)
    api()
      .get(`/v3.0/users/${idOf(1)}`)
      .reply(200, {
        data: { id: idOf(1), district: districtId, email: "x", roles: { teacher: { title: "Ms" } } },
      })
    api()
      .get("/userinfo")
      .reply(200, {
        sub: idOf(1),
        user_id: "v2",
        multi_role_user_id: idOf(1),
        user_type: "school_admin",
        district_id: districtId,
        name: { first: "Ada", middle: "", last: "L" },
        schools: [],
        authorized_by: "district",
      })
    const { users } = testReader({ apiVersion: "v3.0" })
    expect(await users.me({ accessToken })).toEqual({ id: idOf(1), districtId, authorizedBy: "district" })
    expect(await users.user({ accessToken, id: idOf(1) })).toEqual({
      id: idOf(1),
      districtId,
      email: "x",
      name: { first: null, middle: null, last: null },
      roles: { teacher: { title: "Ms" } },
    })
    expect(await users.userInfo({ accessToken })).toEqual({
      id: idOf(1),
      multiRoleUserId: idOf(1),
      legacyId: "v2",
      districtId,
      role: "staff",
      authorizedBy: "district",
      email: null,
      name: { first: "Ada", middle: null, last: "L" },
    })
  })

  it("reads the flat names of /userinfo where there is no object", async () => {
    api()
      .get("/userinfo")
      .reply(200, { sub: idOf(1), name: "Ada L", given_name: "Ada", family_name: "L" })
    const { name } = await testReader().users.userInfo({ accessToken })
    expect(name).toEqual({ first: "Ada", middle: null, last: "L" })
  })

  it("reads what the demo token really answered", async () => {
    api()
      .get("/v3.1/me")
      .reply(200, { data: { id: idOf(1), district: districtId, type: "teacher" } })
    expect(await testReader().users.me({ accessToken })).toMatchObject({ authorizedBy: "district" })
  })

  it.each(["", "__proto__", "-x", "../me", "a/b", "a?b", "é", "a".repeat(65)])(
    "R60 never asks for a user %j",
    async (id) => {
      await failure(() => testReader().users.user({ accessToken, id }), "INVALID_OPTIONS")
    },
  )
})

describe("R26 retries", () => {
  it.each([500, 502, 503, 504])("a %i is tried three times in all, then given up", async (status) => {
    api().get("/v3.1/me").times(3).reply(status)
    const { users, waits } = testReader()
    const error = await failure(users.me({ accessToken }), "CLEVER_UNAVAILABLE")
    expect(error.details).toEqual({ status, path: "/v3.1/me", attempts: 3 })
    expect(waits).toEqual([500, 1_000])
  })

  it("a success after trouble is a success", async () => {
    api()
      .get("/v3.1/me")
      .replyWithError(Object.assign(new Error("reset"), { code: "ECONNRESET" }))
    api().get("/v3.1/me").reply(503)
    api().get("/v3.1/me").reply(200, me)
    const { users, waits } = testReader({ random: () => 0.5 })
    expect(await users.me({ accessToken })).toMatchObject({ id: idOf(1) })
    expect(waits).toEqual([250, 500])
  })

  it("a connection that keeps breaking is given up", async () => {
    api()
      .get("/v3.1/me")
      .times(3)
      .replyWithError(Object.assign(new Error(`reset ${accessToken}`), { code: "ECONNRESET" }))
    const error = await failure(testReader().users.me({ accessToken }), "CLEVER_UNREACHABLE")
    expect(error.details).toMatchObject({ host: "api.clever.com", path: "/v3.1/me", attempts: 3 })
    expect(error.cause).toMatchObject({ message: "ECONNRESET" })
  })

  it.each([
    [400, "CLEVER_REQUEST_REFUSED"],
    [401, "CLEVER_TOKEN_REJECTED"],
    [403, "CLEVER_REQUEST_REFUSED"],
    [404, "CLEVER_NOT_FOUND"],
    [418, "CLEVER_REQUEST_REFUSED"],
    [501, "CLEVER_REQUEST_REFUSED"],
    [301, "CLEVER_LINK_FOREIGN"],
    [307, "CLEVER_LINK_FOREIGN"],
  ] as const)("a %i is never tried again", async (status, code) => {
    api().get("/v3.1/me").reply(status, { error: "x" }, { location: "https://evil.example/" })
    const { users, waits } = testReader()
    const error = await failure(users.me({ accessToken }), code)
    expect(error.details).toMatchObject({ status, attempts: 1 })
    expect(waits).toEqual([])
  })

  it.each([
    ["Retry-After in seconds", { "retry-after": "2" }, [2_000, 2_000]],
    ["Retry-After as a date", { "retry-after": new Date(now + 3_000).toUTCString() }, [3_000, 3_000]],
    ["Retry-After in the past", { "retry-after": new Date(now - 3_000).toUTCString() }, [0, 0]],
    ["X-RateLimit-Reset", { "x-ratelimit-reset": String(now / 1_000 + 4) }, [4_000, 4_000]],
    ["X-RateLimit-Reset in the past", { "x-ratelimit-reset": "1" }, [0, 0]],
    ["no header", {}, [500, 1_000]],
    ["headers of nonsense", { "retry-after": "soon", "x-ratelimit-reset": "-1" }, [500, 1_000]],
  ])("a 429 waits as it asks, twice: %s", async (_name, headers, expected) => {
    api().get("/v3.1/me").times(3).reply(429, "", headers)
    const { users, waits } = testReader()
    const error = await failure(users.me({ accessToken }), "CLEVER_RATE_LIMITED")
    expect(waits).toEqual(expected)
    expect(error.retryable).toBe(true)
  })

  it.each([
    ["Retry-After", { "retry-after": "6" }],
    ["X-RateLimit-Reset", { "x-ratelimit-reset": String(now / 1_000 + 40) }],
    ["a date", { "retry-after": new Date(now + 60_000).toUTCString() }],
    ["a number past all time", { "retry-after": "9999999999" }],
  ])("a 429 that asks for more than five seconds ends the login at once: %s", async (_name, headers) => {
    api().get("/v3.1/me").reply(429, "", headers)
    const { users, waits } = testReader()
    await failure(users.me({ accessToken }), "CLEVER_RATE_LIMITED")
    expect(waits).toEqual([])
  })

  it("an abort ends a wait", async () => {
    api().get("/v3.1/me").reply(503)
    const aborting = new AbortController()
    const { users } = testReader({
      sleep: () => {
        aborting.abort()
        return new Promise(() => undefined)
      },
    })
    await failure(users.me({ accessToken, signal: aborting.signal }), "ABORTED")
  })

  it("keeps nothing at the caller's signal, however many requests it is given to", async () => {
    api().get("/v3.1/me").times(3).reply(200, me)
    api().get("/v3.1/me").reply(401)
    const { users } = testReader()
    const { signal } = new AbortController()
    for (let times = 0; times < 3; times++) await users.me({ accessToken, signal })
    await failure(users.me({ accessToken, signal }), "CLEVER_TOKEN_REJECTED")
    expect(getEventListeners(signal, "abort")).toEqual([])
  })

  it("an answer that does not come in time counts as no answer", async () => {
    let count = 0
    const { users } = testReader({
      timeoutMs: 10,
      fetch: () => {
        count++
        return new Promise(() => undefined)
      },
    })
    await failure(users.me({ accessToken }), "CLEVER_UNREACHABLE")
    expect(count).toBe(3)
  })
})

describe("R17 answers that are not what they should be", () => {
  it.each([
    ["an HTML page", "<html>", "text/html; charset=utf-8", "html"],
    ["XML", "<?xml?>", "application/xml", "html"],
    ["JSON as text", JSON.stringify(me), "text/plain", "content-type"],
    ["torn JSON", '{"data":{"id":"', "application/json", "no-json"],
    ["nothing", "", "application/json", "no-json"],
  ])("%s", async (_name, body, type, reason) => {
    api().get("/v3.1/me").reply(200, body, { "content-type": type })
    const { users, waits } = testReader()
    const error = await failure(users.me({ accessToken }), "CLEVER_BODY_INVALID")
    expect(error.details).toMatchObject({ reason, path: "/v3.1/me" })
    expect(waits).toEqual([])
  })

  it("more bytes than the limit", async () => {
    api()
      .get("/v3.1/me")
      .reply(200, { ...me, filler: "a".repeat(2_000) })
    await failure(testReader({ maxBodyBytes: 1_000 }).users.me({ accessToken }), "CLEVER_BODY_TOO_LARGE")
  })

  it.each([
    ["a list", []],
    ["null", null],
    ["data a list", { data: [] }],
    ["no id", { data: { district: districtId } }],
    ["an id in an object", { data: { id: { $ne: null }, district: districtId } }],
    ["authorized_by true", { data: { id: idOf(1), district: districtId, authorized_by: true } }],
    ["an error", { error: "unauthorized" }],
  ])("/me: %s", async (_name, body) => {
    api().get("/v3.1/me").reply(200, JSON.stringify(body), { "content-type": "application/json" })
    await failure(testReader().users.me({ accessToken }), "CLEVER_BODY_INVALID")
  })

  it.each([
    ["roles a text", { roles: "teacher" }],
    ["a role a list", { roles: { teacher: ["x"] } }],
    ["a role's school a number", { roles: { teacher: { school: 7 } } }],
    ["a district a number", { district: 7 }],
  ])("a user: %s", async (_name, change) => {
    api()
      .get(`/v3.1/users/${idOf(1)}`)
      .reply(200, { data: { id: idOf(1), district: districtId, ...change } })
    await failure(testReader().users.user({ accessToken, id: idOf(1) }), "CLEVER_BODY_INVALID")
  })

  it("an empty of another sort is as good as none (S8)", async () => {
    api()
      .get(`/v3.1/users/${idOf(1)}`)
      .reply(200, {
        data: { id: idOf(1), district: districtId, roles: { teacher: { schools: "" }, staff: null } },
      })
    const { roles } = await testReader().users.user({ accessToken, id: idOf(1) })
    expect(roles).toEqual({ teacher: { schools: null } })
  })

  it("R60 a prototype deep in what is passed on is left out", async () => {
    const relationship = '{"__proto__":{"admin":true},"student":"p1"}'
    const roles = `{"contact":{"student_relationships":[${relationship}]},"__proto__":{"teacher":{}}}`
    const body = `{"data":{"id":"${idOf(1)}","district":"${districtId}","roles":${roles}}}`
    api()
      .get(`/v3.1/users/${idOf(1)}`)
      .reply(200, body, { "content-type": "application/json" })
    const user = await testReader().users.user({ accessToken, id: idOf(1) })
    expect(user.roles).toEqual({ contact: { student_relationships: [{ student: "p1" }] } })
    const [kept] = user.roles.contact?.student_relationships ?? []
    expect(Object.keys(kept ?? {})).toEqual(["student"])
  })

  it("R60 nor is one that hides behind an escape", async () => {
    const roles = '{"\\u005f_proto__":{"teacher":{}},"student":{"\\u005f\\u005fproto__":{"grade":"1"}}}'
    const body = `{"data":{"id":"${idOf(1)}","district":"${districtId}","roles":${roles}}}`
    api()
      .get(`/v3.1/users/${idOf(1)}`)
      .reply(200, body, { "content-type": "application/json" })
    const { roles: read } = await testReader().users.user({ accessToken, id: idOf(1) })
    expect(Object.getOwnPropertyNames(read)).toEqual(["student"])
    expect(Object.getOwnPropertyNames(read.student)).toEqual([])
  })

  it("R17 /me that names neither a district nor who authorized it is no answer", async () => {
    api()
      .get("/v3.1/me")
      .reply(200, { data: { id: idOf(1) } })
    await failure(testReader().users.me({ accessToken }), "CLEVER_BODY_INVALID")
  })

  it("R9 /userinfo that names two districts is refused", async () => {
    const districts = { district: districtId, district_id: "5a00000000000000000000ff" }
    api()
      .get("/userinfo")
      .reply(200, { sub: idOf(1), authorized_by: "district", ...districts })
    await failure(testReader().users.userInfo({ accessToken }), "LOGIN_IDENTITY_MISMATCH")
  })

  it("R60 a prototype in the answer is not read", async () => {
    const body = `{"__proto__":{"data":{"id":"evil"}},"data":{"__proto__":{"district":"evil"},"id":"${idOf(1)}","authorized_by":"teacher"}}`
    api().get("/v3.1/me").reply(200, body, { "content-type": "application/json" })
    expect(await testReader().users.me({ accessToken })).toEqual({
      id: idOf(1),
      districtId: null,
      authorizedBy: "teacher",
    })
  })
})
