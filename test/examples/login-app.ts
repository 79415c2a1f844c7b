import { onTestFinished } from "vitest"
import { roles } from "../../src/models/index.ts"
import { type Simulator, type SimulatorOptions, startSimulator } from "../../src/simulator/index.ts"
import { type BrowserRequest, type Visit, WebBrowser } from "../sso/support/web-browser.ts"
import { freePort } from "../support/free-port.ts"
import { type ExampleProcess, startCommand } from "./example-process.ts"

/** A login example at work. */
export interface LoginApp extends ExampleProcess {
  /** `http://localhost:PORT`. */
  readonly origin: string
}

export interface LoginAppOptions {
  /** `npm start -- express-login`, or `npm start` with the folder. */
  readonly command: string
  readonly folder?: string
  readonly port: number
  /** Those of the simulator, and whatever else. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** Starts an example and waits until it says where it is. */
export async function startLoginApp({ port, environment, ...command }: LoginAppOptions): Promise<LoginApp> {
  const origin = `http://localhost:${port}`
  const app = startCommand({
    ...command,
    environment: { PORT: String(port), BASE_URL: origin, ...environment },
  })
  await app.printed(/^Open \S+$/m)
  return Object.assign(app, { origin })
}

/** A simulated Clever in this process, and what an app that uses it has in its environment. */
export interface ExampleClever {
  readonly simulator: Simulator
  readonly environment: Readonly<Record<string, string>>
  /** A port for the app, whose callback is registered. */
  readonly port: number
  /** Somebody with this role, and all the roles they have. */
  person(role: string): { readonly id: string; readonly name: string; readonly roles: readonly string[] }
  /** A browser on which this person is logged in to Clever. */
  browserOf(personId: string): WebBrowser
}

/** Clever is 127.0.0.1 and the app localhost, so that their cookies stay apart as on two sites. */
export async function openClever(options: SimulatorOptions = {}): Promise<ExampleClever> {
  const simulator = await startSimulator({ users: 60, schools: 1, ...options })
  onTestFinished(() => simulator.close())
  const port = await freePort()
  simulator.signIn.setRedirectUris([`http://localhost:${port}/auth/clever/callback`])
  const { apiUrl, authUrl, clientId, clientSecret } = simulator
  return {
    simulator,
    port,
    environment: {
      HOMEROOM_CLEVER_API_URL: apiUrl,
      HOMEROOM_CLEVER_AUTH_URL: authUrl,
      CLEVER_CLIENT_ID: clientId,
      CLEVER_CLIENT_SECRET: clientSecret,
      DISTRICT_ID: simulator.districts[0]?.id ?? "",
    },
    person: (role) => {
      const [district] = simulator.districts
      const found = district?.people.find((person) => person.role === role)
      if (found === undefined) throw new Error(`The district has no ${role}`)
      const has = district?.record("user", found.id)?.roles as Readonly<Record<string, unknown>>
      return { ...found, roles: roles.filter((one) => has[one] !== undefined) }
    },
    browserOf: (personId) => {
      const browser = new WebBrowser()
      const [name = "", value = ""] = simulator.signIn.logIn(personId).cookie.split("=")
      browser.setCookie(authUrl, name, value)
      return browser
    },
  }
}

/** Logs somebody in from the app's button, through the simulated Clever's pages, as far as these lead. */
export async function logInByHand(
  browser: WebBrowser,
  { app, districtId, userName }: { app: LoginApp; districtId: string; userName: string },
): Promise<Visit> {
  const picker = await browser.open(`${app.origin}/auth/clever/login?return_to=/whoami`)
  const next = picker.url.searchParams.get("continue") ?? ""
  return browser.open(new URL(`/login/${districtId}`, picker.url), {
    method: "POST",
    form: { username: userName, password: "any", continue: next },
  })
}

/** An answer in JSON, and its status. */
export async function getJson(
  browser: WebBrowser,
  url: string,
  options: BrowserRequest = {},
): Promise<{ status: number; type: string | null; body: unknown }> {
  const visit = await browser.request(url, options)
  return {
    status: visit.status,
    type: visit.headers.get("content-type"),
    body: JSON.parse(visit.body),
  }
}
