import type { AnswerHeaders, AnswerReader, Send } from "../../clever/answer-reader.ts"
import { HomeroomError, safeCause } from "../../errors/index.ts"
import { orAborted } from "./abort.ts"
import { decodeUtf8 } from "./json.ts"

export interface GuardOptions {
  readonly send: Send
  /** The only origins that are ever asked (R20). */
  readonly origins: ReadonlySet<string>
  /** How long one request may take, answer included. */
  readonly timeoutMs: number
  /** The largest answer that is read, in bytes. */
  readonly maxBodyBytes: number
}

/** One request. */
export interface GuardedRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: URLSearchParams | undefined
  readonly signal?: AbortSignal | undefined
}

/** An answer read to its end: a success or a refusal (4xx), and JSON by its own account if a success. */
export interface GuardedAnswer {
  readonly status: number
  readonly text: string
}

/**
 * Sends one request, once, to a pinned origin, and follows no redirect (R20, R25).
 *
 * Throws `ABORTED`, `CLEVER_UNREACHABLE` (the time limit included), `CLEVER_LINK_FOREIGN` (another origin, or a
 * redirect), `CLEVER_RATE_LIMITED`, `CLEVER_UNAVAILABLE` (5xx), `CLEVER_BODY_TOO_LARGE` and
 * `CLEVER_BODY_INVALID` (a success that is no JSON or no UTF-8).
 */
export async function guardedFetch(
  options: GuardOptions,
  address: string,
  request: GuardedRequest,
): Promise<GuardedAnswer> {
  const url = new URL(address)
  if (!options.origins.has(url.origin)) throw foreign(url.pathname, null)
  if (request.signal?.aborted) throw new HomeroomError("ABORTED")
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(), options.timeoutMs)
  const signal =
    request.signal === undefined ? ending.signal : AbortSignal.any([ending.signal, request.signal])
  try {
    return await orAborted(exchange(options, url, request, signal), signal)
  } catch (error) {
    if (request.signal?.aborted) throw new HomeroomError("ABORTED")
    if (error instanceof HomeroomError && error.code !== "ABORTED") throw error
    const { host, pathname: path } = url
    const what = ending.signal.aborted ? "Clever did not answer in time." : "The connection to Clever failed."
    throw new HomeroomError("CLEVER_UNREACHABLE", {
      message: `${what} (${host})`,
      details: { host, path },
      cause: safeCause(error),
    })
  } finally {
    clearTimeout(timer)
  }
}

async function exchange(
  options: GuardOptions,
  url: URL,
  { method, headers, body }: GuardedRequest,
  signal: AbortSignal,
): Promise<GuardedAnswer> {
  const reader = new GuardedReader(url.pathname, options.maxBodyBytes)
  await options.send(url, { method, headers, body: body?.toString(), signal, reader })
  return reader.answer
}

/** Refuses an answer by its head, before anything of it is read; and one that is too large once it is. */
class GuardedReader implements AnswerReader {
  readonly #path: string
  readonly #limit: number
  readonly #chunks: Uint8Array[] = []
  #length = 0
  #status = 0

  constructor(path: string, limit: number) {
    this.#path = path
    this.#limit = limit
  }

  /** Once it is there in whole. */
  get answer(): GuardedAnswer {
    const status = this.#status
    const text = decodeUtf8(Buffer.concat(this.#chunks))
    if (text !== undefined) return { status, text }
    if (isSuccess(status)) throw bodyInvalid(this.#path, status, "utf-8")
    return { status, text: "" }
  }

  head(status: number, headers: AnswerHeaders): void {
    const path = this.#path
    this.#status = status
    if (status >= 300 && status < 400) throw foreign(path, status)
    if (status === 429) throw new HomeroomError("CLEVER_RATE_LIMITED", { details: { status, path } })
    if (status >= 500) throw new HomeroomError("CLEVER_UNAVAILABLE", { details: { status, path } })
    if (!isSuccess(status)) return
    if (status !== 200) throw bodyInvalid(path, status, "status")
    const type = headers.get("content-type") ?? ""
    if (type === "" || /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type.trim())) return
    throw bodyInvalid(path, status, /\b(?:html|xml)\b/i.test(type) ? "html" : "content-type")
  }

  bytes(chunk: Uint8Array): void {
    this.#length += chunk.length
    if (this.#length > this.#limit) {
      throw new HomeroomError("CLEVER_BODY_TOO_LARGE", {
        message: `An answer of Clever is larger than ${this.#limit} bytes.`,
        details: { maxBodyBytes: this.#limit },
      })
    }
    // The chunk is the sender's own again when this returns.
    this.#chunks.push(Buffer.from(chunk))
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function foreign(path: string, status: number | null): HomeroomError {
  return new HomeroomError("CLEVER_LINK_FOREIGN", {
    message: `The address ${path} leads away from the configured Clever hosts; it was not followed.`,
    details: { path, status },
  })
}

function bodyInvalid(path: string, status: number, reason: string): HomeroomError {
  return new HomeroomError("CLEVER_BODY_INVALID", {
    message: `Clever answered ${path} with something other than JSON.`,
    details: { reason, path, status },
  })
}
