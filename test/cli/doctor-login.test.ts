import { randomBytes } from "node:crypto"
import { afterAll, afterEach, expect, test, vi } from "vitest"
import { type Check, Findings } from "../../src/cli/doctor/check.ts"
import { checkLogin } from "../../src/cli/doctor/login-checks.ts"
import { loginFromEnvironment } from "../../src/cli/environment.ts"
import { type Fault, fault, startSimulator } from "../../src/simulator/index.ts"
import { environmentOf, homeroom, makeFolder } from "./support.ts"

const folder = makeFolder()
const registered = "https://app.example/auth/clever/callback"
const simulator = await startSimulator({
  users: 60,
  schools: 1,
  seed: 3,
  oidc: true,
  redirectUris: [registered],
})
const app = simulator.signIn.apps[0]!
const appScopes = app.scopes
const cookieSecret = randomBytes(32).toString("base64")
const environment = {
  ...environmentOf(simulator, `sqlite:${folder.path("doctor.db")}`),
  HOMEROOM_COOKIE_SECRET: cookieSecret,
  BASE_URL: "https://app.example/",
}
const district = simulator.districts[0]!.id

afterEach(() => {
  simulator.faults.clear()
  app.scopes = appScopes
})
afterAll(async () => {
  await simulator.close()
  folder.remove()
})

/** What `doctor --json` finds in this environment. */
async function examine(more: Record<string, string | undefined> = {}, args: string[] = []) {
  const { code, stdout, stderr } = await homeroom(["doctor", "--json", ...args], { ...environment, ...more })
  expect(stderr).toBe("")
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] }
  return { code, ok, ...summary(checks) }
}

/** What the login's own checks find, without starting a program. */
async function look(
  more: Record<string, string | undefined> = {},
  redirectUri?: string,
): Promise<ReturnType<typeof summary>> {
  for (const [name, value] of Object.entries({ ...environment, ...more })) vi.stubEnv(name, value)
  const findings = new Findings()
  await checkLogin(findings, loginFromEnvironment({ redirectUri }), { fetch, timeoutMs: 5_000 })
  vi.unstubAllEnvs()
  return summary(findings.checks)
}

function summary(checks: readonly Check[]) {
  const by = (field: "status" | "message"): Record<string, string> =>
    Object.fromEntries(checks.map((one) => [one.name, one[field]]))
  return { status: by("status"), message: by("message"), text: JSON.stringify(checks) }
}

test("doctor finds a login that is set up well in order", async () => {
  const { code, ok, status, text } = await examine({ HOMEROOM_CLEVER_OIDC: "required" })
  expect({ code, ok }).toEqual({ code: 0, ok: true })
  expect(status).toMatchObject({
    "cookie secret": "ok",
    "redirect uri": "ok",
    "redirect uri at clever": "ok",
    "login credentials": "ok",
    "openid connect": "ok",
    "login scopes": "ok",
    clock: "ok",
  })
  expect(text).not.toContain(cookieSecret)
  expect(text).not.toContain(simulator.clientSecret)
})

test("the probes log nobody in and send no code but one of their own", async () => {
  simulator.requests.clear()
  await examine()
  expect(simulator.requests.count({ method: "POST", path: "/oauth/tokens" })).toBe(1)
  expect(simulator.requests.count({ path: "/oauth/authorize" })).toBe(2)
  expect(simulator.requests.count({ method: "POST" })).toBe(1)
})

test("without a login there is nothing to fail", async () => {
  const without = { HOMEROOM_COOKIE_SECRET: undefined, BASE_URL: undefined }
  const { code, status } = await examine(without)
  expect(code).toBe(0)
  expect(status.login).toBe("not configured")
  expect(Object.keys(status).filter((name) => /cookie|redirect|openid|login /.test(name))).toEqual([])
  const { stdout } = await homeroom(["doctor"], { ...environment, ...without })
  expect(stdout).toMatch(/^- {8}login: Not configured: set HOMEROOM_COOKIE_SECRET and BASE_URL/m)
})

test("half a login says what is not configured", async () => {
  const { code, status } = await examine({ BASE_URL: undefined })
  expect({ code, uri: status["redirect uri"] }).toEqual({ code: 0, uri: "not configured" })
  expect(status["login credentials"]).toBe("ok")
  const other = await examine({ HOMEROOM_COOKIE_SECRET: undefined, HOMEROOM_CLEVER_OIDC: "off" })
  expect(other.code).toBe(0)
  expect(other.status).toMatchObject({
    "cookie secret": "not configured",
    "openid connect": "not configured",
  })
})

