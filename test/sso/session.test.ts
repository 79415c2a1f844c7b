import { describe, expect, test, vi } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { type LoginStoreLike, MemoryLoginStore } from "../../src/sso/login-store.ts"
import { doors } from "./support/doors.ts"
import { openLoginWorld } from "./support/login-world.ts"

const minute = 60_000
const notSynced = () => {
  throw new HomeroomError("LOGIN_NOT_SYNCED")
}

describe.each(doors)("$name: sessions", (door) => {
  test("R13 every login begins a new session, and a copy of the one before is dead", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const copy = browser.copy()
    const first = await world.whoami(copy)
    await world.logIn(browser)
    const second = await world.whoami(browser)
    expect(second).toMatchObject({ cleverId: world.person("student") })
    expect(second.id).not.toBe(first.id)
    expect(await world.whoami(copy)).toMatchObject({ status: 401 })
  })

  test("R13 another pupil's login replaces the session whole", async () => {
    const world = await openLoginWorld({
      door,
      hooks: { resolve: ({ identity }) => ({ accountId: `account of ${identity.cleverId}` }) },
    })
    const shared = world.browser(world.person("student"))
    await world.logIn(shared)
    const copyOfA = shared.copy()
    const b = world.person("student", 1)
    const [name, value] = world.simulator.signIn.logIn(b).cookie.split("=") as [string, string]
    shared.setCookie(world.simulator.authUrl, name, value)
    await world.logIn(shared)
    const session = await world.whoami(shared)
    expect(session).toMatchObject({ cleverId: b, accountId: `account of ${b}` })
    expect(JSON.stringify(session)).not.toContain(world.person("student"))
    expect(await world.whoami(copyOfA)).toMatchObject({ status: 401 })
  })

  test("R36 a logout ends the session on the server: a copied cookie is dead, and so is its login", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    await browser.request(back)
    await world.begin(browser)
    const copy = browser.copy()
    const out = await browser.request(`${world.app}/auth/clever/logout`, {
      method: "POST",
      headers: { origin: world.app, "sec-fetch-site": "same-origin" },
      form: { anything: "at all" },
    })
    expect(out).toMatchObject({ status: 303, location: new URL("/", world.app) })
    expect([...browser.cookies(world.app).keys()]).toEqual([])
    expect(await world.whoami(copy)).toMatchObject({ status: 401 })
    expect((await copy.request(back)).status).toBe(400)
  })

  test.each([
    ["POST", { origin: "https://evil.example" }],
    ["POST", { origin: "null" }],
    ["POST", { origin: "http://localhost" }],
    ["POST", { "sec-fetch-site": "cross-site" }],
    ["POST", { "sec-fetch-site": "same-site" }],
    ["POST", { "sec-fetch-site": "cross-site", origin: "APP" }],
    ["GET", {}],
    ["GET", { "sec-fetch-site": "same-origin" }],
    ["PUT", { origin: "APP" }],
  ])("R36 a logout by %s with %j is refused, and the session stays", async (method, given) => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const headers = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, value.replace("APP", world.app)]),
    )
    const answer = await browser.request(`${world.app}/auth/clever/logout`, { method, headers })
    expect(answer.status).toBe(403)
    expect(answer.body).toContain("LOGOUT_REFUSED")
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await world.whoami(browser)).toMatchObject({ status: 200 })
    expect(world.audit.at(-1)).toMatchObject({ type: "logout-refused", code: "LOGOUT_REFUSED" })
  })

  test("R36 a logout ends copies that have been in use since, though the browser's own was idle too long", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const copy = browser.copy()
    world.pass(20 * minute)
    expect(await world.whoami(copy)).toMatchObject({ status: 200 })
    world.pass(20 * minute)
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    await browser.request(`${world.app}/auth/clever/logout`, { method: "POST" })
    expect(await world.whoami(copy)).toMatchObject({ status: 401 })
  })

  test("R37 revoking a person's sessions ends them on every device, and no one else's", async () => {
    const world = await openLoginWorld({ door })
    const devices = [world.browser(world.person("student")), world.browser(world.person("student"))]
    const other = world.browser(world.person("student", 1))
    for (const browser of [...devices, other]) await world.logIn(browser)
    await world.sso.revokeUserSessions(world.person("student"))
    for (const browser of devices) expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    expect(await world.whoami(other)).toMatchObject({ status: 200 })
    await world.logIn(devices[0]!)
    expect(world.audit).toContainEqual(
      expect.objectContaining({ type: "sessions-revoked", cleverId: world.person("student") }),
    )
  })

  test("R37 revoked sessions stay ended for as long as they could have lasted", async () => {
    const store = new MemoryLoginStore()
    const raising = vi.spyOn(store as LoginStoreLike, "raiseSessionEpoch")
    const absoluteMs = 90 * minute
    const world = await openLoginWorld({ door, sso: { store, session: { absoluteMs } } })
    const before = Date.now()
    world.pass(10 * minute)
    await world.sso.revokeUserSessions(world.person("student"))
    const [[, expiresAtMs]] = raising.mock.calls as [[string, number]]
    expect(expiresAtMs).toBeGreaterThanOrEqual(before + 10 * minute + absoluteMs - 5_000)
  })

  test("R13 a session that another issuer's login made is none", async () => {
    const redirectUri = "https://app.example/auth/clever/callback"
    const https = { redirectUri, allowInsecureLocalhost: false }
    const world = await openLoginWorld({ door, sso: https })
    // The same app, pointed at another Clever.
    const other = await openLoginWorld({ door, sso: https })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    await browser.request(`${world.app}${back.pathname}${back.search}`)
    expect(await world.whoami(browser)).toMatchObject({ status: 200 })
    expect(await other.whoami(browser)).toMatchObject({ status: 401 })
  })

  test("R37 revoking a district's sessions ends those of all its people", async () => {
    const world = await openLoginWorld({ door })
    const browsers = [world.browser(world.person("student")), world.browser(world.person("teacher"))]
    for (const browser of browsers) await world.logIn(browser)
    await world.sso.revokeDistrictSessions(world.simulator.districts[0]!.id)
    for (const browser of browsers) expect(await world.whoami(browser)).toMatchObject({ status: 401 })
  })

  test("R38 a session ends after 30 idle minutes, and lives on while it is used", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const unused = browser.copy()
    for (let times = 0; times < 4; times++) {
      world.pass(20 * minute)
      expect(await world.whoami(browser)).toMatchObject({ status: 200 })
    }
    expect(await world.whoami(unused)).toMatchObject({ status: 401 })
    world.pass(30 * minute)
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
  })

  test("R38 a session that is used often is written anew once in a tenth of its idle time", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const written = async (): Promise<number> =>
      (await browser.request(`${world.app}/whoami`)).headers.getSetCookie().length
    world.pass(3 * minute - 1)
    expect(await written()).toBe(0)
    world.pass(1)
    expect(await written()).toBe(1)
    expect(await written()).toBe(0)
  })

  test("R38 a session ends after its absolute time, however much it is used", async () => {
    const world = await openLoginWorld({
      door,
      sso: { session: { idleMs: 10 * minute, absoluteMs: 25 * minute } },
    })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const expected = [200, 200, 200, 401]
    for (const status of expected) {
      world.pass(8 * minute)
      expect(await world.whoami(browser)).toMatchObject({ status })
    }
  })
})

