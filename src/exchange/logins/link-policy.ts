import { type AccountMatch, freeAccounts } from "../../roster/index.ts"
import type { LoginStore } from "../../storage/contract.ts"
import type { AppAccounts, LoginIdentity } from "./app-accounts.ts"
import { checkProof, type LinkProof } from "./link-proof.ts"

/** Accounts that have the login's e-mail address, put to the app's own judgement. */
export interface LinkRequest {
  readonly identity: LoginIdentity
  /** Ids of the accounts; none of them is linked to somebody else. */
  readonly candidates: readonly string[]
}

/**
 * Whether an account is taken for somebody's because it has their e-mail address:
 * - `never`;
 * - `when-both-verified`: if both Clever and the app say that the address is verified. Clever says so of nobody, as
 *   long as its support has not switched that on for the app;
 * - a function that lets the person prove it, and answers with the proof, or with undefined to leave it.
 */
export type LinkPolicy =
  | "never"
  | "when-both-verified"
  | ((request: LinkRequest) => Promise<LinkProof | undefined> | LinkProof | undefined)

/** The account that the policy allows by e-mail address (R11). Rejects with `LINK_PROOF_INVALID`. */
export async function matchByPolicy(options: {
  storage: LoginStore
  policy: LinkPolicy
  accounts: AppAccounts
  identity: LoginIdentity
  districtId: string | null
  /** Accounts that somebody said are not this person's. */
  apart: ReadonlySet<string>
  nowMs: number
}): Promise<AccountMatch> {
  const { storage, policy, accounts, identity, districtId, apart, nowMs } = options
  const { email, emailVerified } = identity
  if (policy === "never" || !email || accounts.findByEmail === undefined) return { state: "none" }
  if (policy === "when-both-verified" && emailVerified !== true) return { state: "none" }
  const found = await accounts.findByEmail({ districtId, email })
  const eligible = policy === "when-both-verified" ? found.filter((one) => one.emailVerified) : found
  const accountIds = eligible.map((one) => one.accountId)
  const free = await freeAccounts(storage, identity, accountIds)
  const candidates = free.filter((accountId) => !apart.has(accountId))
  const [accountId] = candidates
  if (accountId === undefined) return { state: "none" }
  if (typeof policy === "function") {
    const proof = await policy({ identity, candidates })
    if (proof === undefined) return { state: "none" }
    const proven = candidates.find((candidate) => candidate === proof.accountId) ?? accountId
    checkProof(proof, { key: identity, accountId: proven, nowMs })
    return { state: "unique", accountId: proven, role: null, field: "email" }
  }
  if (free.length === 1) return { state: "unique", accountId, role: null, field: "email" }
  return { state: "ambiguous", candidates, role: null, field: "email", reason: "several-accounts" }
}
