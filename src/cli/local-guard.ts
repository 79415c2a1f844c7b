import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import type { ConsoleAccess } from "../console/index.ts"

const tokenParameter = "token"

/**
 * Who may use a console on this machine: whoever has the address that was printed. Its token becomes a cookie with the
 * first visit. Addresses by which another site could reach it, as a name that is pointed at this machine, are refused.
 */
export class LocalGuard {
  readonly #token = randomBytes(24).toString("base64url")
  readonly #cookieName: string
  readonly #hosts: readonly string[]

  constructor(port: number) {
    // Cookies of one host are the same on all its ports.
    this.#cookieName = `homeroom_console_${port}`
    this.#hosts = ["127.0.0.1", "localhost", "[::1]"].map((host) => `${host}:${port}`)
  }

  /** What to open in a browser on the server's origin. */
  addressOn(origin: string): string {
    return `${origin}/?${tokenParameter}=${this.#token}`
  }

  /** Whether a request is to this machine by one of its own names. */
  isLocal(request: Request): boolean {
    return this.#hosts.includes(request.headers.get("host") ?? "")
  }

  /** The operator, a cookie for whoever brings the token, or null. */
  authorize(request: Request): ConsoleAccess | Response | null {
    const given = new URL(request.url).searchParams.get(tokenParameter)
    if (request.method === "GET" && given !== null && isSame(given, this.#token)) {
      const cookie = `${this.#cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`
      const headers = { location: "/", "set-cookie": cookie, "cache-control": "no-store" }
      return new Response(null, { status: 303, headers })
    }
    const cookies = (request.headers.get("cookie") ?? "").split(/;\s*/)
    const isKnown = cookies.some((cookie) => isSame(cookie, `${this.#cookieName}=${this.#session}`))
    return isKnown ? { actor: "cli", can: ["admin"] } : null
  }

  /** The cookie does not give the token away. */
  get #session(): string {
    return createHash("sha256").update(`homeroom/console-session/v1\n${this.#token}`).digest("base64url")
  }
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [given, expected].map((text) => createHash("sha256").update(text).digest())
  return one !== undefined && other !== undefined && timingSafeEqual(one, other)
}
