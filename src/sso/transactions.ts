import { nodeCrypto } from "../models/index.ts"
import { type CookieJar, cookieName } from "./cookie-jar.ts"
import type { Keyring } from "./keyring.ts"
import { cookiesOf, type LoginRequest } from "./login-request.ts"

/** A login on its way: what a browser carries, sealed, to Clever and back. */
export interface LoginTransaction {
  readonly state: string
  /** Null with OpenID Connect off. */
  readonly nonce: string | null
  /** Null without PKCE. */
  readonly codeVerifier: string | null
  readonly redirectUri: string
  readonly clientId: string
  readonly issuer: string
  /** Checked already, and checked again when it is used. */
  readonly returnTo: string
  /** The district that the person must be of. */
  readonly districtId: string | null
  /** `portal`: in answer to a login that Clever started. */
  readonly origin: "app" | "portal"
  /** The app's account that the Clever account is to be linked to. */
  readonly linkAccountId: string | null
  /** Seconds since 1970. */
  readonly iat: number
  readonly exp: number
}

/** How long a login may take, in seconds. */
const lifetime = 600

/** How far the clocks of an app's servers may differ, in seconds. */
const mostSkew = 60

/** The most logins that one browser may have on their way; one more drops the others. */
const mostTransactions = 5

/** The sealed cookies of the logins that a browser has on their way, one cookie for each. */
export class Transactions {
  readonly #keyring: Keyring
  readonly #secure: boolean
  readonly #clock: () => number

  constructor(options: { keyring: Keyring; secure: boolean; clock: () => number }) {
    this.#keyring = options.keyring
    this.#secure = options.secure
    this.#clock = options.clock
  }

  /** Starts a login: the answer that takes the jar's cookies must lead to Clever. */
  begin(
    request: LoginRequest,
    jar: CookieJar,
    asked: Omit<LoginTransaction, "state" | "iat" | "exp">,
  ): LoginTransaction {
    const iat = Math.floor(this.#clock() / 1000)
    const transaction: LoginTransaction = { ...asked, state: randomToken(), iat, exp: iat + lifetime }
    if (this.#names(request).length >= mostTransactions) this.dropAll(request, jar)
    jar.set(
      this.#nameFor(transaction.state),
      this.#keyring.seal("clever-txn", { v: 1, ...transaction }),
      lifetime,
    )
    return transaction
  }

  /** The login that this browser started with this state, if it is not too old. */
  find(request: LoginRequest, state: string): LoginTransaction | undefined {
    const sealed = cookiesOf(request).get(this.#nameFor(state))
    const opened = sealed === undefined ? undefined : this.#keyring.open("clever-txn", sealed)
    if (opened === undefined || opened.v !== 1) return undefined
    const transaction = opened as unknown as LoginTransaction
    const now = this.#clock() / 1000
    // Nothing is trusted to the browser's own idea of a cookie's age (R19). A login from the Portal is back within
    // a blink, perhaps at a server whose clock is behind.
    const isFresh = transaction.iat - mostSkew <= now && now <= transaction.exp
    return isFresh && stateHash(transaction.state) === stateHash(state) ? transaction : undefined
  }

  drop(state: string, jar: CookieJar): void {
    jar.delete(this.#nameFor(state))
  }

  dropAll(request: LoginRequest, jar: CookieJar): void {
    for (const name of this.#names(request)) jar.delete(name)
  }

  #names(request: LoginRequest): string[] {
    const prefix = cookieName("clever_txn_", { secure: this.#secure })
    return [...cookiesOf(request).keys()].filter(
      (name) => name.startsWith(prefix) && /_[0-9a-f]{16}$/.test(name),
    )
  }

  #nameFor(state: string): string {
    const short = nodeCrypto().hash("sha256", state, "hex").slice(0, 16)
    return cookieName(`clever_txn_${short}`, { secure: this.#secure })
  }
}

/** 256 random bits. */
export function randomToken(): string {
  return nodeCrypto().randomBytes(32).toString("base64url")
}

/** By which a state is compared and remembered: hashes tell nothing by the time that comparing them takes. */
export function stateHash(state: string): string {
  return nodeCrypto().hash("sha256", `state:${state}`, "base64url")
}
