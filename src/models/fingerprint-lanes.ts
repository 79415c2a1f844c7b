// Where a canonical fingerprint comes about, be it made of values or of bytes (`fingerprint.ts`, `read-record.ts`).
//
// A record's fingerprint is a sum over its members, so that their order does not matter and none need be sorted;
// put in canonical order first and hashed by SHA-256 it takes several times as long, for every new record. Two
// lanes of 32 bits: a change goes unseen by chance once in 10^19 changes (docs/decisions/0002-fingerprints.md).

/**
 * The two lanes, and the sum of what is no content (stamps and empties). A typed array, since numbers of 32 bits would
 * be boxed in variables.
 */
export const lanes: Int32Array = new Int32Array(3)

/**
 * What is mixed in behind a value: what it was, with how many characters or elements it had. That it stands behind
 * makes the whole unambiguous, read from its end.
 */
export const unit: Readonly<Record<"text" | "wideText" | "other" | "list" | "object" | "key", number>> = {
  text: 0,
  wideText: 1,
  other: 2,
  list: 3,
  object: 4,
  key: 5,
}

const primeA = 0x9e3779b1
const primeB = 0x5bd1e995
const sums = Buffer.alloc(12)

/** Begins a record. */
export function startRecord(): void {
  lanes[0] = primeA
  lanes[1] = primeB
  lanes[2] = 0
}

/** Ends a record: its 24 hexadecimal digits, of which the last {@link restLength} tell stamps and empties. */
export function endRecord(): string {
  sums.writeInt32BE(finish(lane(0)), 0)
  sums.writeInt32BE(finish(lane(1)), 4)
  sums.writeInt32BE(lane(2), 8)
  return sums.toString("hex")
}

export const restLength = 8

/** What each key makes of the lanes. Districts name keys too: the table has an end. */
const keys = new Map<string, Int32Array>()
const mostKeys = 2_000

/** Begins the lanes anew with a member's key. */
export function startMember(key: string): void {
  let start = keys.get(key)
  if (start === undefined) {
    start = lanesOfKey(key)
    if (keys.size < mostKeys) keys.set(key, start)
  }
  lanes[0] = start[0] as number
  lanes[1] = start[1] as number
}

/** What the lanes of a member begin with. */
export function lanesOfKey(key: string): Int32Array {
  lanes[0] = primeB
  lanes[1] = primeA
  addText(key, unit.key)
  return lanes.slice(0, 2)
}

/** Four characters of ASCII at a time, or two of any. */
export function addText(text: string, of: number = unit.text): void {
  const { length } = text
  let a = lane(0)
  let b = lane(1)
  let all = 0
  for (let index = 0; index < length; index += 4) {
    let word = 0
    for (let at = index; at < length && at < index + 4; at++) {
      const code = text.charCodeAt(at)
      all |= code
      word |= code << ((at - index) << 3)
    }
    a = mixA(a, word)
    b = mixB(b, word)
  }
  if (all < 0x80) {
    endText(a, b, (length << 3) | of)
    return
  }
  a = lane(0)
  b = lane(1)
  for (let index = 0; index < length; index += 2) {
    const word = text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16)
    a = mixA(a, word)
    b = mixB(b, word)
  }
  endText(mixA(a, unit.wideText), mixB(b, unit.wideText), (length << 3) | of)
}

/** Ends a text of which the lanes have come to `a` and `b`. */
export function endText(a: number, b: number, lengthAndUnit: number): void {
  lanes[0] = mixA(a, lengthAndUnit)
  lanes[1] = mixB(b, lengthAndUnit)
}

export function addUnit(of: number): void {
  lanes[0] = mixA(lane(0), of)
  lanes[1] = mixB(lane(1), of)
}

/** Mixes four bytes into the first lane. */
export function mixA(lane: number, word: number): number {
  const mixed = Math.imul(lane ^ word, primeA)
  return mixed ^ (mixed >>> 15)
}

/** The same for the second one. */
export function mixB(lane: number, word: number): number {
  const mixed = Math.imul((lane + word) | 0, primeB)
  return mixed ^ (mixed >>> 13)
}

export function lane(index: 0 | 1 | 2): number {
  return lanes[index] as number
}

/** Spreads every bit over all others (the last step of MurmurHash3): sums of unspread lanes would cancel out. */
export function finish(bits: number): number {
  let mixed = bits ^ (bits >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
