import { HomeroomError } from "../errors/index.ts"

/** The bytes that structure JSON. */
export const byte: Readonly<{
  quote: 0x22
  comma: 0x2c
  colon: 0x3a
  openBracket: 0x5b
  backslash: 0x5c
  closeBracket: 0x5d
  openBrace: 0x7b
  closeBrace: 0x7d
}> = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
}

/** How many bytes past its text a lexer writes its stoppers into. */
export const lexerPadding: number = 8

/** How deep brackets may nest: far more than any record, far less than what overflows a stack. */
export const maxDepth: number = 500

/**
 * Walks JSON text in bytes without making values of it. Every method takes the offset to begin at and returns
 * the offset past what it passed over, or throws `CLEVER_BODY_INVALID`.
 */
export class ByteLexer {
  readonly bytes: Uint8Array
  /** Offset of the text's first byte, after a byte order mark. */
  readonly start: number
  /** Offset past the text's last byte. */
  readonly end: number
  /** Offset of the text of the own "id" of the container passed over last, or -1. */
  #idStart = -1
  #idEnd = -1
  /** Whether that id, or a key that may be "id", must be parsed, because it is escaped. */
  #idIsEscaped = false
  readonly #buffer: Buffer
  readonly #words: DataView

  /** Overwrites the `lexerPadding` bytes after the text; a buffer without that room is copied. */
  constructor(buffer: Uint8Array, length: number) {
    let bytes = buffer
    if (buffer.length < length + lexerPadding) {
      bytes = new Uint8Array(length + lexerPadding)
      bytes.set(buffer.subarray(0, length))
    }
    // A string that is torn off ends at these, so that the inner loops need not look for the text's end.
    bytes.fill(byte.quote, length, length + lexerPadding)
    this.bytes = bytes
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.end = length
    this.start = length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  }

  skipSpace(from: number): number {
    const { bytes } = this
    let at = from
    let code = bytes[at]
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = bytes[++at]
    return at
  }

  /** Past the one byte that must stand here. */
  expect(at: number, code: number): number {
    if (at >= this.end || this.bytes[at] !== code) {
      throw bodyInvalid(`"${String.fromCharCode(code)}" is missing`, at)
    }
    return at + 1
  }

  /** Past the string whose opening quote stands here. */
  skipString(from: number): number {
    const { bytes } = this
    let at = this.expect(from, byte.quote)
    while (bytes[at] !== byte.quote) at += bytes[at] === byte.backslash ? 2 : 1
    if (at >= this.end) throw bodyInvalid("a text is torn off", from)
    return at + 1
  }

  /** Past the value that begins here. */
  skipValue(from: number): number {
    if (from >= this.end) throw bodyInvalid("it is torn off", from)
    const code = this.bytes[from]
    if (code === byte.openBrace || code === byte.openBracket) return this.skipContainer(from)
    if (code === byte.quote) return this.skipString(from)
    let at = from
    while (at < this.end && isScalarByte(this.bytes[at] as number)) at++
    this.parse(from, at)
    return at
  }

  /** Past the object or list that begins here; `ownId` then tells the object's own id. */
  skipContainer(from: number): number {
    const { bytes, end } = this
    const words = this.#words
    openClosers[0] = bytes[from] === byte.openBrace ? byte.closeBrace : byte.closeBracket
    this.#idStart = -1
    this.#idIsEscaped = false
    let depth = 1
    let at = from + 1
    while (at < end) {
      let code = bytes[at++]
      // From one text to the next, passing the colon or comma between them.
      while (code === byte.quote) {
        const textStart = at
        for (;;) {
          // Four bytes at a time: the lowest set bit tells the first quote among them. This loop is most of
          // what a scan costs.
          const word = words.getInt32(at, true) ^ fourQuotes
          const found = (word - 0x01010101) & ~word & 0x80808080
          if (found === 0) {
            at += 4
            continue
          }
          at += ((31 - Math.clz32(found & -found)) >> 3) + 1
          if (bytes[at - 2] !== byte.backslash || !isEscapedAt(bytes, textStart, at - 1)) break
        }
        if (at > end) throw bodyInvalid("it is torn off", end)
        if (depth === 1) at = this.#noteId(textStart, at)
        code = bytes[at++]
        if (code === byte.colon || code === byte.comma) code = bytes[at++]
      }
      // In ASCII a bracket and a brace differ in one bit, and the closing ones stand two after the opening ones.
      const brace = (code as number) | 0x20
      if (brace === byte.openBrace) {
        if (depth === maxDepth) throw bodyInvalid("it is nested too deeply", at)
        openClosers[depth++] = (code as number) + 2
      } else if (brace === byte.closeBrace) {
        if (openClosers[--depth] !== code) throw bodyInvalid("its brackets do not match", at)
        if (depth === 0) return at
      }
    }
    throw bodyInvalid("it is torn off", end)
  }

