import {
  allowInsecureRequests,
  ClientSecretBasic,
  Configuration,
  customFetch,
  genericGrantRequest,
} from "openid-client"
import { HomeroomError } from "../../errors/index.ts"
import type { ProviderMetadata } from "./discovery.ts"
import { type GuardOptions, guardedFetch } from "./guarded-fetch.ts"
import { type JsonObject, parseJsonObject } from "./json.ts"
import { toProviderError } from "./map-error.ts"

export interface TokenRequestOptions {
  readonly guard: GuardOptions
  readonly metadata: ProviderMetadata
  readonly clientId: string
  readonly clientSecret: string
  readonly code: string
  /** Exactly as in the authorization request: it is compared as text (RFC 6749, section 4.1.3; R42). */
  readonly redirectUri: string
  readonly codeVerifier: string | null
  readonly acceptMissingTokenType: boolean
  readonly signal?: AbortSignal | undefined
}

export interface TokenAnswer {
  readonly accessToken: string
  /** As it came, not verified; null if none came. */
  readonly idToken: string | null
}

/**
 * Exchanges a code for tokens (RFC 6749, section 4.1.3), with HTTP Basic and in one request that is never
 * repeated: a code is good for one (R25).
 *
 * Throws `LOGIN_CODE_REJECTED`, `CLEVER_CREDENTIALS_REJECTED`, `CLEVER_REQUEST_REFUSED`, `CLEVER_UNAVAILABLE`,
 * `CLEVER_RATE_LIMITED`, `CLEVER_UNREACHABLE`, `CLEVER_LINK_FOREIGN`, `CLEVER_BODY_INVALID`,
 * `CLEVER_BODY_TOO_LARGE` and `ABORTED`.
 */
export async function requestTokens(options: TokenRequestOptions): Promise<TokenAnswer> {
  const { clientId, clientSecret, code, redirectUri, codeVerifier } = options
  const { issuer, token_endpoint } = options.metadata
  let idToken: string | null = null
  // Only what is needed: all of it is copied.
  const metadata = { issuer, token_endpoint }
  const configuration = new Configuration(metadata, clientId, undefined, ClientSecretBasic(clientSecret))
  configuration.timeout = undefined
  if (new URL(token_endpoint).protocol === "http:") allowInsecureRequests(configuration)
  configuration[customFetch] = async (url, { method, headers, body }) => {
    if (!(body instanceof URLSearchParams)) throw new TypeError("The token request has no form.")
    const { guard, signal } = options
    const { status, text } = await guardedFetch(guard, url, { method, headers, body, signal })
    const answer = parseJsonObject(text)
    if (status !== 200 || answer === undefined) return Response.json(answer ?? null, { status })
    // Some servers refuse with a 200; to openid-client it would be an answer like any other (R17).
    if (answer.error !== undefined) return Response.json({ error: answer.error }, { status: 400 })
    // openid-client insists on an id_token where a nonce was sent, and refuses one with a nonce where none is
    // expected. Clever sends one or not, by app and by login: so it is taken out here, and verified elsewhere.
    const { id_token: given, ...rest } = answer
    idToken = readIdToken(given)
    return Response.json(withTokenType(rest, options.acceptMissingTokenType), { status })
  }
  try {
    // Not authorizationCodeGrant, which rebuilds the redirect URI from an address and so may change it (R42).
    const answer = await genericGrantRequest(configuration, "authorization_code", {
      code,
      redirect_uri: redirectUri,
      ...(codeVerifier === null ? {} : { code_verifier: codeVerifier }),
    })
    const { access_token: accessToken, token_type: tokenType } = answer
    if (tokenType !== "bearer") throw invalid("token_type")
    // It becomes a header: visible ASCII, and no more of it than headers may hold (RFC 6750, section 2.1).
    if (!/^[\x21-\x7e]{1,4096}$/.test(accessToken)) throw invalid("access_token")
    return { accessToken, idToken }
  } catch (error) {
    throw toProviderError(error, "token")
  }
}

function readIdToken(value: unknown): string | null {
  if (value === undefined || value === null || value === "") return null
  if (typeof value === "string") return value
  throw invalid("id_token")
}

/** Clever's answer may lack `token_type`, which RFC 6749 requires (dev.clever.com/docs/oauth-implementation). */
function withTokenType(answer: JsonObject, acceptMissing: boolean): JsonObject {
  return acceptMissing && answer.token_type === undefined ? { ...answer, token_type: "bearer" } : answer
}

function invalid(field: string): HomeroomError {
  return new HomeroomError("CLEVER_BODY_INVALID", {
    message: `Clever's answer to the code has a ${field} that can't be used.`,
    details: { step: "token", reason: field },
  })
}
