import { type IncomingMessage, request as send } from "node:http"

/** A browser without a screen: keeps cookies by host name and follows what it is told to. */
export class WebBrowser {
  readonly #jars: Map<string, Map<string, string>> = new Map()
  /** Every `Set-Cookie` line that came, in order. */
  readonly cookieLines: string[] = []

  /** Sends one request, and follows no redirect. Headers go out as they are given, `host` included. */
  async request(url: string | URL, options: BrowserRequest = {}): Promise<Visit> {
    const at = new URL(url)
    const { method = "GET", cookies = true } = options
    const cookie = cookies ? this.cookieHeader(at) : ""
    const body = options.form === undefined ? undefined : new URLSearchParams(options.form).toString()
    const headers = {
      accept: "text/html",
      ...(cookie === "" ? {} : { cookie }),
      ...(body === undefined
        ? {}
        : { "content-type": "application/x-www-form-urlencoded", "content-length": String(body.length) }),
      ...options.headers,
    }
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      send(at, { method, headers, agent: false, maxHeaderSize: 256 * 1024 }, resolve)
        .on("error", reject)
        .end(body)
    })
    const received = headersOf(answer)
    if (cookies) this.#keep(at, received.getSetCookie())
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    const location = received.get("location")
    return {
      url: at,
      status: answer.statusCode ?? 0,
      headers: received,
      body: Buffer.concat(chunks).toString(),
      location: location === null ? undefined : new URL(location, at),
    }
  }

  /** Follows redirects as a browser does, at most twenty. Every step is in `trail`. */
  async open(url: string | URL, options: BrowserRequest = {}): Promise<Visit & { trail: Visit[] }> {
    const trail: Visit[] = []
    let visit = await this.request(url, options)
    trail.push(visit)
    while (visit.location !== undefined && visit.status >= 300 && visit.status < 400) {
      if (trail.length > 20) throw new Error(`The browser is sent in circles: ${visit.url}`)
      const { form: _form, method: _method, ...rest } = options
      visit = await this.request(visit.location, rest)
      trail.push(visit)
    }
    return { ...visit, trail }
  }

  cookieHeader(url: URL): string {
    return [...this.#jar(url)].map(([name, value]) => `${name}=${value}`).join("; ")
  }

  /** The cookies kept for a host. */
  cookies(url: string | URL): Map<string, string> {
    return new Map(this.#jar(new URL(url)))
  }

  setCookie(url: string | URL, name: string, value: string): void {
    this.#jar(new URL(url)).set(name, value)
  }

  /** Keeps the cookies of an answer that did not come by a request. */
  keep(url: string | URL, headers: readonly (readonly [name: string, value: string])[]): void {
    const lines = headers.filter(([name]) => name === "set-cookie").map(([, value]) => value)
    this.#keep(new URL(url), lines)
  }

  /** Another browser with the same cookies, as somebody has it who copied them. */
  copy(): WebBrowser {
    const other = new WebBrowser()
    for (const [host, jar] of this.#jars) other.#jars.set(host, new Map(jar))
    return other
  }

  #keep(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      this.cookieLines.push(line)
      const [pair = "", ...attributes] = line.split(";").map((part) => part.trim())
      const name = pair.slice(0, pair.indexOf("="))
      if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) this.#jar(url).delete(name)
      else this.#jar(url).set(name, pair.slice(pair.indexOf("=") + 1))
    }
  }

  /** Cookies know no ports; the simulator and the app are told apart by writing localhost and 127.0.0.1. */
  #jar(url: URL): Map<string, string> {
    let jar = this.#jars.get(url.hostname)
    if (jar === undefined) {
      jar = new Map()
      this.#jars.set(url.hostname, jar)
    }
    return jar
  }
}

export interface BrowserRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  /** False: sends and keeps none. */
  readonly cookies?: boolean
}

export interface Visit {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly body: string
  readonly location: URL | undefined
}

function headersOf(answer: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(answer.headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  return headers
}
