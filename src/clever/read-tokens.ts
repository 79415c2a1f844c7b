import { HomeroomError } from "../errors/index.ts"
import { idPattern } from "../models/ids.ts"
import { tokenSchema } from "../models/token.ts"
import { DistrictToken } from "./tokens.ts"

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
