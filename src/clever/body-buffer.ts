import { HomeroomError } from "../errors/index.ts"
import { scanPadding } from "./page-scanner.ts"

/**
 * Bytes of one answer at a time, in memory that is used again for the next: a listing of a million records
 * leaves no bodies behind.
 */
export class BodyBuffer {
  #bytes: Uint8Array
  #length = 0

  /** `size` is how many bytes there is room for at first. */
  constructor(size: number = 64 * 1024) {
    this.#bytes = new Uint8Array(size)
  }

  /** The memory, longer than the answer by `scanPadding` at least. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** How many bytes of the answer are there. */
  get length(): number {
    return this.#length
  }

  clear(): void {
    this.#length = 0
  }

  /** Makes room for an answer of this size, so that it need not move while it comes. */
  reserve(size: number): void {
    if (this.#bytes.length >= size + scanPadding) return
    // Room that is not used takes no memory; a second buffer for a page that is slightly larger would.
    const larger = new Uint8Array(Math.ceil(size * 1.25) + scanPadding)
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }

  append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length
    if (needed + scanPadding > this.#bytes.length) this.reserve(Math.ceil(needed * 1.5))
    this.#bytes.set(chunk, this.#length)
    this.#length = needed
  }

  /** The answer as text. */
  text(): string {
    return decoder.decode(this.#bytes.subarray(0, this.#length))
  }
}

/** One for all: making a decoder takes longer than a small answer takes to decode. */
const decoder = new TextDecoder()

/** The error for an answer of more than `limit` bytes. */
export function bodyTooLarge(limit: number): HomeroomError {
  return new HomeroomError("CLEVER_BODY_TOO_LARGE", {
    message: `An answer of Clever is larger than ${limit} bytes.`,
    details: { maxBodyBytes: limit },
  })
}
