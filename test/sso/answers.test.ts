import { createHash } from "node:crypto"
import { describe, expect, test } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { fault } from "../../src/simulator/index.ts"
import { doors } from "./support/doors.ts"
import { openLoginWorld } from "./support/login-world.ts"
import type { Visit } from "./support/web-browser.ts"

/** A page that can neither run nor load anything, be framed, cached or referred from. */
function expectSafePage({ headers, body }: Visit): void {
  const [, style] = /<style>([\s\S]*)<\/style>/.exec(body)!
  const hash = createHash("sha256").update(style!).digest("base64")
  expect(headers.get("content-security-policy")).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  )
  expect(headers.get("x-frame-options")).toBe("DENY")
  expect(headers.get("x-content-type-options")).toBe("nosniff")
  expect(headers.get("content-type")).toBe("text/html; charset=utf-8")
  expect(body).not.toMatch(/<script|javascript:|\son\w+=|<iframe|<img|<link|style="/i)
}

const hostile = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "a\r\nSet-Cookie: clever_session=evil\r\n\r\n<html>",
  "\u001b[2J\u001b[31mALL CLEAR",
  "\u202egnp.exe",
  "%00%0d%0a",
  "x".repeat(2_000),
]

describe.each(doors)("$name: answers", (door) => {
  test("R39 nothing of a login may be cached or referred from", async () => {
    const world = await openLoginWorld({ door, sso: { portalConfirmation: "cross-site" } })
    const browser = world.browser(world.person("student"))
    const at = (path: string) => `${world.app}/auth/clever/${path}`
    const back = await world.begin(browser)
    const answers = [
      await browser.request(at("login")),
      await browser.request(back),
      await browser.request(at("callback?code=x&state=y")),
      await browser.request(at("callback?code=x"), { headers: { "sec-fetch-site": "cross-site" } }),
      await browser.request(at("callback?error=x"), { headers: { accept: "application/json" } }),
      await browser.request(at("login"), { headers: { purpose: "prefetch" } }),
      await browser.request(at("login"), { method: "POST" }),
      await browser.request(at("logout")),
      await browser.request(at("logout"), { method: "POST" }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 400, 200, 502, 204, 405, 403, 303])
    for (const { headers } of answers) {
      expect(headers.get("cache-control")).toBe("no-store")
      expect(headers.get("referrer-policy")).toBe("no-referrer")
    }
  })

  test.each(hostile)("R40 what an error says is never shown: %j", async (text) => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    for (const accept of ["text/html", "application/json"]) {
      const state = (await world.begin(browser)).searchParams.get("state")!
      for (const query of [
        { error: text, error_description: text },
        { error: text, error_description: text, state },
        { error: "access_denied", error_description: text, error_uri: "https://evil.example", state: text },
      ]) {
        const search = new URLSearchParams(query)
        const answer = await browser.request(`${world.app}/auth/clever/callback?${search}`, {
          headers: { accept },
        })
        expect([400, 502]).toContain(answer.status)
        expect(answer.body).not.toContain(text)
        expect(answer.body).not.toMatch(/evil|alert|ALL CLEAR|xxxx/)
        expect([...answer.headers.keys()].filter((name) => !/^[\w-]+$/.test(name))).toEqual([])
        expect(answer.headers.getSetCookie().join()).not.toContain("evil")
        if (accept === "text/html") expectSafePage(answer)
      }
    }
    // What is logged is a code and nothing else.
    for (const { code } of world.audit) if (code !== undefined) expect(code).toMatch(/^[A-Z_]+$/)
  })

  test("R40 an error of 100 KB is refused", async () => {
    const world = await openLoginWorld({ door })
    const answer = await world.sso.handle(
      "callback",
      { url: `/auth/clever/callback?error=${"e".repeat(100_000)}`, headers: {} },
      { native: undefined },
    )
    expect(answer.answer.status).toBe(400)
    expect(answer.answer.body.length).toBeLessThan(5_000)
    // Over the wire some servers refuse so long an address themselves.
    const wire = await world.callback(world.browser(), { error: "e".repeat(100_000) })
    expect([400, 414, 431]).toContain(wire.status)
  })

  test.each([
    ["unauthorized-user", 403, "LOGIN_UNAUTHORIZED_USER"],
    ["unauthorized_user", 403, "LOGIN_UNAUTHORIZED_USER"],
    ["access_denied", 403, "LOGIN_DENIED"],
    ["server_error", 502, "LOGIN_CLEVER_ERROR"],
    ["__proto__", 502, "LOGIN_CLEVER_ERROR"],
    ["constructor", 502, "LOGIN_CLEVER_ERROR"],
  ])("R40 %s is answered with %i %s", async (error, status, code) => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const state = (await world.begin(browser)).searchParams.get("state")!
    const page = await world.callback(browser, { error, state })
    expect(page.status).toBe(status)
    expect(page.body).toContain(`<meta name="homeroom-error" content="${code}">`)
    const stateless = await world.callback(browser, { error })
    expect(stateless.status).toBe(status)
    expect(world.exchanges()).toBe(0)
  })

  test.each([
    ["application/json", true],
    ["application/json, text/html;q=0.9", true],
    ["text/html;q=0.5, application/json;q=0.6", true],
    ["text/html, application/json", false],
    ["text/html,application/xhtml+xml,*/*;q=0.8", false],
    ["*/*", false],
    ["application/json;q=0", false],
    ["application/json;q=abc", false],
    ["", false],
  ])("R48 Accept: %s answers JSON: %s", async (accept, isJson) => {
    const world = await openLoginWorld({ door })
    const answer = await world.browser().request(`${world.app}/auth/clever/callback?code=x&state=y`, {
      headers: { accept },
    })
    expect(answer.status).toBe(400)
    if (!isJson) return expectSafePage(answer)
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8")
    expect(JSON.parse(answer.body)).toEqual({
      error: "LOGIN_STATE_UNKNOWN",
      message: expect.stringMatching(/^Please log in again\. /) as string,
    })
  })

  test("R40 translated texts are escaped, like everything on a page", async () => {
    const world = await openLoginWorld({
      door,
      sso: {
        messages: {
          language: 'de"><b>',
          tryAgain: "<i>Nochmal</i>",
          startAgain: { title: "<b>", text: "&'\"" },
        },
      },
    })
    const page = await world.callback(world.browser(), { code: "x", state: "y" })
    expect(page.body).not.toMatch(/<b>|<i>|&'"/)
    expect(page.body).toContain("&#60;b&#62;")
    expectSafePage(page)
  })

  test("frameAncestors are named, and nobody else may frame the pages", async () => {
    const world = await openLoginWorld({ door, sso: { frameAncestors: ["https://lms.example"] } })
    const { headers } = await world.callback(world.browser(), { error: "x" })
    expect(headers.get("content-security-policy")).toMatch(/; frame-ancestors https:\/\/lms\.example$/)
    expect(headers.get("x-frame-options")).toBeNull()
  })

  test.each([
    ["http://evil.example", {}],
    ["https://app.example", { "x-forwarded-host": "evil.example", "x-forwarded-proto": "http" }],
    ["https://app.example", { forwarded: "host=evil.example;proto=http", "x-forwarded-port": "80" }],
    ["https://app.example", { "x-original-url": "/evil", "x-rewrite-url": "//evil.example/" }],
  ])(
    "R42 R59 addresses and Secure come from the options, whatever the request says (Host of %s, %j)",
    async (host, headers) => {
      const redirectUri = "https://app.example/auth/clever/callback"
      const world = await openLoginWorld({ door, sso: { redirectUri, allowInsecureLocalhost: false } })
      const sent = { headers: { host: new URL(host).host, ...headers } }
      const browser = world.browser(world.person("student"))
      const here = (path: string) => `${world.app}/auth/clever/${path}`
      const start = await browser.request(
        here("login?return_to=/work&redirect_uri=https://evil.example"),
        sent,
      )
      expect(start.location!.origin).toBe(world.simulator.authUrl)
      expect(start.location!.searchParams.getAll("redirect_uri")).toEqual([redirectUri])
      const { location } = await browser.request(start.location!)
      const done = await browser.request(here(`callback${location!.search}`), sent)
      expect(done.headers.get("location")).toBe("/work")
      // Clever compares the two redirect URIs as texts: the exchange succeeded.
      expect(await world.whoami(browser)).toMatchObject({ status: 200 })
      const ours = browser.cookieLines.filter((line) => line.includes("clever_"))
      for (const line of ours) expect(line).toMatch(/^__Host-.*; Secure; SameSite=Lax$/)
      const out = await browser.request(here("logout"), {
        method: "POST",
        headers: { ...sent.headers, origin: "http://evil.example" },
      })
      expect(out.status).toBe(403)
      const bounced = await browser.request(here("callback?code=x"), sent)
      expect(bounced.location!.searchParams.getAll("redirect_uri")).toEqual([redirectUri])
    },
  )

  test("R53 a link to the login can ask for where it leads, and for nothing else", async () => {
    const world = await openLoginWorld({ door })
    const hostileQuery =
      "client_id=evil&redirect_uri=https://evil.example&state=fixed&response_type=token&scope=all&nonce=n" +
      "&district_id=5a0c91b95c7cc000010d417c&confirmed=false&return_unshared=true&prompt=none&__proto__[state]=x"
    const { location } = await world.browser().request(`${world.app}/auth/clever/login?${hostileQuery}`)
    const sent = location!.searchParams
    expect([...sent.keys()].sort()).toEqual(["client_id", "nonce", "redirect_uri", "response_type", "state"])
    expect(sent.get("client_id")).toBe(world.simulator.clientId)
    expect(sent.get("response_type")).toBe("code")
    expect(sent.get("state")).toMatch(/^[\w-]{43}$/)
    expect(sent.get("nonce")).toMatch(/^[\w-]{43}$/)
    expect(sent.get("state")).not.toBe(sent.get("nonce"))
  })

  test.each([
    ["return_to=//evil.example", "/"],
    ["return_to=https://evil.example", "/"],
    ["return_to=/%5Cevil.example", "/"],
    ["return_to=/ok&return_to=//evil.example", "/"],
    ["return_to[]=//evil.example", "/"],
    ["return_to=/auth/clever/logout", "/"],
    ["return_to=%2Fwork%0d%0aSet-Cookie:a=b", "/"],
    [`return_to=/${"a".repeat(5_000)}`, "/"],
    ["return_to=/work", "/work"],
  ])("R15 a login with %s leads to %s", async (query, expected) => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser, `/auth/clever/login?${query}`)
    expect((await browser.request(back)).headers.get("location")).toBe(expected)
  })

  test("R15 where a login leads is checked again at its end, by the options of then", async () => {
    const redirectUri = "https://app.example/auth/clever/callback"
    const sso = { redirectUri, allowInsecureLocalhost: false }
    const before = await openLoginWorld({
      door,
      sso: { ...sso, allowedReturnOrigins: ["https://reports.example"] },
    })
    const { authUrl, apiUrl } = before.simulator
    const after = await openLoginWorld({ door, sso: { ...sso, authUrl, apiUrl } })
    for (const [world, expected] of [
      [before, "https://reports.example/a"],
      [after, "/"],
    ] as const) {
      const browser = before.browser(before.person("student"))
      const back = await before.begin(browser, "/auth/clever/login?return_to=https://reports.example/a")
      const done = await browser.request(`${world.app}${back.pathname}${back.search}`)
      expect(done.headers.get("location")).toBe(expected)
    }
  })

  test("R48 a refusal by the app is its page and status", async () => {
    const world = await openLoginWorld({
      door,
      hooks: {
        resolve: () => {
          throw new HomeroomError("LOGIN_AMBIGUOUS", {
            message: "internal words",
            cause: new Error("canary"),
          })
        },
      },
    })
    const browser = world.browser(world.person("student"))
    const answer = await browser.request(await world.begin(browser))
    expect(answer.status).toBe(409)
    expect(answer.body).toContain("We can&#39;t tell which account is yours")
    expect(answer.body).not.toMatch(/internal words|canary/)
    expectSafePage(answer)
  })

  test.each(["/oauth/tokens", /\/me$/, /\/users\//])(
    "R25 an answer of more than 1 MB (%s) is not read, and nobody is logged in",
    async (match) => {
      const world = await openLoginWorld({ door })
      const browser = world.browser(world.person("student"))
      const back = await world.begin(browser)
      const body = JSON.stringify({ filler: "a".repeat(1024 * 1024) })
      world.simulator.faults.add({ match, fault: fault.answer({ status: 200, body }) })
      const answer = await browser.request(back)
      expect(answer.status).toBe(502)
      expect(answer.body).toContain("CLEVER_BODY_TOO_LARGE")
      expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    },
  )

  test("R17 an answer of Clever's that is none is a page, and no session", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    const code = back.searchParams.get("code")!
    world.simulator.faults.add({ match: "/oauth/tokens", fault: fault.html() })
    const answer = await browser.request(back)
    expect(answer.status).toBe(502)
    expect(answer.body).not.toContain(code)
    expectSafePage(answer)
    expect(world.exchanges()).toBe(1)
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
  })
})
