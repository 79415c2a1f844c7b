import { inspect } from "node:util"
import type { IdTokenClaims } from "./id-token.ts"

/**
 * What a code was exchanged for: the person's token, and the claims of a verified id_token if one came.
 *
 * It prints, logs and serialises without its token; only `accessToken` gives that.
 */
export class Redeemed {
  /** Null when no id_token came or OpenID Connect is off. */
  readonly claims: IdTokenClaims | null
  readonly #accessToken: string

  constructor(options: { readonly accessToken: string; readonly claims: IdTokenClaims | null }) {
    this.claims = options.claims
    this.#accessToken = options.accessToken
  }

  /** The secret itself: valid for a day, not to be stored (dev.clever.com/docs/onboarding). */
  get accessToken(): string {
    return this.#accessToken
  }

  toString(): string {
    return "Redeemed"
  }

  toJSON(): Record<string, unknown> {
    return { claims: this.claims }
  }

  static {
    // Not a method: with getters and hidden properties asked for, util.inspect would read `accessToken` out.
    Object.defineProperty(Redeemed.prototype, inspect.custom, {
      value(this: Redeemed): string {
        return `Redeemed ${inspect(this.toJSON())}`
      },
    })
  }
}
