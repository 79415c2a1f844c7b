import { type ErrorCode, isHomeroomError } from "../errors/index.ts"
import type { AccountMatching, MatchOptions, MatchResult } from "../roster/index.ts"

/** How the matching after an import ended. */
export type MatchOutcome =
  | { readonly state: "matched"; readonly result: MatchResult }
  /** `error` is what was thrown, be it the app's own. The next matching makes up for it. */
  | { readonly state: "failed"; readonly code: ErrorCode; readonly error: unknown }

/**
 * Matches whom imports have brought since the last time to the app's accounts (S26, S27): for after an import, an
 * applied plan or an undo. Never rejects: what is committed stays as it is, however this ends.
 */
export async function matchImported(
  options: MatchOptions & { matching: AccountMatching },
): Promise<MatchOutcome> {
  const { matching, ...rest } = options
  try {
    return { state: "matched", result: await matching.matchNewcomers(rest) }
  } catch (error) {
    return { state: "failed", code: isHomeroomError(error) ? error.code : "INTERNAL", error }
  }
}
