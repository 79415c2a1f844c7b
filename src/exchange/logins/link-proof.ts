import { HomeroomError } from "../../errors/index.ts"
import type { CleverLoginProof } from "../../sso/index.ts"
import type { LinkKey } from "../../storage/contract.ts"

/** How somebody showed that a Clever identity and an account of the app are the same person's. */
export type LinkProof =
  /** Logged in to the account, they confirmed and then logged in through Clever. */
  | CleverLoginProof
  /** Logged in through Clever, they gave the account's password. */
  | { readonly kind: "password"; readonly accountId: string; readonly at: string }

const maxAgeMs = 10 * 60 * 1_000

/**
 * Throws `LINK_PROOF_INVALID` unless the proof is for this account and identity, and neither older than ten minutes
 * nor from the future.
 */
export function checkProof(
  proof: LinkProof,
  subject: { key: LinkKey; accountId: string; nowMs: number },
): void {
  const { key, accountId, nowMs } = subject
  const ageMs = nowMs - Date.parse(proof.at)
  if (proof.accountId !== accountId) throw invalid("it is for another account")
  if (proof.kind === "clever-login") {
    if (proof.issuer !== key.issuer || proof.cleverId !== key.cleverId)
      throw invalid("it is for another person")
  } else if (proof.kind !== "password") {
    throw invalid("it is of no known kind")
  }
  if (!(ageMs >= 0)) throw invalid("its time is in the future, or no time")
  if (ageMs > maxAgeMs) throw invalid("it is older than ten minutes")
}

function invalid(reason: string): HomeroomError {
  return new HomeroomError("LINK_PROOF_INVALID", {
    message: `The proof does not link these two: ${reason}.`,
    details: { reason },
  })
}
