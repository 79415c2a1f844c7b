import type { Statements } from "./statements.ts"

/**
 * The words that stand in the pages of the lookup index, those of deleted entries included: no search finds these, and
 * as most words are written as what they share with the one before and the rest, looking at the bytes does not either.
 *
 * A leaf of an FTS5 segment (`fts5_index.c`) ends in a list of where its words begin, each as a distance from the one
 * before. The first word is written in full.
 */
export function* wordsOfIndex(reader: Statements): Generator<string, void, undefined> {
  // The number of a row holds the segment's, then what it is: no tree of places (dlidx), no tombstones.
  const rows = reader.iterate(
    `SELECT block FROM homeroom_lookup_data
     WHERE id >= 1 << 37 AND id < 1 << 53 AND (id >> 31) & 63 = 0`,
  )
  for (const { block } of rows) {
    const { buffer, byteOffset, byteLength } = block as unknown as Uint8Array
    yield* wordsOfLeaf(Buffer.from(buffer, byteOffset, byteLength))
  }
}

function* wordsOfLeaf(leaf: Buffer): Generator<string, void, undefined> {
  const places = new VarintCursor(leaf, leaf.readUInt16BE(2))
  let word: Uint8Array = new Uint8Array()
  let place = 0
  while (places.at < leaf.length) {
    const isFirst = place === 0
    place += places.next()
    const entry = new VarintCursor(leaf, place)
    const shared = isFirst ? 0 : entry.next()
    const length = entry.next()
    word = Buffer.concat([word.subarray(0, shared), leaf.subarray(entry.at, entry.at + length)])
    // Its first byte names the index that it is in: there is one.
    yield (word as Buffer).toString("utf8", 1)
  }
}

/** Numbers in SQLite's form: seven bits a byte, most significant first. */
class VarintCursor {
  readonly #bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  next(): number {
    let value = 0
    for (;;) {
      const byte = this.#bytes[this.at++] ?? 0
      value = value * 128 + (byte & 127)
      if (byte < 128) return value
    }
  }
}
