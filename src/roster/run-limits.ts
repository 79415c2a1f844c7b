/** How long what waits is good for. */
export interface RunLimits {
  /** A cursor whose event is older than this is not trusted (S5). Default 25 days. */
  cursorMaxAgeMs: number
  /** An interrupted run younger than this is taken up again (S22). Default 6 hours. */
  resumeWithinMs: number
  /** A plan expires after this time, and an approval of one, each counted for itself (S16). Default 72 hours. */
  planExpiresAfterMs: number
}

export const defaultLimits: RunLimits = {
  cursorMaxAgeMs: 25 * 24 * 60 * 60 * 1_000,
  resumeWithinMs: 6 * 60 * 60 * 1_000,
  planExpiresAfterMs: 72 * 60 * 60 * 1_000,
}
