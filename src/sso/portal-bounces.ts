import { HomeroomError } from "../errors/index.ts"
import { type CookieJar, cookieName } from "./cookie-jar.ts"
import type { Keyring } from "./keyring.ts"
import { cookiesOf, type LoginRequest } from "./login-request.ts"

/** How many logins from Clever may be taken over within the time, without one of them ending. */
const most = 2
const withinMs = 60_000

/** Sees when a browser is sent back and forth between Clever and the app (R27). */
export class PortalBounces {
  readonly #keyring: Keyring
  readonly #name: string
  readonly #clock: () => number

  constructor(options: { keyring: Keyring; secure: boolean; clock: () => number }) {
    this.#keyring = options.keyring
    this.#name = cookieName("clever_bounce", options)
    this.#clock = options.clock
  }

  /** Counts one more. Throws `LOGIN_LOOP` at the third within a minute. */
  count(request: LoginRequest, jar: CookieJar): void {
    const sealed = cookiesOf(request).get(this.#name)
    const opened = sealed === undefined ? undefined : this.#keyring.open("clever-bounce", sealed)
    const times = Array.isArray(opened?.times) ? (opened.times as number[]) : []
    const now = this.#clock()
    const recent = times.filter((time) => now - time < withinMs)
    if (recent.length >= most) {
      jar.delete(this.#name)
      throw new HomeroomError("LOGIN_LOOP")
    }
    jar.set(this.#name, this.#keyring.seal("clever-bounce", { times: [...recent, now] }), withinMs / 1000)
  }

  reset(request: LoginRequest, jar: CookieJar): void {
    if (cookiesOf(request).has(this.#name)) jar.delete(this.#name)
  }
}
