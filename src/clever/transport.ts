import { HomeroomError, safeCause } from "../errors/index.ts"
import { orAborted, throwIfAborted } from "./abort.ts"
import type { AnswerHeaders, AnswerReader, Send } from "./answer-reader.ts"
import { type BodyBuffer, bodyTooLarge } from "./body-buffer.ts"
import type { ClientSettings } from "./client-options.ts"

/** An answer whose body, if its status is a success, stands in the buffer. */
export interface Answer {
  readonly status: number
  readonly headers: AnswerHeaders
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

/** How much of an error's body is read on, so that the connection can be used again. */
const discardLimit = 64 * 1024

async function exchange(
  settings: TransportSettings,
  { url, authorization, body }: AttemptOptions,
  signal: AbortSignal,
  watchdog: Watchdog,
): Promise<Answer> {
  const reader = new BodyReader(body, settings.maxBodyBytes, watchdog)
  const headers = {
    accept: "application/json",
    authorization,
    "accept-encoding": settings.compression ? "gzip, deflate, br" : "identity",
  }
  try {
    await settings.send(url, { headers, signal, reader })
  } catch (error) {
    if (!(error instanceof EnoughRead)) throw error
  }
  if (reader.answer === undefined) throw new Error("There was no answer.")
  return reader.answer
}

/** Puts the body of a successful answer into the buffer, up to the limit. */
class BodyReader implements AnswerReader {
  /** Without its head there is none. */
  answer: Answer | undefined
  readonly #body: BodyBuffer
  readonly #maxBytes: number
  readonly #watchdog: Watchdog
  #isSuccess = false
  #length = 0

  constructor(body: BodyBuffer, maxBytes: number, watchdog: Watchdog) {
    this.#body = body
    this.#maxBytes = maxBytes
    this.#watchdog = watchdog
    body.clear()
  }

  head(status: number, headers: AnswerHeaders): void {
    this.#watchdog.sawBytes(1)
    this.answer = { status, headers }
    this.#isSuccess = status >= 200 && status < 300
    if (!this.#isSuccess) return
    const announced = Number(headers.get("content-length") ?? 0)
    if (announced > this.#maxBytes) throw bodyTooLarge(this.#maxBytes)
    if (!headers.has("content-encoding")) this.#body.reserve(announced)
  }

  bytes(chunk: Uint8Array): void {
    this.#length += chunk.length
    this.#watchdog.sawBytes(chunk.length)
    if (!this.#isSuccess) {
      if (this.#length > discardLimit) throw new EnoughRead()
      return
    }
    if (this.#length > this.#maxBytes) throw bodyTooLarge(this.#maxBytes)
    this.#body.append(chunk)
  }
}

/** Of a refusal nothing more is wanted. */
class EnoughRead extends Error {}

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
