import { randomBytes } from "node:crypto"
import { Book } from "./book.ts"
import type { Grant } from "./grant.ts"

/** A token of one person for one app. */
export interface UserToken {
  readonly token: string
  readonly clientId: string
  readonly grant: Grant
  readonly issuedAt: Date
}

/** The user tokens issued so far: each lives for 24 h of simulated time and can't be refreshed. */
export class UserTokenBook {
  /** Default 24 h. */
  lifetimeMs = 86_400_000
  readonly #now: () => Date
  readonly #tokens = new Book<UserToken>()

  constructor(now: () => Date) {
    this.#now = now
  }

  /** The last 10,000 tokens, oldest first. */
  list(): readonly UserToken[] {
    return this.#tokens.list()
  }

  /** Makes a token, as an exchange does. */
  issue(asked: Pick<UserToken, "clientId" | "grant">): UserToken {
    const token = `il${randomBytes(20).toString("hex")}`
    const issued = { ...asked, token, issuedAt: this.#now() }
    this.#tokens.set(token, issued)
    return issued
  }

  /** What a token stands for while it is good. */
  find(token: string | undefined): UserToken | undefined {
    const issued = token === undefined ? undefined : this.#tokens.get(token)
    if (issued === undefined) return undefined
    return this.#now().getTime() - issued.issuedAt.getTime() >= this.lifetimeMs ? undefined : issued
  }

  /** Ends a token: it is answered with 401. */
  revoke(token: string): void {
    this.#tokens.delete(token)
  }

  /** Ends all tokens. */
  revokeAll(): void {
    this.#tokens.clear()
  }
}