test("doctor says that credentials are wrong", async () => {
  const { code, status, message } = await examine({ CLEVER_CLIENT_SECRET: "not-the-right-one" })
  expect(code).toBe(1)
  expect(status).toMatchObject({ credentials: "failed", "login credentials": "failed" })
  expect(message["login credentials"]).toContain("CLEVER_CREDENTIALS_REJECTED")
})

test("a district's token alone logs nobody in", async () => {
  const { status } = await look({
    CLEVER_CLIENT_ID: undefined,
    CLEVER_CLIENT_SECRET: undefined,
    CLEVER_DISTRICT_TOKEN: simulator.districts[0]!.token,
  })
  expect(status["login credentials"]).toBe("failed")
})

test("a token endpoint that takes any code is not Clever's", async () => {
  const takesAll = fault.answer({ status: 200, body: { access_token: "il0123456789abcdef" } })
  simulator.faults.add({
    match: ({ method, path }) => method === "POST" && path === "/oauth/tokens",
    fault: takesAll,
  })
  const { status, message } = await look()
  expect(status["login credentials"]).toBe("failed")
  expect(message["login credentials"]).toContain("made-up code")
})

test("an answer to the code that tells nothing is a warning", async () => {
  const odd = fault.answer({ status: 400, body: { error: "invalid_request" } })
  simulator.faults.add({
    match: ({ method, path }) => method === "POST" && path === "/oauth/tokens",
    fault: odd,
  })
  expect((await look()).status["login credentials"]).toBe("warning")
})

test("a redirect URI that is not registered", async () => {
  const { status, message } = await look({}, "https://other.example/auth/clever/callback")
  expect(status).toMatchObject({ "redirect uri": "ok", "redirect uri at clever": "failed" })
  expect(message["redirect uri at clever"]).toContain("Clever does not accept https://other.example/")
})

test("a Clever that refuses and does not say why, or that refuses nothing", async () => {
  const refusing = simulator.faults.add({
    match: /^\/oauth\/authorize/,
    fault: fault.html({ status: 400, text: "No." }),
  })
  const refused = await look()
  expect(refused.status["redirect uri at clever"]).toBe("warning")
  refusing.remove()
  simulator.faults.add({ match: /^\/oauth\/authorize/, fault: fault.html({ status: 200, text: "Log in" }) })
  const taken = await look()
  expect(taken.status["redirect uri at clever"]).toBe("warning")
  expect(taken.message["redirect uri at clever"]).toContain("can't be told from here")
})

test.each([
  ["http://app.example/auth/clever/callback", "failed", /https/],
  ["http://localhost:3000/auth/clever/callback", "warning", /development alone/],
  ["https://app.example/auth/clever/callback?a=1", "failed", /neither a query nor a fragment/],
  ["https://app.example/auth/clever/callback#a", "failed", /neither a query nor a fragment/],
  ["https://*.example/auth/clever/callback", "failed", /wildcard/],
  ["https://app.example/auth/clever/", "failed", /name of its own/],
  [
    "https://app.example:443/auth/clever/callback",
    "failed",
    /written as browsers write it: https:\/\/app\.example\/auth/,
  ],
  ["nonsense", "failed", /https/],
])("the redirect URI %s", async (uri, expected, message) => {
  const found = await look({}, uri)
  expect(found.status["redirect uri"]).toBe(expected)
  expect(found.message["redirect uri"]).toMatch(message)
})

test.each([
  ["too short", "failed", "shorter than 32 bytes"],
  ["changeme-changeme-please-changeme", "warning", "placeholder"],
  ["a".repeat(40), "warning", "repeats itself"],
])("the cookie secret %s", async (secret, expected, message) => {
  const found = await look({ HOMEROOM_COOKIE_SECRET: secret })
  expect(found.status["cookie secret"]).toBe(expected)
  expect(found.message["cookie secret"]).toContain(message)
  expect(found.text).not.toContain(secret)
})

test("the client secret as cookie secret", async () => {
  const found = await look({ HOMEROOM_COOKIE_SECRET: simulator.clientSecret })
  expect(found.status["cookie secret"]).toBe("warning")
  expect(found.text).not.toContain(simulator.clientSecret)
})

const keySet = "/oauth/certs"
const configuration = "/.well-known/openid-configuration"
const keysBecome = (change: (key: Record<string, unknown>) => object): Fault =>
  fault.rewriteJson((body) => ({ keys: (body.keys as Record<string, unknown>[]).map(change) }))

