import { isUserId } from "../../clever/users.ts"
import { HomeroomError } from "../../errors/index.ts"
import { nodeCrypto } from "../../models/index.ts"
import { decodeUtf8, type JsonObject, parseJsonObject } from "./json.ts"
import { JwsRefused, verifyJws } from "./jws.ts"
import type { KeySet } from "./key-set.ts"
import { toProviderError } from "./map-error.ts"

/** What is used of an id_token (dev.clever.com/docs/oauth-implementation): ids, and no name or address. */
export interface IdTokenClaims {
  /** `sub`: the user's Clever id. */
  readonly subject: string
  /** `multi_role_user_id`: the same id again. */
  readonly multiRoleUserId: string | null
  /** `district`, or `district_id` as older documents call it. */
  readonly districtId: string | null
  /** `user_type` as Clever writes it: the role of this login, one of perhaps several. */
  readonly userType: string | null
}

export interface IdTokenOptions {
  /** The token as it came. */
  readonly idToken: string
  /** What came with it, for `at_hash`. */
  readonly accessToken: string
  readonly issuer: string
  readonly clientId: string
  /** What was sent for this login; null if none was. */
  readonly nonce: string | null
  readonly keys: KeySet
  readonly keysUri: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** How far two clocks may be apart, in seconds. */
const toleranceSeconds = 60

/** How old a token may be that was issued in answer to our own request, in seconds (R24). */
const maxAgeSeconds = 600

/** The last second of the year 9999: anything later is no time (R8). */
const maxTime = 253_402_300_799

/**
 * Verifies an id_token: signature first, then every claim (OpenID Connect Core 1.0, section 3.1.3.7; R6 to R8,
 * R24). There is no unverified way to its claims.
 *
 * Throws `LOGIN_ID_TOKEN_INVALID`, with the claim in `details.reason`; `LOGIN_OIDC_UNAVAILABLE` if the keys can't
 * be read; `LOGIN_IDENTITY_MISMATCH` if its two district claims differ.
 */
export async function verifyIdToken(options: IdTokenOptions): Promise<IdTokenClaims> {
  try {
    const { keys, keysUri } = options
    const { header, payload } = await verifyJws(options.idToken, (kid) => keys.find(keysUri, kid))
    // A token of another sort is not to pass for an id_token (RFC 8725, section 3.11).
    check(header.typ === undefined || /^(?:application\/)?jwt$/i.test(String(header.typ)), "typ")
    const claims = parseJsonObject(decodeUtf8(payload) ?? "")
    if (claims === undefined) throw new JwsRefused("payload")
    checkParties(claims, options)
    checkTimes(claims, Math.floor(options.now / 1_000))
    checkBindings(claims, options)
    return readClaims(claims)
  } catch (error) {
    throw toProviderError(error, "id_token")
  }
}

/** `iss`, `aud`, `azp` and `sub`. */
function checkParties(claims: JsonObject, { issuer, clientId }: IdTokenOptions): void {
  check(claims.iss === issuer, "iss")
  const audience: readonly unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud]
  // An audience beside ours is one that could use the token on us, azp or no azp (R8).
  check(audience.length > 0 && audience.every((one) => one === clientId), "aud")
  check(claims.azp === undefined || claims.azp === clientId, "azp")
  check(isUserId(claims.sub), "sub")
}

/** `exp`, `iat` and `nbf`, against a clock in seconds. */
function checkTimes({ exp, iat, nbf }: JsonObject, now: number): void {
  check(isTime(exp) && exp > now - toleranceSeconds, "exp")
  check(isTime(iat) && iat <= now + toleranceSeconds && iat >= now - maxAgeSeconds, "iat")
  check(nbf === undefined || (isTime(nbf) && nbf <= now + toleranceSeconds), "nbf")
}

/** `nonce` and `at_hash`: that the token is for this login and goes with this access token. */
function checkBindings(claims: JsonObject, { nonce, accessToken }: IdTokenOptions): void {
  // A nonce that was not sent is another login's.
  check(nonce === null ? claims.nonce === undefined : claims.nonce === nonce, "nonce")
  check(claims.at_hash === undefined || claims.at_hash === halfHash(accessToken), "at_hash")
}

function readClaims(claims: JsonObject): IdTokenClaims {
  const districtId = readId(claims, "district")
  const otherDistrictId = readId(claims, "district_id")
  if (districtId !== null && otherDistrictId !== null && districtId !== otherDistrictId) {
    throw new HomeroomError("LOGIN_IDENTITY_MISMATCH", { details: { field: "district", source: "id_token" } })
  }
  return Object.freeze({
    subject: String(claims.sub),
    multiRoleUserId: readId(claims, "multi_role_user_id"),
    districtId: districtId ?? otherDistrictId,
    userType: typeof claims.user_type === "string" ? claims.user_type.slice(0, 64) : null,
  })
}

function readId(claims: JsonObject, name: string): string | null {
  const id = claims[name]
  if (id === undefined || id === null || id === "") return null
  if (isUserId(id)) return id
  throw new JwsRefused(name)
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= maxTime
}

/** The left half of a SHA-256 (OpenID Connect Core 1.0, section 3.1.3.6). */
function halfHash(text: string): string {
  return nodeCrypto().createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url")
}

function check(holds: boolean, reason: string): void {
  if (!holds) throw new JwsRefused(reason)
}
