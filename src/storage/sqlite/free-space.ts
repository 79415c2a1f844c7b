import { closeSync, openSync, readSync } from "node:fs"
import type { Statements } from "./statements.ts"

/** Bytes one after the other that are no control characters, from which on they are taken for text. */
const textLength = 3
/**
 * The same on the inner pages of a table. Their own cells, copies of which stay behind as well, are numbers of pages and
 * rows, in which three such bytes in a row are nothing rare; a record that stood there before is longer.
 */
const textLengthOfInner = 8
/** What the first byte of a page says of it. */
const pageTypes = { innerOfIndex: 2, innerOfTable: 5 }
const readAtOnce = 128

/**
 * True if text that was deleted can still be read somewhere in the database file: on free pages, between the cells of
 * the others, behind the end of long values. SQLite overwrites what it deletes only with `secure_delete`, and leaves
 * copies behind even then where it moved cells from page to page.
 *
 * To be called in a transaction that keeps others from writing, with nothing in the write-ahead log. True as well
 * where SQLite can't tell which page is what (`dbstat`). The format is that of sqlite.org/fileformat2.html.
 */
export function hasDeletedText(connection: Statements, path: string): boolean {
  if (connection.get("SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'") === undefined) return true
  const pageSize = Number(connection.get("PRAGMA page_size")?.page_size)
  const pageCount = Number(connection.get("PRAGMA page_count")?.page_count)
  /**
   * Of each page how many bytes at its end are unused: all where nothing is said, -1 for a page with cells. What a page
   * of the schema has left over is SQL of tables and views, nobody's data; rebuilding would leave as much again.
   */
  const unused = new Int32Array(pageCount + 1).fill(pageSize)
  for (const page of connection.iterate("SELECT pageno, name, pagetype, unused FROM dbstat")) {
    const ofCells = page.name === "sqlite_schema" ? 0 : -1
    unused[Number(page.pageno)] = page.pagetype === "overflow" ? Number(page.unused) : ofCells
  }
  const file = openSync(path, "r")
  try {
    const bytes = Buffer.allocUnsafe(pageSize * readAtOnce)
    for (let first = 1; first <= pageCount; first += readAtOnce) {
      const length = readSync(file, bytes, 0, bytes.length, (first - 1) * pageSize)
      for (let at = 0; at + pageSize <= length; at += pageSize) {
        const number = first + at / pageSize
        const page = bytes.subarray(at, at + pageSize)
        const bytesLeft = unused[number] ?? pageSize
        const isDirty =
          bytesLeft < 0
            ? hasTextBetweenCells(page, number === 1 ? 100 : 0)
            : hasText(page.subarray(pageSize - bytesLeft))
        if (isDirty) return true
      }
    }
    return false
  } finally {
    closeSync(file)
  }
}

function hasTextBetweenCells(page: Buffer, header: number): boolean {
  const type = page[header]
  const isInner = type === pageTypes.innerOfIndex || type === pageTypes.innerOfTable
  const atLeast = type === pageTypes.innerOfTable ? textLengthOfInner : textLength
  const places = header + (isInner ? 12 : 8) + 2 * page.readUInt16BE(header + 3)
  // 0 stands for 65,536, which is where the cells begin on an empty page of that size.
  const cells = page.readUInt16BE(header + 5) || page.length
  if (hasText(page.subarray(places, cells), atLeast)) return true
  for (let free = page.readUInt16BE(header + 1); free > 0; free = page.readUInt16BE(free)) {
    if (hasText(page.subarray(free + 4, free + page.readUInt16BE(free + 2)), atLeast)) return true
  }
  return false
}

function hasText(bytes: Buffer, atLeast = textLength): boolean {
  let length = 0
  for (const byte of bytes) {
    length = byte < 32 ? 0 : length + 1
    if (length >= atLeast) return true
  }
  return false
}
