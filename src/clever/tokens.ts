import { HomeroomError } from "../errors/index.ts"
import { idPattern, tokenSchema } from "../models/index.ts"

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
    scopes?: readonly string[]
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

  toString(): string {
    return `DistrictToken(${this.districtId})`
  }

  toJSON(): Record<string, unknown> {
    return { districtId: this.districtId, scopes: this.scopes, created: this.created }
  }
}

/** The district tokens in an answer of `/oauth/tokens`; entries of another form are passed over. */
export function readDistrictTokens(body: unknown): DistrictToken[] {
  const entries = (body as { data?: unknown } | null)?.data
  if (!Array.isArray(entries)) {
    throw new HomeroomError("CLEVER_BODY_INVALID", { details: { reason: "the list of tokens is missing" } })
  }
  const tokens: DistrictToken[] = []
  for (const entry of entries) {
    const parsed = tokenSchema.safeParse(
      (entry as { access_token?: unknown } | null)?.access_token ? entry : entry?.data,
    )
    if (!parsed.success) continue
    const { owner, access_token: accessToken, scopes, created } = parsed.data
    if (!idPattern.test(owner.id) || (owner.type ?? "district") !== "district") continue
    tokens.push(
      new DistrictToken({
        districtId: owner.id,
        accessToken,
        scopes: scopes ?? [],
        created: created ?? undefined,
      }),
    )
  }
  return tokens
}
