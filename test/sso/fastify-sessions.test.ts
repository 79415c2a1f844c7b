import secureSession from "@fastify/secure-session"
import Fastify, { type FastifyInstance } from "fastify"
import { describe, expect, expectTypeOf, onTestFinished, test } from "vitest"
import cleverLoginPlugin, { fastifySessions } from "../../src/fastify/index.ts"
import type { LoginSession } from "../../src/sso/index.ts"
import type { Door } from "./support/doors.ts"
import { openLoginWorld } from "./support/login-world.ts"

declare module "@fastify/secure-session" {
  interface SessionData {
    work: string
    cart: string
  }
}

type Open = Parameters<Door["open"]>[0]

/** An app that registers what it is told, in that order. */
function fastifyDoor(register: (app: FastifyInstance, options: Open) => Promise<void> | void): Door {
  return {
    name: "Fastify",
    async open(options) {
      const errors: unknown[] = []
      const app = Fastify({ forceCloseConnections: true })
      app.setErrorHandler((error, _request, reply) => {
        errors.push(error)
        return reply.code(500).send("the app's own error page")
      })
      await register(app, options)
      await app.listen({ port: options.port, host: "127.0.0.1" })
      onTestFinished(() => app.close())
      return { errors }
    },
  }
}

function whoAmI(app: FastifyInstance): void {
  app.get("/whoami", (request, reply) =>
    reply.code(request.cleverSession === null ? 401 : 200).send({ ...request.cleverSession }),
  )
}

const withSecureSession = fastifyDoor(async (app, { sso }) => {
  await app.register(secureSession, { key: Buffer.alloc(32, 7), cookie: { path: "/", httpOnly: true } })
  await app.register(cleverLoginPlugin, {
    sso,
    sessions: fastifySessions(),
    onLogin: ({ request, session }) => {
      request.session.set("work", `the work of ${session.cleverId}`)
    },
  })
  app.get("/fill", (request) => {
    request.session.set("cart", "of whoever was here first")
    return "filled"
  })
  app.get("/whoami", (request, reply) =>
    reply
      .code(request.cleverSession === null ? 401 : 200)
      .send({ ...request.cleverSession, own: request.session.data() }),
  )
})

describe("fastifySessions() with @fastify/secure-session", () => {
  test("R13 a login empties the session, and the hook fills it", async () => {
    const world = await openLoginWorld({ door: withSecureSession })
    const browser = world.browser(world.person("student"))
    await browser.request(`${world.app}/fill`)
    await world.logIn(browser)
    const { own, cleverId } = await world.whoami(browser)
    expect(cleverId).toBe(world.person("student"))
    expect(own).toMatchObject({ work: `the work of ${cleverId}` })
    expect(own).not.toHaveProperty("cart")
  })

  test("R13 nothing of pupil A's session is in pupil B's, and a copy of A's is dead", async () => {
    const world = await openLoginWorld({ door: withSecureSession })
    const [a, b] = [world.person("student"), world.person("student", 1)]
    const browser = world.browser(a)
    await world.logIn(browser)
    await browser.request(`${world.app}/fill`)
    const copyOfA = browser.copy()
    const [name, value] = world.simulator.signIn.logIn(b).cookie.split("=") as [string, string]
    browser.setCookie(world.simulator.authUrl, name, value)
    await world.logIn(browser)
    const session = await world.whoami(browser)
    expect(session).toMatchObject({ cleverId: b, own: { work: `the work of ${b}` } })
    expect(JSON.stringify(session)).not.toContain(a)
    expect(session.own).not.toHaveProperty("cart")
    // The cookie of a stateless session can't be taken back; that it logs anybody in, can.
    expect(await world.whoami(copyOfA)).toMatchObject({ status: 401 })
  })

  test("R36 a logout leaves nothing, and a copy is dead", async () => {
    const world = await openLoginWorld({ door: withSecureSession })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    const copy = browser.copy()
    await browser.request(`${world.app}/auth/clever/logout`, { method: "POST" })
    const { status, own } = await world.whoami(browser)
    expect(status).toBe(401)
    expect(own).toEqual({})
    expect(await world.whoami(copy)).toMatchObject({ status: 401 })
  })

  test("R37 R38 revoked and idle sessions are over, though the cookie is still good", async () => {
    const world = await openLoginWorld({ door: withSecureSession })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    await world.sso.revokeDistrictSessions(world.simulator.districts[0]!.id)
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    await world.logIn(browser)
    world.pass(20 * 60_000)
    expect(await world.whoami(browser)).toMatchObject({ status: 200 })
    world.pass(20 * 60_000)
    expect(await world.whoami(browser)).toMatchObject({ status: 200 })
    world.pass(31 * 60_000)
    expect(await world.whoami(browser)).toMatchObject({ status: 401 })
  })

  test("without a session plugin the app's error handler is told what is missing", async () => {
    const door = fastifyDoor(async (app, { sso }) => {
      await app.register(cleverLoginPlugin, { sso, sessions: fastifySessions() })
    })
    const world = await openLoginWorld({ door })
    const answer = await world.callback(world.browser(), { code: "x", state: "y" })
    expect(answer.status).toBe(500)
    expect(world.errors).toEqual([
      expect.objectContaining({
        message: expect.stringContaining("register @fastify/secure-session") as string,
      }),
    ])
  })
})

