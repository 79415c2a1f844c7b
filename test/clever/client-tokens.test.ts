import { inspect } from "node:util"
import nock from "nock"
import { describe, expect, it } from "vitest"
import { CleverClient } from "../../src/clever/index.ts"
import { certificationAnswers, hasRecordings } from "../models/recordings.ts"
import {
  api,
  authUrl,
  basic,
  clientId,
  clientSecret,
  collect,
  districtId,
  failure,
  idOf,
  testClient,
  token,
  useNock,
} from "./harness.ts"

useNock()

const app = { clientId, clientSecret }
const tokensPath = `/oauth/tokens?owner_type=district&district=${districtId}`
const user = `/v3.1/users/${idOf(1)}`
const record = { data: { id: idOf(1), district: districtId } }

function auth(): nock.Scope {
  return nock(authUrl, { reqheaders: { authorization: basic } })
}

function entry(
  owner: string,
  accessToken: string,
  created = "2022-06-23T21:56:32.335Z",
): Record<string, unknown> {
  return {
    id: `t${owner}`,
    created,
    owner: { type: "district", id: owner },
    access_token: accessToken,
    scopes: ["read:students"],
  }
}

describe("district tokens", () => {
  it("are asked for once, with the app's credentials", async () => {
    auth()
      .get(tokensPath)
      .reply(200, { data: [entry(districtId, token)] })
    api().get(user).twice().reply(200, record)
    const { client } = testClient(app)
    await client.user({ districtId, id: idOf(1) })
    await client.user({ districtId, id: idOf(1) })
    expect(client.requestCount).toBe(3)
  })

  it("of other districts in the answer are passed over, and the newest of several is taken", async () => {
    auth()
      .get(tokensPath)
      .reply(200, {
        data: [
          entry("58da8a43cc70ab00017a1a87", "other"),
          entry(districtId, "older", "2021-01-01T00:00:00.000Z"),
          entry(districtId, token),
          {
            owner: { type: "user", id: districtId },
            access_token: "a user's",
            created: "2030-01-01T00:00:00.000Z",
          },
          null,
          { broken: true },
        ],
      })
    const found = await testClient(app).client.districtToken(districtId)
    expect(found).toMatchObject({ districtId, scopes: ["read:students"] })
    expect(found.accessToken).toBe(token)
  })

  it.each([
    ["no entry", 200, { data: [] }],
    ["another district's only", 200, { data: [entry("58da8a43cc70ab00017a1a87", "other")] }],
    ["404", 404, { error: "not found" }],
  ])("a district without one is not connected: %s", async (_name, status, body) => {
    auth().get(tokensPath).reply(status, body)
    const error = await failure(
      testClient(app).client.districtToken(districtId),
      "CLEVER_DISTRICT_NOT_CONNECTED",
    )
    expect(error.details).toEqual({ districtId })
  })

  it("wrong credentials are rejected without another try", async () => {
    auth().get(tokensPath).reply(401, { error: "bad" })
    await failure(testClient(app).client.districtToken(districtId), "CLEVER_CREDENTIALS_REJECTED")
  })

  it("an answer without a list is no answer", async () => {
    auth().get(tokensPath).reply(200, { error: "x" })
    await failure(
      testClient({ ...app, maxRetries: 0 }).client.districtToken(districtId),
      "CLEVER_BODY_INVALID",
    )
  })

  it("S7 a 401 fetches the token once more", async () => {
    auth()
      .get(tokensPath)
      .reply(200, { data: [entry(districtId, "old")] })
    auth()
      .get(tokensPath)
      .reply(200, { data: [entry(districtId, token)] })
    api("old").get(user).reply(401)
    api().get(user).reply(200, record)
    const { client } = testClient(app)
    await client.user({ districtId, id: idOf(1) })
    expect((await client.districtToken(districtId)).accessToken).toBe(token)
  })

  it("S7 and then gives up", async () => {
    auth()
      .get(tokensPath)
      .twice()
      .reply(200, { data: [entry(districtId, token)] })
    api().get(user).twice().reply(401)
    const { client, waits } = testClient(app)
    await failure(client.user({ districtId, id: idOf(1) }), "CLEVER_TOKEN_REJECTED")
    expect(waits).toEqual([])
  })

  it("S7 a district that is disconnected meanwhile is told so", async () => {
    auth()
      .get(tokensPath)
      .reply(200, { data: [entry(districtId, token)] })
    auth().get(tokensPath).reply(200, { data: [] })
    api().get(user).reply(401)
    await failure(testClient(app).client.user({ districtId, id: idOf(1) }), "CLEVER_DISTRICT_NOT_CONNECTED")
  })

  it("a token given with the options is used as it is", async () => {
    api().get(user).reply(401)
    const { client } = testClient({ ...app, districtToken: token })
    await failure(client.user({ districtId, id: idOf(1) }), "CLEVER_TOKEN_REJECTED")
    expect(client.requestCount).toBe(1)
  })

  it("a district id that is none goes into no address", async () => {
    const { client } = testClient(app)
    await failure(client.districtToken("../x&y"), "INVALID_OPTIONS")
    expect(client.requestCount).toBe(0)
  })

  it("of all districts are listed, page by page", async () => {
    auth()
      .get("/oauth/tokens?owner_type=district")
      .reply(200, {
        data: [entry(idOf(2), "b"), entry(idOf(1), "a")],
        links: [{ rel: "next", uri: "/oauth/tokens?p=2" }],
      })
    auth()
      .get("/oauth/tokens?p=2")
      .reply(200, { data: [entry(idOf(3), "c")] })
    const tokens = await collect(testClient(app).client.districtTokens())
    expect(tokens.map((found) => [found.districtId, found.accessToken])).toEqual([
      [idOf(2), "b"],
      [idOf(1), "a"],
      [idOf(3), "c"],
    ])
  })

  it("of the recorded answer are all listed", async (context) => {
    if (!hasRecordings) context.skip("the recordings are not beside this project")
    const recorded = certificationAnswers().find(({ url }) => url.includes("/oauth/tokens?"))
    auth()
      .get("/oauth/tokens?owner_type=district")
      .reply(200, recorded?.body as nock.Body)
    expect((await collect(testClient(app).client.districtTokens())).map((found) => found.districtId)).toEqual(
      ["58da8a43cc70ab00017a1a87", "5d0a9e5d0958b300014e49d2", "62817af12d430f5d54001f99"],
    )
  })

  it("print without their secret", async () => {
    auth()
      .get(tokensPath)
      .reply(200, { data: [entry(districtId, token)] })
    const found = await testClient(app).client.districtToken(districtId)
    for (const printed of [
      `${found}`,
      JSON.stringify(found),
      inspect(found, { depth: 9, showHidden: true }),
      inspect({ ...found }),
    ]) {
      expect(printed).not.toContain(token)
    }
    expect(`${found}`).toContain(districtId)
  })
})

