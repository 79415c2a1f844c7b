import { HomeroomError } from "../errors/index.ts"

/** What browsers keep of a cookie for sure, its attributes included (RFC 6265bis §6.1), less some room. */
const longestLine = 3_800

/** How every cookie of sign-in is set. */
export interface CookieStyle {
  /** False only on plain-http loopback: without `Secure` a browser refuses the `__Host-` prefix. */
  readonly secure: boolean
}

/** The cookies that an answer sets, the last of a name counting. */
export class CookieJar {
  readonly #secure: boolean
  readonly #set: Map<string, string> = new Map()

  constructor(style: CookieStyle) {
    this.#secure = style.secure
  }

  /**
   * `maxAgeSeconds` is how long the browser may keep it, until it closes if not given; nothing is trusted to that.
   *
   * Throws `INVALID_OPTIONS` for a value that browsers would drop without a word.
   */
  set(name: string, value: string, maxAgeSeconds?: number): void {
    const maxAge = maxAgeSeconds === undefined ? "" : `; Max-Age=${maxAgeSeconds}`
    const secure = this.#secure ? "; Secure" : ""
    const line = `${name}=${value}; Path=/${maxAge}; HttpOnly${secure}; SameSite=Lax`
    if (line.length > longestLine) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message:
          "A cookie would be too long for browsers: use a shorter accountId, linkAccountId or redirectUri.",
        details: { length: line.length },
      })
    }
    this.#set.set(name, line)
  }

  /** Has the browser forget a cookie. Throws as {@link set} does. */
  delete(name: string): void {
    this.set(name, "", 0)
  }

  /** The values for `Set-Cookie`. */
  get lines(): string[] {
    return [...this.#set.values()]
  }
}

/** A cookie's name with the prefix that ties it to this host and https (RFC 6265bis §4.1.3.2). */
export function cookieName(name: string, { secure }: CookieStyle): string {
  return secure ? `__Host-${name}` : name
}
