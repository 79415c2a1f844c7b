import { createServer } from "node:http"
import express5, { type Express, Router } from "express"
import session from "express-session"
import express4 from "express4"
import { describe, expect, test } from "vitest"
import { cleverLogin, cleverSession, expressSessions } from "../../src/express/index.ts"
import { type Door, listen } from "./support/doors.ts"
import { type LoginWorld, openLoginWorld } from "./support/login-world.ts"
import type { WebBrowser } from "./support/web-browser.ts"

declare module "express-session" {
  interface SessionData {
    cart?: string[]
    work?: string
  }
}

const versions = [
  ["Express 4", express4],
  ["Express 5", express5],
] as const

/** An app that keeps its own things in express-session beside who is logged in. */
function appDoor(
  express: typeof express5,
  change: (app: Express, options: Parameters<Door["open"]>[0]) => void = () => {},
): Door {
  return {
    name: "express-session",
    async open(options) {
      const { sso, port, hooks = {} } = options
      const errors: unknown[] = []
      const app = express()
      const sessions = expressSessions()
      app.use(
        session({ secret: "keyboard cat", resave: true, saveUninitialized: true, cookie: { path: "/" } }),
      )
      change(app, options)
      app.use(
        "/auth/clever",
        cleverLogin({
          sso,
          sessions,
          ...(hooks as object),
          onLogin: ({ req, session: who }) => {
            req.session.work = `the work of ${who.cleverId}`
          },
        }),
      )
      app.use(cleverSession({ sso, sessions }))
      app.get("/whoami", (req, res) => {
        const { cleverSession: who } = req
        res
          .status(who ? 200 : 401)
          .json({ ...who, own: { ...req.session, cookie: undefined }, sid: req.sessionID })
      })
      app.get("/fill", (req, res) => {
        req.session.cart = ["of whoever was here first"]
        res.send("filled")
      })
      app.use(
        (error: unknown, _req: express5.Request, res: express5.Response, _next: express5.NextFunction) => {
          errors.push(error)
          if (!res.headersSent) res.status(500).send("the app's own error page")
        },
      )
      await listen(createServer(app), port)
      return { errors }
    },
  }
}

function become(world: LoginWorld, browser: WebBrowser, id: string): void {
  const [name, value] = world.simulator.signIn.logIn(id).cookie.split("=") as [string, string]
  browser.setCookie(world.simulator.authUrl, name, value)
}

describe.each(versions)("expressSessions() on %s", (_, express) => {
  test("R13 a login begins a session under a new id; the id from before is dead and what was in it gone", async () => {
    const world = await openLoginWorld({ door: appDoor(express) })
    const browser = world.browser(world.person("student"))
    await browser.request(`${world.app}/fill`)
    const fixed = browser.copy()
    const before = await world.whoami(browser)
    await world.logIn(browser)
    const after = await world.whoami(browser)
    expect(after.sid).not.toBe(before.sid)
    expect(after.own).toMatchObject({ work: `the work of ${world.person("student")}` })
    expect(after.own).not.toHaveProperty("cart")
    expect(await world.whoami(fixed)).toMatchObject({ status: 401 })
    expect((await world.whoami(fixed)).own).not.toHaveProperty("work")
  })

  test("R13 nothing of pupil A's session is in pupil B's, and a copy of A's is dead", async () => {
    const world = await openLoginWorld({ door: appDoor(express) })
    const [a, b] = [world.person("student"), world.person("student", 1)]
    const browser = world.browser(a)
    await world.logIn(browser)
    await browser.request(`${world.app}/fill`)
    const copyOfA = browser.copy()
    become(world, browser, b)
    await world.logIn(browser)
    const session = await world.whoami(browser)
    expect(session).toMatchObject({ cleverId: b, own: { work: `the work of ${b}` } })
    expect(JSON.stringify(session)).not.toContain(a)
    expect(session.own).not.toHaveProperty("cart")
    expect(await world.whoami(copyOfA)).toMatchObject({ status: 401 })
  })

  test("R36 a logout leaves nothing, here and on a copy", async () => {
    const world = await openLoginWorld({ door: appDoor(express) })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const copy = browser.copy()
    await browser.request(`${world.app}/auth/clever/logout`, { method: "POST" })
    for (const here of [browser, copy]) {
      const { status, own } = await world.whoami(here)
      expect(status).toBe(401)
      expect(own).not.toHaveProperty("work")
      expect(own).not.toHaveProperty("clever")
    }
  })

  test("R37 R38 revoked and idle sessions are over, though express-session still has them", async () => {
    const world = await openLoginWorld({ door: appDoor(express) })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    await world.sso.revokeUserSessions(world.person("student"))
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    await world.logIn(browser)
    world.pass(20 * 60_000)
    expect(await world.whoami(browser)).toMatchObject({ status: 200 })
    world.pass(29 * 60_000)
    expect(await world.whoami(browser)).toMatchObject({ status: 200 })
    world.pass(31 * 60_000)
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
  })

  test("R31 a failed login of Clever's ends pupil A's session whole", async () => {
    const world = await openLoginWorld({ door: appDoor(express) })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const back = await world.begin(browser, "/auth/clever/callback?code=x")
    back.searchParams.set("code", "wrong")
    await browser.request(back)
    const { status, own } = await world.whoami(browser)
    expect(status).toBe(401)
    expect(own).not.toHaveProperty("work")
  })

  test("what the app puts under our key is no session", async () => {
    const door = appDoor(express, (app) => {
      app.get("/poison", (req, res) => {
        Object.assign(req.session, { clever: JSON.parse(String(req.query.value)) as unknown })
        res.send("poisoned")
      })
    })
    const world = await openLoginWorld({ door })
    const times = { seenAt: Date.now(), expiresAt: Date.now() + 3_600_000 }
    const half = { issuer: world.sso.issuer, cleverId: "x", districtId: null, ...times }
    const rest = ["7", '"x"', "null", "[]", "{}", '{"id":"x","epochs":7}']
    for (const value of [JSON.stringify(half), ...rest]) {
      const browser = world.browser(world.person("student"))
      await browser.request(`${world.app}/poison?value=${encodeURIComponent(value)}`)
      expect(await world.whoami(browser)).toMatchObject({ status: 401 })
      await world.logIn(browser)
    }
  })

  test("without express-session the app's error handler is told what is missing", async () => {
    const world = await openLoginWorld({
      door: {
        name: "bare",
        async open({ sso, port }) {
          const errors: unknown[] = []
          const app = express()
          app.use("/auth/clever", cleverLogin({ sso, sessions: expressSessions() }))
          app.use(
            (
              error: unknown,
              _req: express5.Request,
              res: express5.Response,
              _next: express5.NextFunction,
            ) => {
              errors.push(error)
              res.status(500).send("")
            },
          )
          await listen(createServer(app), port)
          return { errors }
        },
      },
    })
    const answer = await world.callback(world.browser(), { code: "x", state: "y" })
    expect(answer.status).toBe(500)
    expect(world.errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining("app.use(session(") as string }),
    ])
  })
})

