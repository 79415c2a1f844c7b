import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer as createHttpServer, type RequestListener } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import express from "express"
import { CleverSsoClient, type CleverSsoOptions, HomeroomError } from "homeroom"
import { cleverLogin, cleverSession } from "homeroom/express"
import { type Simulator, startSimulator } from "homeroom/simulator"
import { onTestFinished } from "vitest"
import { freePort } from "../../sso/support/doors.ts"
import { secureHost } from "./chromium.ts"

/** An app and a simulated Clever, on two sites as a browser sees it. */
export interface BrowserWorld {
  readonly simulator: Simulator
  readonly sso: CleverSsoClient
  /** The app's origin. */
  readonly app: string
  /** What the login routes answered: `image /auth/clever/login 400`. */
  readonly answers: string[]
  /** Whom the app refuses as not synced. */
  readonly refused: Set<string>
  /** Somebody to log in as. */
  person(role: string, index?: number): { id: string; name: string; userName: string }
}

export interface BrowserWorldOptions {
  /** Over TLS with a self-signed certificate, so that cookies are `__Host-` and `Secure`. */
  readonly tls: boolean
  readonly sso?: Partial<CleverSsoOptions>
}

export async function openBrowserWorld({ tls, sso: options }: BrowserWorldOptions): Promise<BrowserWorld> {
  const simulator = await startSimulator({ users: 120, schools: 2, oddities: false, oidc: true })
  onTestFinished(() => simulator.close())
  const port = await freePort()
  const app = tls ? `https://${secureHost}:${port}` : `http://localhost:${port}`
  const { apiUrl, authUrl, clientId, clientSecret } = simulator
  const redirectUri = `${app}/auth/clever/callback`
  simulator.signIn.setRedirectUris([redirectUri])
  const sso = new CleverSsoClient({
    apiUrl,
    authUrl,
    clientId,
    clientSecret,
    redirectUri,
    cookieSecret: "a secret of the tests, thirty-two bytes or more",
    allowInsecureLocalhost: !tls,
    session: { displayName: true },
    ...options,
  })
  const refused = new Set<string>()
  const answers: string[] = []
  await listen(appOf({ sso, refused, answers }), { port, tls })
  return {
    simulator,
    sso,
    app,
    answers,
    refused,
    person: (role, index = 0) => {
      const people = simulator.describe().districts[0]?.people.filter((person) => person.role === role)
      const person = people?.[index]
      if (person === undefined) throw new Error(`There is no ${role} number ${index}`)
      return person
    },
  }
}

/** Every page says who is logged in, and where it is. */
function appOf(options: {
  readonly sso: CleverSsoClient
  readonly refused: ReadonlySet<string>
  readonly answers: string[]
}): RequestListener {
  const { sso, refused, answers } = options
  const app = express()
  app.use("/auth", (req, res, next) => {
    const destination = req.headers["sec-fetch-dest"]
    res.on("finish", () => answers.push(`${destination} ${req.originalUrl.split("?")[0]} ${res.statusCode}`))
    next()
  })
  const resolve = ({ identity }: { identity: { cleverId: string } }): undefined => {
    if (refused.has(identity.cleverId)) throw new HomeroomError("LOGIN_NOT_SYNCED")
  }
  app.use("/auth/clever", cleverLogin({ sso, resolve }))
  app.use(cleverSession({ sso }))
  app.use((req, res) => {
    const session = req.cleverSession
    const text =
      session === null || session === undefined
        ? `<p data-testid="who">nobody</p><a href="/auth/clever/login?return_to=${req.path}">Log in with Clever</a>`
        : `<p data-testid="who">${session.cleverId} ${session.roles.join("+")} by ${session.loginSource}</p>
<form method="post" action="/auth/clever/logout"><button>Log out</button></form>`
    res.send(`<!doctype html><title>App</title>${text}`)
  })
  return app as RequestListener
}

/** A page on another site, opened from this machine by another port's number. */
export async function openForeignPage(html: string): Promise<string> {
  const port = await freePort()
  await listen(
    (_request, response) => {
      response.setHeader("content-type", "text/html")
      response.end(html)
    },
    { port, tls: false },
  )
  return `http://127.0.0.1:${port}/`
}

async function listen(
  listener: RequestListener,
  { port, tls }: { port: number; tls: boolean },
): Promise<void> {
  const server = tls ? createHttpsServer(certificate(), listener) : createHttpServer(listener)
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening))
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise<void>((closed) => {
      server.close(() => closed())
    })
  })
}

let kept: { key: Buffer; cert: Buffer } | undefined

/** Signed by itself, for the app's host name. */
function certificate(): { key: Buffer; cert: Buffer } {
  if (kept !== undefined) return kept
  const folder = mkdtempSync(join(tmpdir(), "homeroom-tls-"))
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")]
    const subject = ["-subj", `/CN=${secureHost}`, "-addext", `subjectAltName=DNS:${secureHost}`]
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    execFileSync("openssl", ["req", "-x509", ...curve, "-keyout", key, "-out", cert, ...subject], {
      stdio: "ignore",
    })
    kept = { key: readFileSync(key), cert: readFileSync(cert) }
    return kept
  } finally {
    rmSync(folder, { recursive: true })
  }
}
