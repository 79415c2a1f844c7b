/**
 * What keeps several processes that use one token within Clever's limit for it (S7), which each of them alone can't
 * know of before it is refused.
 */
export interface RateBudget {
  /**
   * Whether one request may be sent with a key now: 0 if it may, and it is counted then; else after how many
   * milliseconds to ask again. The key stands for a token and can't be turned back into it.
   */
  admit(key: string): Promise<number>
  /** Told when the minute that Clever counts for this key ends, in milliseconds since 1970. */
  noteReset(key: string, resetAtMs: number): void
}
