import assert from "node:assert/strict"
import fc from "fast-check"
import { CleverClient } from "../../../src/clever/index.ts"
import { type Fuzzer, personal, text } from "../engine/fuzzer.ts"
import { asyncOutcome } from "../engine/outcome.ts"
import { encoded, jsonWords } from "../support/json-inputs.ts"
import { eventPage, recordPage } from "../support/page-inputs.ts"

/** The answers of an input: each ends at this byte, and may begin with its status, as in `!413 `. */
const separator = "\x1e"

interface Answer {
  readonly status: number
  readonly body: Buffer<ArrayBuffer>
}

function answersOf(input: Uint8Array): Answer[] {
  return text(input)
    .split(separator)
    .slice(0, 20)
    .map((answer) => {
      const [, status = "200"] = /^!([2-5]\d\d) /.exec(answer) ?? []
      return { status: Number(status), body: Buffer.from(answer.replace(/^!\d+ /, "")) }
    })
}

interface Walked {
  readonly requests: readonly URL[]
  readonly answers: number
  readonly tokens: readonly (string | null)[]
}

/** What no walk over so few answers asks for: ends the walks, and the property fails. */
const tooMany = 3_000

/** Lists and feeds of a Clever that gives the input's answers in turn, over and over. */
async function walk(input: Uint8Array): Promise<Walked> {
  const answers = answersOf(input)
  const requests: URL[] = []
  const tokens: (string | null)[] = []
  const clever = new CleverClient({
    districtToken: personal,
    maxRetries: 0,
    sleep: async () => {},
    fetch: async (url, init) => {
      const { status, body } = answers[requests.length % answers.length] as Answer
      requests.push(new URL(String(url)))
      tokens.push(new Headers(init?.headers).get("authorization"))
      if (requests.length > tooMany) throw new Error("There is no end to it")
      const content = [204, 205, 304].includes(status) ? null : body
      return new Response(content, { status, headers: { "content-type": "application/json" } })
    },
  })
  const districtId = "d1"
  await asyncOutcome(async () => {
    for await (const { count } of clever.recordPages({ districtId, kind: "user" })) assert.ok(count > 0)
  })
  await asyncOutcome(async () => {
    for await (const _ of clever.users({ districtId, onRejected: () => {} }));
  })
  await asyncOutcome(async () => {
    for await (const _ of clever.eventPages({ districtId, after: "e1" }));
  })
  await asyncOutcome(() => clever.newestEvent({ districtId }))
  return { requests, answers: answers.length, tokens }
}

const status = fc.constantFrom("", "", "", "!413 ", "!429 ", "!503 ", "!404 ")

export const walks: Fuzzer = {
  name: "walks",
  runs: 80,
  inputs: encoded(
    fc
      .array(fc.tuple(status, fc.oneof(recordPage, eventPage)), { minLength: 1, maxLength: 4 })
      .map((all) => all.map((answer) => answer.join("")).join(separator)),
  ),
  words: [
    separator,
    "!413 ",
    "!429 ",
    "?li%6dit=9999",
    ...jsonWords,
    '"uri":"https://elsewhere.example/"',
    '"uri":"//elsewhere.example"',
  ],
  properties: {
    "ends, after a few requests for each link": async (input) => {
      const { requests, answers } = await walk(input)
      // Four walks, each with two requests of its own beside the links; ten halvings of the page and five waits.
      assert.ok(requests.length <= 4 * (answers + 2) * 16, `${requests.length} requests`)
    },
    "asks nobody but Clever, and so sends the token to nobody else": async (input) => {
      const { requests, tokens } = await walk(input)
      for (const { origin, username, password } of requests) {
        assert.equal(`${origin}${username}${password}`, "https://api.clever.com")
      }
      assert.ok(tokens.every((token) => token === `Bearer ${personal}`))
    },
  },
}
