import { describe, expect, test } from "vitest"
import { MemoryLoginStore } from "../../src/sso/login-store.ts"
import { doors } from "./support/doors.ts"
import { openLoginWorld } from "./support/login-world.ts"

describe.each(doors)("$name: what a callback may bring", (door) => {
  test("R1 a callback with a made-up state is refused, and no code is exchanged", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const { code } = world.simulator.signIn.issueCode(world.person("student"))
    const answer = await world.callback(browser, { code, state: "made-up" })
    expect(answer.status).toBe(400)
    expect(answer.body).toContain("LOGIN_STATE_UNKNOWN")
    expect(answer.body).toContain('href="/auth/clever/login"')
    expect(answer.location).toBeUndefined()
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(world.exchanges()).toBe(0)
  })

  test("R2 a login that browser A started can't be ended in browser B", async () => {
    const world = await openLoginWorld({ door })
    const attacker = world.browser(world.person("student"))
    const victim = world.browser()
    const back = await world.begin(attacker)
    expect((await victim.request(back)).status).toBe(400)
    expect(world.exchanges()).toBe(0)
    expect(await world.whoami(victim)).toMatchObject({ status: 401 })
    // The attempt takes nothing from the browser it belongs to.
    expect((await attacker.request(back)).status).toBe(303)
    expect(await world.whoami(attacker)).toMatchObject({ status: 200 })
  })

  test("R2 nor with a login of browser B's own on its way", async () => {
    const world = await openLoginWorld({ door })
    const attacker = world.browser(world.person("student"))
    const victim = world.browser(world.person("teacher"))
    const forged = await world.begin(attacker)
    const own = await world.begin(victim)
    expect((await victim.request(forged)).status).toBe(400)
    const mixed = await world.callback(victim, {
      code: forged.searchParams.get("code")!,
      state: forged.searchParams.get("state")!,
    })
    expect(mixed.status).toBe(400)
    expect(world.exchanges()).toBe(0)
    expect((await victim.request(own)).status).toBe(303)
    expect(await world.whoami(victim)).toMatchObject({ cleverId: world.person("teacher") })
  })

  test("R2 a login's cookie under another login's name is none", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const backs = [await world.begin(browser), await world.begin(browser)]
    const [[one, valueOfOne], [other, valueOfOther]] = [...browser.cookies(world.app)] as [
      [string, string],
      [string, string],
    ]
    browser.setCookie(world.app, one, valueOfOther)
    browser.setCookie(world.app, other, valueOfOne)
    for (const back of backs) expect((await browser.request(back)).status).toBe(400)
    expect(world.exchanges()).toBe(0)
  })

  test("R3 of 20 callbacks at once, one exchanges the code", async () => {
    const world = await openLoginWorld({ door, simulator: { oidc: true } })
    world.simulator.signIn.codes.replayable = true
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    const copies = Array.from({ length: 20 }, () => browser.copy())
    const answers = await Promise.all(copies.map((copy) => copy.request(back)))
    expect(world.exchanges()).toBe(1)
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19)
  })

  test("R3 a state stays spent for as long as its cookie is good", async () => {
    const world = await openLoginWorld({ door })
    world.simulator.signIn.codes.replayable = true
    world.simulator.signIn.codes.lifetimeMs = 3_600_000
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    const copy = browser.copy()
    expect((await browser.request(back)).status).toBe(303)
    world.pass(598_000)
    expect((await copy.request(back)).status).toBe(400)
    expect(world.exchanges()).toBe(1)
  })

  test("R3 a state is spent by a callback that fails, too", async () => {
    const world = await openLoginWorld({ door })
    world.simulator.signIn.codes.replayable = true
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    const copy = browser.copy()
    const state = back.searchParams.get("state")!
    const refused = await world.callback(browser, { state, error: "access_denied" })
    expect(refused.body).toContain("LOGIN_DENIED")
    expect([...browser.cookies(world.app).keys()]).toEqual([])
    expect((await copy.request(back)).status).toBe(400)
    expect(world.exchanges()).toBe(0)
  })

  test.each([
    ["an empty state", "code=CODE&state="],
    ["the state twice", "code=CODE&state=STATE&state=STATE"],
    ["a state list", "code=CODE&state[]=STATE"],
    ["an encoded state list", "code=CODE&state%5B%5D=STATE"],
    ["a state object", "code=CODE&state[a]=STATE"],
    ["a state object beside the state", "code=CODE&state=STATE&state[__proto__]=1"],
    ["a state path", "code=CODE&state.a=STATE"],
    ["the code twice", "code=CODE&code=CODE&state=STATE"],
    ["a code list", "code[]=CODE&state=STATE"],
    ["an empty code", "code=&state=STATE"],
    ["the error twice", "error=a&error=b&state=STATE"],
    ["an empty error", "error=&state=STATE"],
    ["an error object", "error[a]=b&state=STATE"],
    ["the issuer twice", "code=CODE&state=STATE&iss=a&iss=b"],
    ["the description twice", "error=a&error_description=b&error_description=c&state=STATE"],
    ["the scope twice", "code=CODE&state=STATE&scope=a&scope=b"],
    ["a code of more than 2 KB", `code=${"c".repeat(2_049)}&state=STATE`],
    ["a state of more than 2 KB", `code=CODE&state=${"s".repeat(2_049)}`],
    ["a description of more than 2 KB", `error=a&error_description=${"d".repeat(2_049)}&state=STATE`],
  ])("R5 %s is refused, and nothing is touched", async (_, pattern) => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    const { searchParams } = back
    const query = pattern
      .replaceAll("CODE", searchParams.get("code")!)
      .replaceAll("STATE", searchParams.get("state")!)
    const answer = await browser.request(`${back.origin}${back.pathname}?${query}`)
    expect(answer.status).toBe(400)
    expect(answer.body).toContain("LOGIN_REQUEST_INVALID")
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(world.exchanges()).toBe(0)
    // The login itself is still good.
    expect((await browser.request(back)).status).toBe(303)
  })

  test.each([
    "__proto__=x&constructor=y&prototype=z",
    "__proto__[state]=x&constructor[prototype][code]=y",
    "toString=1&hasOwnProperty=2&valueOf=3",
    "client_id=evil&redirect_uri=https://evil.example&district_id=x&scope=a",
    "loginas_by_admin=true",
  ])("R60 other parameters are passed over: %s", async (more) => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    back.searchParams.delete("scope")
    const answer = await browser.request(`${back}&${more}`)
    expect(answer.status).toBe(303)
    expect(await world.whoami(browser)).toMatchObject({ cleverId: world.person("student") })
    expect(({} as Record<string, unknown>).state).toBeUndefined()
  })

  test("R19 a login of more than ten minutes is over, though the browser kept its cookie", async () => {
    // Nor does it help that the store takes everything for the first time.
    const store = new MemoryLoginStore()
    store.consumeOnce = async () => true
    const world = await openLoginWorld({ door, sso: { store } })
    world.simulator.signIn.codes.lifetimeMs = 3_600_000
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    world.pass(601_000)
    const answer = await browser.request(back)
    expect(answer.status).toBe(400)
    expect(answer.body).toContain("LOGIN_STATE_UNKNOWN")
    expect(world.exchanges()).toBe(0)
  })

  test("R19 a login of nearly ten minutes still ends well", async () => {
    const world = await openLoginWorld({ door })
    world.simulator.signIn.codes.lifetimeMs = 3_600_000
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    world.pass(598_000)
    expect((await browser.request(back)).status).toBe(303)
  })

  test("R19 a login from the future is none; a clock that is behind by less than a minute is no matter", async () => {
    const world = await openLoginWorld({ door })
    world.simulator.signIn.codes.lifetimeMs = 3_600_000
    const browser = world.browser(world.person("student"))
    const backs = [await world.begin(browser), await world.begin(browser)] as const
    world.pass(-61_000)
    expect((await browser.request(backs[0])).status).toBe(400)
    expect(world.exchanges()).toBe(0)
    world.pass(2_000)
    expect((await browser.request(backs[1])).status).toBe(303)
  })

  test.each([
    ["for another client id", { clientId: "another-app" }],
    ["for another redirect URI", { redirectUri: "https://app.example/auth/clever/return" }],
    ["of another issuer", { authUrl: "https://clever.example" }],
  ])("R42 a login that began %s is not ended here", async (_, before) => {
    // The same app, with one secret for its cookies, before and after its settings were changed.
    const https = { redirectUri: "https://app.example/auth/clever/callback", allowInsecureLocalhost: false }
    const world = await openLoginWorld({ door, sso: { ...https, oidc: "off" } })
    const { authUrl, apiUrl, clientId } = world.simulator
    const settings = { ...https, oidc: "off", authUrl, apiUrl, clientId } as const
    const earlier = await openLoginWorld({ door, sso: { ...settings, ...before } })
    const browser = world.browser()
    const started = await browser.request(`${earlier.app}/auth/clever/login`)
    const state = started.location!.searchParams.get("state")!
    const { code } = world.simulator.signIn.issueCode(world.person("student"))
    const answer = await world.callback(browser, { code, state })
    expect(answer.status).toBe(400)
    expect(answer.body).toContain("LOGIN_STATE_UNKNOWN")
    // Spent all the same.
    expect([...browser.cookies(world.app).keys()]).toEqual([])
    expect(world.exchanges()).toBe(0)
  })

  test("a callback with an unknown state and an error changes nothing and shows a page", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const answer = await world.callback(browser, { error: "access_denied", state: "unknown" })
    expect(answer.status).toBe(400)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await world.whoami(browser)).toMatchObject({ status: 200 })
  })

  test("a callback with neither state nor error nor code leads to the login", async () => {
    const world = await openLoginWorld({ door })
    const answer = await world.callback(world.browser(), {})
    expect(answer.status).toBe(303)
    expect(answer.location?.pathname).toBe("/auth/clever/login")
    expect(answer.location?.search).toBe("")
  })

  test("a callback with the right state and nothing else is refused and spent", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const state = (await world.begin(browser)).searchParams.get("state")!
    expect((await world.callback(browser, { state })).body).toContain("LOGIN_REQUEST_INVALID")
    expect([...browser.cookies(world.app).keys()]).toEqual([])
    expect(world.exchanges()).toBe(0)
  })

  test("R30 opening the callback again after the login leads home with the same session", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser, "/auth/clever/login?return_to=/work")
    await browser.request(back)
    const { id } = await world.whoami(browser)
    const again = await browser.request(back)
    expect(again).toMatchObject({ status: 303, location: new URL("/", world.app) })
    expect(await world.whoami(browser)).toMatchObject({ id })
    expect(world.exchanges()).toBe(1)
  })

  test("R30 pupil B's stale or foreign callback does not lead into pupil A's work", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const first = await world.begin(browser)
    await browser.request(first)
    await world.logIn(browser)
    const foreign = await world.begin(world.browser(world.person("student", 1)))
    for (const callback of [first, foreign]) {
      const answer = await browser.request(callback)
      expect(answer.status).toBe(400)
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    expect(await world.whoami(browser)).toMatchObject({ cleverId: world.person("student") })
    expect(world.exchanges()).toBe(2)
  })

  test("R3 callbacks that Clever makes twice, once in a frame, end in one login", async () => {
    const world = await openLoginWorld({ door })
    world.simulator.signIn.apps[0]!.duplicateCallbacks = true
    const browser = world.browser(world.person("student"))
    const page = await browser.open(`${world.app}/auth/clever/login?return_to=/work`)
    const [, address] = /<iframe src="([^"]+)"/.exec(page.body)!
    const callback = address!.replaceAll("&amp;", "&")
    const framed = await browser.request(callback, {
      headers: { "sec-fetch-dest": "iframe", "sec-fetch-mode": "navigate", "sec-fetch-site": "cross-site" },
      cookies: false,
    })
    expect(framed.status).toBe(400)
    const whole = await browser.open(callback)
    expect(whole.url.pathname).toBe("/work")
    // An app that catches links (a Universal Link) opens it once more.
    expect((await browser.request(callback)).location?.pathname).toBe("/")
    expect(world.exchanges()).toBe(1)
  })
})
