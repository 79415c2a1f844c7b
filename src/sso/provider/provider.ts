import {
  allowInsecureRequests,
  buildAuthorizationUrl,
  Configuration,
  calculatePKCECodeChallenge,
} from "openid-client"
import { senderFor } from "../../clever/send.ts"
import { isUserId, UserReader, type UserReaderOptions } from "../../clever/users.ts"
import { HomeroomError } from "../../errors/index.ts"
import type { LoginSource } from "../identity.ts"
import { orAborted } from "./abort.ts"
import { Discovery, type ProviderMetadata } from "./discovery.ts"
import type { GuardOptions } from "./guarded-fetch.ts"
import { type IdTokenClaims, verifyIdToken } from "./id-token.ts"
import { type Identified, identify } from "./identify.ts"
import { KeySet } from "./key-set.ts"
import { Redeemed } from "./redeemed.ts"
import { requestTokens } from "./token-request.ts"

/**
 * How OpenID Connect is used: `auto` verifies an id_token whenever one comes, `required` refuses a login without
 * one (every Library login, that is), `off` is plain OAuth 2.0 and looks at none.
 */
export type OidcMode = "auto" | "required" | "off"

/** What a provider is made with; every field has been checked by whoever makes it. */
export interface ProviderOptions extends UserReaderOptions {
  readonly clientId: string
  readonly clientSecret: string
  /** `https://clever.com`. Without its trailing slash it is the issuer. */
  readonly authUrl: URL
  readonly oidc: OidcMode
  /** Whether Clever's answer to a code may lack `token_type`, as its documentation shows it. */
  readonly acceptMissingTokenType: boolean
}

/** What a login needs to know before it starts. */
export interface ProviderTraits {
  /** Whether id_tokens can be expected and verified. */
  readonly usesOidc: boolean
  /** Whether the provider says that it takes PKCE with S256 (RFC 7636; R51). */
  readonly usesPkce: boolean
}

/** What makes up an authorization request; nothing else gets into it (R53). */
export interface AuthorizationUrlOptions {
  readonly state: string
  /** Null for none; never sent when `oidc` is `off`. */
  readonly nonce: string | null
  /** Null for no PKCE. */
  readonly codeVerifier: string | null
  /** One of those registered with Clever, to the letter (R42). */
  readonly redirectUri: string
  /** The district whose login page to show. */
  readonly districtId?: string | undefined
  /** False to have Clever ask pupils whether it is them. */
  readonly confirmed?: false | undefined
  /** True to be told when a person is not shared; not on the last app that is tried, or it loops. */
  readonly returnUnshared?: true | undefined
  readonly signal?: AbortSignal | undefined
}

export interface RedeemOptions {
  readonly code: string
  /** As in the authorization request, to the letter (R42). */
  readonly redirectUri: string
  /** What was sent in the authorization request; null if none was. */
  readonly nonce: string | null
  readonly codeVerifier: string | null
  /** The callback's `iss` parameter (RFC 9207); null if it had none. */
  readonly callbackIss: string | null
  readonly signal?: AbortSignal | undefined
}

export interface IdentifyRequest {
  readonly redeemed: Redeemed
  readonly loginSource: LoginSource
  /** Whether the identity holds the e-mail address. */
  readonly email: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Clever as a provider of logins: where to send a browser, what a code is worth, and who it belongs to.
 *
 * It keeps the configuration and keys of the provider, and nothing of any login (R47). Making one sends nothing.
 * Every method throws `HomeroomError`; no error or printout holds a code, token, secret, state or verifier.
 */
export class Provider {
  /** `https://clever.com`: the first half of every account's key. */
  readonly issuer: string
  readonly #options: ProviderOptions
  readonly #guard: GuardOptions
  readonly #discovery: Discovery
  readonly #keys: KeySet
  readonly #users: UserReader

  constructor(options: ProviderOptions) {
    const { authUrl, apiUrl, fetch, timeoutMs, maxBodyBytes, clock, clientId } = options
    this.issuer = authUrl.href.replace(/\/+$/, "")
    this.#options = options
    const origins = new Set([authUrl.origin, apiUrl.origin])
    this.#guard = {
      send: senderFor(fetch),
      timeoutMs,
      maxBodyBytes,
      origins,
    }
    this.#discovery = new Discovery({ ...this.#guard, authUrl, issuer: this.issuer, clientId, clock })
    this.#keys = new KeySet({ ...this.#guard, clock })
    this.#users = new UserReader(options)
  }

  /**
   * What the provider can do, from its configuration, which is read at most once an hour.
   *
   * Where it can't be read, `required` throws `LOGIN_OIDC_UNAVAILABLE`, and `auto` goes on without for now.
   */
  async traits(signal?: AbortSignal): Promise<ProviderTraits> {
    const metadata = await this.#metadata(signal)
    if (metadata.jwks_uri === undefined) return { usesOidc: false, usesPkce: false }
    const methods: unknown = metadata.code_challenge_methods_supported
    return { usesOidc: true, usesPkce: Array.isArray(methods) && methods.includes("S256") }
  }

