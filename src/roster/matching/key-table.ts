import { nodeCrypto } from "../../models/index.ts"

const chunkBits = 12
const chunkSize = 1 << chunkBits
const wordsPerKey = 3

/**
 * Numbers texts in the order in which they come, and finds them again, by 96 bits of their SHA-256: a million texts
 * take 16 to 28 MB, whatever their length. That two texts share a number by chance does not happen in practice
 * (among ten million: once in 10^15 tables), and to make one that shares another's takes 2^96 tries.
 */
export class KeyTable {
  /** The hashes, in chunks so that growing copies nothing. */
  readonly #chunks: Int32Array[] = []
  /** Open addressing: the number of a text, plus one; 0 is empty. */
  #slots: Int32Array = new Int32Array(1 << 10)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The number of a text, which is a new one if it was not there. */
  add(text: string): number {
    const digest = digestOf(text)
    const slot = this.#slotOf(digest)
    const known = (this.#slots[slot] ?? 0) - 1
    if (known >= 0) return known
    const number = this.#size++
    if (number >> chunkBits === this.#chunks.length) {
      this.#chunks.push(new Int32Array(chunkSize * wordsPerKey))
    }
    const place = (number & (chunkSize - 1)) * wordsPerKey
    const words = Array.from({ length: wordsPerKey }, (_, word) => digest.readInt32LE(word * 4))
    this.#chunks.at(-1)?.set(words, place)
    this.#slots[slot] = number + 1
    if (this.#size * 4 > this.#slots.length * 3) this.#grow()
    return number
  }

  /** The number of a text; undefined if it is not there. */
  find(text: string): number | undefined {
    const number = (this.#slots[this.#slotOf(digestOf(text))] ?? 0) - 1
    return number < 0 ? undefined : number
  }

  /** The slot that holds the hash, or the empty one where it belongs. */
  #slotOf(digest: Buffer): number {
    const mask = this.#slots.length - 1
    for (let slot = digest.readInt32LE(0) & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] ?? 0) - 1
      if (number < 0) return slot
      const chunk = this.#chunks[number >> chunkBits]
      const place = (number & (chunkSize - 1)) * wordsPerKey
      let word = 0
      while (word < wordsPerKey && chunk?.[place + word] === digest.readInt32LE(word * 4)) word++
      if (word === wordsPerKey) return slot
    }
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    const mask = this.#slots.length - 1
    for (let number = 0; number < this.#size; number++) {
      const first = this.#chunks[number >> chunkBits]?.[(number & (chunkSize - 1)) * wordsPerKey] ?? 0
      let slot = first & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = number + 1
    }
  }
}

function digestOf(text: string): Buffer {
  return nodeCrypto().hash("sha256", text, "buffer")
}
