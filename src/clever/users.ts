import { HomeroomError } from "../errors/index.ts"
import type { ApiVersion } from "../models/index.ts"
import type { Sleep } from "../models/timers.ts"
import { orAborted, throwIfAborted } from "./abort.ts"
import type { AnswerHeaders } from "./answer-reader.ts"
import { BodyBuffer } from "./body-buffer.ts"
import { buildUrl } from "./links.ts"
import { senderFor } from "./send.ts"
import { type Answer, attempt, ConnectionFailure, type TransportSettings } from "./transport.ts"
import {
  isUserId,
  type Me,
  readMe,
  readUser,
  readUserInfo,
  type SharedUser,
  type UserInfo,
} from "./user-answers.ts"

export {
  type AuthorizedBy,
  isUserId,
  type Me,
  type PersonName,
  readRole,
  type SharedUser,
  type UserInfo,
} from "./user-answers.ts"

/** What a reader of users is made with; every field has been checked by whoever makes it. */
export interface UserReaderOptions {
  /** `https://api.clever.com`. */
  readonly apiUrl: URL
  /** Part of every address but `/userinfo`: an unversioned `/me` answers with legacy ids. */
  readonly apiVersion: ApiVersion
  /** What requests are sent with instead of Node's own HTTP client. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly sleep: Sleep
  /** From 0 up to 1, for jitter. */
  readonly random: () => number
  /** How long one attempt may take. */
  readonly timeoutMs: number
  /** The largest answer that is read, in bytes. */
  readonly maxBodyBytes: number
}

export interface UserRequestOptions {
  /** The person's own token, as the code was exchanged for. */
  readonly accessToken: string
  readonly signal?: AbortSignal | undefined
}

/** How often a request is tried again: somebody is waiting at the door (R26). */
const maxRetries = 2

/** The longest wait for the rate limit. Its window is a minute, which nobody waits for to log in. */
const maxWaitMs = 5_000

/** Room for the answer about one person, at first. */
const firstBytes = 4 * 1024

/** The first wait after a failure, before jitter. */
const backoffMs = 500

/**
 * Reads who a user's own token belongs to (dev.clever.com/docs/oauth-implementation): `/me`, that user's record,
 * and OpenID Connect's `/userinfo`.
 *
 * Each request is tried at most three times: again after connection trouble, 5xx and 429, never after any other
 * 4xx. Redirects are not followed. Throws `CLEVER_TOKEN_REJECTED` (401), `CLEVER_NOT_FOUND` (404),
 * `CLEVER_REQUEST_REFUSED`, `CLEVER_RATE_LIMITED`, `CLEVER_UNAVAILABLE`, `CLEVER_UNREACHABLE`,
 * `CLEVER_LINK_FOREIGN`, `CLEVER_BODY_INVALID`, `CLEVER_BODY_TOO_LARGE` and `ABORTED`. Tokens are kept nowhere.
 */
export class UserReader {
  readonly #options: UserReaderOptions
  readonly #transport: TransportSettings

