import assert from "node:assert/strict"
import fc from "fast-check"
import { errorCodes } from "../../../src/errors/index.ts"
import { readCallbackParameters } from "../../../src/sso/callback-parameters.ts"
import { CleverSsoClient } from "../../../src/sso/index.ts"
import { addressOf, prefersJson } from "../../../src/sso/login-request.ts"
import { type Fuzzer, personal, text } from "../engine/fuzzer.ts"
import { outcome } from "../engine/outcome.ts"
import { encoded } from "../support/json-inputs.ts"

const app = "https://app.example"
const exchanges: string[] = []
const sso = new CleverSsoClient({
  clientId: "client",
  clientSecret: "a secret of the client",
  redirectUri: `${app}/auth/clever/callback`,
  cookieSecret: "a secret of the tests, thirty-two bytes or more",
  fetch: async (url, init) => {
    if (init?.method === "POST") exchanges.push(String(url))
    return Response.json({}, { status: 404 })
  },
})

const names = [
  "code",
  "state",
  "error",
  "error_description",
  "iss",
  "scope",
  "return_to",
  "from",
  "code[]",
  "state[0]",
]
const query = fc
  .array(fc.tuple(fc.constantFrom(...names), fc.oneof(fc.string({ maxLength: 6 }), fc.constant(personal))), {
    maxLength: 5,
  })
  .map((pairs) => new URLSearchParams(pairs).toString())

/** A request's address, and after a line break its cookies and what it accepts. */
function requestOf(input: Uint8Array) {
  const [url = "", cookie = "", accept = ""] = text(input).split("\n")
  return { method: "GET", url, headers: { cookie, accept, "sec-fetch-site": "same-origin" } }
}

export const callbacks: Fuzzer = {
  name: "callbacks",
  runs: 100,
  inputs: encoded(
    fc
      .tuple(
        fc.constantFrom("/auth/clever/callback?", "//x/?", "http://x/?", "?"),
        query,
        fc.string({ maxLength: 9 }),
      )
      .map(([path, parameters, rest]) => `${path}${parameters}\n${rest}\ntext/html;q=0.5,application/json`),
  ),
  words: [
    ...names,
    "&",
    "=",
    "?",
    "#",
    "%",
    "%00",
    "+",
    "\n",
    "//",
    "q=",
    ";",
    "__Host-clever_session=",
    personal,
  ],
  properties: {
    "takes each name once, filled and of limited length, or refuses the request": (input) => {
      const query = addressOf(requestOf(input)).searchParams
      const { value: read, code } = outcome(() => readCallbackParameters(query))
      if (read === undefined) {
        assert.equal(code, "LOGIN_REQUEST_INVALID")
        return
      }
      for (const name of ["code", "state", "error", "iss"] as const) {
        const given = query.getAll(name)
        assert.deepEqual(read[name] === null ? [] : [read[name]], given)
        assert.ok((given[0]?.length ?? 0) <= 2_048)
      }
      assert.ok(read.code !== "" && read.state !== "" && read.error !== "")
    },
    "without a login of this browser redeems no code and begins no session": async (input) => {
      const request = requestOf(input)
      for (const route of ["callback", "login"] as const) {
        const { answer, thrown } = await sso.handle(route, request, { native: undefined })
        assert.equal(thrown, undefined)
        assert.notEqual(answer.status, errorCodes.INTERNAL.httpStatus)
        const told = JSON.stringify(answer)
        assert.doesNotMatch(told, /clever_session=[^;]/)
        // What was sent stands in no page; where to go afterwards is sealed.
        assert.ok(!String(answer.body).includes(personal), "a page tells what was sent")
      }
      assert.deepEqual(exchanges, [])
    },
    "leads to Clever or the app and nowhere else": async (input) => {
      for (const route of ["callback", "login"] as const) {
        const { answer } = await sso.handle(route, requestOf(input), { native: undefined })
        const location = new Headers([...answer.headers].map(([name, value]) => [name, value])).get(
          "location",
        )
        if (location === null) continue
        assert.ok([app, "https://clever.com"].includes(new URL(location, app).origin), "it leads away")
      }
    },
    "knows whether JSON is preferred, whatever is accepted": (input) => {
      assert.equal(typeof prefersJson(requestOf(input)), "boolean")
    },
  },
}
