import type { AccountProblem } from "./account-entry.ts"
import type { MatchCounts } from "./match-pass.ts"
import type { AccountCounts } from "./read-accounts.ts"

export interface MatchOptions {
  districtId: string
  /** Ends the matching with `ABORTED`; links and reviews made so far stay, and the next matching goes on from them. */
  signal?: AbortSignal | undefined
  /** Told now and then how far it is. What it throws is ignored. */
  onProgress?: ((progress: MatchProgress) => void) | undefined
  /** Told of each entry of the app's list that can't be used. What it throws is ignored. */
  onProblem?: ((problem: AccountProblem) => void) | undefined
}

export interface MatchProgress {
  stage: "reading-accounts" | "counting" | "matching" | "linking"
  /** Accounts read, people and schools counted or matched, or links made. */
  done: number
}

/** What a matching did: counts alone. */
export interface MatchResult extends MatchCounts {
  districtId: string
  /** `everyone` of the district, or the `newcomers` of imports since the last matching. */
  scope: "everyone" | "newcomers"
  accounts: AccountCounts
  /** People reported as possibly re-issued (S27). */
  reissued: number
}