  constructor(options: UserReaderOptions) {
    const { fetch, timeoutMs, maxBodyBytes } = options
    this.#options = options
    this.#transport = {
      send: senderFor(fetch),
      timeoutMs,
      maxBodyBytes,
      stallTimeoutMs: timeoutMs,
      compression: false,
    }
  }

  /** `GET /v3.1/me`: whose token it is, and who let them in. */
  me(options: UserRequestOptions): Promise<Me> {
    return this.#read(`/${this.#options.apiVersion}/me`, options, readMe)
  }

  /** `GET /v3.1/users/{id}`: the user with all roles. `id` must be the token's own user. */
  async user(options: UserRequestOptions & { readonly id: string }): Promise<SharedUser> {
    if (!isUserId(options.id)) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "The option id must be a Clever id.",
        details: { option: "id" },
      })
    }
    return await this.#read(`/${this.#options.apiVersion}/users/${options.id}`, options, readUser)
  }

  /** `GET /userinfo`: the role of this login alone, for app and Library logins alike. */
  userInfo(options: UserRequestOptions): Promise<UserInfo> {
    return this.#read("/userinfo", options, readUserInfo)
  }

  async #read<T>(
    path: string,
    { accessToken, signal = new AbortController().signal }: UserRequestOptions,
    read: (body: unknown, path: string) => T | Promise<T>,
  ): Promise<T> {
    const url = buildUrl(this.#options.apiUrl, path)
    const body = new BodyBuffer(firstBytes)
    for (let tries = 1; ; tries++) {
      throwIfAborted(signal)
      const answer = await this.#attempt(url, accessToken, body, signal)
      const failure = failureOf(answer, url, tries)
      if (failure === undefined) return await read(parseJson(body, url), url.pathname)
      const waitMs = tries > maxRetries ? undefined : this.#waitAfter(answer, tries)
      if (waitMs === undefined) throw failure
      await orAborted(this.#options.sleep(waitMs, signal), signal)
    }
  }

  async #attempt(
    url: URL,
    accessToken: string,
    body: BodyBuffer,
    signal: AbortSignal,
  ): Promise<Answer | ConnectionFailure> {
    try {
      return await attempt(this.#transport, { url, authorization: `Bearer ${accessToken}`, body, signal })
    } catch (error) {
      if (error instanceof ConnectionFailure) return error
      throw error
    }
  }

  /** How long to wait before trying again; undefined if that is no use. */
  #waitAfter(answer: Answer | ConnectionFailure, tries: number): number | undefined {
    const backoff = this.#options.random() * backoffMs * 2 ** (tries - 1)
    if (answer instanceof ConnectionFailure) return backoff
    if (answer.status === 429) {
      const announced = announcedWait(answer.headers, this.#options.clock())
      if (announced === undefined) return backoff
      return announced <= maxWaitMs ? announced : undefined
    }
    return answer.status >= 500 && answer.status !== 501 ? backoff : undefined
  }
}

/** The error for an answer without a usable body; undefined if the body can be read. */
function failureOf(
  answer: Answer | ConnectionFailure,
  url: URL,
  attempts: number,
): HomeroomError | undefined {
  const { host, pathname: path } = url
  if (answer instanceof ConnectionFailure) {
    return new HomeroomError("CLEVER_UNREACHABLE", {
      message: `${answer.message} (${host}, ${attempts} attempts.)`,
      details: { host, path, attempts },
      cause: answer.cause,
    })
  }
  const { status, headers } = answer
  if (status >= 200 && status < 300) {
    const type = headers.get("content-type") ?? ""
    if (type === "" || /\bjson\b/i.test(type)) return undefined
    return new HomeroomError("CLEVER_BODY_INVALID", {
      message: `Clever answered ${path} with something other than JSON.`,
      details: { reason: /\b(?:html|xml)\b/i.test(type) ? "html" : "content-type", path, status },
    })
  }
  return new HomeroomError(codeOf(status), {
    message: `Clever answered ${status} to ${path} after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}.`,
    details: { status, path, attempts },
  })
}

function codeOf(status: number): HomeroomError["code"] {
  if (status === 401) return "CLEVER_TOKEN_REJECTED"
  if (status === 404) return "CLEVER_NOT_FOUND"
  if (status === 429) return "CLEVER_RATE_LIMITED"
  if (status >= 300 && status < 400) return "CLEVER_LINK_FOREIGN"
  return status >= 500 && status !== 501 ? "CLEVER_UNAVAILABLE" : "CLEVER_REQUEST_REFUSED"
}

/** What `Retry-After` (RFC 9110, section 10.2.3) or `X-RateLimit-Reset` asks for, in milliseconds. */
function announcedWait(headers: AnswerHeaders, now: number): number | undefined {
  const retryAfter = headers.get("retry-after")?.trim() ?? ""
  if (/^\d{1,10}$/.test(retryAfter)) return Number(retryAfter) * 1_000
  const date = Date.parse(retryAfter)
  if (!Number.isNaN(date)) return Math.max(0, date - now)
  const reset = headers.get("x-ratelimit-reset")?.trim() ?? ""
  return /^\d{1,15}$/.test(reset) ? Math.max(0, Number(reset) * 1_000 - now) : undefined
}

function parseJson(body: BodyBuffer, url: URL): unknown {
  try {
    const text = body.text()
    // A key that could reach an object's prototype is not read at all (R60). Looking at every key makes parsing ten
    // times slower, so only where there can be one: spelled out, or behind an escape.
    if (!/__proto__|\\u/.test(text)) return JSON.parse(text)
    return JSON.parse(text, (key, value: unknown) => (key === "__proto__" ? undefined : value))
  } catch {
    throw new HomeroomError("CLEVER_BODY_INVALID", {
      message: `Clever's answer to ${url.pathname} is torn off or no JSON.`,
      details: { reason: "no-json", path: url.pathname, bytes: body.length },
    })
  }
}
