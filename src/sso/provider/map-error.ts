import { ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from "openid-client"
import {
  type ErrorCode,
  foreignCodes,
  HomeroomError,
  isHomeroomError,
  safeCause,
} from "../../errors/index.ts"
import { JwsRefused } from "./jws.ts"

/**
 * What was being done: `discovery` and `keys` read from Clever what is public, `token` exchanges the code,
 * `id_token` verifies what came for it.
 */
export type ProviderStep = "discovery" | "keys" | "token" | "id_token"

/**
 * Everything that can go wrong between Homeroom and the provider, as an error of ours (R48).
 *
 * What a lower layer threw is kept only as the codes along its chain of causes: openid-client's errors hold the
 * whole answer, token included. Whatever fails while configuration or keys are read is
 * `LOGIN_OIDC_UNAVAILABLE`, except the caller's own abort.
 */
export function toProviderError(error: unknown, step: ProviderStep): HomeroomError {
  if (error instanceof JwsRefused) {
    return new HomeroomError("LOGIN_ID_TOKEN_INVALID", { details: { reason: error.reason } })
  }
  const own = findOwn(error)
  if (own?.code === "ABORTED") return own
  if (step === "discovery" || step === "keys") {
    if (own?.code === "LOGIN_OIDC_UNAVAILABLE") return own
    return new HomeroomError("LOGIN_OIDC_UNAVAILABLE", {
      details: { step, reason: own?.code ?? foreignCodes(error)[0] },
      cause: own ?? safeCause(error),
    })
  }
  if (own !== undefined) return own
  if (step === "id_token")
    return new HomeroomError("INTERNAL", { details: { step }, cause: safeCause(error) })
  const status = statusOf(error)
  const reason = error instanceof ResponseBodyError ? knownReason(error.error) : null
  return new HomeroomError(tokenCode(error, status, reason), {
    details: { step, status, reason: reason ?? foreignCodes(error)[0] },
    cause: safeCause(error),
  })
}

function tokenCode(error: unknown, status: number | null, reason: string | null): ErrorCode {
  if (reason === "invalid_grant") return "LOGIN_CODE_REJECTED"
  if (reason === "invalid_client" || reason === "unauthorized_client" || status === 401) {
    return "CLEVER_CREDENTIALS_REJECTED"
  }
  if (status !== null && status >= 400) return "CLEVER_REQUEST_REFUSED"
  // Whatever else openid-client objects to is in the answer.
  return error instanceof ClientError ? "CLEVER_BODY_INVALID" : "INTERNAL"
}

/** The errors of RFC 6749, section 5.2: any other text may quote what was sent. */
const knownReasons: readonly string[] = [
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
]

function knownReason(reason: string): string | null {
  return knownReasons.includes(reason) ? reason : null
}

function statusOf(error: unknown): number | null {
  if (error instanceof ResponseBodyError || error instanceof WWWAuthenticateChallengeError)
    return error.status
  return error instanceof ClientError && error.cause instanceof Response ? error.cause.status : null
}

/** Our own error, thrown below a library that wrapped it. */
function findOwn(error: unknown): HomeroomError | undefined {
  let at: unknown = error
  for (let depth = 0; depth < 5 && typeof at === "object" && at !== null; depth++) {
    if (isHomeroomError(at)) return at
    at = (at as { cause?: unknown }).cause
  }
  return undefined
}
