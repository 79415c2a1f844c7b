import { Agent, type IncomingHttpHeaders, request } from "node:http"

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** One GET, without following anything. */
export function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.on("error", reject)
      response.on("end", () => {
        const { statusCode: status = 0, headers: received } = response
        resolve({ status, headers: received, body: Buffer.concat(chunks).toString() })
      })
    })
    sent.on("error", reject)
    sent.end()
  })
}

/** What a login in a new browser needs to know. */
export interface LoginVisit {
  app: string
  /** The cookie of somebody who is logged in at the provider. */
  providerCookie: string
  personId: string
}

/** Logs in as a browser does that knows the provider and not the app: four hops, each of which is checked. */
export async function logIn({ app, providerCookie, personId }: LoginVisit): Promise<void> {
  const cookies = new Map<string, string>()
  const started = await get(`${app}/auth/clever/login`)
  keep(cookies, started)
  const allowed = await get(locationOf(started, app), { cookie: providerCookie })
  const callback = locationOf(allowed, app)
  const ended = await get(callback, { cookie: line(cookies) })
  keep(cookies, ended)
  locationOf(ended, app)
  const who = await get(`${app}/whoami`, { cookie: line(cookies) })
  if (who.status !== 200 || (JSON.parse(who.body) as { id: unknown }).id !== personId) {
    throw new Error(`The login at ${app} ended with ${who.status}: ${who.body.slice(0, 200)}`)
  }
}

function locationOf({ status, headers, body }: Answer, base: string): string {
  if (status < 300 || status >= 400 || headers.location === undefined) {
    throw new Error(`A login got ${status} where a redirect belongs: ${body.slice(0, 300)}`)
  }
  return new URL(headers.location, base).href
}

function keep(cookies: Map<string, string>, { headers }: Answer): void {
  for (const set of headers["set-cookie"] ?? []) {
    const [pair = "", ...attributes] = set.split(";")
    const [name = "", ...value] = pair.split("=")
    const isGone =
      value.join("=") === "" ||
      attributes.some((one) => /^\s*(?:max-age=0|expires=thu, 01 jan 1970)/i.test(one))
    if (isGone) cookies.delete(name.trim())
    else cookies.set(name.trim(), value.join("="))
  }
}

function line(cookies: Map<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ")
}
