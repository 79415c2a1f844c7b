import { describe, expect, test } from "vitest"
import { doors } from "./support/doors.ts"
import { openLoginWorld } from "./support/login-world.ts"

const crossSite = {
  "sec-fetch-site": "cross-site",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
}

describe.each(doors)("$name: logins that start at Clever", (door) => {
  test("R4 a code without a state goes nowhere: not in an address, not in an exchange", async () => {
    const world = await openLoginWorld({ door })
    const attacker = world.person("student", 1)
    const victim = world.person("student")
    const browser = world.browser(victim)
    const { code, callbackUrl } = world.simulator.signIn.issueCode(attacker)
    const { trail } = await browser.open(callbackUrl, { headers: crossSite })
    expect(trail[0]!.location!.href).not.toContain(code)
    expect(trail[0]!.location!.searchParams.get("state")).toMatch(/^[\w-]{43}$/)
    expect(await world.whoami(browser)).toMatchObject({ cleverId: victim, loginSource: "clever" })
    expect(world.exchanges()).toBe(1)
    expect(world.simulator.signIn.codes.list().find((issued) => issued.code === code)!.redeemed).toBe(0)
    expect(world.simulator.requests.list().some(({ path }) => path.includes(code))).toBe(false)
  })

  test("R4 an Instant Login link ends in a login", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("teacher"))
    const { clientId, authUrl } = world.simulator
    await browser.open(`${authUrl}/oauth/instant-login?client_id=${clientId}`)
    expect(await world.whoami(browser)).toMatchObject({ cleverId: world.person("teacher") })
  })

  test("R4 with portal: reject, the code is refused and nothing is started", async () => {
    const world = await openLoginWorld({ door, sso: { portal: "reject" } })
    const browser = world.browser(world.person("student"))
    const answer = await world.callback(browser, { code: "c0de" })
    expect(answer.status).toBe(400)
    expect(answer.body).toContain("LOGIN_STATE_MISSING")
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(world.simulator.requests.total).toBe(0)
  })

  test("R53 the district of a taken-over login is the app's own, never the address's", async () => {
    const world = await openLoginWorld({ door })
    const answer = await world.callback(world.browser(), {
      code: "c0de",
      district_id: "5a0c91b95c7cc000010d417c",
      confirmed: "false",
      return_unshared: "true",
      return_to: "/work",
    })
    expect([...answer.location!.searchParams.keys()].sort()).toEqual([
      "client_id",
      "nonce",
      "redirect_uri",
      "response_type",
      "state",
    ])
    const only = await openLoginWorld({ door, sso: { districtId: world.simulator.districts[0]!.id } })
    const bounced = await only.callback(only.browser(), { code: "c0de" })
    expect(bounced.location!.searchParams.get("district_id")).toBe(world.simulator.districts[0]!.id)
  })

  test("R15 a login from Clever leads home, wherever its address says to go", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const { callbackUrl } = world.simulator.signIn.issueCode(world.person("student"))
    const { url } = await browser.open(`${callbackUrl}&return_to=/work`, { headers: crossSite })
    expect(url.href).toBe(`${world.app}/`)
  })

  describe("with portalConfirmation: cross-site", () => {
    const sso = { portalConfirmation: "cross-site" } as const

    test("asks first, then logs in as somebody from Clever", async () => {
      const world = await openLoginWorld({ door, sso })
      const browser = world.browser(world.person("student"))
      const { callbackUrl } = world.simulator.signIn.issueCode(world.person("student"))
      const page = await browser.request(callbackUrl, { headers: crossSite })
      expect(page.status).toBe(200)
      expect(page.headers.getSetCookie()).toEqual([])
      expect(page.body).toContain("Log in with Clever?")
      expect(world.simulator.requests.total).toBe(0)
      const [, link] = /<a href="([^"]+)"/.exec(page.body)!
      await browser.open(new URL(link!.replaceAll("&#38;", "&"), world.app), {
        headers: { ...crossSite, "sec-fetch-site": "same-origin" },
      })
      expect(await world.whoami(browser)).toMatchObject({ status: 200, loginSource: "clever" })
    })

    test("asks a browser that does not say where it comes from", async () => {
      const world = await openLoginWorld({ door, sso })
      const page = await world.callback(world.browser(), { code: "c0de" })
      expect(page.status).toBe(200)
      expect(page.headers.getSetCookie()).toEqual([])
    })

    test("asks before a login that a foreign link started, and keeps where it leads", async () => {
      const world = await openLoginWorld({ door, sso })
      const login = `${world.app}/auth/clever/login?return_to=/work%3Fa=%22b%22`
      const page = await world.browser().request(login, { headers: crossSite })
      expect(page.status).toBe(200)
      expect(page.headers.getSetCookie()).toEqual([])
      const [, link] = /<a href="([^"]+)"/.exec(page.body)!
      expect(new URL(link!, world.app).searchParams.get("return_to")).toBe("/work?a=%22b%22")
      const own = await world
        .browser()
        .request(login, { headers: { ...crossSite, "sec-fetch-site": "same-origin" } })
      expect(own.status).toBe(303)
    })

    test.each(["https://evil.example", "//evil.example", "/auth/clever/logout", "/\\evil.example"])(
      "R15 the question does not lead to %s",
      async (target) => {
        const world = await openLoginWorld({ door, sso })
        const login = `${world.app}/auth/clever/login?${new URLSearchParams({ return_to: target })}`
        const page = await world.browser().request(login, { headers: crossSite })
        const [, link] = /<a href="([^"]+)"/.exec(page.body)!
        expect(new URL(link!.replaceAll("&#38;", "&"), world.app).searchParams.get("return_to")).toBe("/")
      },
    )

    test("shows no question in a frame", async () => {
      const world = await openLoginWorld({ door, sso })
      const headers = { ...crossSite, "sec-fetch-dest": "iframe" }
      expect((await world.browser().request(`${world.app}/auth/clever/login`, { headers })).status).toBe(400)
      expect(
        (await world.browser().request(`${world.app}/auth/clever/callback?code=x`, { headers })).status,
      ).toBe(400)
    })
  })

  test("R27 the third login from Clever within a minute that leads to nothing shows a page", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser()
    expect((await world.callback(browser, { code: "1" })).status).toBe(303)
    world.pass(20_000)
    expect((await world.callback(browser, { code: "2" })).status).toBe(303)
    world.pass(20_000)
    const third = await world.callback(browser, { code: "3" })
    expect(third.status).toBe(400)
    expect(third.body).toContain("LOGIN_LOOP")
    // Pressing again, having read that, is no loop.
    expect((await world.callback(browser, { code: "4" })).status).toBe(303)
  })

  test("R27 slower ones are no loop, and a login that ends well starts the count again", async () => {
    const world = await openLoginWorld({ door })
    const slow = world.browser()
    for (const code of ["1", "2", "3", "4"]) {
      expect((await world.callback(slow, { code })).status).toBe(303)
      world.pass(31_000)
    }
    const id = world.person("student")
    const quick = world.browser(id)
    for (let times = 0; times < 5; times++) {
      const arrived = await quick.open(world.simulator.signIn.issueCode(id).callbackUrl)
      expect(arrived).toMatchObject({ status: 200, url: new URL("/", world.app) })
    }
  })

  test.each([
    ["sec-purpose", "prefetch"],
    ["sec-purpose", "prefetch;prerender"],
    ["purpose", "prefetch"],
    ["x-moz", "prefetch"],
    ["x-purpose", "preview"],
  ])("R28 a browser that only fetches ahead (%s: %s) starts and ends no login", async (name, value) => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    const before = world.simulator.requests.total
    for (const url of [back, `${world.app}/auth/clever/login`, `${world.app}/auth/clever/callback?code=x`]) {
      const ahead = await browser.request(url, { headers: { [name]: value } })
      expect(ahead.status).toBe(204)
      expect(ahead.body).toBe("")
      expect(ahead.headers.getSetCookie()).toEqual([])
    }
    expect(world.simulator.requests.total).toBe(before)
    expect((await browser.request(back)).status).toBe(303)
  })

  test.each([
    ["image", "no-cors", "cross-site"],
    ["iframe", "navigate", "cross-site"],
    ["frame", "navigate", "same-origin"],
    ["script", "no-cors", "same-site"],
    ["object", "navigate", "cross-site"],
    ["embed", "navigate", "cross-site"],
    ["fencedframe", "navigate", "cross-site"],
    ["empty", "cors", "cross-site"],
    ["empty", "no-cors", "same-site"],
  ])("R28 %s (%s, %s) is no page that somebody opened", async (destination, mode, site) => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    const before = world.simulator.requests.total
    const headers = { "sec-fetch-dest": destination, "sec-fetch-mode": mode, "sec-fetch-site": site }
    for (const url of [back, `${world.app}/auth/clever/login`, `${world.app}/auth/clever/callback?code=x`]) {
      const answer = await browser.request(url, { headers })
      expect(answer.status).toBe(400)
      expect(answer.body).toContain("LOGIN_NOT_NAVIGATION")
      expect(answer.body).toContain('target="_blank"')
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    expect(world.simulator.requests.total).toBe(before)
    expect((await browser.request(back)).status).toBe(303)
  })

  test.each([
    ["document", "navigate", "cross-site"],
    ["empty", "navigate", "same-origin"],
    ["empty", "same-origin", "same-origin"],
  ])("R28 %s (%s, %s) is one, also through a service worker", async (destination, mode, site) => {
    const world = await openLoginWorld({ door })
    const headers = { "sec-fetch-dest": destination, "sec-fetch-mode": mode, "sec-fetch-site": site }
    const answer = await world.browser().request(`${world.app}/auth/clever/login`, { headers })
    expect(answer.status).toBe(303)
  })

  test("R29 HEAD has no effect, on any route", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const back = await world.begin(browser)
    const before = world.simulator.requests.total
    for (const url of [back, `${world.app}/auth/clever/login`, `${world.app}/auth/clever/callback?code=x`]) {
      const answer = await browser.request(url, { method: "HEAD" })
      expect(answer.status).toBe(204)
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    const out = await browser.request(`${world.app}/auth/clever/logout`, { method: "HEAD" })
    expect(out.status).toBe(403)
    expect(world.simulator.requests.total).toBe(before)
    expect(await world.whoami(browser)).toMatchObject({ status: 200 })
    expect((await browser.request(back)).status).toBe(303)
  })

  test.each(["POST", "PUT", "DELETE", "PATCH"])("R29 %s starts and ends no login", async (method) => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    for (const url of [back, `${world.app}/auth/clever/login`]) {
      const answer = await browser.request(url, { method, form: { code: "x" } })
      expect(answer.status).toBe(405)
      expect(answer.headers.get("allow")).toBe("GET, HEAD")
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    expect(world.exchanges()).toBe(0)
  })
})
