import { HomeroomError } from "../../errors/index.ts"

export interface CsvRow {
  /** The line that the row begins on, from 1. */
  line: number
  cells: string[]
}

/** No list of accounts has a longer row; a quotation mark that is never closed makes one. */
const maxRowLength = 100_000

/**
 * The rows of a CSV file as RFC 4180 has it: commas, quotation marks doubled inside quoted cells, CRLF or LF, the last
 * line break optional; UTF-8 with or without a byte order mark. Blank lines are no rows.
 *
 * Strict, since a quotation mark out of place makes cells of other rows: rejects with `ACCOUNTS_UNREADABLE`, with the
 * line and the reason, and never with contents. Holds one chunk and one row.
 */
export async function* readCsvRows(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<CsvRow> {
  const parser = new CsvParser()
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      return parser.fail("not-utf-8")
    }
  }
  for await (const chunk of chunks) {
    yield* parser.take(typeof chunk === "string" ? chunk : decode(chunk))
  }
  yield* parser.take(decode())
  yield* parser.end()
}

class CsvParser {
  /** Inside a cell, or right behind a closing quotation mark or a carriage return. */
  #state: "start" | "bare" | "quoted" | "closed" | "return" = "start"
  #cells: string[] = []
  #cell = ""
  #length = 0
  #hasQuotes = false
  #line = 1
  #rowLine = 1
  #isFirst = true

  /** The rows that end in this text. */
  take(text: string): CsvRow[] {
    const rows: CsvRow[] = []
    let from = 0
    let at = 0
    if (this.#isFirst && text !== "") {
      this.#isFirst = false
      if (text.startsWith("\uFEFF")) from = at = 1
    }
    for (; at < text.length; at++) {
      const sign = text[at]
      if (this.#state === "quoted") {
        if (sign === "\n") this.#line++
        if (sign !== '"') continue
        this.#add(text.slice(from, at))
        this.#state = "closed"
      } else if (sign === '"') {
        // Doubled inside a quoted cell it stands for itself, and the cell goes on.
        if (this.#state === "closed") this.#add('"')
        else if (this.#state !== "start") this.fail("quote-misplaced")
        this.#hasQuotes = true
        this.#state = "quoted"
        from = at + 1
      } else if (sign === "," || sign === "\n" || sign === "\r") {
        if (this.#state === "return" && sign !== "\n") this.fail("line-break-misplaced")
        if (this.#state === "bare") this.#add(text.slice(from, at))
        if (this.#state !== "return") this.#endCell()
        this.#state = sign === "\r" ? "return" : "start"
        if (sign === "\n") rows.push(...this.#endRow())
      } else if (this.#state === "start") {
        this.#state = "bare"
        from = at
      } else if (this.#state !== "bare") {
        this.fail(this.#state === "closed" ? "quote-misplaced" : "line-break-misplaced")
      }
    }
    if (this.#state === "bare" || this.#state === "quoted") this.#add(text.slice(from))
    return rows
  }

  /** The last row, if no line break ended it. */
  end(): CsvRow[] {
    if (this.#state === "quoted") {
      this.#line = this.#rowLine
      this.fail("quote-not-closed")
    }
    if (this.#state === "return") this.fail("line-break-misplaced")
    if (this.#state === "start" && this.#cells.length === 0) return []
    this.#endCell()
    return this.#endRow()
  }

  fail(reason: string): never {
    throw new HomeroomError("ACCOUNTS_UNREADABLE", {
      message: `The list of accounts can't be read from line ${this.#line} on: ${reason}.`,
      details: { line: this.#line, reason },
    })
  }

  #add(text: string): void {
    this.#count(text.length)
    this.#cell += text
  }

  #count(signs: number): void {
    this.#length += signs
    if (this.#length <= maxRowLength) return
    this.#line = this.#rowLine
    this.fail("row-too-long")
  }

  #endCell(): void {
    this.#count(1)
    this.#cells.push(this.#cell)
    this.#cell = ""
  }

  /** No row, if the line was blank. */
  #endRow(): CsvRow[] {
    const cells = this.#cells
    const isBlank = cells.length === 1 && cells[0] === "" && !this.#hasQuotes
    const row = { line: this.#rowLine, cells }
    this.#cells = []
    this.#length = 0
    this.#hasQuotes = false
    this.#rowLine = ++this.#line
    return isBlank ? [] : [row]
  }
}
