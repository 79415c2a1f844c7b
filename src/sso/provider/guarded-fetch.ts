import { HomeroomError } from "../../errors/index.ts"
import { orAborted } from "./abort.ts"
import { decodeUtf8 } from "./json.ts"
import { safeCause } from "./map-error.ts"

export interface GuardOptions {
  readonly fetch: typeof globalThis.fetch
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
  request: GuardedRequest,
  signal: AbortSignal,
): Promise<GuardedAnswer> {
  const { method, headers, body } = request
  const { fetch } = options
  const response = await fetch(url.href, {
    method,
    headers: { ...headers },
    ...(body === undefined ? {} : { body }),
    redirect: "manual",
    signal,
  })
  const { status } = response
  const path = url.pathname
  try {
    refuseDetours(response, options, path)
    if (status === 429) throw new HomeroomError("CLEVER_RATE_LIMITED", { details: { status, path } })
    if (status >= 500) throw new HomeroomError("CLEVER_UNAVAILABLE", { details: { status, path } })
    const type = response.headers.get("content-type") ?? ""
    if (response.ok && status !== 200) throw bodyInvalid(path, status, "status")
    const isJson = type === "" || /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type.trim())
    if (response.ok && !isJson) {
      throw bodyInvalid(path, status, /\b(?:html|xml)\b/i.test(type) ? "html" : "content-type")
    }
    const text = decodeUtf8(await readBytes(response, options.maxBodyBytes))
    if (text !== undefined) return { status, text }
    if (response.ok) throw bodyInvalid(path, status, "utf-8")
    return { status, text: "" }
  } finally {
    // Without effect on a body read to its end; otherwise it closes the connection.
    if (!response.bodyUsed) void response.body?.cancel().catch(() => undefined)
  }
}

function refuseDetours(response: Response, options: GuardOptions, path: string): void {
  const { status, redirected, type, url } = response
  if ((status >= 300 && status < 400) || redirected || type === "opaqueredirect") throw foreign(path, status)
  // A fetch of the host's own might have followed a redirect all the same.
  if (url !== "" && !options.origins.has(new URL(url).origin)) throw foreign(path, status)
}

async function readBytes(response: Response, limit: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body) {
    length += chunk.length
    if (length > limit) {
      throw new HomeroomError("CLEVER_BODY_TOO_LARGE", {
        message: `An answer of Clever is larger than ${limit} bytes.`,
        details: { maxBodyBytes: limit },
      })
    }
    chunks.push(chunk)
  }
  const [only = new Uint8Array(), ...more] = chunks
  return more.length === 0 ? only : Buffer.concat(chunks)
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
