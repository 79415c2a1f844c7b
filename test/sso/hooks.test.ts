import { describe, expect, test } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import type { LoginStoreLike } from "../../src/sso/index.ts"
import { MemoryLoginStore } from "../../src/sso/login-store.ts"
import { type Door, doors } from "./support/doors.ts"
import { openLoginWorld } from "./support/login-world.ts"

class AppError extends Error {}

function thrower(message: string): () => never {
  return () => {
    throw new AppError(message)
  }
}

/** Frameworks that are given a Response can't be given cookies with an error: the state is spent all the same. */
const setsCookiesWithErrors = (door: Door): boolean => !door.name.startsWith("fetch")

describe.each(doors)("$name: the app's hooks", (door) => {
  test("are told who it is, where they go, and who was there before", async () => {
    const seen: unknown[] = []
    const world = await openLoginWorld({
      door,
      hooks: {
        resolve: ({ identity, returnTo, previous }) => {
          seen.push(["resolve", identity.cleverId, returnTo, previous?.cleverId])
          return { accountId: "account-1" }
        },
        onLogin: ({ session, previous }) => {
          seen.push(["onLogin", session.accountId, previous?.accountId])
        },
        onLogout: ({ session }) => {
          seen.push(["onLogout", session?.accountId])
        },
      },
    })
    const id = world.person("student")
    const browser = world.browser(id)
    await browser.request(await world.begin(browser, "/auth/clever/login?return_to=/work"))
    await browser.request(await world.begin(browser))
    await browser.request(`${world.app}/auth/clever/logout`, { method: "POST" })
    await browser.request(`${world.app}/auth/clever/logout`, { method: "POST" })
    expect(seen).toEqual([
      ["resolve", id, "/work", undefined],
      ["onLogin", "account-1", undefined],
      ["resolve", id, "/", id],
      ["onLogin", "account-1", "account-1"],
      ["onLogout", "account-1"],
      ["onLogout", undefined],
    ])
  })

  test.each(["resolve", "onLogin"] as const)(
    "R58 an error of %s reaches the app's error handler, and nobody is logged in",
    async (hook) => {
      const world = await openLoginWorld({ door, hooks: { [hook]: thrower("the app is broken") } })
      const browser = world.browser(world.person("student"))
      const back = await world.begin(browser)
      const copy = browser.copy()
      const answer = await browser.request(back)
      expect(answer).toMatchObject({ status: 500, body: "the app's own error page" })
      expect(world.errors).toEqual([expect.any(AppError)])
      expect(await world.whoami(browser)).toMatchObject({ status: 401 })
      if (setsCookiesWithErrors(door)) expect([...browser.cookies(world.app).keys()]).toEqual([])
      expect((await copy.request(back)).status).toBe(400)
      expect(world.exchanges()).toBe(1)
      expect(world.audit.at(-2)).toMatchObject({ type: "login-failed", code: "INTERNAL", loginSource: "app" })
    },
  )

  test("R13 an error of onLogin ends the new session, and does not bring back the one before", async () => {
    let times = 0
    const world = await openLoginWorld({
      door,
      hooks: { onLogin: () => (times++ === 0 ? undefined : thrower("broken")()) },
    })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const copy = browser.copy()
    await browser.request(await world.begin(browser))
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    expect(await world.whoami(copy)).toMatchObject({ status: 401 })
  })

  test("R36 an error of onLogout does not keep anybody logged in", async () => {
    const world = await openLoginWorld({ door, hooks: { onLogout: thrower("broken") } })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const copy = browser.copy()
    const answer = await browser.request(`${world.app}/auth/clever/logout`, { method: "POST" })
    expect(answer.status).toBe(500)
    expect(world.errors).toEqual([expect.any(AppError)])
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    expect(await world.whoami(copy)).toMatchObject({ status: 401 })
  })

  test("an error of Homeroom's own is a page, and does not reach the app's error handler", async () => {
    const world = await openLoginWorld({
      door,
      hooks: {
        resolve: () => {
          throw new HomeroomError("LOGIN_NOT_SYNCED")
        },
      },
    })
    const browser = world.browser(world.person("student"))
    const answer = await browser.request(await world.begin(browser))
    expect(answer.status).toBe(403)
    expect(answer.body).toContain("Your account is not ready yet")
    expect(world.errors).toEqual([])
  })

  test("a store that fails is a page, and logs nobody in", async () => {
    const good = methodsOf(new MemoryLoginStore())
    const broken = new Set<string>()
    const unless = <T>(name: string, answer: Promise<T>): Promise<T> =>
      broken.has(name) ? Promise.reject(new HomeroomError("STORAGE_UNREADABLE")) : answer
    const store: LoginStoreLike = {
      ...good,
      consumeOnce: (...given) => unless("consumeOnce", good.consumeOnce(...given)),
      getSessionEpochs: (subjects) => unless("getSessionEpochs", good.getSessionEpochs(subjects)),
    }
    const world = await openLoginWorld({ door, sso: { store } })
    for (const name of ["consumeOnce", "getSessionEpochs"] as const) {
      const browser = world.browser(world.person("student"))
      const back = await world.begin(browser)
      broken.add(name)
      const answer = await browser.request(back)
      expect(answer.status).toBeGreaterThanOrEqual(500)
      expect(answer.body).toContain("STORAGE_UNREADABLE")
      expect(answer.headers.getSetCookie().join()).not.toContain("clever_session")
      broken.clear()
      expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    }
  })

  test("a logout takes the browser's session though the store fails", async () => {
    let isBroken = false
    const store = methodsOf(new MemoryLoginStore())
    const world = await openLoginWorld({
      door,
      sso: {
        store: {
          ...store,
          isConsumed: (key) =>
            isBroken ? Promise.reject(new HomeroomError("STORAGE_UNREADABLE")) : store.isConsumed(key),
        },
      },
    })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    isBroken = true
    const answer = await browser.request(`${world.app}/auth/clever/logout`, { method: "POST" })
    expect(answer.status).toBeGreaterThanOrEqual(500)
    isBroken = false
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
  })

  test("R57 the app's rate limit is asked about starts and callbacks, with its own request, before Clever is", async () => {
    const asked: [string, boolean][] = []
    let isOpen = true
    const world = await openLoginWorld({
      door,
      sso: {
        rateLimit: ({ route, native, request }) => {
          asked.push([route, native !== undefined && request.headers !== undefined])
          return isOpen
        },
      },
    })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser)
    isOpen = false
    const before = world.simulator.requests.total
    for (const url of [back, `${world.app}/auth/clever/login`, `${world.app}/auth/clever/callback?code=x`]) {
      const answer = await browser.request(url)
      expect(answer.status).toBe(429)
      expect(answer.body).toContain("LOGIN_RATE_LIMITED")
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    expect(world.simulator.requests.total).toBe(before)
    isOpen = true
    expect((await browser.request(back)).status).toBe(303)
    expect(asked).toEqual(
      ["login", "callback", "login", "callback", "callback"].map((route) => [route, true]),
    )
  })

  test("R11 an account is linked with a proof, on demand only, and no session changes", async () => {
    const proofs: unknown[] = []
    const resolved: string[] = []
    const world = await openLoginWorld({
      door,
      hooks: {
        resolve: ({ identity }) => {
          resolved.push(identity.cleverId)
          return undefined
        },
        onLink: ({ proof, returnTo, previous }) => {
          proofs.push({ ...proof, returnTo, previous: previous?.cleverId })
        },
      },
    })
    const [a, b] = [world.person("student"), world.person("teacher")]
    const browser = world.browser(a)
    await world.logIn(browser)
    const session = await world.whoami(browser)
    const [name, value] = world.simulator.signIn.logIn(b).cookie.split("=") as [string, string]
    browser.setCookie(world.simulator.authUrl, name, value)
    const done = await browser.open(`${world.app}/link`, { method: "POST" })
    expect(done.url.pathname).toBe("/settings")
    expect(proofs).toEqual([
      {
        kind: "clever-login",
        accountId: "account-7",
        issuer: world.sso.issuer,
        cleverId: b,
        at: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        returnTo: "/settings",
        previous: a,
      },
    ])
    expect(await world.whoami(browser)).toEqual(session)
    expect(resolved).toEqual([a])
    expect(world.audit.at(-1)).toMatchObject({ type: "account-linked", cleverId: b })
  })

  test("R11 what links an account can't be asked for by an address", async () => {
    const world = await openLoginWorld({ door, hooks: { onLink: thrower("linked") } })
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser, "/auth/clever/login?linkAccountId=account-7&link_account_id=x")
    expect((await browser.request(back)).status).toBe(303)
  })

  test("linking without onLink is the app's error to see", async () => {
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    const answer = await browser.open(`${world.app}/link`, { method: "POST" })
    expect(answer.status).toBe(500)
    expect(world.errors).toEqual([expect.objectContaining({ code: "INVALID_OPTIONS" })])
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
  })

  test.each([
    ["a prefetch", { "sec-purpose": "prefetch" }],
    ["a prerendering", { purpose: "prefetch" }],
  ])("R28 the app's own start begins nothing for %s", async (_, headers) => {
    const world = await openLoginWorld({ door })
    const answer = await world.browser().request(`${world.app}/link`, { method: "POST", headers })
    expect(answer.status).toBe(204)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(world.simulator.requests.total).toBe(0)
  })

  test("R57 the app's own start asks for the rate limit too", async () => {
    const world = await openLoginWorld({ door, sso: { rateLimit: ({ route }) => route !== "login" } })
    const answer = await world.browser().request(`${world.app}/link`, { method: "POST" })
    expect(answer.status).toBe(429)
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  test("R28 the app's own start begins nothing for a frame", async () => {
    const world = await openLoginWorld({ door })
    const answer = await world.browser().request(`${world.app}/link`, {
      method: "POST",
      headers: { "sec-fetch-dest": "iframe" },
    })
    expect(answer.status).toBe(400)
    expect(answer.headers.getSetCookie()).toEqual([])
  })

  test("R56 every step is told to the audit, without anything that could forge a line of a log", async () => {
    const world = await openLoginWorld({ door })
    const id = world.person("student")
    const browser = world.browser(id)
    await browser.open(`${world.app}/auth/clever/callback?code=x`)
    await browser.request(`${world.app}/auth/clever/logout`, { method: "POST" })
    await world.callback(browser, { code: "x\r\nforged", state: "y\u001b[31m" })
    await world.callback(browser, { error: "z\r\nforged: line", error_description: "\u001b[2J" })
    await browser.request(`${world.app}/auth/clever/logout`)
    await expect(world.sso.revokeUserSessions("x\r\nforged")).rejects.toMatchObject({
      code: "INVALID_OPTIONS",
    })
    const districtId = world.simulator.districts[0]!.id
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string
    expect(world.audit.map((event) => JSON.parse(JSON.stringify(event)) as object)).toEqual([
      { type: "login-started", at, loginSource: "clever" },
      { type: "login-succeeded", at, loginSource: "clever", cleverId: id, districtId },
      { type: "logged-out", at, cleverId: id, districtId },
      { type: "login-failed", at, code: "LOGIN_STATE_UNKNOWN" },
      { type: "login-failed", at, code: "LOGIN_CLEVER_ERROR" },
      { type: "logout-refused", at, code: "LOGOUT_REFUSED" },
    ])
  })

  test("R56 an audit that throws breaks no login", async () => {
    const world = await openLoginWorld({ door, sso: { onAudit: thrower("broken") } })
    await world.logIn(world.browser(world.person("student")))
  })
})

function methodsOf(store: LoginStoreLike): LoginStoreLike {
  return {
    consumeOnce: (...given) => store.consumeOnce(...given),
    isConsumed: (key) => store.isConsumed(key),
    getSessionEpochs: (subjects) => store.getSessionEpochs(subjects),
    raiseSessionEpoch: (...given) => store.raiseSessionEpoch(...given),
  }
}
