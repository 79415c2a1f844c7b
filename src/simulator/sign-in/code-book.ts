import { randomBytes } from "node:crypto"
import { Book } from "./book.ts"
import type { Grant } from "./grant.ts"

/** An authorization code, with all that its exchange is held to. */
export interface IssuedCode {
  readonly code: string
  readonly clientId: string
  readonly redirectUri: string
  readonly grant: Grant
  /** Sent on to the `id_token`; only logins that an app started have one. */
  readonly nonce: string | undefined
  /** As sent; held to only for an app with `pkce`. */
  readonly codeChallenge: string | undefined
  readonly issuedAt: Date
  /** How often it was exchanged. */
  readonly redeemed: number
}

/** The codes issued so far: each lives for a minute of simulated time and is good for one exchange. */
export class CodeBook {
  /** Default 60,000. */
  lifetimeMs = 60_000
  /** Whether a code can be exchanged again and again, to catch an app that does. Default false. */
  replayable = false
  readonly #now: () => Date
  readonly #codes = new Book<IssuedCode>()

  constructor(now: () => Date) {
    this.#now = now
  }

  /** The last 10,000 codes, oldest first. */
  list(): readonly IssuedCode[] {
    return this.#codes.list()
  }

  /** Makes a code, as a login does. */
  issue(asked: Omit<IssuedCode, "code" | "issuedAt" | "redeemed">): IssuedCode {
    const issued = { ...asked, code: randomBytes(20).toString("hex"), issuedAt: this.#now(), redeemed: 0 }
    this.#codes.set(issued.code, issued)
    return issued
  }

  /** A code that could be exchanged now, without exchanging it. */
  find(code: string): IssuedCode | undefined {
    const issued = this.#codes.get(code)
    if (issued === undefined || (issued.redeemed > 0 && !this.replayable)) return undefined
    return this.#now().getTime() - issued.issuedAt.getTime() > this.lifetimeMs ? undefined : issued
  }

  /** Marks a code as exchanged. */
  redeem(issued: IssuedCode): void {
    this.#codes.set(issued.code, { ...issued, redeemed: issued.redeemed + 1 })
  }
}
