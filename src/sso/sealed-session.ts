import { cookieName } from "./cookie-jar.ts"
import type { Keyring } from "./keyring.ts"
import { cookiesOf } from "./login-request.ts"
import type { LoginSession, SessionContext, SessionKeeper } from "./session.ts"

/** Keeps the session in one sealed cookie, so that a server needs no session store. */
export class SealedSessions implements SessionKeeper {
  readonly #keyring: Keyring
  readonly #name: string
  readonly #clock: () => number

  constructor(options: { keyring: Keyring; secure: boolean; clock: () => number }) {
    this.#keyring = options.keyring
    this.#name = cookieName("clever_session", options)
    this.#clock = options.clock
  }

  async read({ request }: SessionContext): Promise<LoginSession | undefined> {
    const sealed = cookiesOf(request).get(this.#name)
    const opened = sealed === undefined ? undefined : await this.#keyring.open("clever-session", sealed)
    return opened?.v === 1 ? (opened as unknown as LoginSession) : undefined
  }

  async replace({ jar }: SessionContext, session: LoginSession): Promise<void> {
    const maxAge = Math.max(0, Math.ceil((session.expiresAt - this.#clock()) / 1000))
    jar.set(this.#name, await this.#keyring.seal("clever-session", { v: 1, ...session }), maxAge)
  }

  touch(context: SessionContext, session: LoginSession): Promise<void> {
    return this.replace(context, session)
  }

  async end({ jar }: SessionContext): Promise<void> {
    jar.delete(this.#name)
  }
}
