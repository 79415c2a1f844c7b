import { inspect } from "node:util"
import nock from "nock"
import { describe, expect, it } from "vitest"
import {
  apiUrl,
  authUrl,
  basic,
  clientId,
  clientSecret,
  districtId,
  idOf,
  testClient,
  token,
  useNock,
} from "./harness.ts"

useNock()

const person = "Canary Pupil canary.pupil@example.com"
const secrets = [token, clientSecret, basic.slice("Basic ".length), "Canary", "canary.pupil"]

/** Everything that an error, its causes included, gives away when printed in any way. */
function everythingOf(error: unknown): string {
  const parts: string[] = []
  for (let at = error; at instanceof Error; at = at.cause) {
    parts.push(
      `${at}`,
      at.stack ?? "",
      JSON.stringify(at),
      JSON.stringify(Object.getOwnPropertyDescriptors(at)),
    )
  }
  return [...parts, inspect(error, { depth: 20, showHidden: true, getters: true })].join("\n")
}

describe("canary: no token, secret or person comes out", () => {
  const troubles: [string, (reply: nock.Interceptor) => void][] = [
    ...[301, 400, 401, 403, 404, 413, 418, 429, 500, 501, 503].map(
      (status): [string, (reply: nock.Interceptor) => void] => [
        `status ${status}`,
        (interceptor) => {
          interceptor.reply(
            status,
            { error: `${token} ${person}` },
            { location: `https://evil.example/?t=${token}` },
          )
        },
      ],
    ),
    [
      "HTML",
      (interceptor) => interceptor.reply(200, `<html>${token} ${person}`, { "content-type": "text/html" }),
    ],
    ["a torn body", (interceptor) => interceptor.reply(200, `{"data":[{"data":{"id":"a","name":"${person}`)],
    ["no JSON", (interceptor) => interceptor.reply(200, `{"data":${person}}`)],
    [
      "no JSON in a record",
      (interceptor) => interceptor.reply(200, `{"data":[{"data":{"id":"a","name":${person}}}]}`),
    ],
    [
      "a foreign link",
      (interceptor) =>
        interceptor.reply(200, {
          data: [{ data: { id: "a", name: person } }],
          links: [{ rel: "next", uri: `https://evil.example/${token}` }],
        }),
    ],
    [
      "a wrong type",
      (interceptor) =>
        interceptor.reply(200, { data: [{ data: { id: "a", district: districtId, name: person } }] }),
    ],
    [
      "a wrong id",
      (interceptor) => interceptor.reply(200, { data: [{ data: { id: person, district: districtId } }] }),
    ],
    [
      "a broken connection",
      (interceptor) =>
        interceptor.replyWithError(
          Object.assign(new Error(`reset ${token} ${person}`), { code: "ECONNRESET" }),
        ),
    ],
  ]

  it.each(troubles)("%s", async (_name, prepare) => {
    const answer = (scope: nock.Interceptor): void => prepare(scope)
    const granted = { data: [{ owner: { type: "district", id: districtId }, access_token: token }] }
    nock(authUrl).persist().get(/.*/).reply(200, granted)
    const printed: string[] = []
    for (const use of ["list", "pages", "single", "events"] as const) {
      // Every request gets the same trouble, however often it is tried.
      const data = nock(apiUrl).persist()
      answer(data.get(/.*/))
      const { client, reports } = testClient({ clientId, clientSecret, maxRetries: 1 })
      try {
        if (use === "list") for await (const _user of client.users({ districtId })) break
        if (use === "pages") for await (const _page of client.recordPages({ districtId, kind: "user" })) break
        if (use === "single") await client.user({ districtId, id: idOf(1) })
        if (use === "events")
          for await (const _page of client.eventPages({ districtId, after: idOf(1) })) break
      } catch (error) {
        printed.push(everythingOf(error))
      }
      printed.push(
        JSON.stringify(reports),
        inspect(client, { depth: 20, showHidden: true, getters: true }),
        JSON.stringify(client),
      )
      expect(reports.length).toBeGreaterThan(0)
      nock.removeInterceptor(data.get(/.*/))
      nock.cleanAll()
      nock(authUrl).persist().get(/.*/).reply(200, granted)
    }
    nock.cleanAll()
    expect(printed.length).toBeGreaterThan(8)
    for (const secret of secrets) expect(printed.join("\n")).not.toContain(secret)
  })

  it("wrong app credentials", async () => {
    nock(authUrl)
      .get(/.*/)
      .reply(401, { error: `${clientSecret} ${basic}` })
    const { client, reports } = testClient({ clientId, clientSecret })
    const error = await client.districtToken(districtId).catch((reason: unknown) => reason)
    const printed = everythingOf(error) + JSON.stringify(reports)
    expect(printed).toContain("CLEVER_CREDENTIALS_REJECTED")
    for (const secret of [...secrets, clientId]) expect(printed).not.toContain(secret)
  })
})
