import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { getRequestListener } from "@hono/node-server"
import express from "express"
import { homePage } from "../../../examples/support/pages.ts"
import { type ConsoleRole, createConsole } from "../../../src/console/index.ts"
import { LoginResolver } from "../../../src/entries/accounts.ts"
import { Connections, Imports, InProcessQueue, RoutedSource } from "../../../src/entries/exchange.ts"
import { cleverLogin, cleverSession } from "../../../src/express/index.ts"
import { CleverSsoClient, cleverApps, type RosterStorage, RosterSync } from "../../../src/index.ts"
import type { RosterSource } from "../../../src/models/record-page.ts"
import { type Simulator, startSimulator } from "../../../src/simulator/index.ts"

/** Somebody of the app's staff, as its own session knows them: here a cookie with all of it. */
export interface Staff {
  readonly actor: string
  readonly can: readonly ConsoleRole[]
}

/** Lets the pages of a listing through one by one, or all of them. */
export class Gate {
  #isOpen = true
  #waiting: (() => void)[] = []
  #passes = 0

  /** From now on pages wait. */
  shut(): void {
    this.#isOpen = false
  }

  /** Lets so many pages through. */
  pass(pages: number): void {
    this.#passes += pages
    while (this.#passes > 0 && this.#waiting.length > 0) {
      this.#passes--
      this.#waiting.shift()?.()
    }
  }

  open(): void {
    this.#isOpen = true
    for (const go of this.#waiting.splice(0)) go()
  }

  async wait(): Promise<void> {
    if (this.#isOpen) return
    if (this.#passes > 0) {
      this.#passes--
      return
    }
    await new Promise<void>((go) => this.#waiting.push(go))
  }
}

/** An app with sign-in and the console, its worker, and a simulated Clever with one district. */
export interface ConsoleSite {
  readonly simulator: Simulator
  readonly storage: RosterStorage
  readonly connections: Connections
  readonly roster: RosterSync
  /** The app's origin; the console is at `/data-exchange`. */
  readonly app: string
  readonly gate: Gate
  readonly failures: unknown[]
  close(): Promise<void>
}

/** Opens everything on this machine, on a storage of the caller's. */
export async function openConsoleSite(options: {
  storage: RosterStorage
  users: number
  clock?: () => number
}): Promise<ConsoleSite> {
  const { storage, users } = options
  const simulator = await startSimulator({ users, schools: 3, rateLimit: 1_000_000 })
  const { clientId, clientSecret, apiUrl, authUrl } = simulator
  const server = createServer()
  const app = `http://localhost:${await listen(server)}`
  const redirectUri = `${app}/auth/clever/callback`
  simulator.signIn.setRedirectUris([redirectUri])
  const apps = cleverApps(
    [
      {
        name: "rostering",
        clientId,
        clientSecret,
        signupUrl: "https://app.example/join-with-clever",
      },
    ],
    { apiUrl, authUrl },
  )
  const gate = new Gate()
  const connections = new Connections({ storage, apps })
  const roster = new RosterSync({
    storage,
    clever: gated(new RoutedSource({ storage, apps }), gate),
    pageSize: 25,
    guards: { archivedShare: 0.1, atLeast: 20 },
  })
  const queue = new InProcessQueue({ storage })
  const imports = new Imports({ storage, connections, roster, queue })
  const work = await queue.work(imports.handle, { concurrency: 1 })
  const logins = new LoginResolver({ storage })
  const failures: unknown[] = []
  const console = createConsole({
    authorize: (request) => staffOf(request.headers.get("cookie") ?? ""),
    basePath: "/data-exchange",
    storage,
    connections,
    roster,
    imports,
    logins,
    progressMs: 20,
    onError: (error) => void failures.push(error),
  })
  const sso = new CleverSsoClient({
    clientId,
    clientSecret,
    redirectUri,
    cookieSecret: "a secret of the tests, thirty-two bytes or more",
    session: { displayName: true },
    allowInsecureLocalhost: true,
    apiUrl,
    authUrl,
  })
  const pages = express()
  pages.use("/auth/clever", cleverLogin({ sso, resolve: logins.admit }))
  pages.use(cleverSession({ sso }))
  pages.get("/", (request, response) => {
    response.send(homePage(request.cleverSession))
  })
  const answer = getRequestListener(console.fetch)
  server.on("request", (request, response) => {
    if (request.url?.startsWith("/data-exchange") === true) void answer(request, response)
    else pages(request, response)
  })
  return {
    simulator,
    storage,
    connections,
    roster,
    app,
    gate,
    failures,
    async close() {
      gate.open()
      await work.stop()
      server.closeAllConnections()
      await Promise.all([new Promise((closed) => server.close(closed)), simulator.close()])
      await storage.close()
    },
  }
}

/** The cookie of somebody of the staff. */
export function staffCookie(staff: Staff): string {
  return encodeURIComponent(JSON.stringify(staff))
}

function staffOf(cookies: string): Staff | null {
  const [, staff] = /(?:^|;\s*)staff=([^;]+)/.exec(cookies) ?? []
  return staff === undefined ? null : (JSON.parse(decodeURIComponent(staff)) as Staff)
}

function gated(source: RosterSource, gate: Gate): RosterSource {
  return new Proxy(source, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== "function") return value
      if (name !== "recordPages") return value.bind(target)
      return async function* (...given: Parameters<RosterSource["recordPages"]>) {
        for await (const page of target.recordPages(...given)) {
          await gate.wait()
          yield page
        }
      }
    },
  })
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", () => listening()))
  return (server.address() as AddressInfo).port
}
