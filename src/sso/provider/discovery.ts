import { allowInsecureRequests, customFetch, discovery, type ServerMetadata } from "openid-client"
import { HomeroomError } from "../../errors/index.ts"
import { type GuardOptions, guardedFetch } from "./guarded-fetch.ts"
import { parseJsonObject } from "./json.ts"
import { toProviderError } from "./map-error.ts"

export interface DiscoveryOptions extends GuardOptions {
  /** Where the provider is; its address without a trailing slash is the issuer. */
  readonly authUrl: URL
  readonly issuer: string
  readonly clientId: string
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** What is known of the provider, with the endpoints that every login needs. */
export type ProviderMetadata = ServerMetadata & {
  readonly authorization_endpoint: string
  readonly token_endpoint: string
}

/** How long a configuration is used before it is read again. */
const lifetimeMs = 60 * 60_000

/** How long nobody asks again after a failure, so that logins do not wait for one timeout after another. */
const pauseMs = 10_000

/**
 * The provider's configuration (OpenID Connect Discovery 1.0), read when first needed and kept for an hour.
 *
 * Logins that come at the same time share one request, which is never repeated: the next login after ten seconds
 * may try again.
 */
export class Discovery {
  readonly #options: DiscoveryOptions
  #found: { readonly metadata: ProviderMetadata; readonly until: number } | undefined
  #failed: { readonly error: HomeroomError; readonly until: number } | undefined
  #running: Promise<ProviderMetadata> | undefined

  constructor(options: DiscoveryOptions) {
    this.#options = options
  }

  /** The configuration, checked: issuer and endpoints are the pinned ones. Throws `LOGIN_OIDC_UNAVAILABLE`. */
  async metadata(): Promise<ProviderMetadata> {
    const now = this.#options.clock()
    if (this.#found !== undefined && now < this.#found.until) return this.#found.metadata
    if (this.#running === undefined && this.#failed !== undefined && now < this.#failed.until) {
      throw this.#failed.error
    }
    this.#running ??= this.#read().finally(() => {
      this.#running = undefined
    })
    return await this.#running
  }

  async #read(): Promise<ProviderMetadata> {
    const { clock } = this.#options
    try {
      const metadata = checked(await this.#request(), this.#options)
      this.#found = { metadata, until: clock() + lifetimeMs }
      this.#failed = undefined
      return metadata
    } catch (reason) {
      const error = toProviderError(reason, "discovery")
      this.#failed = { error, until: clock() + pauseMs }
      throw error
    }
  }

  async #request(): Promise<ServerMetadata> {
    const { authUrl, clientId } = this.#options
    const configuration = await discovery(authUrl, clientId, undefined, undefined, {
      [customFetch]: async (url, { method, headers }) => {
        const { status, text } = await guardedFetch(this.#options, url, { method, headers })
        const body = status === 200 ? (parseJsonObject(text) ?? null) : null
        return Response.json(body, { status })
      },
      execute: authUrl.protocol === "http:" ? [allowInsecureRequests] : [],
    })
    return configuration.serverMetadata()
  }
}

/** Throws `LOGIN_OIDC_UNAVAILABLE` unless the configuration is this issuer's and keeps to the pinned origins. */
function checked(metadata: ServerMetadata, { issuer, origins }: DiscoveryOptions): ProviderMetadata {
  // openid-client compares addresses, which are equal with and without a trailing slash (R22).
  if (metadata.issuer !== issuer) throw unusable("issuer")
  for (const field of ["authorization_endpoint", "token_endpoint", "jwks_uri"] as const) {
    const address: unknown = metadata[field]
    if (typeof address !== "string" || !URL.canParse(address)) throw unusable(field)
    const { origin, username, password, search, hash } = new URL(address)
    if (!origins.has(origin) || username + password + search + hash !== "") throw unusable(field)
  }
  const algorithms: unknown = metadata.id_token_signing_alg_values_supported
  if (Array.isArray(algorithms) && !algorithms.includes("RS256")) {
    throw unusable("id_token_signing_alg_values_supported")
  }
  return metadata as ProviderMetadata
}

function unusable(field: string): HomeroomError {
  return new HomeroomError("LOGIN_OIDC_UNAVAILABLE", {
    message: `Clever's OpenID Connect configuration has a ${field} that can't be used.`,
    details: { step: "discovery", field },
  })
}
