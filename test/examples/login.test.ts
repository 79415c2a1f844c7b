import { mkdtempSync, rmSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { beforeAll, describe, expect, onTestFinished, test } from "vitest"
import { buildIfStale } from "../../scripts/built.ts"
import { startSimulator } from "../../src/simulator/index.ts"
import { WebBrowser } from "../sso/support/web-browser.ts"
import { freePort } from "../support/free-port.ts"
import { startCommand } from "./example-process.ts"
import { getJson, logInByHand, openClever, startLoginApp } from "./login-app.ts"

const secret = "a cookie secret of the examples' tests, long enough"
const notSecure = "WARNING: BASE_URL is plain http, so cookies are not Secure."
const loggedOut = {
  status: 401,
  type: expect.stringMatching(/^application\/json\b/),
  body: { error: "not-logged-in" },
}

// Otherwise the first command builds while its test waits.
beforeAll(() => expect(buildIfStale()).toBe(true), 120_000)

describe.each(["express", "fastify", "hono"])("npm start -- %s-login", { timeout: 60_000 }, (name) => {
  const command = `npm start -- ${name}-login`

  test("logs somebody in and out, and says who it is in a page and as JSON", async () => {
    const clever = await openClever()
    const app = await startLoginApp({ command, ...clever })
    const { id, name, roles } = clever.person("teacher")
    const browser = clever.browserOf(id)

    const before = await browser.request(`${app.origin}/`)
    expect(before.headers.get("content-type")).toMatch(/^text\/html\b/)
    expect(before.body).toContain(
      '<a class="button" href="/auth/clever/login?return_to=/">Log in with Clever',
    )
    expect(before.body).not.toContain("Log out")
    expect(await getJson(browser, `${app.origin}/whoami`)).toEqual(loggedOut)

    const arrived = await browser.open(`${app.origin}/auth/clever/login?return_to=/whoami%3Fpage=2`)
    expect(arrived.url.href).toBe(`${app.origin}/whoami?page=2`)
    expect(arrived.trail[0]?.location?.origin).toBe(clever.simulator.authUrl)
    expect(arrived.trail.map(({ url }) => url.pathname)).toContain("/auth/clever/callback")
    expect(JSON.parse(arrived.body)).toEqual({
      cleverId: id,
      districtId: clever.simulator.districts[0]?.id,
      roles,
      authorizedBy: "district",
      loginSource: "app",
    })
    const page = await browser.request(`${app.origin}/`)
    expect(page.body).toContain(`<strong>${name}</strong>`)
    expect(page.body).toContain('<form method="post" action="/auth/clever/logout"><button>Log out</button>')

    const copied = browser.copy()
    const out = await browser.request(`${app.origin}/auth/clever/logout`, {
      method: "POST",
      headers: { origin: app.origin },
    })
    expect([out.status, out.location?.href]).toEqual([303, `${app.origin}/`])
    expect(await getJson(browser, `${app.origin}/whoami`)).toEqual(loggedOut)
    expect(await getJson(copied, `${app.origin}/whoami`)).toEqual(loggedOut)
  })

  test("R4 R13 takes a login from the Portal, and replaces who was logged in before", async () => {
    const clever = await openClever()
    const app = await startLoginApp({ command, ...clever })
    const [pupil, teacher] = [clever.person("student"), clever.person("teacher")]
    const browser = clever.browserOf(teacher.id)
    await browser.open(`${app.origin}/auth/clever/login`)
    const [name = "", value = ""] = clever.simulator.signIn.logIn(pupil.id).cookie.split("=")
    browser.setCookie(clever.simulator.authUrl, name, value)

    const arrived = await browser.open(clever.simulator.signIn.issueCode(pupil.id).callbackUrl)
    expect(arrived.url.href).toBe(`${app.origin}/`)
    expect(await getJson(browser, `${app.origin}/whoami`)).toMatchObject({
      status: 200,
      body: { cleverId: pupil.id, roles: pupil.roles, loginSource: "clever" },
    })
  })

  test("answers mistakes with a page, and with JSON where Accept prefers it", async () => {
    const clever = await openClever()
    const app = await startLoginApp({ command, ...clever })
    const browser = clever.browserOf(clever.person("student").id)
    const json = { accept: "application/json" }
    const forged = `${app.origin}/auth/clever/callback?code=c&state=another`

    const page = await browser.request(forged)
    expect([page.status, page.headers.get("content-type")]).toEqual([400, "text/html; charset=utf-8"])
    expect(page.body).toContain('<a href="/auth/clever/login">')
    expect(page.body).not.toContain("another")
    expect(await getJson(browser, forged, { headers: json })).toEqual({
      status: 400,
      type: "application/json; charset=utf-8",
      body: { error: "LOGIN_STATE_UNKNOWN", message: expect.stringMatching(/\w/) },
    })
    expect(clever.simulator.requests.count({ path: "/oauth/tokens" })).toBe(0)

    const astray = await browser.open(`${app.origin}/auth/clever/login?return_to=//evil.example/`)
    expect(astray.url.href).toBe(`${app.origin}/`)
    for (const [method, headers] of [
      ["GET", {}],
      ["POST", { origin: "https://evil.example" }],
    ] as const) {
      const refused = await getJson(browser, `${app.origin}/auth/clever/logout`, {
        method,
        headers: { ...json, ...headers },
      })
      expect(refused).toMatchObject({ status: 403, body: { error: "LOGOUT_REFUSED" } })
    }
    expect(await getJson(browser, `${app.origin}/whoami`)).toMatchObject({ status: 200 })
    expect((await browser.request(`${app.origin}/auth/clever/elsewhere`)).status).toBe(404)
  })

  test("ends with an error, and promises no page, where another program has the port", async () => {
    const other = createServer()
    await new Promise<void>((listening) => other.listen(0, listening))
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    const environment = { PORT: String(port), CLEVER_CLIENT_ID: "id", CLEVER_CLIENT_SECRET: "secret" }
    const app = startCommand({ command, environment })
    expect(await app.ended).toBe(1)
    expect(app.stderr).toContain("EADDRINUSE")
    expect(app.stdout).not.toContain("Open ")
  })
})

test.each(["examples/express-login", "examples/fastify-login", "examples/hono-login"])(
  "npm start in %s starts that example",
  { timeout: 60_000 },
  async (folder) => {
    const clever = await openClever()
    const app = await startLoginApp({ command: "npm start", folder, ...clever })
    expect(await getJson(new WebBrowser(), `${app.origin}/whoami`)).toEqual(loggedOut)
    expect(app.stdout).toContain(`Open ${app.origin}/\n`)
  },
)

describe("the environment of a login example", { timeout: 60_000 }, () => {
  const command = "npm start -- express-login"

  test("BASE_URL with http: warns on standard error that cookies are not Secure, and they are not", async () => {
    const clever = await openClever()
    const app = await startLoginApp({ command, ...clever })
    expect(app.stderr).toContain(notSecure)
    const browser = new WebBrowser()
    await browser.request(`${app.origin}/auth/clever/login`)
    expect(browser.cookieLines).toHaveLength(1)
    expect(browser.cookieLines[0]).toMatch(/^clever_txn_\w+=.*; HttpOnly; SameSite=Lax$/)
  })

  test("BASE_URL with https: no warning, cookies are Secure, and Clever sends people there", async () => {
    const clever = await openClever()
    const environment = { ...clever.environment, BASE_URL: "https://app.example/" }
    const app = await startLoginApp({ command, ...clever, environment })
    expect(app.stdout).toContain("Open https://app.example/\n")
    expect(app.stderr).not.toContain("WARNING")
    const browser = new WebBrowser()
    const { location } = await browser.request(`${app.origin}/auth/clever/login`)
    expect(location?.searchParams.get("redirect_uri")).toBe("https://app.example/auth/clever/callback")
    expect(browser.cookieLines[0]).toMatch(/^__Host-clever_txn_\w+=.*; HttpOnly; Secure; SameSite=Lax$/)
  })

  test("a variable that is empty counts as absent", async () => {
    const clever = await openClever()
    const empty = ["BASE_URL", "HOMEROOM_COOKIE_SECRET", "HOMEROOM_CLEVER_OIDC", "HOMEROOM_STORAGE"]
    const environment = { ...clever.environment, ...Object.fromEntries(empty.map((name) => [name, ""])) }
    const app = await startLoginApp({ command, ...clever, environment })
    expect(app.stdout).toContain(`Open ${app.origin}/\n`)
    expect(app.stderr).toContain("HOMEROOM_COOKIE_SECRET is not set: logins end when this program does.")
  })

  test.each([
    ["CLEVER_CLIENT_SECRET", "", "CLEVER_CREDENTIALS_MISSING"],
    ["HOMEROOM_COOKIE_SECRET", "short", "The option cookieSecret must be at least 32 bytes"],
    ["HOMEROOM_CLEVER_OIDC", "maybe", "The option oidc must be one of auto, required, off"],
    ["HOMEROOM_STORAGE", "mysql://user:pass@db", "HOMEROOM_STORAGE must be sqlite:PATH"],
    ["BASE_URL", "http://app.example", "plain http is for loopback addresses only"],
  ])("%s=%s: it does not start, and says why", async (name, value, reason) => {
    const environment = {
      CLEVER_CLIENT_ID: "id",
      CLEVER_CLIENT_SECRET: "secret",
      PORT: "1",
      [name]: value,
    }
    const app = startCommand({ command, environment })
    expect(await app.ended).toBe(1)
    expect(app.stderr).toContain(reason)
    expect(app.stderr).not.toContain("pass@")
  })

  test.each([
    { oidc: undefined, clever: false, ends: 200, nonce: true, scope: null },
    { oidc: "auto", clever: true, ends: 200, nonce: true, scope: null },
    { oidc: "required", clever: true, ends: 200, nonce: true, scope: "openid" },
    { oidc: "required", clever: false, ends: 401, nonce: true, scope: "openid" },
    { oidc: "off", clever: true, ends: 200, nonce: false, scope: null },
  ])(
    "R49 R52 HOMEROOM_CLEVER_OIDC=$oidc, id_tokens from Clever: $clever, ends in $ends",
    async (expected) => {
      const clever = await openClever({ oidc: expected.clever })
      const environment = { ...clever.environment, HOMEROOM_CLEVER_OIDC: expected.oidc }
      const app = await startLoginApp({ command, ...clever, environment })
      const browser = clever.browserOf(clever.person("student").id)
      const { trail, body } = await browser.open(`${app.origin}/auth/clever/login`)
      const asked = trail[0]?.location?.searchParams
      expect([asked?.has("nonce"), asked?.get("scope")]).toEqual([expected.nonce, expected.scope])
      expect((await browser.request(`${app.origin}/whoami`)).status).toBe(expected.ends)
      expect(body.includes("LOGIN_ID_TOKEN_MISSING")).toBe(expected.ends === 401)
    },
  )

  test("HOMEROOM_COOKIE_SECRET: logins outlive the program; without it they end with the program", async () => {
    const clever = await openClever()
    const { id } = clever.person("teacher")
    for (const [cookieSecret, status] of [
      [secret, 200],
      [undefined, 401],
    ] as const) {
      const environment = { ...clever.environment, HOMEROOM_COOKIE_SECRET: cookieSecret }
      const first = await startLoginApp({ command, ...clever, environment })
      const browser = clever.browserOf(id)
      await browser.open(`${first.origin}/auth/clever/login`)
      await first.stop()
      const second = await startLoginApp({ command, ...clever, environment })
      expect((await browser.request(`${second.origin}/whoami`)).status).toBe(status)
      expect(second.stderr.includes("HOMEROOM_COOKIE_SECRET is not set")).toBe(cookieSecret === undefined)
      await second.stop()
    }
  })

  test("HOMEROOM_STORAGE=sqlite:PATH: a session that was ended stays so after a restart, where its cookie was copied", async () => {
    const folder = mkdtempSync(join(tmpdir(), "homeroom-example-storage-"))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const clever = await openClever()
    const environment = {
      ...clever.environment,
      HOMEROOM_COOKIE_SECRET: secret,
      HOMEROOM_STORAGE: `sqlite:${join(folder, "homeroom.db")}`,
    }
    const first = await startLoginApp({ command, ...clever, environment })
    const browser = clever.browserOf(clever.person("teacher").id)
    await browser.open(`${first.origin}/auth/clever/login`)
    const copied = browser.copy()
    const still = clever.browserOf(clever.person("student").id)
    await still.open(`${first.origin}/auth/clever/login`)
    await browser.request(`${first.origin}/auth/clever/logout`, { method: "POST" })
    await first.stop()

    const second = await startLoginApp({ command, ...clever, environment })
    expect(await getJson(copied, `${second.origin}/whoami`)).toEqual(loggedOut)
    expect(await getJson(still, `${second.origin}/whoami`)).toMatchObject({ status: 200 })
  })
})

test("without a Clever app in the environment a simulated Clever comes along, and it says whom to log in as", {
  timeout: 60_000,
}, async () => {
  const simulator = await startSimulator({ users: 300, schools: 2 })
  onTestFinished(() => simulator.close())
  const app = await startLoginApp({ command: "npm start -- express-login", port: await freePort() })
  const [, userName = ""] = await app.printed(
    /^Log in as (\S+), a teacher, or \S+, a student; any password\.$/m,
  )
  expect(app.stdout).toMatch(
    /^CLEVER_CLIENT_ID is not set: a simulated Clever runs at http:\/\/127\.0\.0\.1:\d+ /m,
  )
  // The same sizes and seed give the same district.
  const districtId = simulator.districts[0]?.id ?? ""
  const arrived = await logInByHand(new WebBrowser(), { app, districtId, userName })
  expect(JSON.parse(arrived.body)).toMatchObject({ districtId, roles: ["teacher"] })
  expect(app.stderr).toBe("")
})

test("getting started: homeroom simulate in one terminal, its export lines and an example in another", {
  timeout: 60_000,
}, async () => {
  const simulate = startCommand({
    command: "npm run --silent homeroom -- simulate --users 60 --schools 1 --port 0",
  })
  const [, userName = ""] = await simulate.printed(/^ +student +[0-9a-f]{24} .* (\S+)\n +\w/m)
  const exported = [...simulate.stdout.matchAll(/^export (\w+)=(\S+)$/gm)]
  expect(exported).toHaveLength(4)
  const environment = Object.fromEntries(exported.map(([, name = "", value = ""]) => [name, value]))
  const [, districtId = ""] = /^District (\S+) /m.exec(simulate.stdout) ?? []
  const port = await freePort()
  const app = await startLoginApp({ command: "npm start -- express-login", port, environment })

  const browser = new WebBrowser()
  const arrived = await logInByHand(browser, { app, districtId, userName })
  expect(arrived.url.href).toBe(`${app.origin}/whoami`)
  expect(JSON.parse(arrived.body)).toMatchObject({ districtId, roles: ["student"], loginSource: "app" })

  await simulate.stop()
  const unavailable = await browser.open(`${app.origin}/auth/clever/login`).catch((error: unknown) => error)
  expect(unavailable).toBeInstanceOf(Error)
  expect((await browser.request(`${app.origin}/whoami`)).status).toBe(200)
})