  /** Keeps the id's place if the text before `at` is the key of an id, and passes over the id. */
  #noteId(textStart: number, at: number): number {
    const { bytes } = this
    const isPlain = at - textStart === 3 && bytes[textStart] === 0x69 && bytes[textStart + 1] === 0x64
    const mayBeEscaped = bytes[textStart] === byte.backslash || bytes[textStart + 1] === byte.backslash
    if (!isPlain && !mayBeEscaped) return at
    const colon = this.skipSpace(at)
    if (bytes[colon] !== byte.colon) return at
    if (!isPlain) {
      this.#idIsEscaped = true
      return at
    }
    const valueStart = this.skipSpace(colon + 1)
    this.#idStart = -1
    if (bytes[valueStart] !== byte.quote) return valueStart
    const valueEnd = this.skipString(valueStart)
    this.#idStart = valueStart + 1
    this.#idEnd = valueEnd - 1
    return valueEnd
  }

  /** Whether the text whose opening quote stands at `quote` begins with these ASCII letters. */
  isText(quote: number, letters: string): boolean {
    for (let index = 0; index < letters.length; index++) {
      if (this.bytes[quote + 1 + index] !== letters.charCodeAt(index)) return false
    }
    return true
  }

  /** The own id of the object that `skipContainer` just passed over; undefined if it has none that can be read. */
  ownId(start: number, end: number): string | undefined {
    if (this.#idIsEscaped) return textOrNone((this.#parseOrNone(start, end) as { id?: unknown } | null)?.id)
    if (this.#idStart < 0) return undefined
    for (let at = this.#idStart; at < this.#idEnd; at++) {
      const code = this.bytes[at] as number
      if (code === byte.backslash || code >= 0x80)
        return textOrNone(this.#parseOrNone(this.#idStart - 1, this.#idEnd + 1))
    }
    return textOrNone(this.#buffer.toString("latin1", this.#idStart, this.#idEnd))
  }

  /** Null where the text is no JSON: whoever parses the record will find that, and it is no matter of the page (S9). */
  #parseOrNone(start: number, end: number): unknown {
    try {
      return JSON.parse(this.text(start, end))
    } catch {
      return null
    }
  }

  /** The text between two offsets. */
  text(start: number, end: number): string {
    return this.#buffer.toString("utf8", start, Math.min(end, this.end))
  }

  /** What the text between two offsets says, by JSON.parse. */
  parse(start: number, end: number): unknown {
    try {
      return JSON.parse(this.text(start, end))
    } catch {
      // The cause is left out: its message quotes the body.
      throw bodyInvalid("a value is no JSON", start)
    }
  }
}

/** Calls `visit` with each member of the object that opens at `open`; `visit` returns the value's end. */
export function eachMember(
  lexer: ByteLexer,
  open: number,
  visit: (keyStart: number, keyEnd: number, valueStart: number) => number,
): number {
  const { bytes } = lexer
  let at = lexer.skipSpace(lexer.expect(open, byte.openBrace))
  if (bytes[at] === byte.closeBrace) return at + 1
  for (;;) {
    const keyEnd = lexer.skipString(at)
    const valueStart = lexer.skipSpace(lexer.expect(lexer.skipSpace(keyEnd), byte.colon))
    at = lexer.skipSpace(visit(at, keyEnd, valueStart))
    if (bytes[at] === byte.closeBrace) return at + 1
    at = lexer.skipSpace(lexer.expect(at, byte.comma))
  }
}

const fourQuotes = 0x22222222

/** The closing bracket that each open one needs. */
const openClosers = new Uint8Array(maxDepth)

/** Whether an odd number of backslashes stands before the quote at `quoteAt`. */
function isEscapedAt(bytes: Uint8Array, textStart: number, quoteAt: number): boolean {
  let at = quoteAt - 1
  while (at >= textStart && bytes[at] === byte.backslash) at--
  return ((quoteAt - 1 - at) & 1) === 1
}

function isScalarByte(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x61 && code <= 0x7a) ||
    "+-.E".includes(String.fromCharCode(code))
  )
}

/** The value if it is a text with something in it. */
export function textOrNone(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined
}

/** The error for an answer that is not the JSON it should be; the place is told, the body is not. */
export function bodyInvalid(reason: string, offset: number): HomeroomError {
  return new HomeroomError("CLEVER_BODY_INVALID", {
    message: `Clever's answer is not the JSON it should be: ${reason}, at byte ${offset}.`,
    details: { reason, offset },
  })
}
