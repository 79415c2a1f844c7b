import type nock from "nock"
import { describe, expect, it } from "vitest"
import { certificationAnswers, hasRecordings, readRecording } from "../models/recordings.ts"
import { api, collect, districtId, failure, idOf, testClient, token, useNock } from "./harness.ts"

useNock()

const newest = "/v3.1/events?ending_before=last&limit=1"
const after = idOf(5)
const fromCursor = `/v3.1/events?starting_after=${after}&limit=10000`
const html = { "content-type": "text/html; charset=utf-8" }

function event(number: number, object: unknown = { id: idOf(900) }): Record<string, unknown> {
  const id = idOf(number)
  return {
    data: {
      type: "users.updated",
      id,
      created: "2021-12-02T17:15:46.000Z",
      data: { object, previous_attributes: { object: {} } },
    },
    uri: `/v3.1/events/${id}`,
  }
}

describe("S3 the event feed", () => {
  it("comes in feed order, page by page", async () => {
    api()
      .get(fromCursor)
      .reply(200, { data: [event(7), event(6)], links: [{ rel: "next", uri: "/v3.1/events?p=2" }] })
    api()
      .get("/v3.1/events?p=2")
      .reply(200, { data: [event(9), event(8)], links: [] })
    const pages = await collect(testClient().client.eventPages({ districtId, after }))
    expect(pages.map(({ events, next }) => [events.map(({ id }) => id), next])).toEqual([
      [[idOf(7), idOf(6)], "/v3.1/events?p=2"],
      [[idOf(9), idOf(8)], null],
    ])
    expect(pages[0]?.events[0]).toEqual({
      id: idOf(7),
      type: "users.updated",
      created: "2021-12-02T17:15:46.000Z",
      object: `{"id":"${idOf(900)}"}`,
    })
  })

  it("gives each record's text as Clever wrote it", async () => {
    const object = '{ "b" : 1.0, "a":"\\u00e9é\\"}" ,"object":{"id":"x"}, "n":12345678901234567890 }'
    const body = `{"data":[{"uri":"/v3.1/events/e","data":{"type":"users.created","data":{"previous_attributes":{},"object": ${object}},"id":"e"}}]}`
    api().get(fromCursor).reply(200, body)
    const [page] = await collect(testClient().client.eventPages({ districtId, after }))
    expect(page?.events).toEqual([{ id: "e", type: "users.created", created: undefined, object }])
  })

  it.each([
    ["no data", { type: "x.y", id: "e" }],
    ["data that is null", { type: "x.y", id: "e", data: null }],
    ["an object that is a text", { type: "x.y", id: "e", data: { object: "x" } }],
    ["no object", { type: "x.y", id: "e", data: {} }],
  ])("S8 an event with %s has no record", async (_name, data) => {
    api()
      .get(fromCursor)
      .reply(200, { data: [{ data, uri: "/v3.1/events/e" }] })
    const [page] = await collect(testClient().client.eventPages({ districtId, after }))
    expect(page?.events).toEqual([{ id: "e", type: "x.y", created: undefined, object: undefined }])
  })

  it("S8 unknown and missing types pass through, wrapped or not", async () => {
    api()
      .get(fromCursor)
      .reply(200, {
        data: [{ id: "e1", type: "enrollments.deleted", data: { object: {} } }, { data: { id: "e2" } }],
      })
    const [page] = await collect(testClient().client.eventPages({ districtId, after }))
    expect(page?.events.map(({ id, type, object }) => [id, type, object])).toEqual([
      ["e1", "enrollments.deleted", "{}"],
      ["e2", "", undefined],
    ])
  })

  it.each([
    ["no id", { data: [{ data: { type: "users.created" } }] }],
    ["no object around it", { data: [null] }],
    ["a list around it", { data: [["x"]] }],
  ])("S4 an event with %s stops the feed", async (_name, body) => {
    api().get(fromCursor).reply(200, body)
    const pages = collect(testClient().client.eventPages({ districtId, after }))
    const { details } = await failure(pages, "CLEVER_EVENTS_UNAVAILABLE")
    expect(details).toEqual({ reason: "event-unreadable" })
  })

  it("S2 the newest event may be one that can't be read", async () => {
    api()
      .get(newest)
      .reply(200, { data: [null] })
    await failure(testClient().client.newestEvent({ districtId }), "CLEVER_EVENTS_UNAVAILABLE")
  })

  it("S4 an event whose text is no JSON stops the feed", async () => {
    api()
      .get(fromCursor)
      .reply(200, '{"data":[{"data":{"id":"e","data":{"object":{"email":bob@example.com}}}}]}')
    const error = await failure(
      collect(testClient().client.eventPages({ districtId, after })),
      "CLEVER_EVENTS_UNAVAILABLE",
    )
    expect(JSON.stringify(error) + error.stack).not.toContain("bob")
  })

  it("nothing new is an empty feed", async () => {
    api().get(fromCursor).reply(200, { data: [], links: [] })
    expect(await collect(testClient().client.eventPages({ districtId, after }))).toEqual([])
  })

  it("S1 the newest event is the cursor's start, and there may be none", async () => {
    api()
      .get(newest)
      .reply(200, { data: [event(7)], links: [{ rel: "prev", uri: "/x" }] })
    expect(await testClient().client.newestEvent({ districtId })).toMatchObject({ id: idOf(7) })
    api().get(newest).reply(200, { data: [], links: [] })
    expect(await testClient().client.newestEvent({ districtId })).toBeUndefined()
  })

  it("a single event and the whole feed can be read", async () => {
    api()
      .get(`/v3.1/events/${idOf(7)}`)
      .reply(200, event(7))
    const { client } = testClient()
    expect(await client.event({ districtId, id: idOf(7) })).toMatchObject({ type: "users.updated" })
    api()
      .get("/v3.1/events?limit=2")
      .reply(200, { data: [event(1), event(2)] })
    expect((await collect(client.events({ districtId, pageSize: 2 }))).map(({ id }) => id)).toEqual([
      idOf(1),
      idOf(2),
    ])
  })

  it("the recorded page and examples give every record", async (context) => {
    if (!hasRecordings) context.skip("the recordings are not beside this project")
    const recorded = certificationAnswers().find(({ url }) => url.endsWith("/v3.0/events"))?.body as {
      data: { data: { id: string; data: { object: unknown } } }[]
    }
    const examples = ["created", "updated", "deleted"].map((name) =>
      JSON.parse(readRecording(`docs-examples/v3.0-event-users.${name}.json`)),
    )
    const items = [...recorded.data, ...examples]
    api()
      .get(fromCursor)
      .reply(200, { data: items } as nock.Body)
    const [page] = await collect(testClient().client.eventPages({ districtId, after }))
    expect(page?.events).toHaveLength(103)
    expect(page?.events.map(({ object }) => JSON.parse(object ?? ""))).toEqual(
      items.map(({ data }) => data.data.object),
    )
  })
})

