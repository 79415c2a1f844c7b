/**
 * The token with which a connected district's data is read.
 *
 * It prints, logs and serialises without its secret; only `accessToken` gives that.
 */
export class DistrictToken {
  readonly districtId: string
  /** What the district shares: `read:students`, `read:sections` … */
  readonly scopes: readonly string[]
  /** When it was issued, ISO 8601. */
  readonly created: string | undefined
  readonly #accessToken: string

  constructor(options: {
    districtId: string
    accessToken: string
    scopes?: readonly string[] | undefined
    created?: string | undefined
  }) {
    this.districtId = options.districtId
    this.scopes = options.scopes ?? []
    this.created = options.created
    this.#accessToken = options.accessToken
  }

  /** The secret itself. */
  get accessToken(): string {
    return this.#accessToken
  }

  /** Says what it is, and not the token. */
  toString(): string {
    return `DistrictToken(${this.districtId})`
  }

  /** The same for logs. */
  toJSON(): Record<string, unknown> {
    return { districtId: this.districtId, scopes: this.scopes, created: this.created }
  }
}
