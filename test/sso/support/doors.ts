import { createServer, type Server } from "node:http"
import { serve } from "@hono/node-server"
import express5 from "express"
import express4 from "express4"
import Fastify from "fastify"
import { Hono } from "hono"
import { onTestFinished } from "vitest"
import { cleverLogin, cleverSession, sendLoginAnswer } from "../../../src/express/index.ts"
import cleverLoginPlugin, { sendLoginAnswer as sendByFastify } from "../../../src/fastify/index.ts"
import {
  type CleverSsoClient,
  type LoginHooks,
  type LoginSession,
  toResponse,
} from "../../../src/sso/index.ts"

/** What an app of the tests is made of: each door turns it into its framework's own. */
export interface DoorOptions {
  readonly sso: CleverSsoClient
  readonly port: number
  readonly hooks?: Pick<LoginHooks, "resolve" | "onLogin" | "onLink" | "onLogout"> | undefined
}

/**
 * One way of putting sign-in into an app: opens `/auth/clever/*`, `/whoami`, `/link` (which starts to link the account
 * `account-7`), and tells what reaches its error handler. It trusts every proxy, as a careless app does.
 */
export interface Door {
  readonly name: string
  open(options: DoorOptions): Promise<{ readonly errors: readonly unknown[] }>
}

const linking = { linkAccountId: "account-7", returnTo: "/settings" }

function whoAmI(session: LoginSession | null | undefined): { status: 200 | 401; body: object } {
  return session ? { status: 200, body: session } : { status: 401, body: { error: "not-logged-in" } }
}

/** Opens a server until the test is over. */
export async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((listening, failed) => {
    server.once("error", failed)
    server.listen(port, "127.0.0.1", () => listening())
  })
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise<void>((closed) => {
      server.close(() => closed())
    })
  })
}

function expressDoor(name: string, express: typeof express5): Door {
  return {
    name,
    async open({ sso, port, hooks = {} }) {
      const errors: unknown[] = []
      const app = express()
      app.set("trust proxy", true)
      app.use("/auth/clever", cleverLogin({ sso, ...(hooks as object) }))
      app.use(cleverSession({ sso }))
      app.get("/whoami", (req, res) => {
        const { status, body } = whoAmI(req.cleverSession)
        res.status(status).json(body)
      })
      app.post("/link", async (req, res) => {
        sendLoginAnswer(res, await sso.start(req, linking))
      })
      app.use((_req, res) => {
        res.status(200).send("page")
      })
      app.use(
        (error: unknown, _req: express5.Request, res: express5.Response, _next: express5.NextFunction) => {
          errors.push(error)
          res.status(500).send("the app's own error page")
        },
      )
      await listen(createServer(app), port)
      return { errors }
    },
  }
}

const fastifyDoor: Door = {
  name: "Fastify 5",
  async open({ sso, port, hooks = {} }) {
    const errors: unknown[] = []
    const app = Fastify({ forceCloseConnections: true, trustProxy: true })
    app.setErrorHandler((error, _request, reply) => {
      errors.push(error)
      return reply.code(500).send("the app's own error page")
    })
    await app.register(cleverLoginPlugin, { sso, ...(hooks as object) })
    app.get("/whoami", (request, reply) => {
      const { status, body } = whoAmI(request.cleverSession)
      return reply.code(status).send(body)
    })
    app.post("/link", async (request, reply) => sendByFastify(reply, await sso.start(request.raw, linking)))
    app.setNotFoundHandler((_request, reply) => reply.code(200).send("page"))
    await app.listen({ port, host: "127.0.0.1" })
    onTestFinished(() => app.close())
    return { errors }
  },
}

const fetchDoor: Door = {
  name: "fetch-style (Hono)",
  async open({ sso, port, hooks }) {
    const errors: unknown[] = []
    const app = new Hono()
    app.onError((error, c) => {
      errors.push(error)
      return c.text("the app's own error page", 500)
    })
    app.all(
      "/auth/clever/*",
      async (c) => (await sso.fetch(c.req.raw, hooks as LoginHooks<Request>)) ?? c.notFound(),
    )
    app.get("/whoami", async (c) => {
      const { session, setCookies } = await sso.readSession(c.req.raw)
      for (const cookie of setCookies) c.header("set-cookie", cookie, { append: true })
      const { status, body } = whoAmI(session)
      return c.json(body, status)
    })
    app.post("/link", async (c) => toResponse(await sso.start(c.req.raw, linking)))
    app.notFound((c) => c.text("page", 200))
    const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }) as Server
    onTestFinished(() => {
      server.closeAllConnections()
      return new Promise<void>((closed) => {
        server.close(() => closed())
      })
    })
    return { errors }
  },
}

/** Every door: one table of cases runs against all of them (R58). */
export const doors: readonly Door[] = [
  expressDoor("Express 4", express4),
  expressDoor("Express 5", express5),
  fastifyDoor,
  fetchDoor,
]
