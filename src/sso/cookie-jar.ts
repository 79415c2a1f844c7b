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

  /** `maxAgeSeconds` is how long the browser may keep it; nothing is trusted to that. */
  set(name: string, value: string, maxAgeSeconds: number): void {
    const secure = this.#secure ? "; Secure" : ""
    this.#set.set(name, `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly${secure}; SameSite=Lax`)
  }

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
