import type { KyInstance } from "ky"
import { HomeroomError } from "../errors/index.ts"
import { orAborted, throwIfAborted } from "./abort.ts"
import { type BodyBuffer, bodyTooLarge } from "./body-buffer.ts"
import type { ClientSettings } from "./client-options.ts"
import { safeCause } from "./safe-cause.ts"

/** An answer whose body, if its status is a success, stands in the buffer. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
}

/** What one attempt needs. */
export interface AttemptOptions {
  readonly url: URL
  readonly authorization: string
  /** Filled with the body of a successful answer. */
  readonly body: BodyBuffer
  readonly signal: AbortSignal
}

/** No answer came, or it broke off: worth another try. */
export class ConnectionFailure extends Error {
  override readonly name: string = "ConnectionFailure"
}

/** Sends one request, as `fetch` does. */
type Send = (url: URL, init: RequestInit) => Promise<Response>

export interface TransportSettings
  extends Pick<ClientSettings, "timeoutMs" | "stallTimeoutMs" | "maxBodyBytes" | "compression"> {
  readonly send: Send
}

/**
 * Sends one GET request and reads its answer, once: no retry, no redirect.
 *
 * Throws `ConnectionFailure`, `ABORTED` or `CLEVER_BODY_TOO_LARGE`. Bodies of other than successful answers are
 * not kept: they may quote what was asked.
 */
export async function attempt(settings: TransportSettings, options: AttemptOptions): Promise<Answer> {
  throwIfAborted(options.signal)
  const watchdog = new Watchdog(settings, options.signal)
  const { signal } = watchdog
  try {
    return await orAborted(exchange(settings, options, signal, watchdog), signal)
  } catch (error) {
    throwIfAborted(options.signal)
    if (error instanceof HomeroomError && error.code !== "ABORTED") throw error
    const failure = signal.aborted ? "Clever did not answer in time." : "The connection to Clever failed."
    throw new ConnectionFailure(failure, { cause: safeCause(error) })
  } finally {
    watchdog.stop()
  }
}

/** Loaded with the first request: it wakes up all of Node's fetch, which takes as long as a third of Homeroom. */
let ky: KyInstance | undefined

/** Sends with ky, which leaves retries, redirects and time limits to this room's own rules. */
export function sendWithKy(fetch: ClientSettings["fetch"]): Send {
  return async (url, init) => {
    ky ??= (await import("ky")).default
    return await ky(url, { ...init, fetch, retry: 0, throwHttpErrors: false, timeout: false })
  }
}

async function exchange(
  settings: TransportSettings,
  options: AttemptOptions,
  signal: AbortSignal,
  watchdog: Watchdog,
): Promise<Answer> {
  options.body.clear()
  const response = await settings.send(options.url, {
    headers: {
      accept: "application/json",
      authorization: options.authorization,
      ...(settings.compression ? {} : { "accept-encoding": "identity" }),
    },
    redirect: "manual",
    signal,
  })
  watchdog.sawBytes(1)
  await readBody(response, options.body, settings.maxBodyBytes, watchdog)
  return { status: response.status, headers: response.headers }
}

/** How much of an error's body is read on, so that the connection can be used again. */
const discardLimit = 64 * 1024

async function readBody(
  response: Response,
  body: BodyBuffer,
  maxBodyBytes: number,
  watchdog: Watchdog,
): Promise<void> {
  if (response.body === null) return
  const reader = response.body.getReader()
  const limit = response.ok ? maxBodyBytes : discardLimit
  let length = 0
  try {
    const announced = Number(response.headers.get("content-length") ?? 0)
    if (response.ok && announced > limit) throw bodyTooLarge(limit)
    if (response.ok && !response.headers.has("content-encoding")) body.reserve(announced)
    while (length <= limit) {
      const { done, value } = await reader.read()
      if (done) return
      length += value.length
      watchdog.sawBytes(value.length)
      if (length > limit) break
      if (response.ok) body.append(value)
    }
    if (response.ok) throw bodyTooLarge(limit)
  } finally {
    // Without effect on a body read to its end; otherwise it closes the connection.
    void reader.cancel().catch(() => undefined)
  }
}

/** Aborts its signal when an attempt takes too long in all, goes too long without a byte, or its caller aborts. */
class Watchdog {
  readonly #ending = new AbortController()
  readonly #caller: AbortSignal
  readonly #abort = (): void => this.#ending.abort()
  readonly #total: NodeJS.Timeout
  readonly #stall: NodeJS.Timeout
  #bytes = 0
  #bytesBefore = 0

  constructor(settings: TransportSettings, caller: AbortSignal) {
    // Not AbortSignal.any, which takes longer than all the rest here.
    caller.addEventListener("abort", this.#abort, { once: true })
    this.#caller = caller
    this.#total = setTimeout(this.#abort, settings.timeoutMs)
    this.#stall = setInterval(() => {
      // A busy process sees its timers before the bytes that wait in the socket: look again after those.
      setImmediate(() => setImmediate(() => this.#checkStall()))
    }, settings.stallTimeoutMs)
  }

  get signal(): AbortSignal {
    return this.#ending.signal
  }

  sawBytes(count: number): void {
    this.#bytes += count
  }

  stop(): void {
    this.#caller.removeEventListener("abort", this.#abort)
    clearTimeout(this.#total)
    clearInterval(this.#stall)
  }

  #checkStall(): void {
    if (this.#bytes === this.#bytesBefore) this.#abort()
    this.#bytesBefore = this.#bytes
  }
}
