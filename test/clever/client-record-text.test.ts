import { describe, expect, it } from "vitest"
import { api, districtId, failure, idOf, testClient, useNock } from "./harness.ts"

useNock()

const id = idOf(1)
const path = `/v3.1/users/${id}`
const ask = () => testClient().client.recordText({ districtId, kind: "user", id })
const json = { "content-type": "application/json" }

describe("one record as text", () => {
  const text = `{ "district":"d", "id":"${id}",  "name":{"last":"Zo\\u00eb 🏫"}, "data": 1.50 }`

  it.each([
    ["wrapped", `{"data": ${text} , "links":[{"rel":"self","uri":"/users/${id}"}]}`],
    ["with its links first", `{"links":[], "data":${text}}`],
    ["not wrapped", text],
  ])("comes byte for byte as Clever sent it, %s (S8)", async (_, body) => {
    api().get(path).reply(200, body, json)
    expect(await ask()).toBe(text)
  })

  it("is undefined for somebody who is unshared or deleted", async () => {
    api().get(path).reply(404, { message: "Resource not found" })
    expect(await ask()).toBeUndefined()
  })

  it.each([
    "",
    "[]",
    "7",
    "null",
    "{}{}",
    `{"data":{"id":"x"}`,
    `${text},${text}`,
    "<html>",
    '{"id":"x","name":nobody}',
    '{"id":"x"}],"data":[{"id":"y"}',
  ])("is refused where there is none: %s", async (body) => {
    api().get(path).reply(200, body, json)
    const client = testClient({ districtToken: "canary-token-5b1e", maxRetries: 0 }).client
    await failure(client.recordText({ districtId, kind: "user", id }), "CLEVER_BODY_INVALID")
  })

  it("asks for nothing that is not an id", async () => {
    const { client } = testClient()
    await failure(client.recordText({ districtId, kind: "user", id: "../me" }), "INVALID_OPTIONS")
  })
})
