import { cookieName } from "./cookie-jar.ts"
import type { Keyring } from "./keyring.ts"
import { cookiesOf } from "./login-request.ts"
import type { LoginSession, SessionContext, SessionKeeper } from "./session.ts"

/**
 * Keeps the session in one sealed cookie, so that a server needs no session store. Its time is kept inside; the
 * browser is told none, and so drops it when it closes: the next pupil may open it again on the same device.
 */
export class SealedSessions implements SessionKeeper {
  readonly #keyring: Keyring
  readonly #name: string

  constructor(options: { keyring: Keyring; secure: boolean }) {
    this.#keyring = options.keyring
    this.#name = cookieName("clever_session", options)
  }

  async read({ request }: SessionContext): Promise<LoginSession | undefined> {
    const sealed = cookiesOf(request).get(this.#name)
    const opened = sealed === undefined ? undefined : this.#keyring.open("clever-session", sealed)
    if (opened?.v !== 1) return undefined
    const { v: _version, purpose: _purpose, host: _host, ...session } = opened
    return session as unknown as LoginSession
  }

  async replace({ jar }: SessionContext, session: LoginSession): Promise<void> {
    jar.set(this.#name, this.#keyring.seal("clever-session", { v: 1, ...session }))
  }

  touch(context: SessionContext, session: LoginSession): Promise<void> {
    return this.replace(context, session)
  }

  async end({ jar }: SessionContext): Promise<void> {
    jar.delete(this.#name)
  }
}