describe("S2 events that can't be read", () => {
  it.each([
    ["404", 404, "", {}],
    ["404 with a page", 404, "<html>", html],
    ["403", 403, "", {}],
    ["400", 400, "", {}],
    ["a page with status 200", 200, "<html>", html],
  ])("%s: not readable", async (_name, status, body, headers) => {
    api().get(newest).reply(status, body, headers)
    const error = await failure(testClient().client.newestEvent({ districtId }), "CLEVER_EVENTS_UNAVAILABLE")
    expect(error.details.reason).toBe("not-readable")
  })

  it.each([400, 404, 410])("S5 %i for the cursor alone: the cursor is rejected", async (status) => {
    api().get(fromCursor).reply(status)
    api()
      .get(newest)
      .reply(200, { data: [event(7)] })
    const error = await failure(
      collect(testClient().client.eventPages({ districtId, after })),
      "CLEVER_EVENTS_UNAVAILABLE",
    )
    expect(error.details).toMatchObject({ reason: "cursor-rejected", status })
  })

  it("S5 404 for the cursor and for the feed: not readable", async () => {
    api().get(fromCursor).reply(404, "<html>", html)
    api().get(newest).reply(404, "<html>", html)
    const error = await failure(
      collect(testClient().client.eventPages({ districtId, after })),
      "CLEVER_EVENTS_UNAVAILABLE",
    )
    expect(error.details.reason).toBe("not-readable")
  })

  it("403 needs no second look", async () => {
    api().get(fromCursor).reply(403)
    const { client } = testClient()
    const error = await failure(
      collect(client.eventPages({ districtId, after })),
      "CLEVER_EVENTS_UNAVAILABLE",
    )
    expect(error.details.reason).toBe("not-readable")
    expect(client.requestCount).toBe(1)
  })

  it("what is no refusal stays what it is", async () => {
    api().get(fromCursor).reply(401)
    await failure(collect(testClient().client.eventPages({ districtId, after })), "CLEVER_TOKEN_REJECTED")
    api().get(newest).reply(500)
    const { client } = testClient({ districtToken: token, maxRetries: 0 })
    await failure(client.newestEvent({ districtId }), "CLEVER_UNAVAILABLE")
    await failure(collect(client.eventPages({ districtId, after: "a b" })), "INVALID_OPTIONS")
  })
})
