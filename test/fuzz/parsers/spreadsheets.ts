import assert from "node:assert/strict"
import fc from "fast-check"
import { csvLine } from "../../../src/exchange/csv.ts"
import { readCsvRows } from "../../../src/roster/matching/csv-rows.ts"
import { type Fuzzer, text } from "../engine/fuzzer.ts"
import { encoded } from "../support/json-inputs.ts"

const separator = "\x1e"

async function cellsOf(csv: string): Promise<string[][]> {
  const rows: string[][] = []
  for await (const { cells } of readCsvRows([csv] as unknown as AsyncIterable<string>)) rows.push(cells)
  return rows
}

export const spreadsheets: Fuzzer = {
  name: "spreadsheets",
  inputs: encoded(
    fc
      .array(
        fc.oneof(
          fc.string({ maxLength: 6 }),
          fc.constantFrom("=1+1", "-5", "+a", "@x", "\t=1", "'", "a\r\nb", '"'),
        ),
        {
          minLength: 1,
          maxLength: 4,
        },
      )
      .map((cells) => cells.join(separator)),
  ),
  words: [
    separator,
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "'",
    '"',
    ",",
    ";",
    "|",
    "=HYPERLINK(",
    "\uff1d",
    "1.5",
    "-1e5",
    "\u0000",
  ],
  properties: {
    "is read as the cells that were written, one row": async (input) => {
      const given = text(input).split(separator)
      const rows = await cellsOf(csvLine(given))
      if (given.length === 1 && given[0] === "") return
      assert.equal(rows.length, 1)
      // A cell that was disarmed has an apostrophe more.
      const read = rows[0]?.map((cell, at) => (cell === `'${given[at]}` ? given[at] : cell))
      assert.deepEqual(read, given)
    },
    "holds no cell that a spreadsheet would reckon with": async (input) => {
      for (const cell of (await cellsOf(csvLine(text(input).split(separator)))).flat()) {
        if (/^[+-]?\d+(?:\.\d+)?$/.test(cell)) continue
        assert.doesNotMatch(cell, /^[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]/)
      }
    },
  },
}
