import { hasStamps, isEmptyValue, type Level, levelUnder, stampKeys } from "./canonical-json.ts"
import { nodeCrypto } from "./node-crypto.ts"

/**
 * Counts up whenever the schemas, the canonical form or a fingerprint change, so that every stored record is
 * looked at once more by the new rules.
 */
export const schemaVersion: number = 1

const version = schemaVersion.toString(36)

/**
 * A short name of the bytes in which Clever sent a record: the same bytes give the same name.
 *
 * The schema version and 128 bits of SHA-256, as 23 characters. Under 1 µs for a record of 900 bytes.
 */
export function rawFingerprint(bytes: Uint8Array): string {
  return version + nodeCrypto().hash("sha256", bytes, "base64url").slice(0, 22)
}

const rawLength = version.length + 22

/**
 * The same of a record that is kept within a scope (S18), named by its digest: the end of it differs from that of every
 * other scope, so that a changed scope looks at every record again. 31 characters.
 */
export function scopedFingerprint(bytes: Uint8Array, scopeDigest: string): string {
  return rawFingerprint(bytes) + scopeDigest.slice(0, 8)
}

/** True if two raw fingerprints were made within the same scope, or without one. */
export function isSameScope(one: string, other: string): boolean {
  return one.length === other.length && one.endsWith(other.slice(rawLength))
}

/** True if a raw fingerprint was made by the rules of this schema version, whatever the scope. */
export function isOfThisSchema(raw: string): boolean {
  return raw.startsWith(version)
}

/** A raw fingerprint of other bytes, made within the same scope as a former one (S18), or without one as that. */
export function rawFingerprintLike(former: string, bytes: Uint8Array): string {
  return rawFingerprint(bytes) + former.slice(rawLength)
}

// A record's fingerprint is a sum over its members, so that their order does not matter and none need be sorted;
// put in canonical order first and hashed by SHA-256 it takes several times as long, for every new record. Two
// lanes of 32 bits: a change goes unseen by chance once in 10^19 changes (docs/decisions/0002-fingerprints.md).
// A typed array, since numbers of 32 bits would be boxed in variables.
const lanes = new Int32Array(2)
const primeA = 0x9e3779b1
const primeB = 0x5bd1e995
const type = { text: 1, list: 2, listEnd: 3, object: 4, other: 5, end: 6, key: 7 }
let rest = 0
const restLength = 8
const sums = Buffer.alloc(12)

/**
 * A short name of what a record says, taken as `JSON.parse` returns it; the order of keys does not matter. Two
 * equal names mean the same record; two names of which {@link isSameContent} is true, the same `canonicalJson`
 * with other stamps or empties. About as costly as parsing the record. 25 characters.
 */
export function canonicalFingerprint(record: unknown): string {
  lanes[0] = primeA
  lanes[1] = primeB
  rest = 0
  addValue(record, "record")
  sums.writeInt32BE(finish(lane(0)), 0)
  sums.writeInt32BE(finish(lane(1)), 4)
  sums.writeInt32BE(rest, 8)
  return version + sums.toString("hex")
}

/** True if two canonical fingerprints differ in stamps and empties at most, which are no change (S8, S11). */
export function isSameContent(one: string, other: string): boolean {
  return one.length === other.length && one.startsWith(other.slice(0, -restLength))
}

/** Mixes a value into the lanes: its type, then what it consists of. */
function addValue(value: unknown, level: Level): void {
  if (typeof value === "string") {
    addUnit(type.text)
    addText(value)
  } else if (Array.isArray(value)) {
    addUnit(type.list)
    for (let index = 0; index < value.length; index++) addValue(value[index], "inner")
    addUnit(type.listEnd)
  } else if (typeof value === "object" && value !== null) {
    addObject(value as Record<string, unknown>, level)
  } else {
    addUnit(type.other)
    addText(String(value))
  }
  addUnit(type.end)
}

function addObject(object: Record<string, unknown>, level: Level): void {
  const a = lane(0)
  const b = lane(1)
  let sumA = 0
  let sumB = 0
  const stamped = hasStamps(level)
  // What JSON.parse returns inherits no key, and this asks less of V8 than a list of the keys.
  for (const key in object) {
    const value = object[key]
    startMember(key)
    addValue(value, levelUnder(level, key))
    const isEmpty = typeof value === "string" ? value === "" : isEmptyValue(value)
    if (isEmpty || (stamped && stampKeys.includes(key))) {
      rest = (rest + finish(lane(0))) | 0
    } else {
      sumA = (sumA + finish(lane(0))) | 0
      sumB = (sumB + finish(lane(1))) | 0
    }
  }
  lanes[0] = a
  lanes[1] = b
  addUnit(type.object)
  addUnit(sumA)
  addUnit(sumB)
}

/** What each key makes of the lanes, by its place in `keyLanes`. Districts name keys too: the table has an end. */
const keyPlaces = new Map<string, number>()
const mostKeys = 2_000
const keyLanes = new Int32Array(2 * mostKeys)

/** Begins the lanes anew with a member's key. */
function startMember(key: string): void {
  const place = keyPlaces.get(key)
  if (place !== undefined) {
    lanes[0] = keyLanes[place] as number
    lanes[1] = keyLanes[place + 1] as number
    return
  }
  lanes[0] = primeB
  lanes[1] = primeA
  addText(key)
  addUnit(type.key)
  if (keyPlaces.size < mostKeys) {
    const next = 2 * keyPlaces.size
    keyLanes.set(lanes, next)
    keyPlaces.set(key, next)
  }
}

/** Two characters at a time; the length keeps a text apart from the same with a zero after it. */
function addText(text: string): void {
  const { length } = text
  const even = length & ~1
  let a = lane(0) ^ length
  let b = (lane(1) + length) | 0
  for (let index = 0; index < even; index += 2) {
    const pair = text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16)
    a = Math.imul(a ^ pair, primeA)
    a ^= a >>> 15
    b = Math.imul((b + pair) | 0, primeB)
    b ^= b >>> 13
  }
  if (even < length) {
    const last = text.charCodeAt(even)
    a = Math.imul(a ^ last, primeA)
    b = Math.imul((b + last) | 0, primeB)
  }
  lanes[0] = a
  lanes[1] = b
}

function addUnit(unit: number): void {
  let a = Math.imul(lane(0) ^ unit, primeA)
  a ^= a >>> 15
  let b = Math.imul((lane(1) + unit) | 0, primeB)
  b ^= b >>> 13
  lanes[0] = a
  lanes[1] = b
}

function lane(index: 0 | 1): number {
  return lanes[index] as number
}

/** Spreads every bit over all others (the last step of MurmurHash3): sums of unspread lanes would cancel out. */
function finish(bits: number): number {
  let mixed = bits ^ (bits >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