  /** Where to send the browser. Throws `LOGIN_OIDC_UNAVAILABLE`, and `LOGIN_REQUEST_INVALID` for a district that is no id. */
  async authorizationUrl(options: AuthorizationUrlOptions): Promise<URL> {
    const { state, nonce, codeVerifier, redirectUri, districtId } = options
    if (districtId !== undefined && !isUserId(districtId)) {
      throw new HomeroomError("LOGIN_REQUEST_INVALID", { details: { parameter: "district_id" } })
    }
    const { issuer, authorization_endpoint } = await this.#metadata(options.signal)
    const { authUrl, clientId, oidc } = this.#options
    // Only what is needed: all of it is copied.
    const configuration = new Configuration({ issuer, authorization_endpoint }, clientId)
    if (authUrl.protocol === "http:") allowInsecureRequests(configuration)
    const parameters = new URLSearchParams({ response_type: "code", redirect_uri: redirectUri, state })
    // Clever takes the scopes from its dashboard; OpenID Connect itself wants this one (Core 1.0, section 3.1.2.1).
    if (oidc === "required") parameters.set("scope", "openid")
    if (nonce !== null && oidc !== "off") parameters.set("nonce", nonce)
    if (codeVerifier !== null) {
      parameters.set("code_challenge", await calculatePKCECodeChallenge(codeVerifier))
      parameters.set("code_challenge_method", "S256")
    }
    if (districtId !== undefined) parameters.set("district_id", districtId)
    if (options.confirmed === false) parameters.set("confirmed", "false")
    if (options.returnUnshared === true) parameters.set("return_unshared", "true")
    return buildAuthorizationUrl(configuration, parameters)
  }

  /**
   * Exchanges a code, in one request to the token endpoint that is never repeated, and verifies the id_token.
   *
   * Throws `LOGIN_REQUEST_INVALID` for a wrong `iss` or an empty code (before the code is sent), `LOGIN_CODE_REJECTED`,
   * `LOGIN_ID_TOKEN_MISSING`, `LOGIN_ID_TOKEN_INVALID`, `LOGIN_OIDC_UNAVAILABLE`, and the `CLEVER_…` errors of
   * `requestTokens`.
   */
  async redeem(options: RedeemOptions): Promise<Redeemed> {
    const { code, redirectUri, nonce, codeVerifier, callbackIss, signal } = options
    if (code === "") throw new HomeroomError("LOGIN_REQUEST_INVALID", { details: { parameter: "code" } })
    const metadata = await this.#metadata(signal)
    this.#checkCallbackIssuer(callbackIss, metadata)
    const { clientId, clientSecret, acceptMissingTokenType } = this.#options
    const { accessToken, idToken } = await requestTokens({
      guard: this.#guard,
      metadata,
      clientId,
      clientSecret,
      code,
      redirectUri,
      codeVerifier,
      acceptMissingTokenType,
      signal,
    })
    const claims = await this.#verify({ idToken, accessToken, nonce, metadata, signal })
    return new Redeemed({ accessToken, claims })
  }

  /** Who the redeemed code belongs to. Throws what `identify` throws. */
  identify(options: IdentifyRequest): Promise<Identified> {
    return identify({ ...options, users: this.#users, issuer: this.issuer })
  }

  /** RFC 9207: against answers of another provider that are passed off as Clever's (R21). */
  #checkCallbackIssuer(iss: string | null, metadata: ProviderMetadata): void {
    const isRequired = metadata.authorization_response_iss_parameter_supported === true
    if (iss === null ? !isRequired : iss === this.issuer) return
    throw new HomeroomError("LOGIN_REQUEST_INVALID", { details: { parameter: "iss" } })
  }

  async #verify(options: {
    readonly idToken: string | null
    readonly accessToken: string
    readonly nonce: string | null
    readonly metadata: ProviderMetadata
    readonly signal: AbortSignal | undefined
  }): Promise<IdTokenClaims | null> {
    const { idToken, accessToken, nonce, metadata, signal } = options
    const { oidc, clientId, clock } = this.#options
    if (oidc === "off") return null
    if (idToken === null) {
      if (oidc === "required") throw new HomeroomError("LOGIN_ID_TOKEN_MISSING")
      return null
    }
    const { jwks_uri: keysUri } = metadata
    // It came, so it counts: no login goes on beside an id_token that can't be verified.
    if (keysUri === undefined) throw new HomeroomError("LOGIN_OIDC_UNAVAILABLE")
    const keys = this.#keys
    const { issuer } = this
    const verified = verifyIdToken({
      idToken,
      accessToken,
      issuer,
      clientId,
      nonce,
      keys,
      keysUri,
      now: clock(),
    })
    return await orAborted(verified, signal)
  }

  /** The configuration, or in its absence what Clever documents of its OAuth 2.0. */
  async #metadata(signal: AbortSignal | undefined): Promise<ProviderMetadata> {
    const { oidc } = this.#options
    const { issuer } = this
    if (oidc !== "off") {
      try {
        return await orAborted(this.#discovery.metadata(), signal)
      } catch (error) {
        if (oidc === "required" || signal?.aborted) throw error
      }
    }
    return {
      issuer,
      authorization_endpoint: `${issuer}/oauth/authorize`,
      token_endpoint: `${issuer}/oauth/tokens`,
    }
  }
}
