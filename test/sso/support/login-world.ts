import { onTestFinished } from "vitest"
import { type Simulator, type SimulatorOptions, startSimulator } from "../../../src/simulator/index.ts"
import {
  CleverSsoClient,
  type CleverSsoOptions,
  type LoginAuditEvent,
  type LoginHooks,
} from "../../../src/sso/index.ts"
import { freePort } from "../../support/free-port.ts"
import type { Door } from "./doors.ts"
import { type Visit, WebBrowser } from "./web-browser.ts"

export interface LoginWorldOptions {
  readonly door: Door
  readonly simulator?: SimulatorOptions
  readonly sso?: Partial<CleverSsoOptions>
  readonly hooks?: Pick<LoginHooks, "resolve" | "onLogin" | "onLink" | "onLogout">
}

/** An app with sign-in, a simulated Clever, and a clock that both keep. */
export interface LoginWorld {
  readonly simulator: Simulator
  readonly sso: CleverSsoClient
  /** The app's origin. */
  readonly app: string
  readonly audit: LoginAuditEvent[]
  /** What reached the app's own error handler. */
  readonly errors: readonly unknown[]
  /** Lets time pass for everybody. */
  pass(ms: number): void
  /** A browser on which this person is logged in at Clever; of nobody by default. */
  browser(personId?: string): WebBrowser
  /** The first person with this role. */
  person(role: string, index?: number): string
  /** How many requests Clever got at an address. */
  requests(path: string, method?: string): number
  /** How many codes were exchanged, or tried to be. */
  exchanges(): number
  /** Starts a login, at `path` or with the app's button, and stops where Clever sends the browser back. */
  begin(browser: WebBrowser, path?: string): Promise<URL>
  /** Does the whole login; fails unless it ends in a session. */
  logIn(browser: WebBrowser): Promise<void>
  /** Opens a callback and goes no further. */
  callback(browser: WebBrowser, query: string | Readonly<Record<string, string>>): Promise<Visit>
  whoami(browser: WebBrowser): Promise<Record<string, unknown> & { status: number }>
}

/** Clever is 127.0.0.1 and the app localhost, so that their cookies stay apart as on two sites. */
export async function openLoginWorld(options: LoginWorldOptions): Promise<LoginWorld> {
  let now = Date.now()
  const clock = (): number => now
  const simulator = await startSimulator({
    users: 60,
    schools: 1,
    now: () => new Date(now),
    wallClock: () => new Date(now),
    ...options.simulator,
  })
  onTestFinished(() => simulator.close())
  const port = await freePort()
  const app = `http://localhost:${port}`
  const audit: LoginAuditEvent[] = []
  const sso = new CleverSsoClient({
    clientId: simulator.clientId,
    clientSecret: simulator.clientSecret,
    redirectUri: `${app}/auth/clever/callback`,
    cookieSecret: "a secret of the tests, thirty-two bytes or more",
    allowInsecureLocalhost: true,
    apiUrl: simulator.apiUrl,
    authUrl: simulator.authUrl,
    clock,
    onAudit: (event) => audit.push(event),
    ...options.sso,
  })
  simulator.signIn.setRedirectUris([options.sso?.redirectUri ?? `${app}/auth/clever/callback`])
  const { errors } = await options.door.open({ sso, port, hooks: options.hooks })
  const requests: LoginWorld["requests"] = (path, method) =>
    simulator.requests
      .list()
      .filter(
        (request) =>
          request.path.split("?")[0] === path && (method === undefined || request.method === method),
      ).length
  const whoami: LoginWorld["whoami"] = async (browser) => {
    const visit = await browser.request(`${app}/whoami`)
    return { status: visit.status, ...(JSON.parse(visit.body) as Record<string, unknown>) }
  }
  return {
    simulator,
    sso,
    app,
    audit,
    errors,
    pass: (ms) => {
      now += ms
    },
    browser: (personId) => {
      const browser = new WebBrowser()
      if (personId === undefined) return browser
      const [name = "", value = ""] = simulator.signIn.logIn(personId).cookie.split("=")
      browser.setCookie(simulator.authUrl, name, value)
      return browser
    },
    person: (role, index = 0) => {
      const people = simulator.districts[0]?.people.filter((person) => person.role === role) ?? []
      const id = people[index]?.id
      if (id === undefined) throw new Error(`The district has no ${role} number ${index}`)
      return id
    },
    requests,
    exchanges: () => requests("/oauth/tokens", "POST"),
    begin: async (browser, path = "/auth/clever/login") => {
      const started = await browser.request(new URL(path, app))
      const { location } = await browser.request(started.location ?? fail(`${path}: ${started.status}`))
      return location ?? fail("Clever did not send the browser back")
    },
    logIn: async (browser) => {
      await browser.open(`${app}/auth/clever/login`)
      if ((await whoami(browser)).status !== 200) fail("The login did not end in a session")
    },
    callback: (browser, query) =>
      browser.request(`${app}/auth/clever/callback?${new URLSearchParams(query)}`),
    whoami,
  }
}

function fail(message: string): never {
  throw new Error(message)
}
