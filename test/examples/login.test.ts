import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { buildIfStale } from "../../scripts/built.ts"
import { type Simulator, type SimulatorDescription, startSimulator } from "../../src/simulator/index.ts"
import { WebBrowser } from "../sso/support/web-browser.ts"
import { loginExamples, openExample, type RunningExample, startExample, startNpm } from "./support.ts"

let simulator: Simulator

beforeAll(async () => {
  if (!buildIfStale()) throw new Error("The build failed")
  simulator = await startSimulator({ users: 60, schools: 1 })
  return () => simulator.close()
}, 120_000)

const asJson = { headers: { accept: "application/json" } }

/** What somebody with the simulator's credentials has in the environment. */
const environment = () => simulator.describe().environment

function personOf(role: string): string {
  const person = simulator.districts[0]?.people.find((own) => own.role === role)
  if (person === undefined) throw new Error(`The district has no ${role}`)
  return person.id
}

/** A browser on which this person is logged in at Clever. */
function browserOf(personId: string): WebBrowser {
  const browser = new WebBrowser()
  const { cookie } = simulator.signIn.logIn(personId)
  const at = cookie.indexOf("=")
  browser.setCookie(simulator.authUrl, cookie.slice(0, at), cookie.slice(at + 1))
  return browser
}

async function whoami(browser: WebBrowser, url: string): Promise<{ status: number; body: unknown }> {
  const { status, body } = await browser.request(`${url}/whoami`, asJson)
  return { status, body: JSON.parse(body) }
}

const nobody = { status: 401, body: { error: "not-logged-in" } }

describe.each(loginExamples)("$name", (how) => {
  let example: RunningExample
  beforeAll(async () => {
    example = await startExample(how, environment())
    return () => example.stop()
  })

  test('shows a page with "Log in with Clever", and says that nobody is logged in', async () => {
    const browser = new WebBrowser()
    const page = await browser.request(`${example.url}/`)
    expect(page.status).toBe(200)
    expect(page.headers.get("content-type")).toMatch(/^text\/html\b/)
    expect(page.body).toMatch(/<a [^>]*href="\/auth\/clever\/login[^"]*">Log in with Clever<\/a>/)
    expect(await whoami(browser, example.url)).toEqual(nobody)
  })

  test("says loudly that its cookies are not Secure", () => {
    expect(example.stderr).toMatch(/^WARNING: .*not Secure/m)
  })

  test("logs somebody in and leads to where they wanted to go; the page names them, and logs them out", async () => {
    const id = personOf("teacher")
    const browser = browserOf(id)
    const arrived = await browser.open(`${example.url}/auth/clever/login?return_to=/whoami%3Fafter=login`)
    expect(arrived.url.href).toBe(`${example.url}/whoami?after=login`)
    expect(JSON.parse(arrived.body)).toEqual({
      cleverId: id,
      districtId: simulator.districts[0]?.id,
      roles: expect.arrayContaining(["teacher"]),
      authorizedBy: "district",
      loginSource: "app",
    })
    const page = await browser.request(`${example.url}/`)
    expect(page.body).toContain(simulator.districts[0]?.people.find((own) => own.id === id)?.name)
    expect(page.body).toMatch(/<form method="post" action="\/auth\/clever\/logout"><button>Log out</)
    expect(page.headers.get("cache-control")).toBe("no-store")

    const out = await browser.open(`${example.url}/auth/clever/logout`, {
      method: "POST",
      form: {},
      headers: { origin: example.url },
    })
    expect(out.url.href).toBe(`${example.url}/`)
    expect(await whoami(browser, example.url)).toEqual(nobody)
  })

  test("R4 logs somebody in who comes from the Portal", async () => {
    const id = personOf("student")
    const browser = browserOf(id)
    const redirectUri = `${example.url}/auth/clever/callback`
    const { callbackUrl } = simulator.signIn.issueCode(id, { redirectUri })
    const arrived = await browser.open(callbackUrl)
    expect(arrived.url.href).toBe(`${example.url}/`)
    expect(await whoami(browser, example.url)).toMatchObject({
      status: 200,
      body: { cleverId: id, roles: ["student"], loginSource: "clever" },
    })
  })

  test("answers errors with a page, or with JSON to whom prefers that", async () => {
    const browser = new WebBrowser()
    const callback = `${example.url}/auth/clever/callback?code=a&state=b`
    const page = await browser.request(callback)
    expect({ status: page.status, type: page.headers.get("content-type") }).toEqual({
      status: 400,
      type: "text/html; charset=utf-8",
    })
    const json = await browser.request(callback, asJson)
    expect(json.status).toBe(400)
    expect(JSON.parse(json.body)).toEqual({ error: "LOGIN_STATE_UNKNOWN", message: expect.any(String) })
    const logout = await browser.request(`${example.url}/auth/clever/logout`, asJson)
    expect(JSON.parse(logout.body)).toMatchObject({ error: "LOGOUT_REFUSED" })
  })
})

