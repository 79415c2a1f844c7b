import { createServer } from "node:http"
import { createServer as createTlsServer } from "node:https"
import type { AddressInfo, Server } from "node:net"
import express from "express"
import { homePage, whoAmI } from "../../../examples/support/pages.ts"
import { cleverLogin, cleverSession } from "../../../src/express/index.ts"
import { sendLoginAnswer } from "../../../src/express/send.ts"
import { type Simulator, startSimulator } from "../../../src/simulator/index.ts"
import { CleverSsoClient } from "../../../src/sso/index.ts"
import { selfSigned } from "../../simulator/self-signed.ts"

/** How the app is reached: as in development, and as in production. Clever is another site in both. */
export const sites = [
  { name: "http://localhost", secure: false },
  { name: "https with a host name", secure: true },
] as const

/** An app with sign-in, a simulated Clever, and a site of strangers. */
export interface Site {
  readonly simulator: Simulator
  readonly sso: CleverSsoClient
  /** The app's origin. */
  readonly app: string
  /** The origin of the strangers. */
  readonly foreign: string
  readonly isSecure: boolean
  readonly districtId: string
  /** The district's person with this role. */
  person(role: string, index?: number): { readonly id: string; readonly name: string }
  /** Makes the strangers serve this page at `path`. */
  servePage(path: string, html: string): void
  /** What the app answered at its login routes so far, browsers told of it or not. */
  readonly answers: readonly { readonly url: string; readonly status: number }[]
  /** How many requests Clever got at an address so far. */
  requests(path: string, method?: string): number
  close(): Promise<void>
}

/** Opens everything on this machine. */
export async function openSite({ secure }: { readonly secure: boolean }): Promise<Site> {
  const simulator = await startSimulator({ users: 120, schools: 2, rateLimit: 100_000 })
  const server = secure ? createTlsServer(selfSigned) : createServer()
  const origin = secure ? "https://app.test" : "http://localhost"
  const app = `${origin}:${await listen(server)}`
  const redirectUri = `${app}/auth/clever/callback`
  simulator.signIn.setRedirectUris([redirectUri])
  const sso = new CleverSsoClient({
    clientId: simulator.clientId,
    clientSecret: simulator.clientSecret,
    redirectUri,
    cookieSecret: "a secret of the tests, thirty-two bytes or more",
    session: { displayName: true },
    allowInsecureLocalhost: !secure,
    apiUrl: simulator.apiUrl,
    authUrl: simulator.authUrl,
  })
  const answers: { url: string; status: number }[] = []
  server.on("request", appWith({ sso, answers }))

  const pages = new Map<string, string>()
  const strangers = createServer((request, response) => {
    const html = pages.get(request.url ?? "")
    response.writeHead(html === undefined ? 404 : 200, { "content-type": "text/html; charset=utf-8" })
    response.end(html)
  })
  const foreign = `http://strangers.test:${await listen(strangers)}`

  const [district] = simulator.districts
  if (district === undefined) throw new Error("The simulator has no district")
  return {
    simulator,
    sso,
    app,
    foreign,
    isSecure: secure,
    districtId: district.id,
    answers,
    person(role, index = 0) {
      const person = district.people.filter((own) => own.role === role)[index]
      if (person === undefined) throw new Error(`The district has no ${role} number ${index}`)
      return person
    },
    servePage: (path, html) => pages.set(path, `<!doctype html><title>Strangers</title>${html}`),
    requests: (path, method) =>
      simulator.requests
        .list()
        .filter(
          (request) =>
            request.path.split("?")[0] === path && (method === undefined || request.method === method),
        ).length,
    async close() {
      await Promise.all([close(server), close(strangers), simulator.close()])
    },
  }
}

/** The login examples' pages, and some for the tests: any other path shows itself and who is there. */
function appWith({
  sso,
  answers,
}: Pick<Site, "sso"> & { answers: Site["answers"][number][] }): express.Express {
  const app = express()
  app.use("/auth/clever", (req, res, next) => {
    res.once("finish", () => answers.push({ url: req.originalUrl, status: res.statusCode }))
    next()
  })
  app.use("/auth/clever", cleverLogin({ sso }))
  app.use(cleverSession({ sso }))
  app.use((_req, res, next) => {
    // Else the back button shows a page to whoever comes after the person it was for.
    res.set("cache-control", "no-store")
    next()
  })
  app.get("/", (req, res) => {
    res.send(homePage(req.cleverSession))
  })
  app.get("/whoami", (req, res) => {
    const { status, body } = whoAmI(req.cleverSession)
    res.status(status).json(body)
  })
  app.get("/enter", async (req, res) => {
    sendLoginAnswer(res, await sso.start(req, { returnUnshared: true }))
  })
  app.get("/favicon.ico", (_req, res) => {
    res.sendStatus(404)
  })
  app.use((req, res) => {
    res.type("text/plain").send(`${req.originalUrl} ${req.cleverSession?.cleverId ?? "nobody"}`)
  })
  return app
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((listening, failed) => {
    server.once("error", failed)
    server.listen(0, "127.0.0.1", () => listening())
  })
  return (server.address() as AddressInfo).port
}

function close(server: Server & { closeAllConnections?(): void }): Promise<void> {
  return new Promise((closed) => {
    server.close(() => closed())
    server.closeAllConnections?.()
  })
}
