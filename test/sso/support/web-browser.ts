/** A browser without a screen: keeps cookies by host name and follows what it is told to. */
export class WebBrowser {
  readonly #jars: Map<string, Map<string, string>> = new Map()
  /** Every `Set-Cookie` line that came, in order. */
  readonly cookieLines: string[] = []

  /** Sends one request, and follows no redirect. */
  async request(url: string | URL, options: BrowserRequest = {}): Promise<Visit> {
    const at = new URL(url)
    const headers = new Headers({ accept: "text/html", ...options.headers })
    const cookie = this.cookieHeader(at)
    if (cookie !== "" && options.cookies !== false) headers.set("cookie", cookie)
    const response = await fetch(at, {
      method: options.method ?? "GET",
      headers,
      redirect: "manual",
      ...(options.form === undefined ? {} : { body: new URLSearchParams(options.form) }),
    })
    if (options.cookies !== false) this.#keep(at, response.headers.getSetCookie())
    const location = response.headers.get("location")
    return {
      url: at,
      status: response.status,
      headers: response.headers,
      body: await response.text(),
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
