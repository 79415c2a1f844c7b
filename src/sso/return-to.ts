/** Where a login may lead: see {@link ReturnTargets.read}. */
export interface ReturnTargetsOptions {
  /** The app's own origin, from the redirect URI. */
  readonly origin: string
  /** Where to go when nothing good was asked for: a path. */
  readonly homePath: string
  /** Paths of the login routes, which would lead in circles. */
  readonly ownPaths: readonly string[]
  /** Other origins that absolute addresses may lead to, exactly. */
  readonly allowedOrigins: readonly string[]
}

const longest = 1_024

/** Decides where the browser goes after a login, whatever `return_to` says (R15). */
export class ReturnTargets {
  readonly #options: ReturnTargetsOptions

  constructor(options: ReturnTargetsOptions) {
    this.#options = options
  }

  get homePath(): string {
    return this.#options.homePath
  }

  /** The address in its one safe form, or the home path. */
  read(asked: unknown): string {
    return this.#accepted(asked) ?? this.#options.homePath
  }

  #accepted(asked: unknown): string | undefined {
    if (typeof asked !== "string" || asked === "" || asked.length > longest) return undefined
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    if (/[\u0000-\u0020\u007f-\u009f\u2028\u2029\\]/.test(asked)) return undefined
    const { origin, allowedOrigins } = this.#options
    const isPath = asked.startsWith("/") && !asked.startsWith("//")
    if (!isPath && !/^https?:\/\//i.test(asked)) return undefined
    const url = URL.parse(asked, origin)
    if (url === null) return undefined
    if (url.protocol !== "https:" && url.protocol !== "http:") return undefined
    if (url.username !== "" || url.password !== "" || url.pathname.startsWith("//")) return undefined
    const path = `${url.pathname}${url.search}${url.hash}`
    if (path.length > longest) return undefined
    if (url.origin === origin) return this.#isOwnRoute(url.pathname) ? undefined : path
    return !isPath && allowedOrigins.includes(url.origin) ? `${url.origin}${path}` : undefined
  }

  /** Compared as a router might read it: without regard to case, a final slash and percent-encoding. */
  #isOwnRoute(pathname: string): boolean {
    const plain = normalised(pathname)
    return plain === undefined || this.#options.ownPaths.some((own) => normalised(own) === plain)
  }
}

function normalised(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname).toLowerCase().replace(/\/+$/, "")
  } catch {
    return undefined
  }
}
