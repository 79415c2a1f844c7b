import { HomeroomError, tellTo } from "../errors/index.ts"
import { nodeCrypto } from "../models/index.ts"
import { orAborted, throwIfAborted } from "./abort.ts"
import type { BodyBuffer } from "./body-buffer.ts"
import type { CleverClientEvent, ClientSettings } from "./client-options.ts"
import { limitOf, withLimit } from "./links.ts"
import { RateLimiter, resetTime } from "./rate-limiter.ts"
import { senderFor } from "./send.ts"
import { type Answer, attempt, ConnectionFailure, type TransportSettings } from "./transport.ts"

/** What a request is sent with. */
export interface Credentials {
  /** The `Authorization` header. May itself ask Clever for a token. */
  header(signal: AbortSignal, onRequest?: () => void): Promise<string>
  /** Told that Clever answered 401 to this header: whether `header` may give a better one now. */
  renew(rejected: string): boolean
  /** The error for credentials that stay refused. */
  readonly rejectedCode: "CLEVER_TOKEN_REJECTED" | "CLEVER_CREDENTIALS_REJECTED"
}

export interface RequestOptions<T> {
  readonly url: URL
  readonly credentials: Credentials
  readonly body: BodyBuffer
  readonly signal: AbortSignal
  /** Told before each attempt, those for a token included. */
  readonly onRequest?: (() => void) | undefined
  /** Makes something of a successful body; `CLEVER_BODY_INVALID` from it is tried again. */
  readonly read: (body: BodyBuffer) => T
}

type DelayReason = Extract<CleverClientEvent, { type: "request-delayed" }>["reason"]

/** How many 429 answers to one request are waited out. */
const maxRefusals = 5

/** How often a request waits for the budget that it shares with other processes, and for how long at most. */
const maxBudgetWaits = 30
const longestBudgetWaitMs = 75_000

/** The page size under which it is no longer halved. */
const leastPageSize = 10

/**
 * Sends a request until it succeeds or there is no hope (S6, S7).
 *
 * Bounds: `maxRetries` tries after a failure, five waits for the rate limit, thirty for the budget shared with other
 * processes, one renewal of the token, and the halvings of the page size from 10,000 down to ten.
 */
export class Requester {
  readonly #settings: ClientSettings
  readonly #transport: TransportSettings
  readonly #limiter: RateLimiter
  /** What stands for each token in the shared budget. */
  #requestCount = 0

  constructor(settings: ClientSettings) {
    this.#settings = settings
    this.#transport = { ...settings, send: senderFor(settings.fetch) }
    this.#limiter = new RateLimiter(settings.clock)
  }

  /** How many requests were sent so far. */
  get requestCount(): number {
    return this.#requestCount
  }

