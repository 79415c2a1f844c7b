import { createHash } from "node:crypto"
import type { SimulatedApp, Simulator } from "../../src/simulator/index.ts"
import type { JsonObject } from "../../src/simulator/json.ts"

/** A page or redirect that a browser got. */
export interface Visit {
  status: number
  /** Where a redirect leads, absolute. */
  location: URL | undefined
  headers: Headers
  text: string
}

/** As much of a browser as logging in takes: it keeps cookies, and follows redirects within the simulator. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #origin: string

  constructor(simulator: Simulator) {
    this.#origin = simulator.authUrl
  }

  /** Opens an address of the simulator and follows its redirects up to a page, or to one that leads elsewhere. */
  async open(path: string, form?: Record<string, string>): Promise<Visit> {
    let visit = await this.#request(path, form)
    for (let hops = 0; hops < 10 && visit.location?.origin === this.#origin; hops++) {
      visit = await this.#request(visit.location.href)
    }
    return visit
  }

  /** Sends the form of a page that has the given test id, with fields filled in and hidden ones as they are. */
  async submit(page: Visit, testId: string, fields: Record<string, string> = {}): Promise<Visit> {
    const form = [...page.text.matchAll(/<form [\s\S]*?<\/form>/g)]
      .map(String)
      .find((text) => text.includes(`data-testid="${testId}"`))
    if (form === undefined) throw new Error(`The page has no form with ${testId}.`)
    const [, action = ""] = /action="([^"]*)"/.exec(form) ?? []
    const hidden = [...form.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(
      ([, name = "", value = ""]) => [name, decoded(value)] as const,
    )
    return this.open(decoded(action), { ...Object.fromEntries(hidden), ...fields })
  }

  /** Follows the link that has the given test id. */
  follow(page: Visit, testId: string): Promise<Visit> {
    const link = [...page.text.matchAll(/<a [^>]*>/g)]
      .map(String)
      .find((text) => text.includes(`data-testid="${testId}"`))
    const [, href] = /href="([^"]*)"/.exec(link ?? "") ?? []
    if (href === undefined) throw new Error(`The page has no link ${testId}.`)
    return this.open(decoded(href))
  }

  async #request(path: string, form?: Record<string, string>): Promise<Visit> {
    const url = new URL(path, this.#origin)
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ")
    const response = await fetch(url, {
      redirect: "manual",
      headers: cookie === "" ? {} : { cookie },
      ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
    })
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (value === "") this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    const location = response.headers.get("location")
    return {
      status: response.status,
      location: location === null ? undefined : new URL(location, url),
      headers: response.headers,
      text: await response.text(),
    }
  }
}

const decoded = (text: string): string =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")

/** The element of a page with this test id: its attributes and text. */
export function element(page: Visit, testId: string): string | undefined {
  return new RegExp(`<[a-z0-9]+ [^>]*data-testid="${testId}"[^>]*>[^<]*`).exec(page.text)?.[0]
}

export const callback = "http://127.0.0.1:4000/auth/clever/callback"

/** The address at which an app's button starts a login. */
export function authorizePath(app: SimulatedApp, parameters: Record<string, string> = {}): string {
  return `/oauth/authorize?${new URLSearchParams({
    response_type: "code",
    client_id: app.clientId,
    redirect_uri: callback,
    ...parameters,
  })}`
}

/** A browser in which somebody is logged in to Clever. */
export function browserOf(simulator: Simulator, personId: string): Browser {
  const browser = new Browser(simulator)
  const [name = "", value = ""] = simulator.signIn.logIn(personId).cookie.split("=")
  browser.cookies.set(name, value)
  return browser
}

export const basicOf = (app: Pick<SimulatedApp, "clientId" | "clientSecret">): string =>
  `Basic ${Buffer.from(`${app.clientId}:${app.clientSecret}`).toString("base64")}`

/** Exchanges a code as an app does; fields and headers can be replaced. */
export async function exchange(
  simulator: Simulator,
  code: string,
  options: { app?: SimulatedApp; fields?: Record<string, string>; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: JsonObject; headers: Headers }> {
  const app = options.app ?? firstApp(simulator)
  const response = await fetch(`${simulator.authUrl}/oauth/tokens`, {
    method: "POST",
    headers: { authorization: basicOf(app), ...options.headers },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: callback,
      ...options.fields,
    }),
  })
  return { status: response.status, body: (await response.json()) as JsonObject, headers: response.headers }
}

export function firstApp(simulator: Simulator): SimulatedApp {
  const [app] = simulator.signIn.apps
  if (app === undefined) throw new Error("The simulator has no app.")
  return app
}

/** The user token of somebody who has just logged in. */
export async function userToken(
  simulator: Simulator,
  personId: string,
  options: Parameters<Simulator["signIn"]["issueCode"]>[1] = {},
): Promise<string> {
  const { code, redirectUri } = simulator.signIn.issueCode(personId, { redirectUri: callback, ...options })
  const { body } = await exchange(simulator, code, {
    ...(options.app === undefined ? {} : { app: options.app }),
    fields: { redirect_uri: redirectUri },
  })
  return String(body.access_token)
}

/** The id of the first of the people to log in as who has the role. */
export function personWith(simulator: Simulator, role: string, district = 0): string {
  const person = simulator.districts[district]?.people.find((own) => own.role === role)
  if (person === undefined) throw new Error(`There is no ${role}.`)
  return person.id
}

export const s256 = (verifier: string): string => createHash("sha256").update(verifier).digest("base64url")

/** A part of a compact JWS. */
export function jwtPart(token: unknown, part: 0 | 1): JsonObject {
  return JSON.parse(Buffer.from(String(token).split(".")[part] ?? "", "base64url").toString()) as JsonObject
}
