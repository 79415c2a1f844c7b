import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import express from "express"
import express4 from "express4"
import Fastify from "fastify"
import { Hono } from "hono"
import { expect, onTestFinished, test } from "vitest"
import { type ConsoleAccess, createConsole } from "../../src/console/index.ts"
import { cleverConsole, type ExpressVisit } from "../../src/express/index.ts"
import { type FastifyVisit, cleverConsole as fastifyConsole } from "../../src/fastify/index.ts"
import { ConsoleWorld } from "../support/console-world.ts"
import { districtId } from "../support/exchange-world.ts"

const ada: ConsoleAccess = { actor: "ada", can: ["admin"] }
const pausePath = `/exchange/districts/${districtId(1)}/pause`

/** An app on this machine; closed with the test. */
interface Door {
  readonly name: string
  open(world: ConsoleWorld): Promise<string>
}

const partsOf = ({ storage, connections, roster, imports, now, timers }: ConsoleWorld) => ({
  storage,
  connections,
  roster,
  imports,
  clock: now,
  repeat: timers.repeat,
  basePath: "/exchange",
})

async function listen(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler).listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function expressDoor(name: string, made: typeof express, withParser: boolean): Door {
  return {
    name,
    open(world) {
      const app = made()
      if (withParser) app.use(made.urlencoded({ extended: true }))
      app.use((req, res, next) => {
        res.appendHeader("set-cookie", "session=fresh")
        Object.assign(req, { user: req.headers.cookie?.includes("session=ada") ? ada : null })
        next()
      })
      const console = createConsole<ExpressVisit>({
        ...partsOf(world),
        authorize: (_request, { req }) => (req as unknown as { user: ConsoleAccess | null }).user,
      })
      onTestFinished(() => console.close())
      app.use("/exchange", cleverConsole(console))
      app.use((_req, res) => void res.status(404).send("the app's own"))
      return listen(app)
    },
  }
}

const fastifyDoor: Door = {
  name: "Fastify 5",
  async open(world) {
    const app = Fastify({ forceCloseConnections: true })
    app.addHook("onSend", async (_request, reply) => {
      reply.header("set-cookie", "session=fresh")
    })
    const console = createConsole<FastifyVisit>({
      ...partsOf(world),
      authorize: (_request, { request }) => (request.headers.cookie?.includes("session=ada") ? ada : null),
    })
    onTestFinished(async () => {
      await console.close()
      await app.close()
    })
    await app.register(fastifyConsole(console), { prefix: "/exchange" })
    return app.listen({ port: 0, host: "127.0.0.1" })
  },
}

/** Any framework of the fetch kind; served here by Node. */
function fetchDoor(
  name: string,
  mount: (app: Hono, console: { fetch(request: Request): Promise<Response> }) => void,
): Door {
  return {
    name,
    open(world) {
      const console = createConsole({
        ...partsOf(world),
        authorize: (request) => (request.headers.get("cookie")?.includes("session=ada") ? ada : null),
      })
      onTestFinished(() => console.close())
      const app = new Hono()
      app.use(async (c, next) => {
        await next()
        c.header("set-cookie", "session=fresh", { append: true })
      })
      mount(app, console)
      const nodeDoor = express()
      const fetchable = { basePath: "", fetch: async (request: Request) => app.fetch(request) }
      nodeDoor.use(cleverConsole(fetchable))
      return listen(nodeDoor)
    },
  }
}

const doors: readonly Door[] = [
  expressDoor("Express 5", express, false),
  expressDoor("Express 5 with a body parser", express, true),
  expressDoor("Express 4", express4 as unknown as typeof express, false),
  expressDoor("Express 4 with a body parser", express4 as unknown as typeof express, true),
  fastifyDoor,
  fetchDoor("Hono, by route", (app, console) => void app.all("/exchange/*", (c) => console.fetch(c.req.raw))),
  fetchDoor(
    "Hono, by mount",
    (app, console) => void app.mount("/exchange", (request) => console.fetch(request)),
  ),
]

const asAda = { cookie: "session=ada" }

