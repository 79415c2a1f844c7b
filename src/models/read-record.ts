import { canonicalName } from "./fingerprint.ts"
import {
  addText,
  addUnit,
  endText,
  finish,
  lane,
  lanes,
  mixA,
  mixB,
  startRecord,
  unit,
} from "./fingerprint-lanes.ts"
import { idPattern } from "./ids.ts"
import type { Kind } from "./kinds.ts"
import { type RosterRecord, recordSchemas } from "./parse-record.ts"
import { type FoundBy, recordKeys, wantedFields } from "./record-keys.ts"
import { type Member, may, type Place, placeOfRecords } from "./record-shape.ts"

/** What an import needs of a record. */
export interface RecordReading {
  readonly id: string
  /** As {@link canonicalFingerprint} makes it. */
  readonly canonical: string
  readonly keys: FoundBy
}

/** Bytes that records are read from, four at a time. */
export class RecordBytes {
  readonly bytes: Buffer
  readonly words: DataView

  /** Where nothing lies behind the bytes they are copied, for the last four may be read with what follows them. */
  constructor(bytes: Uint8Array) {
    const { buffer, byteOffset, byteLength } = bytes
    const length = byteLength + wordBytes
    if (buffer.byteLength - byteOffset >= length) {
      this.bytes = Buffer.from(buffer, byteOffset, length)
    } else {
      this.bytes = Buffer.alloc(length)
      this.bytes.set(bytes)
    }
    this.words = new DataView(this.bytes.buffer, this.bytes.byteOffset, length)
  }
}

const wordBytes = 4

/** One record: the bytes of its JSON text, and what they say. */
export interface RecordSource {
  readonly bytes: RecordBytes
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Reads a valid record from the bytes of its JSON text, in half the time that parsing it, fingerprinting it and
 * checking it take one after the other: nothing is made of values that nobody asks for.
 *
 * Undefined if anything about it is out of the ordinary; it must be looked at in full then. Never throws.
 */
export function readRecord(
  kind: Kind,
  { bytes, start, end, text }: RecordSource,
  { districtId }: { readonly districtId: string },
): RecordReading | undefined {
  const place = placeFor(kind)
  if (place === undefined) return undefined
  source = bytes.bytes
  words = bytes.words
  lastWord = words.byteLength - wordBytes
  // Where every character is a byte, texts are parts of the record's own.
  textStart = text.length === end - start ? start : -1
  sourceText = text
  depth = 0
  startRecord()
  const readTo = readValue(place, start)
  const record = value as RosterRecord & { district?: unknown }
  value = undefined
  source = nothing.bytes
  words = nothing.words
  sourceText = ""
  if (readTo !== end) return undefined
  const { id, district } = record
  if (typeof id !== "string" || !idPattern.test(id)) return undefined
  if ((kind === "district" ? id : district) !== districtId) return undefined
  return { id, canonical: canonicalName(), keys: recordKeys(kind, record) }
}

const places = new Map<Kind, Place | undefined>()

/** Compiled with the kind's first record, and anew once there were too many keys. */
function placeFor(kind: Kind): Place | undefined {
  const known = places.get(kind)
  if (known === undefined ? places.has(kind) : known.budget.left > 0) return known
  const place = placeOfRecords(recordSchemas[kind], wantedFields(kind))
  places.set(kind, place)
  return place
}

// What is being read. Variables of the module: one record is read at a time, and to hand them on would cost as much as
// reading.
const nothing = new RecordBytes(new Uint8Array(8))
let source = nothing.bytes
let words = nothing.words
/** Where the last four bytes begin. */
let lastWord = 0
let sourceText = ""
let textStart = -1
/** The value passed over last, if it was wanted. */
let value: unknown
/** Whether it was one of Clever's ways of saying nothing (S8). */
let isEmpty = false
let objects = 0
/** How many objects and lists are open. */
let depth = 0
/** More than that no page has; and a stack has an end. */
const mostDepth = 500

/** What stands in place of an offset where reading ends. */
const failed = -1

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** 1 for each byte that stands for itself in a text. */
const plain = new Uint8Array(256).fill(1, 0x20, 0x80)
plain[quote] = 0
plain[backslash] = 0

// Every reader takes the offset to begin at, mixes what stands there into the lanes and returns the offset past it, or
// `failed`. None looks for the record's end: who reads beyond it is not where it should be in the end.

function readValue(place: Place, from: number): number {
  const code = source[from] as number
  const { accepts } = place
  if (code === quote) return (accepts & may.text) !== 0 ? readText(from, place.isWanted) : failed
  if (code === openBrace) return (accepts & may.object) !== 0 ? readObject(place, from) : failed
  if (code === openBracket) return (accepts & may.list) !== 0 ? readList(place, from) : failed
  return readWord(place, from)
}

function readText(from: number, isWanted: boolean): number {
  const view = words
  const last = lastWord
  const start = from + 1
  let a = lane(0)
  let b = lane(1)
  for (let at = start; at <= last; at += 4) {
    const word = view.getInt32(at, true)
    const quotes = word ^ fourQuotes
    const backslashes = word ^ fourBackslashes
    // The lowest bit set among these tells the first byte that is not plain: below 0x20, above 0x7f, or one of these two.
    const odd =
      (((quotes - fourOnes) & ~quotes) |
        ((backslashes - fourOnes) & ~backslashes) |
        ((word - fourSpaces) & ~word) |
        word) &
      fourHighs
    if (odd === 0) {
      a = mixA(a, word)
      b = mixB(b, word)
      continue
    }
    const count = (31 - Math.clz32(odd & -odd)) >> 3
    const end = at + count
    if (source[end] !== quote) return readOddText(from, end, isWanted)
    if (count > 0) {
      const tail = word & ((1 << (count << 3)) - 1)
      a = mixA(a, tail)
      b = mixB(b, tail)
    }
    endText(a, b, ((end - start) << 3) | unit.text)
    isEmpty = end === start
    if (isWanted) value = plainText(start, end)
    return end + 1
  }
  return failed
}

const fourOnes = 0x01010101
const fourQuotes = 0x22222222
const fourBackslashes = 0x5c5c5c5c
const fourSpaces = 0x20202020
const fourHighs = 0x80808080

function plainText(start: number, end: number): string {
  return textStart < 0
    ? source.toString("latin1", start, end)
    : sourceText.substring(start - textStart, end - textStart)
}

/** A text with escapes, or of more than ASCII. */
function readOddText(from: number, oddAt: number, isWanted: boolean): number {
  let at = oddAt
  for (let code = source[at]; code !== quote; code = source[at]) {
    if (code === undefined || code < 0x20) return failed
    at += code === backslash ? 2 : 1
  }
  const text = parsed(from, at + 1)
  if (typeof text !== "string") return failed
  addText(text)
  isEmpty = text === ""
  if (isWanted) value = text
  return at + 1
}

function parsed(start: number, end: number): unknown {
  try {
    return JSON.parse(source.toString("utf8", start, end))
  } catch {
    return undefined
  }
}

/** `null`, `true`, `false` or a number. */
function readWord(place: Place, from: number): number {
  let at = from
  while (isWordByte(source[at] as number)) at++
  const word = source.toString("latin1", from, at)
  let found: unknown = word === "null" ? null : word === "true" ? true : word === "false" ? false : undefined
  if (found === undefined) {
    found = parsed(from, at)
    if (typeof found !== "number") return failed
  }
  const kind = found === null ? may.null : typeof found === "number" ? may.number : may.yesNo
  if ((place.accepts & kind) === 0) return failed
  addText(String(found), unit.other)
  isEmpty = found === null
  if (place.isWanted) value = found
  return at
}

/** A digit, a small letter, or one of `+-.E`. */
function isWordByte(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x2b ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x45
  )
}

