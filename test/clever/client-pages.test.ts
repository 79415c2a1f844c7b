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

describe("S6 following pages", () => {
  it("follows next exactly as given and ends where there is none", async () => {
    const odd = "/v3.1/users?limit=7&starting_after=a%2Fb&x=1&x=2&sp=a+b"
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage([idOf(1), idOf(2)], odd))
    api()
      .get((path) => path === odd)
      .reply(200, userPage([idOf(3)]))
    const { client } = testClient()
    expect(await userPageIds(client)).toEqual([[idOf(1), idOf(2)], [idOf(3)]])
    expect(client.requestCount).toBe(2)
  })

  it("ends at an empty page although it has a next", async () => {
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage([idOf(1)], "/v3.1/users?p=2"))
    api().get("/v3.1/users?p=2").reply(200, userPage([], "/v3.1/users?p=3"))
    expect(await userPageIds(testClient().client)).toEqual([[idOf(1)]])
  })

  it("an empty listing has no page", async () => {
    api().get("/v3.1/users?limit=100").reply(200, userPage([]))
    expect(await userPageIds(testClient().client)).toEqual([])
  })

  it("goes on from a link of an earlier page", async () => {
    api()
      .get("/v3.1/users?limit=9&starting_after=1")
      .reply(200, userPage([idOf(2)]))
    expect(await userPageIds(testClient().client, { from: "/v3.1/users?limit=9&starting_after=1" })).toEqual([
      [idOf(2)],
    ])
  })

  it("accepts an absolute link to the same host", async () => {
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage([idOf(1)], `${apiUrl}/v3.1/users?p=2`))
    api()
      .get("/v3.1/users?p=2")
      .reply(200, userPage([idOf(2)]))
    expect(await userPageIds(testClient().client)).toHaveLength(2)
  })

  it.each([
    "https://evil.example/v3.1/users?p=2",
    "//evil.example/v3.1/users",
    "\\\\evil.example/v3.1/users",
    "http://api.clever.com/v3.1/users?p=2",
    "https://api.clever.com:8443/v3.1/users",
    "https://api.clever.com.evil.example/",
    "https://user:password@api.clever.com/v3.1/users",
    "javascript:alert(1)",
    "file:///etc/passwd",
  ])("refuses a link to %s before anything is sent there", async (link) => {
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage([idOf(1)], link))
    const { client } = testClient()
    await failure(userPageIds(client), "CLEVER_LINK_FOREIGN")
    expect(client.requestCount).toBe(1)
  })

  it("refuses to go on from a foreign link", async () => {
    await failure(userPageIds(testClient().client, { from: "https://evil.example/" }), "CLEVER_LINK_FOREIGN")
  })

  it.each([301, 302, 303, 307, 308])("does not follow a redirect (%i)", async (status) => {
    api().get("/v3.1/users?limit=100").reply(status, "", { location: "https://evil.example/v3.1/users" })
    const { client } = testClient()
    await failure(userPageIds(client), "CLEVER_LINK_FOREIGN")
    expect(client.requestCount).toBe(1)
  })

  it("does not take what a fetch of the app's brings from behind a redirect", async () => {
    const moved = Object.defineProperty(Response.json(userPage([idOf(1)])), "redirected", { value: true })
    const elsewhere = Object.defineProperty(Response.json(userPage([idOf(1)])), "url", {
      value: "https://evil.example/v3.1/users",
    })
    for (const answer of [moved, elsewhere]) {
      await failure(
        userPageIds(testClient({ districtToken: token, fetch: async () => answer }).client),
        "CLEVER_REQUEST_REFUSED",
      )
    }
  })

  it("sends the token to the API host alone", async () => {
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage([idOf(1)], "/v3.1/users?p=2"))
    const asked = nock(apiUrl, {
      reqheaders: { authorization: `Bearer ${token}`, "accept-encoding": "identity" },
    })
    asked.get("/v3.1/users?p=2").reply(200, userPage([]))
    await userPageIds(testClient().client)
    expect(asked.isDone()).toBe(true)
  })
})