const [express, fastify, hono] = loginExamples

test("R49 HOMEROOM_CLEVER_OIDC=required refuses a login without an id_token, and takes one with it", async () => {
  const [app] = simulator.signIn.apps
  const example = await openExample(express, { ...environment(), HOMEROOM_CLEVER_OIDC: "required" })
  const browser = browserOf(personOf("student"))
  const refused = await browser.open(`${example.url}/auth/clever/login`, asJson)
  expect(JSON.parse(refused.body)).toMatchObject({ error: "LOGIN_ID_TOKEN_MISSING" })
  expect(await whoami(browser, example.url)).toEqual(nobody)

  app!.oidc = true
  onTestFinished(() => {
    app!.oidc = false
  })
  await browser.open(`${example.url}/auth/clever/login`)
  expect(await whoami(browser, example.url)).toMatchObject({ status: 200 })
})

test.each([
  { oidc: "auto", what: "sends a nonce along", hasNonce: true },
  { oidc: "off", what: "sends none", hasNonce: false },
])("R52 HOMEROOM_CLEVER_OIDC=$oidc $what", async ({ oidc, hasNonce }) => {
  const example = await openExample(fastify, { ...environment(), HOMEROOM_CLEVER_OIDC: oidc })
  const { location } = await new WebBrowser().request(`${example.url}/auth/clever/login`)
  expect(location?.origin).toBe(simulator.authUrl)
  expect(location?.searchParams.has("nonce")).toBe(hasNonce)
})

test("HOMEROOM_STORAGE=sqlite:PATH remembers ended sessions over a restart; live ones go on with HOMEROOM_COOKIE_SECRET", async () => {
  const folder = mkdtempSync(join(tmpdir(), "homeroom-login-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const kept = {
    ...environment(),
    HOMEROOM_STORAGE: `sqlite:${join(folder, "roster.db")}`,
    HOMEROOM_COOKIE_SECRET: "a secret of the tests, thirty-two bytes or more",
  }
  const before = await openExample(hono, kept)
  const leaving = browserOf(personOf("student"))
  const staying = browserOf(personOf("teacher"))
  await leaving.open(`${before.url}/auth/clever/login`)
  await staying.open(`${before.url}/auth/clever/login`)
  const copied = leaving.copy()
  await leaving.open(`${before.url}/auth/clever/logout`, { method: "POST" })
  await before.stop()

  // The port is free again, and the cookies are for that address.
  const { port } = new URL(before.url)
  const after = await openExample(hono, { ...kept, PORT: port, BASE_URL: before.url })
  expect(await whoami(copied, before.url)).toEqual(nobody)
  expect(await whoami(staying, before.url)).toMatchObject({ status: 200 })
  expect(after.stderr).not.toContain("HOMEROOM_COOKIE_SECRET")
})

test("a person logs in with what `homeroom simulate` prints, through Clever's own pages", async () => {
  const clever = startNpm(["run", "--silent", "homeroom", "--", "simulate", "--users", "60", "--json"])
  onTestFinished(() => clever.stop())
  const description = JSON.parse(await clever.line(/^\{/)) as SimulatorDescription
  const example = await openExample(express, description.environment)
  const person = description.districts[0]!.people.find(({ role }) => role === "student")!
  const browser = new WebBrowser()

  const picker = await browser.open(`${example.url}/auth/clever/login`)
  const next = picker.url.searchParams.get("continue")!
  const login = new URL(`/login/${description.districts[0]!.id}`, description.authUrl)
  const form = { username: person.id, password: "any", continue: next }
  const arrived = await browser.open(login, { method: "POST", form })
  expect(arrived.url.href).toBe(`${example.url}/`)
  expect(arrived.body).toContain(person.name)
  expect(await whoami(browser, example.url)).toMatchObject({ status: 200, body: { cleverId: person.id } })
})

test.each(loginExamples)(
  "$name without credentials ends and says what is missing",
  async ({ args, folder }) => {
    const program = startNpm(args, { folder, environment: { PORT: "0" } })
    expect(await program.ended).not.toBe(0)
    expect(program.stderr).toContain("Set CLEVER_CLIENT_ID and CLEVER_CLIENT_SECRET")
  },
)

test.each(loginExamples)(
  "$name does not claim to be open on a port that is taken",
  async ({ args, folder }) => {
    const { port } = new URL(simulator.apiUrl)
    const program = startNpm(args, { folder, environment: { ...environment(), PORT: port } })
    expect(await program.ended).not.toBe(0)
    expect(program.stderr).toContain("EADDRINUSE")
    expect(program.stdout).not.toContain("Open http")
  },
)