describe.each(versions)("cleverLogin() on %s", (_, express) => {
  async function opened(build: (app: Express, sso: LoginWorld["sso"], errors: unknown[]) => void) {
    return openLoginWorld({
      door: {
        name: "built",
        async open({ sso, port }) {
          const errors: unknown[] = []
          const app = express()
          build(app, sso, errors)
          app.use(cleverSession({ sso }))
          app.get("/whoami", (req, res) => {
            res.status(req.cleverSession ? 200 : 401).json(req.cleverSession ?? {})
          })
          app.use((_req, res) => {
            res.send("the app's own page")
          })
          app.use(
            (error: unknown, _req: express5.Request, res: express5.Response, next: express5.NextFunction) => {
              errors.push(error)
              if (res.headersSent) return next(error)
              res.status(500).send("")
            },
          )
          await listen(createServer(app), port)
          return { errors }
        },
      },
    })
  }

  test.each([
    ["without a path", (app: Express, sso: LoginWorld["sso"]) => app.use(cleverLogin({ sso }))],
    ["at a path above", (app: Express, sso: LoginWorld["sso"]) => app.use("/auth", cleverLogin({ sso }))],
    [
      "under a router",
      (app: Express, sso: LoginWorld["sso"]) =>
        app.use("/auth", Router().use("/clever", cleverLogin({ sso }))),
    ],
  ])("works %s, and leaves the app's own pages of the same name alone", async (_name, build) => {
    const world = await opened(build)
    await world.logIn(world.browser(world.person("student")))
    for (const path of ["/login", "/callback", "/logout", "/auth/login", "/auth/clever/other"]) {
      const answer = await world.browser().request(`${world.app}${path}`, { method: "POST" })
      expect(answer).toMatchObject({ status: 200, body: "the app's own page" })
    }
  })

  test("works where a proxy takes off the front of the path", async () => {
    const world = await opened((app, sso) => {
      app.use((req, _res, next) => {
        req.url = req.originalUrl = req.originalUrl.replace(/^\/auth\/clever/, "/inner")
        next()
      })
      app.use("/inner", cleverLogin({ sso }))
    })
    await world.logIn(world.browser(world.person("student")))
  })

  test("a hook that has answered itself has the last word, also if it fails then", async () => {
    const world = await opened((app, sso) =>
      app.use(
        "/auth/clever",
        cleverLogin({
          sso,
          onLogin: ({ res, returnTo }) => {
            res.status(202).send("answered by the app")
            if (returnTo === "/fail") throw new Error("after the answer")
          },
        }),
      ),
    )
    const browser = world.browser(world.person("student"))
    const answer = await browser.request(await world.begin(browser))
    expect(answer).toMatchObject({ status: 202, body: "answered by the app" })
    expect(world.errors).toEqual([])
    await browser.request(await world.begin(browser, "/auth/clever/login?return_to=/fail")).catch(() => {})
    expect(world.errors).toEqual([expect.objectContaining({ message: "after the answer" })])
  })

  test("R39 headers that the app sets for every page are replaced, and its cookies kept", async () => {
    const world = await opened((app, sso) => {
      app.use((_req, res, next) => {
        res.set({
          "cache-control": "public, max-age=600",
          "content-security-policy": "default-src *",
          "referrer-policy": "unsafe-url",
          "x-frame-options": "SAMEORIGIN",
        })
        res.cookie("theme", "dark")
        next()
      })
      app.use("/auth/clever", cleverLogin({ sso }))
    })
    const { headers } = await world.callback(world.browser(), { code: "x", state: "y" })
    expect(headers.get("cache-control")).toBe("no-store")
    expect(headers.get("referrer-policy")).toBe("no-referrer")
    expect(headers.get("x-frame-options")).toBe("DENY")
    expect(headers.get("content-security-policy")).not.toContain("*")
    expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^theme=dark/)])
  })
})
