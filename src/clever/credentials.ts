import { HomeroomError } from "../errors/index.ts"
import { idPattern } from "../models/index.ts"
import { BodyBuffer } from "./body-buffer.ts"
import { bodyInvalid } from "./byte-lexer.ts"
import { type ClientSettings, invalidOption } from "./client-options.ts"
import { buildUrl } from "./links.ts"
import { PageSlots } from "./page-slots.ts"
import { walkPages } from "./page-walk.ts"
import type { Credentials, Requester } from "./requester.ts"
import { DistrictToken } from "./tokens.ts"

/** The secrets a client was made with. */
export interface ClientSecrets {
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
  readonly districtToken: string | undefined
}

/** Keeps the client's secrets and gives each request what it needs of them. */
export class CredentialKeeper {
  readonly #secrets: ClientSecrets
  readonly #settings: ClientSettings
  readonly #requester: Requester
  readonly #tokens: Map<string, DistrictToken> = new Map()

  /** Throws `CLEVER_CREDENTIALS_MISSING` if there is neither a token nor a client id with its secret. */
  constructor(secrets: ClientSecrets, settings: ClientSettings, requester: Requester) {
    this.#secrets = secrets
    this.#settings = settings
    this.#requester = requester
    if (!secrets.districtToken) this.forApp()
  }

  /** The app's own credentials, for `/oauth/tokens`. Throws `CLEVER_CREDENTIALS_MISSING`. */
  forApp(): Credentials {
    const { clientId, clientSecret } = this.#secrets
    if (!clientId || !clientSecret) throw new HomeroomError("CLEVER_CREDENTIALS_MISSING")
    const header = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`
    return {
      header: async () => header,
      renew: () => false,
      rejectedCode: "CLEVER_CREDENTIALS_REJECTED",
    }
  }

  /** A district's credentials; the token is fetched when first needed, and once more if it is refused (S7). */
  forDistrict(districtId: string): Credentials {
    return {
      header: async (signal, onRequest) =>
        `Bearer ${(await this.districtToken(districtId, signal, onRequest)).accessToken}`,
      renew: (rejected) => {
        if (this.#secrets.districtToken) return false
        // Another request may have fetched a fresh one already.
        const known = this.#tokens.get(districtId)
        if (known !== undefined && `Bearer ${known.accessToken}` === rejected) this.#tokens.delete(districtId)
        return true
      },
      rejectedCode: "CLEVER_TOKEN_REJECTED",
    }
  }

  /** The district's token. Throws `CLEVER_DISTRICT_NOT_CONNECTED`. */
  async districtToken(
    districtId: string,
    signal?: AbortSignal,
    onRequest?: () => void,
  ): Promise<DistrictToken> {
    if (!idPattern.test(districtId)) throw invalidOption("districtId", "must be a Clever district id")
    const { districtToken } = this.#secrets
    if (districtToken) return new DistrictToken({ districtId, accessToken: districtToken })
    const known = this.#tokens.get(districtId)
    if (known !== undefined) return known
    const token = await this.#fetchToken(districtId, signal ?? new AbortController().signal, onRequest)
    this.#tokens.set(districtId, token)
    return token
  }

  /** The tokens of every connected district. */
  async *allDistrictTokens(signal: AbortSignal | undefined): AsyncGenerator<DistrictToken, void, void> {
    const base = this.#settings.authUrl
    const first = buildUrl(base, "/oauth/tokens", { owner_type: "district" })
    const slots = new PageSlots()
    const credentials = this.forApp()
    const pages = walkPages({ requester: this.#requester, slots, credentials, base, first, signal })
    const { readDistrictTokens } = await import("./read-tokens.ts")
    for await (const page of pages) {
      const body = new BodyBuffer()
      body.append(page.body)
      yield* readDistrictTokens(parseBody(body))
    }
  }

  async #fetchToken(
    districtId: string,
    signal: AbortSignal,
    onRequest: (() => void) | undefined,
  ): Promise<DistrictToken> {
    const parameters = { owner_type: "district", district: districtId }
    const { readDistrictTokens } = await import("./read-tokens.ts")
    try {
      const tokens = await this.#requester.request({
        url: buildUrl(this.#settings.authUrl, "/oauth/tokens", parameters),
        credentials: this.forApp(),
        body: new BodyBuffer(),
        signal,
        onRequest,
        read: (body) => readDistrictTokens(parseBody(body)),
      })
      const own = tokens.filter((token) => token.districtId === districtId)
      const [newest] = own.sort((a, b) => (b.created ?? "").localeCompare(a.created ?? ""))
      if (newest !== undefined) return newest
    } catch (error) {
      if (!(error instanceof HomeroomError) || error.code !== "CLEVER_NOT_FOUND") throw error
    }
    throw new HomeroomError("CLEVER_DISTRICT_NOT_CONNECTED", {
      message: `Clever holds no token for the district ${districtId}.`,
      details: { districtId },
    })
  }
}

/** A whole body as JSON. Throws `CLEVER_BODY_INVALID`, without quoting it. */
export function parseBody(body: BodyBuffer): unknown {
  try {
    return JSON.parse(body.text())
  } catch {
    throw bodyInvalid("it is torn off or no JSON", body.length)
  }
}