describe.each(doors)("$name: R31 what becomes of the session that is there", (door) => {
  async function pupilA(options: Partial<Parameters<typeof openLoginWorld>[0]> = {}) {
    const world = await openLoginWorld({ door, ...options })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const become = (id: string): void => {
      const [name, value] = world.simulator.signIn.logIn(id).cookie.split("=") as [string, string]
      browser.setCookie(world.simulator.authUrl, name, value)
    }
    return { world, browser, a: world.person("student"), b: world.person("student", 1), become }
  }

  test.each([
    { code: "x", state: "forged" },
    { error: "access_denied" },
    { error: "access_denied", state: "forged" },
    { state: "" },
    { code: "x" },
    {},
  ])("R31 it survives a forged callback (%j)", async (query) => {
    const { world, browser, a } = await pupilA()
    await world.callback(browser, query)
    expect(await world.whoami(browser)).toMatchObject({ cleverId: a })
  })

  test("R31 it survives a login of the app's that fails without saying who it is", async () => {
    const { world, browser, a } = await pupilA()
    const back = await world.begin(browser)
    back.searchParams.set("code", "wrong")
    const answer = await browser.request(back)
    expect(answer.body).toContain("LOGIN_CODE_REJECTED")
    expect(await world.whoami(browser)).toMatchObject({ cleverId: a })
  })

  test("R31 it survives when the app refuses the same person", async () => {
    let times = 0
    const { world, browser, a } = await pupilA({
      hooks: { resolve: () => (times++ === 0 ? undefined : notSynced()) },
    })
    const back = await world.begin(browser)
    expect((await browser.request(back)).body).toContain("LOGIN_NOT_SYNCED")
    expect(await world.whoami(browser)).toMatchObject({ cleverId: a })
  })

  test("R31 it ends when the app refuses another person, also where it was copied", async () => {
    const { world, browser, b, become } = await pupilA({
      hooks: { resolve: ({ previous }) => (previous === undefined ? undefined : notSynced()) },
    })
    const copy = browser.copy()
    become(b)
    const back = await world.begin(browser)
    expect((await browser.request(back)).status).toBe(403)
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    expect(await world.whoami(copy)).toMatchObject({ status: 401 })
  })

  test("R31 it ends when another person is of a district that is not let in", async () => {
    const first = await openLoginWorld({ door, simulator: { districts: 2 } })
    const [home, other] = first.simulator.districts
    const { world, browser, become } = await pupilA({
      simulator: { districts: 2 },
      sso: { allowedDistricts: [home!.id] },
    })
    become(other!.people[0]!.id)
    const back = await world.begin(browser)
    expect((await browser.request(back)).body).toContain("LOGIN_DISTRICT_NOT_ALLOWED")
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
  })

  test.each([
    ["Clever says no", { error: "access_denied" }],
    ["the code is no good", { code: "wrong" }],
    ["Clever sends no code", {}],
  ])("R31 it ends when a login that Clever started fails: %s", async (_, parameters) => {
    const { world, browser, b, become } = await pupilA()
    become(b)
    const back = await world.begin(browser, "/auth/clever/callback?code=x")
    const state = back.searchParams.get("state")!
    const answer = await world.callback(browser, { ...parameters, state })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    expect(world.audit.at(-1)).toMatchObject({ type: "login-failed", loginSource: "clever" })
  })

  test("R31 it stays until a login that Clever started has ended", async () => {
    const { world, browser, a, b, become } = await pupilA()
    become(b)
    const back = await world.begin(browser, "/auth/clever/callback?code=x")
    expect(await world.whoami(browser)).toMatchObject({ cleverId: a })
    await browser.request(back)
    expect(await world.whoami(browser)).toMatchObject({ cleverId: b })
  })
})