test.each([
  ["no key", keySet, fault.answer({ status: 200, body: { keys: [] } }), "None of the 0 published keys"],
  ["no key set", keySet, fault.html({ status: 200 }), "LOGIN_OIDC_UNAVAILABLE"],
  ["a key set that is down", keySet, fault.answer({ status: 503 }), "LOGIN_OIDC_UNAVAILABLE"],
  ["keys for encryption", keySet, keysBecome((key) => ({ ...key, use: "enc" })), "None of the 1 published"],
  [
    "keys of another kind",
    keySet,
    keysBecome(({ kid }) => ({ kid, kty: "oct", k: "AAAA" })),
    "None of the 1",
  ],
  [
    "another issuer",
    configuration,
    fault.rewriteJson((body) => ({ ...body, issuer: "https://evil.example" })),
    "LOGIN_OIDC_UNAVAILABLE",
  ],
  [
    "foreign keys",
    configuration,
    fault.rewriteJson((body) => ({ ...body, jwks_uri: "https://evil.example/keys" })),
    "jwks_uri",
  ],
  [
    "another algorithm",
    configuration,
    fault.rewriteJson((body) => ({ ...body, id_token_signing_alg_values_supported: ["HS256"] })),
    "id_token_signing_alg_values_supported",
  ],
])("OpenID Connect with %s", async (_name, path, broken, message) => {
  simulator.faults.add({ match: ({ url }) => url.pathname === path, fault: broken })
  const required = await look({ HOMEROOM_CLEVER_OIDC: "required" })
  expect(required.status["openid connect"]).toBe("failed")
  expect(required.message["openid connect"]).toContain(message)
  const auto = await look()
  expect(auto.status["openid connect"]).toBe("warning")
})

test("rotated keys are as good as the ones before, and two under one id are not", async () => {
  simulator.signIn.keys.rotate({ keepOld: true })
  const rotated = await look()
  expect(rotated.message["openid connect"]).toContain("keys of use: 2 of 2")
  simulator.faults.add({
    match: ({ url }) => url.pathname === keySet,
    fault: keysBecome((key) => ({ ...key, kid: "1" })),
  })
  expect((await look()).status["openid connect"]).toBe("warning")
  simulator.signIn.keys.rotate()
  simulator.faults.clear()
  expect((await look()).message["openid connect"]).toContain("keys of use: 1 of 1")
})

test("an OpenID Connect mode that there is not", async () => {
  expect((await look({ HOMEROOM_CLEVER_OIDC: "yes" })).status["openid connect"]).toBe("failed")
})

/** Lets the answers say that it is so many seconds later than it is. */
function skew(seconds: number): void {
  simulator.faults.add({
    fault: async ({ next }) => {
      const response = await next()
      const headers = new Headers(response.headers)
      headers.set("date", new Date(Date.now() + seconds * 1_000).toUTCString())
      return new Response(response.body, { status: response.status, headers })
    },
  })
}

test("a clock that id_tokens do not fit", async () => {
  skew(90)
  const behind = await examine()
  expect([behind.code, behind.status.clock]).toEqual([1, "failed"])
  expect(behind.text).toContain("refused beyond 60 s")
  const withoutOidc = await examine({ HOMEROOM_CLEVER_OIDC: "off" })
  expect([withoutOidc.code, withoutOidc.status.clock]).toEqual([0, "warning"])
  const withoutLogin = await examine({ HOMEROOM_COOKIE_SECRET: undefined, BASE_URL: undefined })
  expect([withoutLogin.code, withoutLogin.status.clock]).toEqual([0, "warning"])
  simulator.faults.clear()
  skew(-90)
  const ahead = await examine()
  expect([ahead.code, ahead.status.clock]).toEqual([0, "warning"])
})

test("scopes tell what the app may do in a district", async () => {
  app.scopes = ["read:user_id", "read:students_basic", "read:teachers_basic", "read:school_admins_basic"]
  const unconnected = await examine()
  expect([unconnected.code, unconnected.status.scopes, unconnected.status["login scopes"]]).toEqual([
    0,
    "warning",
    "ok",
  ])
  expect(unconnected.message["login scopes"]).toContain("students, teachers, school_admins")

  const connected = { HOMEROOM_STORAGE: `sqlite:${folder.path("scopes.db")}` }
  await homeroom(["connect", "--district", district, "--mode", "sso"], { ...environment, ...connected })
  const forLogin = await examine(connected)
  expect([forLogin.code, forLogin.status.scopes, forLogin.status.lists]).toEqual([0, "ok", undefined])

  const provisioning = { HOMEROOM_STORAGE: `sqlite:${folder.path("provisioning.db")}` }
  app.scopes = appScopes
  await homeroom(["connect", "--district", district], { ...environment, ...provisioning })
  app.scopes = ["read:user_id", "read:students_basic"]
  const forRosters = await examine(provisioning)
  expect([forRosters.code, forRosters.status.scopes]).toEqual([1, "failed"])

  app.scopes = appScopes.filter((scope) => scope !== "read:user_id")
  expect((await examine()).status["login scopes"]).toBe("warning")
})