describe("the Fastify plugin", () => {
  test("request.cleverSession has its type, and options are checked", () => {
    const app = Fastify()
    void app.register(cleverLoginPlugin, { sso: undefined as never }).after(() => undefined)
    app.get("/", (request) => {
      expectTypeOf(request.cleverSession).toEqualTypeOf<LoginSession | null>()
      return null
    })
    // @ts-expect-error: the client is not optional.
    const wrong = (): unknown => app.register(cleverLoginPlugin, {})
    expect(wrong).toBeTypeOf("function")
  })

  test.each<[string, (app: FastifyInstance, options: Open) => void]>([
    [
      "before the routes and other plugins",
      (app, { sso }) => {
        void app.register(cleverLoginPlugin, { sso })
        void app.register(secureSession, { key: Buffer.alloc(32, 7) })
        void app.register(async (inner) => whoAmI(inner))
      },
    ],
    [
      "after other plugins, without waiting",
      (app, { sso }) => {
        void app.register(secureSession, { key: Buffer.alloc(32, 7) })
        void app.register(cleverLoginPlugin, { sso })
        void app.register(async (inner) => whoAmI(inner))
      },
    ],
    [
      "before a route of the same instance",
      (app, { sso }) => {
        void app.register(cleverLoginPlugin, { sso })
        void app.after(() => whoAmI(app))
      },
    ],
    [
      "in a part of the app with a prefix",
      (app, { sso }) => {
        void app.register(async (auth) => void auth.register(cleverLoginPlugin, { sso }), { prefix: "/auth" })
        app.get("/whoami", async (request, reply) => {
          const { session } = await sso.readSession(request.raw)
          return reply.code(session === undefined ? 401 : 200).send({ ...session })
        })
      },
    ],
  ])("works when it is registered %s", async (_, register) => {
    const world = await openLoginWorld({ door: fastifyDoor(register) })
    const browser = world.browser(world.person("student"))
    await world.logIn(browser)
    expect(await world.whoami(browser)).toMatchObject({ cleverId: world.person("student") })
  })

  test("works where a proxy takes off the front of the path", async () => {
    const door = fastifyDoor(async (app, { sso }) => {
      await app.register(cleverLoginPlugin, { sso, prefix: "/inner" })
      whoAmI(app)
    })
    const world = await openLoginWorld({ door })
    const inner = (url: URL) => new URL(url.href.replace("/auth/clever/", "/inner/"))
    const browser = world.browser(world.person("student"))
    const back = await world.begin(browser, "/inner/login")
    expect((await browser.request(inner(back))).status).toBe(303)
    expect(await world.whoami(browser)).toMatchObject({ status: 200 })
  })

  test.each(["application/json", "multipart/form-data; boundary=x", "text/plain", "application/xml"])(
    "R36 a logout is taken whatever its body says it is: %s",
    async (type) => {
      const door = fastifyDoor(async (app, { sso }) => {
        await app.register(cleverLoginPlugin, { sso })
        whoAmI(app)
      })
      const world = await openLoginWorld({ door })
      const browser = world.browser(world.person("student"))
      await world.logIn(browser)
      const out = await browser.request(`${world.app}/auth/clever/logout`, {
        method: "POST",
        headers: { "content-type": type },
        form: { not: "json" },
      })
      expect(out.status).toBe(303)
      expect(await world.whoami(browser)).toMatchObject({ status: 401 })
    },
  )

  test("a hook that has answered itself has the last word, also if it fails then", async () => {
    const door = fastifyDoor(async (app, { sso }) => {
      await app.register(cleverLoginPlugin, {
        sso,
        onLogin: async ({ reply, returnTo }) => {
          await reply.code(202).send("answered by the app")
          if (returnTo === "/fail") throw new Error("after the answer")
        },
      })
    })
    const world = await openLoginWorld({ door })
    const browser = world.browser(world.person("student"))
    for (const path of ["/auth/clever/login", "/auth/clever/login?return_to=/fail"]) {
      const answer = await browser.request(await world.begin(browser, path))
      expect(answer).toMatchObject({ status: 202, body: "answered by the app" })
    }
  })
})
