import type { JWK } from "jose"
import { HomeroomError } from "../../errors/index.ts"
import { type GuardOptions, guardedFetch } from "./guarded-fetch.ts"
import { isJsonObject, parseJsonObject } from "./json.ts"
import { JwsRefused } from "./jws.ts"
import { toProviderError } from "./map-error.ts"

export interface KeySetOptions extends GuardOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** How long keys are used before they are read again; also how long an outage is bridged. */
const lifetimeMs = 60 * 60_000

/** How long an unknown key id is not looked for again. */
const cooldownMs = 30_000

interface Keys {
  readonly uri: string
  readonly keys: readonly JWK[]
  readonly until: number
}

/**
 * The provider's signing keys (RFC 7517): the only place where they are kept.
 *
 * They are read when first needed and kept for an hour. A key id that is not among them has them read once more,
 * at most every 30 seconds, since keys rotate (R23). Logins that come at the same time share one request.
 */
export class KeySet {
  readonly #options: KeySetOptions
  #cached: Keys | undefined
  #running: Promise<Keys> | undefined
  #lookedAgainAt: number = Number.NEGATIVE_INFINITY

  constructor(options: KeySetOptions) {
    this.#options = options
  }

  /**
   * The key under this id. Throws `JwsRefused` if there is none, or more than one; `LOGIN_OIDC_UNAVAILABLE` if
   * the keys can't be read.
   */
  async find(uri: string, kid: string | undefined): Promise<JWK> {
    const cached = this.#cached
    const isFresh = cached !== undefined && cached.uri === uri && this.#options.clock() < cached.until
    const known = isFresh ? cached : await this.#read(uri)
    const key = select(known.keys, kid)
    if (key !== undefined) return key
    // Without an id there is nothing to look for, and what was read just now is what there is.
    if (kid === undefined || !isFresh || !this.#mayLookAgain()) throw new JwsRefused("kid")
    const again = select((await this.#read(uri)).keys, kid)
    if (again === undefined) throw new JwsRefused("kid")
    return again
  }

  /** Every key as it is published now. Throws `LOGIN_OIDC_UNAVAILABLE` if the keys can't be read. */
  async readAll(uri: string): Promise<readonly JWK[]> {
    return (await this.#read(uri)).keys
  }

  #mayLookAgain(): boolean {
    const now = this.#options.clock()
    if (this.#running === undefined && now < this.#lookedAgainAt + cooldownMs) return false
    this.#lookedAgainAt = now
    return true
  }

  #read(uri: string): Promise<Keys> {
    this.#running ??= this.#request(uri).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #request(uri: string): Promise<Keys> {
    try {
      const headers = { accept: "application/json, application/jwk-set+json" }
      const { status, text } = await guardedFetch(this.#options, uri, { method: "GET", headers })
      const keys = status === 200 ? parseJsonObject(text)?.keys : undefined
      if (!Array.isArray(keys)) {
        throw new HomeroomError("LOGIN_OIDC_UNAVAILABLE", {
          message: "Clever's OpenID Connect keys are not as they must be.",
          details: { step: "keys", status },
        })
      }
      this.#cached = { uri, keys: keys.filter(isJsonObject), until: this.#options.clock() + lifetimeMs }
      return this.#cached
    } catch (error) {
      throw toProviderError(error, "keys")
    }
  }
}

/** The one key that is meant (OpenID Connect Core 1.0, section 10.1); undefined if none has the id. */
function select(keys: readonly JWK[], kid: string | undefined): JWK | undefined {
  const meant = kid === undefined ? keys : keys.filter((key) => key.kid === kid)
  // Two keys under one id, or several and no id: which of them signs is anybody's guess.
  if (meant.length > 1) throw new JwsRefused("kid")
  return meant[0]
}