describe("options", () => {
  it.each([
    [{}],
    [{ clientId }],
    [{ clientSecret }],
    [{ clientId: "", clientSecret: "" }],
    [{ districtToken: "" }],
  ])("%j lack credentials", async (options) => {
    await failure(() => new CleverClient(options), "CLEVER_CREDENTIALS_MISSING")
  })

  it("a district token alone can't list the districts", async () => {
    await failure(collect(testClient().client.districtTokens()), "CLEVER_CREDENTIALS_MISSING")
  })

  it.each([
    "http://api.clever.com",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "ftp://localhost",
    "api.clever.com",
    "",
    "https://user:secret@api.clever.com",
    "https://api.clever.com?x=1",
  ])("%s is no address to send tokens to", async (url) => {
    for (const name of ["apiUrl", "authUrl"]) {
      const error = await failure(
        () => new CleverClient({ districtToken: token, [name]: url }),
        "INVALID_OPTIONS",
      )
      expect(error.details).toEqual({ option: name })
    }
  })

  it.each([
    "http://localhost:4000",
    "http://127.0.0.1:4000/",
    "http://127.9.9.9",
    "http://[::1]:1",
    "http://2130706433",
  ])("%s is a loopback address", (url) => {
    expect(new CleverClient({ districtToken: token, apiUrl: url, authUrl: url })).toBeInstanceOf(CleverClient)
  })

  it.each([
    { pageSize: 10_001 },
    { timeoutMs: 0 },
    { stallTimeoutMs: -1 },
    { maxBodyBytes: 1.5 },
    { maxRetries: 11 },
    { apiVersion: "v2.1" as "v3.1" },
  ])("%j are refused", async (options) => {
    await failure(() => new CleverClient({ districtToken: token, ...options }), "INVALID_OPTIONS")
  })

  it("v3.0 is asked for where it is chosen", async () => {
    api()
      .get(`/v3.0/users/${idOf(1)}`)
      .reply(200, record)
    const { client } = testClient({ districtToken: token, apiVersion: "v3.0" })
    expect(client.apiVersion).toBe("v3.0")
    await client.user({ districtId, id: idOf(1) })
  })

  it("an observer that throws breaks nothing", async () => {
    api().get(user).reply(200, record)
    const { client } = testClient({
      districtToken: token,
      onRequest: () => {
        throw new Error("broken observer")
      },
    })
    expect(await client.user({ districtId, id: idOf(1) })).toMatchObject({ id: idOf(1) })
  })
})