function readList(place: Place, from: number): number {
  if (++depth > mostDepth) return failed
  const { element, isWanted } = place
  const values: unknown[] = []
  let at = skipSpace(from + 1)
  let count = 0
  if (source[at] === closeBracket) {
    at++
  } else {
    for (;;) {
      at = readValue(element, at)
      if (at < 0) return failed
      count++
      if (isWanted) values.push(value)
      at = skipSpace(at)
      const code = source[at++]
      if (code === closeBracket) break
      if (code !== comma) return failed
      at = skipSpace(at)
    }
  }
  depth--
  addUnit((count << 3) | unit.list)
  isEmpty = count === 0
  if (isWanted) value = values
  return at
}

function readObject({ shape, isWanted }: Place, from: number): number {
  if (++depth > mostDepth) return failed
  const a = lane(0)
  const b = lane(1)
  let sumA = 0
  let sumB = 0
  objects = (objects + 1) & 0x3fffffff
  const number = objects
  const values: Record<string, unknown> | undefined = isWanted ? {} : undefined
  let at = skipSpace(from + 1)
  if (source[at] === closeBrace) {
    at++
  } else {
    let before: Member | undefined
    for (;;) {
      let member = before === undefined ? shape.first : before.next
      if (member !== undefined && isKeyAt(member, at)) {
        at += member.length
      } else {
        const keyEnd = plainKeyEnd(at)
        if (keyEnd < 0) return failed
        member = shape.member(source.toString("latin1", at + 1, keyEnd - 1))
        if (member === undefined) return failed
        if (before === undefined) shape.first = member
        else before.next = member
        at = skipSpace(keyEnd)
        if (source[at++] !== colon) return failed
      }
      // Which of two is meant, the parser decides.
      if (member.metIn === number) return failed
      member.metIn = number
      lanes[0] = member.lanes[0] as number
      lanes[1] = member.lanes[1] as number
      const { place } = member
      at = readValue(place, skipSpace(at))
      if (at < 0) return failed
      if (isEmpty || member.isStamp) {
        lanes[2] = lane(2) + finish(lane(0))
      } else {
        sumA = (sumA + finish(lane(0))) | 0
        sumB = (sumB + finish(lane(1))) | 0
      }
      if (values !== undefined && place.isWanted) values[member.key] = value
      before = member
      at = skipSpace(at)
      const code = source[at++]
      if (code === closeBrace) break
      if (code !== comma) return failed
      at = skipSpace(at)
    }
  }
  depth--
  lanes[0] = a
  lanes[1] = b
  addUnit(sumA)
  addUnit(sumB)
  addUnit(unit.object)
  isEmpty = false
  if (isWanted) value = values
  return at
}

/** Whether the member's key and its colon stand here. */
function isKeyAt({ words: expected, length }: Member, at: number): boolean {
  const view = words
  const end = at + length
  if (length < 4 || end > lastWord) return false
  const whole = length >> 2
  for (let index = 0; index < whole; index++) {
    if (view.getInt32(at + (index << 2), true) !== expected[index]) return false
  }
  return view.getInt32(end - 4, true) === expected[whole]
}

/** Past the key whose opening quote stands here; `failed` if there is none, or one with escapes or beyond ASCII. */
function plainKeyEnd(from: number): number {
  if (source[from] !== quote) return failed
  let at = from + 1
  while (plain[source[at] as number] === 1) at++
  return source[at] === quote ? at + 1 : failed
}

function skipSpace(from: number): number {
  const bytes = source
  let at = from
  let code = bytes[at]
  while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = bytes[++at]
  return at
}
