import type { AnswerHeaders } from "./answer-reader.ts"

/** Clever counts requests in windows of a minute for each token (dev.clever.com/docs/error-messages). */
const windowMs = 60_000

/** Past the announced reset, because clocks differ a little. */
const marginMs = 1_000

interface Budget {
  remaining: number
  /** Milliseconds since 1970. */
  resetAt: number
}

/**
 * Knows, from the `X-RateLimit-…` headers, how many requests each token has left in its minute (S7).
 *
 * Waits are at most a window long, so that a clock that is wrong can't stop an import.
 */
export class RateLimiter {
  readonly #clock: () => number
  readonly #budgets: Map<string, Budget> = new Map()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  /** How many milliseconds to wait before the next request with this key; counts that request. */
  delayBeforeRequest(key: string): number {
    const budget = this.#budgets.get(key)
    if (budget === undefined) return 0
    const now = this.#clock()
    if (now >= budget.resetAt) {
      this.#budgets.delete(key)
      return 0
    }
    if (budget.remaining > 0) {
      budget.remaining--
      return 0
    }
    return clamp(budget.resetAt - now + marginMs)
  }

  /** Takes note of an answer's headers. */
  note(key: string, headers: AnswerHeaders): void {
    const remaining = readNumber(headers, "x-ratelimit-remaining")
    const resetAt = resetTime(headers)
    if (remaining === undefined || resetAt === undefined) return
    this.#budgets.set(key, { remaining, resetAt })
  }

  /** How many milliseconds to wait after a 429, the `count`-th in a row for this request. */
  delayAfterRefusal(key: string, headers: AnswerHeaders, count: number): number {
    this.#budgets.delete(key)
    const resetAt = resetTime(headers)
    const retryAfter = readNumber(headers, "retry-after")
    // Refused again right after the reset: its clock is not ours, so sit the whole window out.
    if (count > 1) return windowMs + marginMs
    if (resetAt !== undefined) return clamp(resetAt - this.#clock() + marginMs)
    return retryAfter === undefined ? windowMs : clamp(retryAfter * 1_000)
  }
}

/** When the minute ends that an answer's headers announce, in milliseconds since 1970. */
export function resetTime(headers: AnswerHeaders): number | undefined {
  const seconds = readNumber(headers, "x-ratelimit-reset")
  return seconds === undefined ? undefined : seconds * 1_000
}

function clamp(ms: number): number {
  return Math.min(Math.max(ms, marginMs), windowMs + marginMs)
}

function readNumber(headers: AnswerHeaders, name: string): number | undefined {
  const text = headers.get(name)?.trim()
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
