import { setTimeout } from "node:timers/promises"
import type { JWK } from "jose"
import { senderFor } from "../../clever/send.ts"
import { HomeroomError, isHomeroomError } from "../../errors/index.ts"
import { Discovery } from "../provider/discovery.ts"
import type { GuardOptions } from "../provider/guarded-fetch.ts"
import { importKey, JwsRefused } from "../provider/jws.ts"
import { KeySet } from "../provider/key-set.ts"
import { type OidcMode, Provider } from "../provider/provider.ts"
import { readHost } from "../settings.ts"
import { randomToken } from "../transactions.ts"
import { probeRedirectUri, type RedirectUriAnswer } from "./redirect-uri-probe.ts"

export interface LoginDiagnosisOptions {
  readonly clientId: string
  readonly clientSecret: string
  readonly oidc: OidcMode
  /** Default `https://clever.com`. */
  readonly authUrl?: string | undefined
  /** Default `https://api.clever.com`. */
  readonly apiUrl?: string | undefined
  readonly fetch: typeof globalThis.fetch
  readonly timeoutMs: number
}

/** What Clever's OpenID Connect configuration and keys are worth; that they can be read is said by there being one. */
export interface OpenIdSupport {
  readonly issuer: string
  /** Whether the configuration names RS256, the one algorithm that is accepted; null if it names none. */
  readonly advertisesRs256: boolean | null
  readonly usesPkce: boolean
  readonly keys: number
  /** Those that may verify RS256 signatures. */
  readonly usableKeys: number
  /** Key ids under which there is more than one key: tokens that name them are refused. */
  readonly ambiguousKeyIds: number
}

/**
 * Tries out with Clever what logins need, without logging anybody in: no code but a made-up one is sent, and
 * nothing is changed anywhere. Each method sends two requests or three, and repeats none.
 */
export class LoginDiagnosis {
  readonly #options: LoginDiagnosisOptions
  readonly #provider: Provider
  readonly #discovery: Discovery
  readonly #keys: KeySet

  /** Throws `INVALID_OPTIONS`. */
  constructor(options: LoginDiagnosisOptions) {
    const { clientId, clientSecret, oidc, fetch, timeoutMs } = options
    const authUrl = readHost("authUrl", options.authUrl ?? "https://clever.com")
    const apiUrl = readHost("apiUrl", options.apiUrl ?? "https://api.clever.com")
    const maxBodyBytes = 1024 * 1024
    const clock = Date.now
    this.#options = options
    this.#provider = new Provider({
      clientId,
      clientSecret,
      authUrl,
      apiUrl,
      apiVersion: "v3.1",
      // What is required and missing is said by `openIdConnect`; the other probes can do without it.
      oidc: oidc === "required" ? "auto" : oidc,
      acceptMissingTokenType: true,
      timeoutMs,
      maxBodyBytes,
      fetch,
      clock,
      sleep: (ms, signal) => setTimeout(ms, undefined, { signal }),
      random: Math.random,
    })
    const origins = new Set([authUrl.origin, apiUrl.origin])
    const guard: GuardOptions = { send: senderFor(fetch), timeoutMs, maxBodyBytes, origins }
    this.#discovery = new Discovery({ ...guard, authUrl, issuer: this.#provider.issuer, clientId, clock })
    this.#keys = new KeySet({ ...guard, clock })
  }

  /**
   * Tries the client id and secret at the token endpoint, as a login does, with a code that Clever never gave out.
   * True if Clever complains of the code alone, so that the credentials are right.
   *
   * Rejects with what refuses them: `CLEVER_CREDENTIALS_REJECTED`, or any other error of a code's exchange.
   */
  async acceptsCredentials(redirectUri: string): Promise<boolean> {
    try {
      await this.#provider.redeem({
        code: `homeroom-doctor-${randomToken()}`,
        redirectUri,
        nonce: null,
        codeVerifier: null,
        callbackIss: this.#provider.issuer,
      })
      return false
    } catch (error) {
      if (isHomeroomError(error) && error.code === "LOGIN_CODE_REJECTED") return true
      throw error
    }
  }

  /** Whether Clever takes the redirect URI, as far as its answers tell. Rejects with `CLEVER_UNREACHABLE`. */
  async redirectUriAnswer(redirectUri: string): Promise<RedirectUriAnswer> {
    const { fetch, timeoutMs } = this.#options
    const state = randomToken()
    const address = await this.#provider.authorizationUrl({
      state,
      nonce: null,
      codeVerifier: null,
      redirectUri,
    })
    try {
      return await probeRedirectUri({ fetch, timeoutMs, address })
    } catch (error) {
      throw new HomeroomError("CLEVER_UNREACHABLE", { cause: error })
    }
  }

  /**
   * Reads the OpenID Connect configuration and keys, and tries each key. Throws `LOGIN_OIDC_UNAVAILABLE` where a
   * login could verify no id_token: not readable, another issuer, foreign hosts, no RS256.
   */
  async openIdConnect(): Promise<OpenIdSupport> {
    const metadata = await this.#discovery.metadata()
    const { issuer, jwks_uri: keysUri = "" } = metadata
    const algorithms: unknown = metadata.id_token_signing_alg_values_supported
    const methods: unknown = metadata.code_challenge_methods_supported
    const keys = await this.#keys.readAll(keysUri)
    const usable: JWK[] = []
    for (const key of keys) if (await isUsable(key)) usable.push(key)
    const ids = keys.map(({ kid }) => kid)
    return {
      issuer,
      advertisesRs256: Array.isArray(algorithms) ? algorithms.includes("RS256") : null,
      usesPkce: Array.isArray(methods) && methods.includes("S256"),
      keys: keys.length,
      usableKeys: usable.length,
      ambiguousKeyIds: new Set(ids.filter((id, index) => ids.indexOf(id) !== index)).size,
    }
  }
}

async function isUsable(key: JWK): Promise<boolean> {
  try {
    await importKey(key)
    return true
  } catch (error) {
    if (error instanceof JwsRefused) return false
    throw error
  }
}
