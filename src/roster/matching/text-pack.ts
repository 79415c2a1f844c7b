const growth = 1.5

/**
 * Texts by number, as bytes side by side: a million ids of 24 letters take some 30 MB, and no text that they were cut
 * out of is kept alive.
 */
export class TextPack {
  #bytes: Buffer = Buffer.alloc(1 << 12)
  #ends: Uint32Array = new Uint32Array(1 << 8)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Adds a text and returns its number. */
  add(text: string): number {
    const start = this.#startOf(this.#size)
    const end = start + Buffer.byteLength(text)
    if (end > this.#bytes.length) {
      const bytes = Buffer.alloc(Math.ceil(Math.max(end, this.#bytes.length * growth)))
      this.#bytes.copy(bytes, 0, 0, start)
      this.#bytes = bytes
    }
    if (this.#size === this.#ends.length) {
      const ends = new Uint32Array(Math.ceil(this.#ends.length * growth))
      ends.set(this.#ends)
      this.#ends = ends
    }
    this.#bytes.write(text, start)
    this.#ends[this.#size] = end
    return this.#size++
  }

  get(number: number): string {
    return this.#bytes.toString("utf8", this.#startOf(number), this.#ends[number])
  }

  #startOf(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] ?? 0)
  }
}
