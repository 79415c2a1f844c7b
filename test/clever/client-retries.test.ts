import nock from "nock"
import { describe, expect, it } from "vitest"
import {
  api,
  apiUrl,
  districtId,
  failure,
  idOf,
  testClient,
  token,
  useNock,
  userPage,
  userPageIds,
} from "./harness.ts"

useNock()

const user = `/v3.1/users/${idOf(1)}`
const record = { data: { id: idOf(1), district: districtId }, links: [] }

describe("S7 retries", () => {
  it("1, 2, 4, 8 and 16 seconds, then gives up as retryable", async () => {
    api().get(user).times(6).reply(500)
    const { client, waits, reports } = testClient()
    const error = await failure(client.user({ districtId, id: idOf(1) }), "CLEVER_UNAVAILABLE")
    expect(error.retryable).toBe(true)
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000])
    expect(reports.map(({ attempt, status }) => [attempt, status])).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => [n, 500]),
    )
    expect(client.requestCount).toBe(6)
  })

  it("with full jitter", async () => {
    api().get(user).times(3).reply(503)
    const { client, waits } = testClient({ districtToken: token, random: () => 0.25, maxRetries: 2 })
    await failure(client.user({ districtId, id: idOf(1) }), "CLEVER_UNAVAILABLE")
    expect(waits).toEqual([250, 500])
  })

  it("a dropped connection is retried, then Clever is unreachable", async () => {
    nock(apiUrl)
      .get(user)
      .times(2)
      .replyWithError(Object.assign(new Error(`refused ${token}`), { code: "ECONNRESET" }))
    api().get(user).reply(200, record)
    expect(await testClient().client.user({ districtId, id: idOf(1) })).toMatchObject({ id: idOf(1) })

    nock(apiUrl)
      .get(user)
      .times(6)
      .replyWithError(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }))
    const error = await failure(testClient().client.user({ districtId, id: idOf(1) }), "CLEVER_UNREACHABLE")
    expect(error.retryable).toBe(true)
    expect(error.cause).toMatchObject({ message: expect.stringContaining("ECONNREFUSED") })
  })

  it.each([
    [400, "CLEVER_REQUEST_REFUSED"],
    [403, "CLEVER_REQUEST_REFUSED"],
    [404, "CLEVER_NOT_FOUND"],
    [413, "CLEVER_REQUEST_REFUSED"],
    [418, "CLEVER_REQUEST_REFUSED"],
    [501, "CLEVER_REQUEST_REFUSED"],
    [304, "CLEVER_REQUEST_REFUSED"],
    [401, "CLEVER_TOKEN_REJECTED"],
  ] as const)("never %i", async (status, code) => {
    api().get(user).reply(status)
    const { client, waits } = testClient()
    const error = await failure(client.user({ districtId, id: idOf(1) }), code)
    expect(error.details).toMatchObject({ status, path: user })
    expect(waits).toEqual([])
  })
})

describe("S7 rate limit", () => {
  const limits = (remaining: number, secondsAhead: number) => ({
    "x-ratelimit-limit": "1200",
    "x-ratelimit-bucket": "bearer",
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(1_700_000_000 + secondsAhead),
  })

  it("429 waits until the reset, and counts as no retry", async () => {
    api().get(user).reply(429, "", limits(0, 12))
    api().get(user).reply(200, record)
    const { client, waits } = testClient({ districtToken: token, maxRetries: 0 })
    await client.user({ districtId, id: idOf(1) })
    expect(waits).toEqual([13_000])
  })

  it("429 without headers waits a minute; a clock that is far off never waits longer", async () => {
    api().get(user).reply(429)
    api().get(user).reply(200, record, limits(5, 86_400))
    const { client, waits } = testClient()
    await client.user({ districtId, id: idOf(1) })
    api().get(user).reply(429, "", limits(0, 86_400))
    api().get(user).reply(200, record)
    await client.user({ districtId, id: idOf(1) })
    expect(waits).toEqual([60_000, 61_000])
  })

  it("429 again right after the reset sits the whole window out", async () => {
    api().get(user).reply(429, "", limits(0, -500))
    api().get(user).reply(429, "", limits(0, -500))
    api().get(user).reply(200, record)
    const { client, waits } = testClient()
    await client.user({ districtId, id: idOf(1) })
    expect(waits).toEqual([1_000, 61_000])
  })

  it("gives up after five waits", async () => {
    api().get(user).times(6).reply(429)
    const { client, waits } = testClient()
    const error = await failure(client.user({ districtId, id: idOf(1) }), "CLEVER_RATE_LIMITED")
    expect(error.retryable).toBe(true)
    expect(waits).toHaveLength(5)
  })

  it("nothing is sent with a used-up token before its reset", async () => {
    let now = 1_700_000_000_000
    api().get(user).times(2).reply(200, record, limits(0, 20))
    api().get(user).reply(200, record, limits(1_199, 80))
    api().get(user).reply(200, record)
    const waits: number[] = []
    const { client } = testClient({
      districtToken: token,
      clock: () => now,
      sleep: async (ms) => {
        waits.push(ms)
        now += ms
      },
    })
    await client.user({ districtId, id: idOf(1) })
    expect(waits).toEqual([])
    await client.user({ districtId, id: idOf(1) })
    expect(waits).toEqual([21_000])
    await client.user({ districtId, id: idOf(1) })
    await client.user({ districtId, id: idOf(1) })
    expect(waits).toHaveLength(1)
  })

  it("the last request left is used once by two that come together", async () => {
    api().get(user).reply(200, record, limits(1, 20))
    const { client, waits } = testClient()
    await client.user({ districtId, id: idOf(1) })
    api().get(user).times(2).reply(200, record)
    await Promise.all([client.user({ districtId, id: idOf(1) }), client.user({ districtId, id: idOf(1) })])
    expect(waits).toEqual([21_000])
  })
})

describe("aborting", () => {
  it("before, sends nothing", async () => {
    const { client } = testClient()
    await failure(client.user({ districtId, id: idOf(1), signal: AbortSignal.abort() }), "ABORTED")
    await failure(userPageIds(client, { signal: AbortSignal.abort() }), "ABORTED")
    expect(client.requestCount).toBe(0)
  })

  it("during a wait ends it at once, even if the sleep takes no notice", async () => {
    api().get(user).reply(500)
    const controller = new AbortController()
    const { client } = testClient({
      districtToken: token,
      sleep: () => {
        controller.abort(new Error("the caller's own reason"))
        return new Promise(() => undefined)
      },
    })
    await failure(client.user({ districtId, id: idOf(1), signal: controller.signal }), "ABORTED")
  })

  it("during a request ends it at once", async () => {
    const controller = new AbortController()
    const { client } = testClient({
      districtToken: token,
      fetch: () => {
        controller.abort()
        return new Promise(() => undefined)
      },
    })
    await failure(client.user({ districtId, id: idOf(1), signal: controller.signal }), "ABORTED")
  })

  it("between pages", async () => {
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage([idOf(1)], "/v3.1/users?p=2"))
    api()
      .get("/v3.1/users?p=2")
      .optionally()
      .reply(200, userPage([idOf(2)]))
    const controller = new AbortController()
    const pages = testClient().client.recordPages({
      districtId,
      kind: "user",
      pageSize: 100,
      signal: controller.signal,
    })
    expect((await pages.next()).value?.count).toBe(1)
    controller.abort()
    await failure(pages.next(), "ABORTED")
  })
})