describe("S6 pages that can't be trusted", () => {
  it("the same link again", async () => {
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage([idOf(1)], "/v3.1/users?limit=100"))
    const { client } = testClient()
    await failure(userPageIds(client), "CLEVER_PAGES_LOOP")
    expect(client.requestCount).toBe(1)
  })

  it("a circle of links", async () => {
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage([idOf(1)], "/v3.1/users?p=2"))
    api()
      .get("/v3.1/users?p=2")
      .reply(200, userPage([idOf(2)], "/v3.1/users?p=3"))
    api()
      .get("/v3.1/users?p=3")
      .reply(200, userPage([idOf(3)], "/v3.1/users?p=2"))
    await failure(userPageIds(testClient().client), "CLEVER_PAGES_LOOP")
  })

  it("a page that lies before the one it follows", async () => {
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage([idOf(5), idOf(6)], "/v3.1/users?p=2"))
    api()
      .get("/v3.1/users?p=2")
      .reply(200, userPage([idOf(3), idOf(6)]))
    await failure(userPageIds(testClient().client), "CLEVER_PAGES_LOOP")
  })

  it("the same page under other links, in whatever order it is", async () => {
    const ids = [idOf(9), idOf(1), idOf(5)]
    api().get("/v3.1/users?limit=100").reply(200, userPage(ids, "/v3.1/users?p=2"))
    api().get("/v3.1/users?p=2").reply(200, userPage(ids, "/v3.1/users?p=3"))
    api().get("/v3.1/users?p=3").optionally().reply(200, userPage(ids, "/v3.1/users?p=4"))
    await failure(userPageIds(testClient().client), "CLEVER_PAGES_LOOP")
  })

  it("but not a listing that never was in ascending order, nor ids of another length", async () => {
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage(["b", "a", "c"], "/v3.1/users?p=2"))
    api()
      .get("/v3.1/users?p=2")
      .reply(200, userPage(["B", "A"]))
    expect(await userPageIds(testClient().client)).toHaveLength(2)
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage(["8", "9"], "/v3.1/users?p=2"))
    api()
      .get("/v3.1/users?p=2")
      .reply(200, userPage(["10", "11"]))
    expect(await userPageIds(testClient().client)).toHaveLength(2)
  })
})

describe("S6 page size", () => {
  it.each([413, 502, 503, 504])(
    "%i halves it at the same place, and the rest of the link stays",
    async (status) => {
      const next = "/v3.1/users?starting_after=x&limit=1000&count="
      api()
        .get("/v3.1/users?limit=1000")
        .reply(200, userPage([idOf(1)], next))
      api().get("/v3.1/users?starting_after=x&limit=1000&count=").reply(status)
      api().get("/v3.1/users?starting_after=x&limit=500&count=").reply(status)
      api()
        .get("/v3.1/users?starting_after=x&limit=250&count=")
        .reply(200, userPage([idOf(2)]))
      const { client, waits } = testClient()
      expect(await userPageIds(client, { pageSize: 1000 })).toEqual([[idOf(1)], [idOf(2)]])
      expect(waits).toEqual(status === 413 ? [] : [1_000, 2_000])
    },
  )

  it("413 at the smallest size is refused", async () => {
    for (const limit of [40, 20, 10]) api().get(`/v3.1/users?limit=${limit}`).reply(413)
    const error = await failure(userPageIds(testClient().client, { pageSize: 40 }), "CLEVER_REQUEST_REFUSED")
    expect(error.details).toMatchObject({ status: 413, path: "/v3.1/users" })
  })

  it.each([0, 10_001, 1.5, Number.NaN])("%d is refused", async (pageSize) => {
    await failure(userPageIds(testClient().client, { pageSize }), "INVALID_OPTIONS")
  })
})

describe("S10 a listing that can't be completed throws", () => {
  it.each([
    ["HTML with status 200", "<html></html>", { "content-type": "text/html; charset=utf-8" }, 1],
    ["HTML that calls itself JSON", "<html></html>", { "content-type": "application/json" }, 3],
    ["a torn body", '{"data":[{"data":{"id":"a"', { "content-type": "application/json" }, 3],
    ["no envelope", '{"message":"hello"}', { "content-type": "application/json" }, 3],
    ["nothing", "", {}, 3],
  ])("%s", async (_name, body, headers, requests) => {
    api().get("/v3.1/users?limit=100").times(requests).reply(200, body, headers)
    const { client } = testClient({ districtToken: token, maxRetries: 2 })
    await failure(userPageIds(client), "CLEVER_BODY_INVALID")
    expect(client.requestCount).toBe(requests)
  })

  it("S7 but a body that was torn once is asked for again", async () => {
    api().get("/v3.1/users?limit=100").reply(200, '{"data":[')
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage([idOf(1)]))
    expect(await userPageIds(testClient().client)).toEqual([[idOf(1)]])
  })

  it("a failure after some pages comes after those pages", async () => {
    api()
      .get("/v3.1/users?limit=100")
      .reply(200, userPage([idOf(1)], "/v3.1/users?p=2"))
    api().get("/v3.1/users?p=2").reply(404)
    const seen: number[] = []
    const work = async () => {
      for await (const page of testClient().client.recordPages({ districtId, kind: "user", pageSize: 100 })) {
        seen.push(page.count)
      }
    }
    await failure(work, "CLEVER_NOT_FOUND")
    expect(seen).toEqual([1])
  })
})