  async request<T>(options: RequestOptions<T>): Promise<T> {
    const { credentials, body, signal } = options
    let { url } = options
    let tries = 0
    let retries = 0
    let refusals = 0
    let isRenewed = false
    for (;;) {
      throwIfAborted(signal)
      const authorization = await credentials.header(signal, options.onRequest)
      await this.#wait("announced", this.#limiter.delayBeforeRequest(authorization), signal)
      await this.#admit(authorization, url, signal)
      this.#requestCount++
      tellTo(options.onRequest)(undefined)
      const answer = await this.#attempt(url, authorization, body, signal, ++tries)

      if (!(answer instanceof ConnectionFailure)) this.#noteReset(authorization, answer)
      let failure: HomeroomError
      if (answer instanceof ConnectionFailure) failure = unreachable(url, tries, answer)
      else if (answer.status >= 200 && answer.status < 300) {
        this.#limiter.note(authorization, answer.headers)
        refuseOtherContent(url, answer)
        try {
          return options.read(body)
        } catch (error) {
          if (!(error instanceof HomeroomError) || error.code !== "CLEVER_BODY_INVALID") throw error
          failure = error
        }
      } else if (answer.status === 429) {
        if (++refusals > maxRefusals) throw refusal("CLEVER_RATE_LIMITED", url, answer.status, tries)
        const delayMs = this.#limiter.delayAfterRefusal(authorization, answer.headers, refusals)
        await this.#wait("refused", delayMs, signal)
        continue
      } else {
        this.#limiter.note(authorization, answer.headers)
        if (answer.status === 401 && !isRenewed && credentials.renew(authorization)) {
          isRenewed = true
          continue
        }
        const smaller = sizeTroubles.has(answer.status) ? halved(url) : undefined
        if (smaller !== undefined) url = smaller
        if (answer.status === 413 && smaller !== undefined) continue
        if (!isServerTrouble(answer.status)) throw refused(url, answer, tries, credentials)
        failure = refusal("CLEVER_UNAVAILABLE", url, answer.status, tries)
      }

      if (retries >= this.#settings.maxRetries) throw failure
      await this.#wait("retry", this.#settings.random() * 1_000 * 2 ** retries, signal)
      retries++
    }
  }

  async #attempt(
    url: URL,
    authorization: string,
    body: BodyBuffer,
    signal: AbortSignal,
    tries: number,
  ): Promise<Answer | ConnectionFailure> {
    const startedMs = this.#settings.clock()
    let answer: Answer | ConnectionFailure
    try {
      answer = await attempt(this.#transport, { url, authorization, body, signal })
    } catch (error) {
      if (!(error instanceof ConnectionFailure)) throw error
      answer = error
    }
    const status = answer instanceof ConnectionFailure ? null : answer.status
    const path = url.pathname + url.search
    tellTo(this.#settings.onRequest)({ method: "GET", path, status, attempt: tries })
    const durationMs = this.#settings.clock() - startedMs
    this.#tell({ type: "request-ended", status, attempt: tries, durationMs })
    return answer
  }

  /** Waits until the processes that share the token have room for one more request. */
  async #admit(authorization: string, url: URL, signal: AbortSignal): Promise<void> {
    const { rateBudget } = this.#settings
    if (rateBudget === undefined || !authorization.startsWith("Bearer ")) return
    for (let waits = 0; ; waits++) {
      const delayMs = await rateBudget.admit(this.#budgetKey(authorization))
      if (delayMs <= 0) return
      if (waits >= maxBudgetWaits) throw refusal("CLEVER_RATE_LIMITED", url, 429, waits)
      await this.#wait("shared", Math.min(delayMs, longestBudgetWaitMs), signal)
    }
  }

  #noteReset(authorization: string, { headers }: Answer): void {
    const { rateBudget } = this.#settings
    if (rateBudget === undefined || !authorization.startsWith("Bearer ")) return
    const resetAt = resetTime(headers)
    if (resetAt !== undefined) rateBudget.noteReset(this.#budgetKey(authorization), resetAt)
  }

  /** A digest: what is shared must not hold the token. */
  #budgetKey(authorization: string): string {
    return nodeCrypto().hash("sha256", authorization, "base64url")
  }

  async #wait(reason: DelayReason, delayMs: number, signal: AbortSignal): Promise<void> {
    if (delayMs <= 0) return
    this.#tell({ type: "request-delayed", reason, delayMs })
    await orAborted(this.#settings.sleep(delayMs, signal), signal)
  }

  #tell(event: CleverClientEvent): void {
    tellTo(this.#settings.onEvent)(event)
  }
}

/** Statuses by which Clever says that a page is too much for it. */
const sizeTroubles: ReadonlySet<number> = new Set([413, 502, 503, 504])

function isServerTrouble(status: number): boolean {
  return status >= 500 && status !== 501
}

function halved(url: URL): URL | undefined {
  const limit = limitOf(url)
  if (limit === undefined || limit <= leastPageSize) return undefined
  return withLimit(url, Math.max(leastPageSize, Math.floor(limit / 2)))
}

/** An HTML page is a proxy's, or Clever's for an address that the token does not reach: repeating is no use. */
function refuseOtherContent(url: URL, answer: Answer): void {
  const type = answer.headers.get("content-type") ?? ""
  if (!/\b(?:html|xml)\b/i.test(type)) return
  throw new HomeroomError("CLEVER_BODY_INVALID", {
    message: `Clever answered ${url.pathname} with a web page instead of JSON.`,
    details: { reason: "html", path: url.pathname, status: answer.status },
  })
}

function unreachable(url: URL, attempts: number, cause: ConnectionFailure): HomeroomError {
  return new HomeroomError("CLEVER_UNREACHABLE", {
    message: `${cause.message} (${url.host}, ${attempts} attempts.)`,
    details: { host: url.host, path: url.pathname, attempts },
    cause: cause.cause,
  })
}

function refused(url: URL, answer: Answer, attempts: number, credentials: Credentials): HomeroomError {
  const { status } = answer
  if (status === 401) return refusal(credentials.rejectedCode, url, status, attempts)
  if (status === 404) return refusal("CLEVER_NOT_FOUND", url, status, attempts)
  if (status >= 300 && status < 400 && answer.headers.has("location")) {
    return new HomeroomError("CLEVER_LINK_FOREIGN", {
      message: `Clever answered ${url.pathname} with a redirect; it was not followed.`,
      details: { status, path: url.pathname, attempts },
    })
  }
  return refusal("CLEVER_REQUEST_REFUSED", url, status, attempts)
}

function refusal(code: HomeroomError["code"], url: URL, status: number, attempts: number): HomeroomError {
  return new HomeroomError(code, {
    message: `Clever answered ${status} to ${url.pathname} after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}.`,
    details: { status, path: url.pathname, attempts },
  })
}
