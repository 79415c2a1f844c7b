import { HomeroomError } from "../errors/index.ts"
import { type ApiVersion, type RateBudget, type Sleep, sleepOnTimer } from "../models/index.ts"

/** One attempt at one request, as told to `onRequest`. Holds no token, secret or body. */
export interface RequestReport {
  readonly method: "GET"
  /** Path and query, as in `/v3.1/users?limit=10000`. */
  readonly path: string
  /** The answer's status, or null if none came. */
  readonly status: number | null
  /** 1 for the first try of this request. */
  readonly attempt: number
}

/** What a client tells of itself while it works: counts, codes and times alone. */
export type CleverClientEvent =
  | {
      /** One attempt at one request is over; the status is null if no answer came. */
      readonly type: "request-ended"
      readonly status: number | null
      readonly attempt: number
      readonly durationMs: number
    }
  | {
      /**
       * A request waits: until Clever's announced reset (`announced`), because Clever refused it with 429 (`refused`), for
       * the budget shared with other processes (`shared`), or before another try (`retry`).
       */
      readonly type: "request-delayed"
      readonly reason: "announced" | "refused" | "shared" | "retry"
      readonly delayMs: number
    }

export interface CleverClientOptions {
  /** The Clever app's client id, to ask for district tokens. Default: none, and `districtToken` is needed. */
  readonly clientId?: string | undefined
  /** The Clever app's client secret. Default: none, as for `clientId`. */
  readonly clientSecret?: string | undefined
  /** A district's token to use as it is, instead of asking `/oauth/tokens` for one. Default: none. */
  readonly districtToken?: string | undefined
  /** Default `https://api.clever.com`. Plain http is accepted for loopback addresses only. */
  readonly apiUrl?: string | undefined
  /** Default `https://clever.com`. Plain http is accepted for loopback addresses only. */
  readonly authUrl?: string | undefined
  /** Default `v3.1`. */
  readonly apiVersion?: ApiVersion | undefined
  /** Records a page, 1 to 10,000 (the default). */
  readonly pageSize?: number | undefined
  /** How long one attempt may take in all. Default 120,000. */
  readonly timeoutMs?: number | undefined
  /** How long an attempt may go without a byte coming. Default 30,000. */
  readonly stallTimeoutMs?: number | undefined
  /** The largest answer that is read, in bytes. Default 128 MiB. */
  readonly maxBodyBytes?: number | undefined
  /** How often a failed request is tried again (S7). Default 5. */
  readonly maxRetries?: number | undefined
  /** Whether to ask for compressed answers: for slow links, it costs more time than it saves. Default false. */
  readonly compression?: boolean | undefined
  /**
   * Shared with other processes that use the same district tokens: a `SharedRateBudget`. Default: each process heeds
   * Clever's answers alone.
   */
  readonly rateBudget?: RateBudget | undefined
  /** Told of every attempt; what it throws is ignored. */
  readonly onRequest?: ((report: RequestReport) => void) | undefined
  /** Told what happens, in counts and times; what it throws is ignored. See `homeroom/telemetry`. */
  readonly onEvent?: ((event: CleverClientEvent) => void) | undefined
  /** What requests are sent with. Default: Node's own HTTP client. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly clock?: (() => number) | undefined
  /** For waiting between tries and for the rate limit. Default: ordinary timers. */
  readonly sleep?: Sleep | undefined
  /** From 0 up to 1, for jitter. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** The options with every default in its place; the secrets stay out of it. */
export interface ClientSettings {
  readonly apiUrl: URL
  readonly authUrl: URL
  readonly apiVersion: ApiVersion
  readonly pageSize: number
  readonly timeoutMs: number
  readonly stallTimeoutMs: number
  readonly maxBodyBytes: number
  readonly maxRetries: number
  readonly compression: boolean
  readonly rateBudget: RateBudget | undefined
  readonly onRequest: ((report: RequestReport) => void) | undefined
  readonly onEvent: ((event: CleverClientEvent) => void) | undefined
  readonly fetch: typeof globalThis.fetch | undefined
  readonly clock: () => number
  readonly sleep: Sleep
  readonly random: () => number
}

/** Clever refuses more (dev.clever.com/docs/paging-and-limits). */
export const maxPageSize: number = 10_000

/** Checks the options and fills in the defaults. Throws `INVALID_OPTIONS`. */
export function readSettings(options: CleverClientOptions): ClientSettings {
  const { apiVersion = "v3.1" } = options
  if (apiVersion !== "v3.0" && apiVersion !== "v3.1")
    throw invalidOption("apiVersion", "must be v3.0 or v3.1")
  return {
    apiUrl: readUrl("apiUrl", options.apiUrl ?? "https://api.clever.com"),
    authUrl: readUrl("authUrl", options.authUrl ?? "https://clever.com"),
    apiVersion,
    pageSize: readPageSize(options.pageSize ?? maxPageSize),
    timeoutMs: readInteger("timeoutMs", options.timeoutMs ?? 120_000, 1, 0x7fffffff),
    stallTimeoutMs: readInteger("stallTimeoutMs", options.stallTimeoutMs ?? 30_000, 1, 0x7fffffff),
    maxBodyBytes: readInteger("maxBodyBytes", options.maxBodyBytes ?? 128 * 1024 * 1024, 1, 0x7fffffff),
    maxRetries: readInteger("maxRetries", options.maxRetries ?? 5, 0, 10),
    compression: options.compression ?? false,
    rateBudget: options.rateBudget,
    onRequest: options.onRequest,
    onEvent: options.onEvent,
    fetch: options.fetch,
    clock: options.clock ?? Date.now,
    sleep: options.sleep ?? sleepOnTimer,
    random: options.random ?? Math.random,
  }
}

/** The page size if Clever accepts it. Throws `INVALID_OPTIONS`. */
export function readPageSize(pageSize: number): number {
  return readInteger("pageSize", pageSize, 1, maxPageSize)
}

/** The error for an option that can't be used; `problem` completes "The option x …". */
export function invalidOption(name: string, problem: string): HomeroomError {
  return new HomeroomError("INVALID_OPTIONS", {
    message: `The option ${name} ${problem}.`,
    details: { option: name },
  })
}

function readInteger(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw invalidOption(name, `must be a whole number from ${least} to ${most}`)
}

function readUrl(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw invalidOption(name, "must be an https address")
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw invalidOption(name, "must be an https address; plain http is for loopback addresses only")
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw invalidOption(name, "must be an address without credentials, query and fragment")
  }
  url.pathname = url.pathname.replace(/\/+$/, "")
  return url
}

function isLoopback(hostname: string): boolean {
  // The URL parser has already brought every way of writing 127.0.0.1 into this form.
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
