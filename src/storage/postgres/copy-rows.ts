import type { ContentMemory } from "../sql/content-memory.ts"
import type { FlatChange } from "./flat-changes.ts"
import { writeTermNumber } from "./term-numbers.ts"

/**
 * Rows in PostgreSQL's binary COPY format: each text goes as it is, without the escapes of the text format, which for
 * JSON would be many. https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS
 */
const signature = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1")
/** The columns that {@link encodeRows} writes. */
export const copyColumns = "run, kind, action, id, raw, canonical, reason, path, data, terms"
const columnCount = 10
const bigintOid = 20
const bigintBytes = 8
/** Where in a row the number of the run stands, which is not known when it is written. */
const runAt = 2 + 4
const noRun = 0

/** Rows in memory that was lent, and where in it each begins. */
export interface EncodedRows {
  readonly bytes: Buffer<ArrayBuffer>
  readonly starts: Uint32Array
}

export function encodeRows(changes: readonly FlatChange[], memory: ContentMemory): EncodedRows {
  let size = signature.length + 2
  for (const change of changes) size += mostBytesOf(change)
  const lent = memory.take(size)
  const writer = new RowWriter(Buffer.from(lent.buffer))
  const starts = new Uint32Array(changes.length)
  writer.bytes(signature)
  for (const [index, change] of changes.entries()) {
    starts[index] = writer.at
    writer.row(change)
  }
  writer.int16(-1)
  return { bytes: writer.buffer.subarray(0, writer.at), starts }
}

/** Writes the run's number into every row. */
export function setRun({ bytes, starts }: EncodedRows, run: number): void {
  for (const start of starts) bytes.writeInt32BE(run, start + runAt)
}

/** No text takes more than three bytes a code unit; only of contents is that too much room to leave. */
function mostBytesOf({ id, raw, canonical, reason, path, data, terms }: FlatChange): number {
  const lengths = id.length + lengthOf(raw) + lengthOf(canonical) + lengthOf(reason) + lengthOf(path)
  const size = 2 + columnCount * 4 + 8 + 20 + lengths * 3 + (data === null ? 0 : Buffer.byteLength(data))
  return size + (terms?.length ?? 0) * (4 + bigintBytes)
}

function lengthOf(text: string | null): number {
  return text === null ? 0 : text.length
}

class RowWriter {
  readonly buffer: Buffer<ArrayBuffer>
  at = 0

  constructor(buffer: Buffer<ArrayBuffer>) {
    this.buffer = buffer
  }

  bytes(bytes: Uint8Array): void {
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
  }

  int16(value: number): void {
    this.at = this.buffer.writeInt16BE(value, this.at)
  }

  row(change: FlatChange): void {
    this.int16(columnCount)
    this.#int32(4)
    this.#int32(noRun)
    this.#int32(2)
    this.int16(change.kind)
    this.#int32(2)
    this.int16(change.action)
    this.#text(change.id)
    this.#text(change.raw)
    this.#text(change.canonical)
    this.#text(change.reason)
    this.#text(change.path)
    this.#text(change.data)
    this.#numbers(change.terms)
  }

  #int32(value: number): void {
    this.at = this.buffer.writeInt32BE(value, this.at)
  }

  #text(text: string | null): void {
    if (text === null) {
      this.#int32(-1)
      return
    }
    const length = this.buffer.write(text, this.at + 4)
    this.#int32(length)
    this.at += length
  }

  /** An array of one dimension, without nulls: its length, then the number of each term. */
  #numbers(terms: readonly string[] | null): void {
    if (terms === null) {
      this.#int32(-1)
      return
    }
    const start = this.at
    this.at += 4
    this.#int32(1)
    this.#int32(0)
    this.#int32(bigintOid)
    this.#int32(terms.length)
    this.#int32(1)
    for (const term of terms) {
      this.#int32(bigintBytes)
      writeTermNumber(term, this.buffer, this.at)
      this.at += bigintBytes
    }
    this.buffer.writeInt32BE(this.at - start - 4, start)
  }
}
