import assert from "node:assert/strict"
import fc from "fast-check"
import { createConsole } from "../../../src/console/index.ts"
import { CsrfTokens } from "../../../src/console/security/csrf.ts"
import { Connections, type DistrictDirectory, Imports, InProcessQueue } from "../../../src/exchange/index.ts"
import type { RosterSource } from "../../../src/models/index.ts"
import { RosterSync } from "../../../src/roster/index.ts"
import { MemoryStorage } from "../../../src/storage/memory/index.ts"
import { bytes, type Fuzzer, text } from "../engine/fuzzer.ts"
import { encoded } from "../support/json-inputs.ts"

const origin = "https://app.example"
const secret = "a secret of the forms, thirty-two bytes or more"
const clock = () => Date.parse("2026-09-01T06:00:00Z")
const repeat = () => () => {}
const csrf = new CsrfTokens([secret], clock).make("ada")

/** A Clever that knows districts by their ids and has nothing in them. */
const clever: RosterSource & DistrictDirectory = {
  apiVersion: "v3.1",
  async *recordPages() {},
  newestEvent: async () => undefined,
  async *eventPages() {},
  recordText: async () => undefined,
  async *districts({ districtId }) {
    yield { id: districtId, name: "District" }
  },
}

interface Seen {
  readonly status: number
  readonly body: string
  readonly headers: Headers
  readonly errors: readonly unknown[]
}

/** What a console with one district answers: `GET /path?query`, or `POST /path` with the form on the next line. */
async function ask(input: Uint8Array): Promise<Seen | undefined> {
  const [line = "", form = ""] = text(input).split("\n")
  const [method = "", path = ""] = line.split(" ")
  const address = `${origin}/exchange${path}`
  if (!URL.canParse(address) || new URL(address).origin !== origin) return undefined
  const storage = new MemoryStorage({ clock })
  const connections = new Connections({ storage, clever, clock })
  await connections.connect("d1", { mode: "sso+provisioning", by: "ada" })
  const roster = new RosterSync({ clever, storage, clock, repeat })
  const queue = new InProcessQueue({ storage, clock, repeat })
  const imports = new Imports({ storage, connections, roster, queue, clock })
  const errors: unknown[] = []
  const made = createConsole({
    authorize: () => ({ actor: "ada", can: ["admin"] }),
    basePath: "/exchange",
    secret,
    ...{ storage, connections, roster, imports, clock, repeat },
    onError: (error) => void errors.push(error),
  })
  const headers = {
    "sec-fetch-site": "same-origin",
    cookie: `homeroom_told=${form.replaceAll(/[^\x20-\x7e]/g, "")}`,
  }
  const isForm = method === "POST"
  const response = await made.fetch(
    isForm
      ? new Request(address, {
          method,
          headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
          body: `csrf=${csrf}&${form}`,
        })
      : new Request(address, { headers }),
  )
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream")
  if (isStream) await response.body?.cancel()
  const body = isStream ? "" : await response.text()
  await made.close()
  await storage.close()
  return { status: response.status, body, headers: response.headers, errors }
}

const paths = [
  "/",
  "/partners",
  "/partners/requests",
  "/districts/d1",
  "/districts/d1/import",
  "/districts/d1/schedule",
  "/districts/d1/schedule/guards",
  "/districts/d1/schedule/reset",
  "/districts/d1/history",
  "/districts/d1/history/r1",
  "/districts/d1/review",
  "/districts/d1/people",
  "/districts/d2/people",
]
const hostile = "<zq7>'\"&"
const names = [
  "q",
  "after",
  "page",
  "kind",
  "state",
  "id",
  "mode",
  "preset",
  "time",
  "cron",
  "timeZone",
  "blackout",
  "jitterMinutes",
  "atLeast",
  "archivedShare",
  "rollover-from",
  "rollover-to",
  "basis",
  "districtId",
  "reason",
  "name",
]
const fields = fc
  .array(
    fc.tuple(
      fc.constantFrom(...names),
      fc.oneof(
        fc.constantFrom(
          hostile,
          "user:u1",
          "custom",
          "daily",
          "03:30",
          "0 3 * * *",
          "2026-12-24 to 2026-12-26",
          "null",
          "5 %",
          "yes",
        ),
        fc.string({ maxLength: 8 }),
      ),
    ),
    { maxLength: 4 },
  )
  .map((pairs) => new URLSearchParams(pairs).toString())

export const consoleRequests: Fuzzer = {
  name: "console-requests",
  runs: 60,
  inputs: encoded(
    fc
      .tuple(fc.constantFrom("GET", "POST"), fc.constantFrom(...paths), fields)
      .map(([method, path, given]) => (method === "GET" ? `GET ${path}?${given}` : `POST ${path}\n${given}`)),
  ),
  words: [
    ...paths,
    ...names,
    hostile,
    "%3Czq7%3E",
    "=",
    "&",
    "?",
    "%",
    "%00",
    "%ff",
    "+",
    "user:",
    "GET ",
    "POST ",
    "\n",
    "/exchange",
    "//",
    "..",
    "#",
  ],
  properties: {
    "is answered with a page or an error that is known": async (input) => {
      const seen = await ask(input)
      if (seen === undefined) return
      assert.deepEqual(seen.errors, [])
      assert.ok(seen.status < 500, `answers ${seen.status}`)
    },
    "is never written into a page as markup": async (input) => {
      const seen = await ask(input)
      assert.ok(!seen?.body.includes("<zq7"), "what was sent is markup")
    },
    "leads to the console's own pages alone": async (input) => {
      const location = (await ask(input))?.headers.get("location") ?? "/exchange"
      assert.match(location, /^\/exchange(?:[/?]|$)/)
    },
    "is answered with a policy that lets nothing in": async (input) => {
      const seen = await ask(input)
      if (seen === undefined) return
      assert.match(seen.headers.get("content-security-policy") ?? "", /^default-src 'none'/)
      assert.equal(seen.headers.get("x-content-type-options"), "nosniff")
    },
  },
  growing: {
    "a day": (size) => bytes(`POST /districts/d1/schedule\nbasis=null&blackout=${"a".repeat(size)}`),
    "spaces in a day": (size) =>
      bytes(`POST /districts/d1/schedule\nbasis=null&blackout=a${"+".repeat(size)}b`),
    "spaces in a share": (size) =>
      bytes(`POST /districts/d1/schedule/guards\nbasis=null&archivedShare=5${"+".repeat(size)}x`),
    "an expression": (size) =>
      bytes(`POST /districts/d1/schedule\nbasis=null&preset=custom&cron=${"1,".repeat(size / 2)}+*+*+*+*`),
    slashes: (size) => bytes(`GET /${"/".repeat(size)}x`),
    "a name looked for": (size) => bytes(`GET /districts/d1/people?q=${"a".repeat(size)}`),
  },
}
