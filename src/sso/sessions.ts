import { roles as knownRoles } from "../models/index.ts"
import type { CleverIdentity } from "./identity.ts"
import { districtSubject, userSubject } from "./login-store.ts"
import { isLoginSession, type LoginSession, type SessionContext, type SessionKeeper } from "./session.ts"
import type { SsoSettings } from "./settings.ts"
import { randomToken } from "./transactions.ts"

/** What a new session is made from. */
export interface NewSession {
  readonly identity: CleverIdentity
  readonly accountId: string | null
  readonly loginStateHash: string
}

/**
 * The life of sessions, wherever they are kept: they end when idle, when too old, by logout, by another login, and
 * when those of their person or district are revoked. All of it is decided on the server (R13, R36–R38).
 */
export class Sessions {
  readonly #settings: SsoSettings
  readonly #keeper: SessionKeeper

  constructor(settings: SsoSettings, keeper: SessionKeeper) {
    this.#settings = settings
    this.#keeper = keeper
  }

  /** The session if it is still good. */
  async read(context: SessionContext): Promise<LoginSession | undefined> {
    const session = await this.#kept(context)
    if (session === undefined || !this.#isInTime(session)) return undefined
    const { store } = this.#settings
    const [isEnded, epochs] = await Promise.all([
      store.isConsumed(endedKey(session.id)),
      store.getSessionEpochs(subjectsOf(session)),
    ])
    // An epoch may have been forgotten once no older session could live: then it reads as 0.
    const isCurrent = epochs.every((epoch, index) => epoch <= (session.epochs[index] ?? -1))
    return isEnded || !isCurrent ? undefined : session
  }

  /** Keeps a session alive that is in use. Written at most once in a tenth of the idle time. */
  async touch(context: SessionContext, session: LoginSession): Promise<void> {
    const now = this.#settings.clock()
    if (now - session.seenAt < this.#settings.idleMs / 10) return
    await this.#keeper.touch(context, { ...session, seenAt: now })
  }

  /** Begins a session in place of any other on this browser; the old one is dead even where it was copied. */
  async replace(
    context: SessionContext,
    { identity, accountId, loginStateHash }: NewSession,
  ): Promise<LoginSession> {
    const { clock, store, absoluteMs } = this.#settings
    const now = clock()
    const subject = { issuer: identity.issuer, cleverId: identity.cleverId, districtId: identity.districtId }
    const session: LoginSession = {
      id: randomToken(),
      ...subject,
      authorizedBy: identity.authorizedBy,
      roles: knownRoles.filter((role) => identity.roles[role] !== undefined),
      loginSource: identity.loginSource,
      accountId,
      displayName: this.#settings.displayName ? displayName(identity) : null,
      issuedAt: now,
      seenAt: now,
      expiresAt: now + absoluteMs,
      loginStateHash,
      epochs: await store.getSessionEpochs(subjectsOf(subject)),
    }
    await this.#spend(await this.#kept(context))
    await this.#keeper.replace(context, session)
    return session
  }

  /** Ends the session on this browser: there even if the store fails, which it then rejects with. */
  async end(context: SessionContext): Promise<void> {
    const session = await this.#kept(context)
    await this.#keeper.end(context)
    await this.#spend(session)
  }

  /** Also when it has been idle for too long: a copy of it may have been in use since. */
  async #spend(session: LoginSession | undefined): Promise<void> {
    if (session === undefined || this.#settings.clock() >= session.expiresAt) return
    await this.#settings.store.consumeOnce(endedKey(session.id), session.expiresAt, subjectsOf(session))
  }

  /** What the keeper has, if it is a session of this issuer: the app's own sessions may hold anything. */
  async #kept(context: SessionContext): Promise<LoginSession | undefined> {
    const kept: unknown = await this.#keeper.read(context)
    return isLoginSession(kept) && kept.issuer === this.#settings.issuer ? kept : undefined
  }

  #isInTime({ seenAt, expiresAt }: LoginSession): boolean {
    const now = this.#settings.clock()
    return now < expiresAt && now - seenAt < this.#settings.idleMs
  }
}

function endedKey(sessionId: string): string {
  return `session:${sessionId}`
}

function subjectsOf(session: Pick<LoginSession, "issuer" | "cleverId" | "districtId">): string[] {
  const user = userSubject(session)
  return session.districtId === null ? [user] : [user, districtSubject(session.districtId)]
}

function displayName({ name }: CleverIdentity): string | null {
  const full = [name.first, name.last].filter((part) => part !== null && part !== "").join(" ")
  // A cookie has little room, and a name no greatest length.
  return full === "" ? null : [...full].slice(0, 100).join("")
}