test.each(doors)("$name: pages, files, forms and refusals", async ({ open }) => {
  const world = new ConsoleWorld()
  await world.connect(districtId(1))
  const origin = await open(world)

  const page = await fetch(`${origin}/exchange/partners`, { headers: asAda })
  const text = await page.text()
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"])
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'")
  expect(text).toContain(districtId(1))
  // What the app's own session adds is sent as well.
  expect(page.headers.getSetCookie().join()).toContain("session=fresh")
  const [, style = ""] = /href="(\/exchange\/assets\/[^"]+\.css)"/.exec(text) ?? []
  expect((await fetch(`${origin}${style}`)).status).toBe(200)

  expect((await fetch(`${origin}/exchange/partners`)).status).toBe(403)
  const nothing = await fetch(`${origin}/exchange/nothing`, { headers: asAda })
  expect(nothing.status).toBe(404)
  expect(await nothing.text()).toContain("CONSOLE_PAGE_NOT_FOUND")
  expect((await fetch(`${origin}/exchange/partners`, { method: "HEAD", headers: asAda })).status).toBe(200)

  const [, csrf = ""] = /name="csrf" value="([^"]+)"/.exec(text) ?? []
  const send = (from: string) =>
    fetch(`${origin}${pausePath}`, {
      method: "POST",
      redirect: "manual",
      headers: { ...asAda, origin: from },
      body: new URLSearchParams({ csrf }),
    })
  expect((await send("https://evil.example")).status).toBe(403)
  expect((await world.connections.get(districtId(1))).state).toBe("active")
  const done = await send(origin)
  expect([done.status, done.headers.get("location")]).toEqual([303, `/exchange/districts/${districtId(1)}`])
  // Both the app's cookie and what the next page is to say.
  expect(
    done.headers
      .getSetCookie()
      .map((cookie) => cookie.split("=")[0])
      .sort(),
  ).toEqual(["homeroom_told", "session"])
  expect((await world.connections.get(districtId(1))).state).toBe("paused")
})

test.each(doors)("$name: progress comes as it is sent, and ends when the browser goes", async ({ open }) => {
  const world = new ConsoleWorld()
  await world.connect(districtId(1))
  const origin = await open(world)
  const gone = new AbortController()
  const answer = await fetch(`${origin}/exchange/districts/${districtId(1)}/import/events`, {
    headers: asAda,
    signal: gone.signal,
  })
  expect(answer.headers.get("content-type")).toContain("text/event-stream")
  const reader = answer.body?.getReader()
  const decoder = new TextDecoder()
  let text = ""
  while (!text.includes("idle")) text += decoder.decode((await reader?.read())?.value, { stream: true })
  await world.imports.schedule({ districtId: districtId(1), by: "ada" })
  world.timers.beat()
  while (!text.includes("waiting ")) text += decoder.decode((await reader?.read())?.value, { stream: true })
  gone.abort()
  await expect(reader?.read()).rejects.toThrow()
})

test("a console at another path than it says is refused, with both paths", async () => {
  const world = new ConsoleWorld()
  const console = createConsole({ ...partsOf(world), authorize: () => ada })
  const app = express()
  app.use("/elsewhere", cleverConsole(console))
  app.use(
    ((error, _req, res, _next) => void res.status(500).send(error.message)) as express.ErrorRequestHandler,
  )
  const origin = await listen(app)
  const text = await (await fetch(`${origin}/elsewhere/partners`)).text()
  expect(text).toContain("The console is mounted at /elsewhere, but its basePath is /exchange.")

  const fastify = Fastify()
  onTestFinished(() => fastify.close())
  const registered = fastify.register(fastifyConsole(console), { prefix: "/elsewhere" }).ready()
  await expect(registered).rejects.toMatchObject({ code: "INVALID_OPTIONS" })
})

test("behind a proxy that takes a part of the path off, links have the whole path", async () => {
  const world = new ConsoleWorld()
  const console = createConsole({ ...partsOf(world), basePath: "/public/exchange", authorize: () => ada })
  const app = express()
  app.use("/exchange", cleverConsole(console))
  const origin = await listen(app)
  const answer = await fetch(`${origin}/exchange/`, { redirect: "manual" })
  expect(answer.headers.get("location")).toBe("/public/exchange/partners")
  expect(await (await fetch(`${origin}/exchange/partners`)).text()).toContain(
    'href="/public/exchange/assets/',
  )
})
