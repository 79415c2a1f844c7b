/** What a token has left, as the `X-RateLimit-*` headers tell it. */
export interface RateLimitState {
  allowed: boolean
  headers: Readonly<Record<string, string>>
}

const windowMs = 60_000

/** Counts requests by token in fixed windows of 60 s, each from the token's first request on (recorded). */
export class RateLimiter {
  readonly #limit: number
  readonly #clock: () => Date
  readonly #windows = new Map<string, { start: number; used: number }>()

  constructor(limit: number, clock: () => Date) {
    this.#limit = limit
    this.#clock = clock
  }

  /** Counts one request. */
  take(token: string): RateLimitState {
    const now = this.#clock().getTime()
    let window = this.#windows.get(token)
    if (window === undefined || now >= window.start + windowMs) {
      if (this.#windows.size > 1000) this.#windows.clear()
      window = { start: now, used: 0 }
      this.#windows.set(token, window)
    }
    window.used += 1
    return {
      allowed: window.used <= this.#limit,
      headers: {
        "x-ratelimit-bucket": "bearer",
        "x-ratelimit-limit": String(this.#limit),
        "x-ratelimit-remaining": String(Math.max(0, this.#limit - window.used)),
        "x-ratelimit-reset": String(Math.ceil((window.start + windowMs) / 1000)),
      },
    }
  }

  /** Counts a request, and has it answered or refuses it with 429; the answer tells what is left. */
  async limited(token: string | undefined, answer: () => Response | Promise<Response>): Promise<Response> {
    const { allowed, headers } = this.take(token ?? "")
    const response = allowed ? await answer() : new Response(null, { status: 429 })
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
    return response
  }
}
