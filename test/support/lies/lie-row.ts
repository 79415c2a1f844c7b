import type { KeyObject } from "node:crypto"
import type { ErrorCode } from "../../../src/errors/index.ts"
import type { LyingProvider } from "../lying-provider.ts"

/** Keys that lies are told with; made once for each test file. */
export interface LieKeys {
  /** An RSA key that was never published. */
  readonly other: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  /** An RSA key of 1024 bits. */
  readonly weak: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
  /** A P-256 key. */
  readonly ec: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
}

/** One lie and what must come of it. */
export interface LieRow {
  /** As the plan names it, where it is in one: `oidcc-client-test-…` of the OpenID Foundation, `fapi-…`. */
  readonly name: string
  /** The requirement of `sso.md`. */
  readonly rule: string
  readonly tell: (lying: LyingProvider, keys: LieKeys) => void
  /** The error of a login, or `accepted`. */
  readonly outcome: ErrorCode | "accepted"
  /** Default `auto`. */
  readonly oidc?: "auto" | "required" | "off"
  /** The callback's `iss` parameter. */
  readonly callbackIss?: (lying: LyingProvider) => string
  /** How many requests the token endpoint may see. Default 1. */
  readonly tokenRequests?: number
}
