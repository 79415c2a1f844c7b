import { createHash, createSign, type KeyObject, sign } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** The endpoints of the provider, by the names that lies and counts use. */
export type Endpoint = "discovery" | "keys" | "token" | "me" | "user" | "userinfo" | "other"

/** What an endpoint answers instead of the truth. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, unless it is text. */
  readonly body?: unknown
  /** Never answers. */
  readonly hangs?: boolean
  /** Cuts the connection. */
  readonly breaks?: boolean
}

/** What is known of a request when its answer is made. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly authorization: string
  readonly contentType: string
  readonly form: URLSearchParams
  /** The answer that an honest provider would give. */
  readonly honest: unknown
}

/** One part of the truth changed, for each endpoint; the rest stays honest. */
export type Lies = Partial<Record<Endpoint, (asked: Asked) => Answer | Promise<Answer>>>

/** A token that the provider made up. */
export interface TokenParts {
  readonly header: Record<string, unknown>
  readonly claims: Record<string, unknown>
}

export interface LyingProviderOptions {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

export const person = {
  id: "5d0000000000000000000001",
  district: "5a0c91b95c7cc000010d417c",
  legacyId: "4d0000000000000000000001",
  first: "Canary",
  last: "Pupil",
  email: "canary.pupil@example.com",
}

export const kid = "key-1"
export const clientId = "client-id"

/**
 * A Clever on the loopback that tells the truth except where it is told to lie: OAuth, OpenID Connect, `/me`,
 * `/users` and `/userinfo`. It counts what it is asked.
 */
export class LyingProvider {
  readonly counts: Record<Endpoint, number> = {
    discovery: 0,
    keys: 0,
    token: 0,
    me: 0,
    user: 0,
    userinfo: 0,
    other: 0,
  }
  lies: Lies = {}
  /** The nonce that the honest id_token holds. */
  nonce: string | undefined
  /** Whether an id_token comes with the access token. */
  isOidc = true
  accessToken = "iltoken0123456789abcdef"
  lastAsked: Asked | undefined
  readonly #options: LyingProviderOptions
  readonly #server: Server
  #url = ""

  constructor(options: LyingProviderOptions) {
    this.#options = options
    this.#server = createServer((request, response) => {
      void this.#answer(request, response)
    })
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve))
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get url(): URL {
    return new URL(this.#url)
  }

  get issuer(): string {
    return this.#url
  }

  /** Back to the truth, with every count at nothing. */
  reset(): void {
    this.lies = {}
    this.nonce = undefined
    this.isOidc = true
    this.lastAsked = undefined
    for (const endpoint of Object.keys(this.counts) as Endpoint[]) this.counts[endpoint] = 0
  }

  get now(): number {
    return Math.floor(this.#options.clock() / 1_000)
  }

  /** What an honest id_token consists of. */
  honestToken(): TokenParts {
    return {
      header: { alg: "RS256", kid, typ: "JWT" },
      claims: {
        iss: this.issuer,
        sub: person.id,
        aud: clientId,
        iat: this.now,
        exp: this.now + 3_600,
        ...(this.nonce === undefined ? {} : { nonce: this.nonce }),
        user_id: person.legacyId,
        multi_role_user_id: person.id,
        user_type: "student",
        district: person.district,
        email: person.email,
        email_verified: false,
        given_name: person.first,
        family_name: person.last,
      },
    }
  }

  honestJwk(): Record<string, unknown> {
    return { ...this.#options.publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" }
  }

  /** Signs these parts with RS256, whatever the header says. */
  sign({ header, claims }: TokenParts, key: KeyObject = this.#options.privateKey): string {
    const input = `${encode(header)}.${encode(claims)}`
    return `${input}.${createSign("sha256").update(input).sign(key).toString("base64url")}`
  }

  /** Signs parts that are encoded already. */
  signText(header: string, claims: string): string {
    return `${header}.${claims}.${this.signInput(`${header}.${claims}`)}`
  }

  /** The honest key's signature over any text. */
  signInput(
    input: string,
    options: { readonly padding?: number; readonly saltLength?: number } = {},
  ): string {
    return sign("sha256", Buffer.from(input), { key: this.#options.privateKey, ...options }).toString(
      "base64url",
    )
  }

  publicPem(format: { readonly type: "spki"; readonly format: "pem" }): string {
    return this.#options.publicKey.export(format).toString()
  }

  halfHash(text: string): string {
    return createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url")
  }

  honest(endpoint: Endpoint): unknown {
    switch (endpoint) {
      case "discovery":
        return {
          issuer: this.issuer,
          authorization_endpoint: `${this.#url}/oauth/authorize`,
          token_endpoint: `${this.#url}/oauth/tokens`,
          jwks_uri: `${this.#url}/oauth/certs`,
          userinfo_endpoint: `${this.#url}/userinfo`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
        }
      case "keys":
        return { keys: [this.honestJwk()] }
      case "token":
        return {
          access_token: this.accessToken,
          ...(this.isOidc ? { id_token: this.sign(this.honestToken()) } : {}),
        }
      case "me":
        return {
          type: "user",
          data: { id: person.id, district: person.district, type: "user", authorized_by: "district" },
          links: [{ rel: "self", uri: "/me" }],
        }
      case "user":
        return {
          data: {
            id: person.id,
            district: person.district,
            email: person.email,
            name: { first: person.first, middle: "", last: person.last },
            roles: { student: { grade: "3", school: "s1", schools: ["s1"], dob: "2/11/2015" } },
          },
        }
      case "userinfo":
        return {
          sub: person.id,
          user_id: person.legacyId,
          multi_role_user_id: person.id,
          user_type: "student",
          district: person.district,
          email: person.email,
          name: { first: person.first, last: person.last },
          authorized_by: "district",
        }
      case "other":
        return { error: "not found" }
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const path = request.url ?? ""
    const endpoint = endpointOf(path)
    this.counts[endpoint]++
    const asked: Asked = {
      method: request.method ?? "",
      path,
      authorization: request.headers.authorization ?? "",
      contentType: request.headers["content-type"] ?? "",
      form: new URLSearchParams(Buffer.concat(chunks).toString("utf8")),
      honest: this.honest(endpoint),
    }
    if (endpoint === "token") this.lastAsked = asked
    const answer = (await this.lies[endpoint]?.(asked)) ?? { status: endpoint === "other" ? 404 : 200 }
    if (answer.hangs) return
    if (answer.breaks) {
      response.destroy()
      return
    }
    const body = "body" in answer ? answer.body : asked.honest
    response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers })
    response.end(typeof body === "string" ? body : JSON.stringify(body))
  }
}

export function encode(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")
}

function endpointOf(path: string): Endpoint {
  const [place] = path.split("?")
  if (place === "/.well-known/openid-configuration") return "discovery"
  if (place === "/oauth/certs") return "keys"
  if (place === "/oauth/tokens") return "token"
  if (place === "/v3.1/me" || place === "/v3.0/me") return "me"
  if (place === "/userinfo") return "userinfo"
  return /^\/v3\.[01]\/users\/[^/]+$/.test(place ?? "") ? "user" : "other"
}
