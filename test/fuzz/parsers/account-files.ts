import assert from "node:assert/strict"
import fc from "fast-check"
import { accountsFromCsv, csvColumns } from "../../../src/roster/matching/accounts-from-csv.ts"
import { type CsvRow, readCsvRows } from "../../../src/roster/matching/csv-rows.ts"
import { bytes, type Fuzzer, personal, text } from "../engine/fuzzer.ts"
import { asyncOutcome } from "../engine/outcome.ts"
import { encoded } from "../support/json-inputs.ts"

const cell = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom(
    "",
    "a1",
    "student",
    personal,
    `${personal}@school.example`,
    'a"b',
    "a,b",
    "a\nb",
    "a\r\nb",
    "é",
    " x ",
  ),
)
const quoted = cell.map((value) => `"${value.replaceAll('"', '""')}"`)
const row = fc.array(fc.oneof(quoted, fc.constantFrom("", "a1", "student")), { minLength: 1, maxLength: 4 })
const header = fc.subarray(Object.values(csvColumns), { minLength: 1, maxLength: 4 })
const file = fc
  .tuple(
    fc.constantFrom("", "\ufeff"),
    header,
    fc.array(row, { maxLength: 4 }),
    fc.constantFrom("\n", "\r\n"),
  )
  .map(([mark, names, rows, end]) => mark + [names, ...rows].map((cells) => cells.join()).join(end))

async function* pieces(input: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < input.length; at += size) yield input.subarray(at, at + size)
}

async function collected<T>(all: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const one of all) list.push(one)
  return list
}

function rowsIn(input: Uint8Array, size: number) {
  return asyncOutcome(() => collected(readCsvRows(pieces(input, size))))
}

/** The same rows written anew, every cell in quotation marks. */
function written(rows: readonly CsvRow[]): string {
  return rows
    .map(({ cells }) => `${cells.map((value) => `"${value.replaceAll('"', '""')}"`).join()}\r\n`)
    .join("")
}

export const accountFiles: Fuzzer = {
  name: "account-files",
  inputs: encoded(file),
  words: [
    ",",
    '"',
    '""',
    "\r",
    "\n",
    "\r\n",
    "\ufeff",
    "\0",
    "\u2028",
    "account_id",
    "clever_id",
    "a".repeat(60),
    personal,
  ],
  properties: {
    "has the same rows in whatever pieces it comes": async (input) => {
      const whole = await rowsIn(input, Math.max(1, input.length))
      for (const size of [1, 2, 7]) assert.deepEqual(await rowsIn(input, size), whole)
    },
    "has rows that are read the same when they are written anew": async (input) => {
      const { value: rows } = await rowsIn(input, 64)
      if (rows === undefined) return
      const again = await rowsIn(bytes(written(rows)), 64)
      assert.deepEqual(
        again.value?.map(({ cells }) => cells),
        rows.map(({ cells }) => cells),
      )
    },
    "has every sign of the file in its rows, marks and breaks aside": async (input) => {
      const { value: rows } = await rowsIn(input, 64)
      const bare = (given: string) => given.replaceAll(/["\r\n,]/g, "")
      const file = text(input).replace(/^\ufeff/, "")
      if (rows !== undefined) assert.equal(bare(rows.flatMap(({ cells }) => cells).join("")), bare(file))
    },
    "is a list with a line for each entry, or is refused without a word of it": async (input) => {
      const open = () => pieces(input, 16)
      const { value: entries, code } = await asyncOutcome(() =>
        collected(accountsFromCsv({ open }).list({} as never)),
      )
      if (entries === undefined) {
        assert.equal(code, "ACCOUNTS_UNREADABLE")
        return
      }
      const lines = entries.map(({ line }) => Number(line))
      assert.ok(lines.every((line, at) => line > (lines[at - 1] ?? 1)))
    },
  },
}
