import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Keyring } from "../../src/sso/keyring.ts"
import { doors } from "./support/doors.ts"
import { type LoginWorld, openLoginWorld } from "./support/login-world.ts"
import type { WebBrowser } from "./support/web-browser.ts"

const https = { redirectUri: "https://app.example/auth/clever/callback", allowInsecureLocalhost: false }

/** The app behind a proxy that ends https: the browser goes to app.example and arrives here. */
function behindProxy(world: LoginWorld, url: URL): URL {
  return new URL(`${url.pathname}${url.search}`, world.app)
}

function names(world: LoginWorld, browser: WebBrowser): string[] {
  return [...browser.cookies(world.app).keys()]
}

describe.each(doors)("$name: cookies", (door) => {
  test("R32 behind https all are __Host-, Secure, HttpOnly, Lax, for every path and no domain", async () => {
    const world = await openLoginWorld({ door, sso: https })
    const browser = world.browser(world.person("student"))
    const bounced = await world.callback(browser, { code: "x" })
    const { location } = await browser.request(bounced.location!)
    expect(location!.origin).toBe("https://app.example")
    await browser.request(behindProxy(world, location!))
    expect(await world.whoami(browser)).toMatchObject({ status: 200 })
    await browser.request(`${world.app}/auth/clever/logout`, {
      method: "POST",
      headers: { origin: "https://app.example" },
    })
    expect(names(world, browser)).toEqual([])
    const lines = browser.cookieLines.filter((line) => line.startsWith("__Host-"))
    expect(browser.cookieLines.filter((line) => /clever_/.test(line))).toEqual(lines)
    expect(new Set(lines.map((line) => /^__Host-(clever_[a-z]+)/.exec(line)![1]))).toEqual(
      new Set(["clever_txn", "clever_bounce", "clever_session"]),
    )
    for (const line of lines) {
      const [, ...attributes] = line.split("; ")
      expect(attributes.filter((attribute) => !attribute.startsWith("Max-Age"))).toEqual([
        "Path=/",
        "HttpOnly",
        "Secure",
        "SameSite=Lax",
      ])
    }
  })

  test("R32 the session's cookie goes when the browser closes; a login's lasts ten minutes", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const line = (name: string): string => browser.cookieLines.find((own) => own.startsWith(name))!
    expect(line("clever_session")).not.toMatch(/max-age|expires/i)
    expect(line("clever_txn_")).toMatch(/; Max-Age=600;/)
    expect(line("clever_txn_")).toMatch(/^clever_txn_[0-9a-f]{16}=/)
  })

  test("R32 no cookie is longer than 3,800 bytes, with the longest return_to and PKCE", async () => {
    const world = await openLoginWorld({
      door,
      sso: { ...https, session: { displayName: true } },
      simulator: { oidc: true, apps: [{ pkce: true }] },
      hooks: { resolve: () => ({ accountId: "a".repeat(255) }) },
    })
    const browser = world.browser(world.person("teacher"))
    const target = `/${"a".repeat(1_023)}`
    const back = await world.begin(browser, `/auth/clever/login?return_to=${target}`)
    const done = await browser.request(behindProxy(world, back))
    expect(done.headers.get("location")).toBe(target)
    expect(Math.max(...browser.cookieLines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(3_800)
  })

  test("R32 a cookie that browsers would drop is the app's error to see, not a login that gets lost", async () => {
    const world = await openLoginWorld({ door, hooks: { resolve: () => ({ accountId: "a".repeat(4_000) }) } })
    const browser = world.browser(world.person("teacher"))
    const back = await world.begin(browser)
    const answer = await browser.request(back)
    expect(answer.status).toBe(500)
    expect(world.errors).toEqual([expect.objectContaining({ code: "INVALID_OPTIONS" })])
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
  })

  test("R32 cookies of another host are nothing here", async () => {
    const world = await openLoginWorld({ door, sso: https })
    const other = await openLoginWorld({
      door,
      sso: { ...https, redirectUri: "https://other.example/auth/clever/callback" },
    })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    const here = other.browser()
    for (const [name, value] of browser.cookies(world.app)) here.setCookie(other.app, name, value)
    expect((await here.request(behindProxy(other, back))).status).toBe(400)
    await browser.request(behindProxy(world, back))
    expect(await world.whoami(browser)).toMatchObject({ status: 200 })
    for (const [name, value] of browser.cookies(world.app)) here.setCookie(other.app, name, value)
    expect(await other.whoami(here)).toMatchObject({ status: 401 })
    expect(other.exchanges()).toBe(0)
  })

  test("R14 a login's cookie is no session, and a session's no login", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    const [[name, transaction]] = [...browser.cookies(world.app)] as [[string, string]]
    const impostor = world.browser()
    impostor.setCookie(world.app, "clever_session", transaction)
    expect(await world.whoami(impostor)).toMatchObject({ status: 401 })
    await browser.request(back)
    impostor.setCookie(world.app, name, browser.cookies(world.app).get("clever_session")!)
    expect((await impostor.request(back)).status).toBe(400)
    expect(world.exchanges()).toBe(1)
  })

  test.each([
    ["in order", [0, 1]],
    ["the other way round", [1, 0]],
  ])("R33 two tabs both log in, %s", async (_, order) => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const tabs = [
      await world.begin(browser, "/auth/clever/login?return_to=/one"),
      await world.begin(browser, "/auth/clever/login?return_to=/two"),
    ]
    const targets = []
    for (const tab of order) targets.push((await browser.request(tabs[tab]!)).location?.pathname)
    expect(targets).toEqual(order.map((tab) => ["/one", "/two"][tab]))
    expect(await world.whoami(browser)).toMatchObject({ cleverId: world.person("student") })
    expect(world.exchanges()).toBe(2)
  })

  test("R34 fifty abandoned logins leave at most five cookies, and the last one still works", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    let back: URL | undefined
    for (let times = 0; times < 50; times++) {
      if (times === 49) back = await world.begin(browser)
      else await browser.request(`${world.app}/auth/clever/login`)
      expect(names(world, browser).length).toBeLessThanOrEqual(5)
    }
    expect((await browser.request(back!)).status).toBe(303)
  })

  test("R35 with a new key in front, logins and sessions of the old one go on; without the old one they end", async () => {
    const old = "the old secret of this app, 32 bytes or more"
    const fresh = "the new secret of this app, 32 bytes or more"
    const before = await openLoginWorld({ door, sso: { ...https, cookieSecret: old } })
    const { authUrl, apiUrl } = before.simulator
    // The same app at later times: the browser carries its cookies from one to the next.
    const rotated = await openLoginWorld({
      door,
      sso: { ...https, cookieSecret: [fresh, old], authUrl, apiUrl },
    })
    const later = await openLoginWorld({ door, sso: { ...https, cookieSecret: fresh, authUrl, apiUrl } })
    const browser = before.browser(before.person("student"))
    await browser.request(behindProxy(before, await before.begin(browser)))
    expect(await rotated.whoami(browser)).toMatchObject({ status: 200 })
    expect(await later.whoami(browser)).toMatchObject({ status: 401 })
    const pending = await before.begin(browser)
    expect((await browser.request(behindProxy(later, pending))).status).toBe(400)
    expect((await browser.request(behindProxy(rotated, pending))).status).toBe(303)
    expect(await later.whoami(browser)).toMatchObject({ status: 200 })
    expect(before.exchanges()).toBe(2)
  })

  test("R14 a cookie that another version of Homeroom sealed is none", async () => {
    const world = await openLoginWorld({ door })
    const secrets = ["a secret of the tests, thirty-two bytes or more"]
    const keyring = new Keyring({ secrets, host: new URL(world.app).host })
    const browser = world.browser(world.person("student"))
    const [first, second] = [await world.begin(browser), await world.begin(browser)]
    const [[name = "", sealed = ""] = []] = browser.cookies(world.app)
    browser.setCookie(
      world.app,
      name,
      keyring.seal("clever-txn", { ...keyring.open("clever-txn", sealed), v: 2 }),
    )
    expect((await browser.request(first)).status).toBe(400)
    expect(world.exchanges()).toBe(0)

    await browser.request(second)
    const session = keyring.open("clever-session", browser.cookies(world.app).get("clever_session") ?? "")
    expect(session).toMatchObject({ v: 1, cleverId: world.person("student") })
    browser.setCookie(world.app, "clever_session", keyring.seal("clever-session", { ...session, v: 2 }))
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
  })

  test("R18 whatever is done to any cookie, nobody gets in and nothing breaks", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const pending = await world.begin(browser)
    await world.logIn(browser)
    const good = browser.cookies(world.app)
    const exchanges = world.exchanges()
    const text = fc
      .string({ unit: "grapheme-ascii", maxLength: 30 })
      .map((part) => part.replace(/[;\s]/g, ""))
    const mutation = fc.oneof(
      fc.tuple(fc.nat(), fc.integer({ min: 33, max: 126 })).map(([at, unit]) => (value: string) => {
        const index = at % value.length
        const other = String.fromCharCode(unit)
        return value[index] === other ? `${value}x` : value.slice(0, index) + other + value.slice(index + 1)
      }),
      fc.nat().map((at) => (value: string) => value.slice(0, at % value.length)),
      text.map((part) => (value: string) => `${part}x${value}`),
      text.map((part) => (value: string) => `${value}.${part}`),
      text.map((part) => () => part),
      fc.constant((value: string) => value.split(".").reverse().join(".")),
      fc.constant((value: string) => value.repeat(3)),
    )
    await fc.assert(
      fc.asyncProperty(mutation, async (change) => {
        const thief = world.browser()
        for (const [name, value] of good) thief.setCookie(world.app, name, change(value).replaceAll(";", ""))
        expect(await world.whoami(thief)).toMatchObject({ status: 401 })
        expect((await thief.request(pending)).status).toBe(400)
      }),
      { numRuns: 40 },
    )
    expect(world.exchanges()).toBe(exchanges)
    expect(world.errors).toEqual([])
  })
})
