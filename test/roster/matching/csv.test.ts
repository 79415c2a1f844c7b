import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { inspect } from "node:util"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type AccountEntry,
  accountsFromCsv,
  type CsvAccountOptions,
  type UnusableEntry,
} from "../../../src/entries/accounts.ts"
import { isHomeroomError } from "../../../src/index.ts"
import { csvColumns } from "../../../src/roster/matching/accounts-from-csv.ts"
import { readCsvRows } from "../../../src/roster/matching/csv-rows.ts"
import { temporaryFolder } from "../../support/roster-world.ts"

async function* chunksOf<T>(...chunks: T[]): AsyncGenerator<T> {
  yield* chunks
}

async function rowsOf(...chunks: (string | Uint8Array)[]): Promise<string[][]> {
  return (await linesOf(...chunks)).map(({ cells }) => cells)
}

async function linesOf(...chunks: (string | Uint8Array)[]): Promise<{ line: number; cells: string[] }[]> {
  const rows: { line: number; cells: string[] }[] = []
  for await (const row of readCsvRows(chunksOf(...chunks))) rows.push(row)
  return rows
}

async function entriesOf(text: string, options: CsvAccountOptions = {}, districtId = "d1") {
  const source = accountsFromCsv({ open: () => chunksOf(text), ...options })
  const entries: (AccountEntry | UnusableEntry)[] = []
  for await (const entry of source.list({ districtId })) entries.push(entry)
  return entries
}

/** What a failure says of itself. */
async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    if (isHomeroomError(error)) return { code: error.code, ...error.details }
    return error
  }
  return undefined
}

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`
const bare = (cell: string): string => (/[",\r\n]/.test(cell) ? quoted(cell) : cell)

const sign = fc.oneof(
  fc.constantFrom(",", '"', "\n", "\r", "\r\n", " ", "=", "ä", "学", "🏫", "\u0301", "\uFEFF", "a", "0"),
  fc.string({ unit: "binary", maxLength: 2 }),
)
const cell = fc.array(sign, { maxLength: 6 }).map((signs) => signs.join(""))
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((width) =>
    fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
  )

describe("S26 the rows of a CSV file", () => {
  it("S26 come back as they were written, whatever is in them and however the bytes are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.record({
          quoteAll: fc.boolean(),
          lineBreak: fc.constantFrom("\n", "\r\n"),
          ending: fc.boolean(),
          mark: fc.boolean(),
          cuts: fc.array(fc.nat({ max: 200 }), { maxLength: 8 }),
          asText: fc.boolean(),
        }),
        async (rows, { quoteAll, lineBreak, ending, mark, cuts, asText }) => {
          // A row of one empty cell is a blank line unless it is quoted, and a mark at the very beginning is none of it.
          const write =
            quoteAll || rows[0]?.length === 1 || rows[0]?.[0]?.startsWith("\uFEFF") ? quoted : bare
          const lines = rows.map((cells) => cells.map(write).join(","))
          const text = `${mark ? "\uFEFF" : ""}${lines.join(lineBreak)}${ending ? lineBreak : ""}`
          const whole = asText ? text : Buffer.from(text)
          const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)), whole.length].sort(
            (a, b) => a - b,
          )
          const chunks = places.slice(1).map((place, index) => whole.slice(places[index], place))
          expect(await rowsOf(...chunks)).toEqual(rows)
        },
      ),
      { numRuns: 500 },
    )
  })

  it("S26 begin on the lines that are told, with line breaks inside cells and blank lines between", async () => {
    expect(await linesOf('a,b\r\n\r\n"1\n2\r\n3",4\n\n5,6')).toEqual([
      { line: 1, cells: ["a", "b"] },
      { line: 3, cells: ["1\n2\r\n3", "4"] },
      { line: 7, cells: ["5", "6"] },
    ])
    expect(await rowsOf("")).toEqual([])
    expect(await rowsOf("\n\r\n")).toEqual([])
    expect(await rowsOf("\uFEFF")).toEqual([])
    expect(await rowsOf('""')).toEqual([[""]])
    expect(await rowsOf(",")).toEqual([["", ""]])
  })

  const torn: [string, string, number, string][] = [
    ["a quotation mark that never ends", 'a,b\n1,"2\n3,4\n', 2, "quote-not-closed"],
    ["a quotation mark inside a bare cell", 'a,b\n1,2"3\n', 2, "quote-misplaced"],
    ["text behind a closing quotation mark", 'a,b\n1,"2"3\n', 2, "quote-misplaced"],
    ["a torn cell before a whole one", 'a,b\n1,"2\n3,"4"\n', 3, "quote-misplaced"],
    ["a carriage return by itself", "a,b\r1,2\r", 1, "line-break-misplaced"],
    ["a carriage return at the end", "a,b\n1,2\r", 2, "line-break-misplaced"],
    ["a quotation mark behind a carriage return", 'a,b\n1,2\r"3"\n', 2, "quote-misplaced"],
    ["a row that is too long", `a,b\n1,${"x".repeat(100_001)}\n`, 2, "row-too-long"],
    ["a row of too many cells", `a,b\n${",".repeat(100_001)}\n`, 2, "row-too-long"],
  ]
  it.each(torn)(
    "S26 are refused for %s, with the line and without contents",
    async (_, text, line, reason) => {
      expect(await failure(rowsOf(text))).toEqual({ code: "ACCOUNTS_UNREADABLE", line, reason })
      // The same byte by byte.
      if (text.length > 100) return
      expect(await failure(rowsOf(...[...Buffer.from(text)].map((byte) => Uint8Array.of(byte))))).toEqual({
        code: "ACCOUNTS_UNREADABLE",
        line,
        reason,
      })
    },
  )

  it("S26 a torn quotation mark never makes two rows one, wherever it is put in or taken out", async () => {
    const rows = fc.array(fc.tuple(fc.nat({ max: 99 }), fc.constantFrom("a", "b,c", 'd"e', "")), {
      minLength: 2,
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(), fc.boolean(), async (cells, at, remove) => {
        const text = cells.map(([id, name]) => `id${id},${quoted(name)}\n`).join("")
        const marks = [...text.matchAll(/"/g)].map(({ index }) => index)
        const place = marks[at % marks.length] as number
        const wrong = remove
          ? text.slice(0, place) + text.slice(place + 1)
          : `${text.slice(0, place)}"${text.slice(place)}`
        const read = await rowsOf(wrong).catch(() => undefined)
        // Either it is noticed, or each row is still one that was there, but for the cell that was torn.
        if (read === undefined) return
        const ids = read.map(([id]) => id)
        expect(ids).toEqual(cells.map(([id]) => `id${id}`))
      }),
      { numRuns: 500 },
    )
  })

  it("S26 are refused where they are not UTF-8", async () => {
    const reason = { code: "ACCOUNTS_UNREADABLE", reason: "not-utf-8" }
    expect(await failure(rowsOf(Buffer.from("a,b\nJos\xe9,1\n", "latin1")))).toMatchObject(reason)
    expect(await failure(rowsOf(Buffer.from("\uFEFFa,b\n", "utf16le")))).toMatchObject(reason)
    expect(await failure(rowsOf(Buffer.from("a,é").subarray(0, -1)))).toMatchObject(reason)
  })
})

describe("S26 the app's accounts from a CSV file", () => {
  it("S26 have every field that an account may have, in columns of any order", async () => {
    const header = Object.values(csvColumns).toReversed().join(",")
    const row = Object.values(csvColumns)
      .toReversed()
      .map((name) => ({ legacy_ids: "old-1  old-2 ", role: "student", kind: "user" })[name] ?? `the ${name}`)
      .join(",")
    expect(await entriesOf(`${header}\r\n${row}\r\n`)).toEqual([
      {
        line: 2,
        accountId: "the account_id",
        kind: "user",
        districtId: "the district_id",
        role: "student",
        cleverId: "the clever_id",
        legacyIds: ["old-1", "old-2"],
        sisId: "the sis_id",
        studentNumber: "the student_number",
        teacherNumber: "the teacher_number",
        staffId: "the staff_id",
        stateId: "the state_id",
        email: "the email",
        mdrNumber: "the mdr_number",
        ncesId: "the nces_id",
      },
    ])
  })

  it("S26 take columns of other names, leave out further ones, and empty cells are nothing", async () => {
    const text = "Pupil No, ID ,Shoe size\n001,7,38\n,8,\n"
    expect(await entriesOf(text, { columns: { accountId: "id", sisId: "pupil no" } })).toEqual([
      { line: 2, accountId: "7", sisId: "001" },
      { line: 3, accountId: "8" },
    ])
  })

  it("S26 a row with too few or too many cells is an entry of its own, with its line", async () => {
    expect(await entriesOf("account_id,sis_id\na1\na2,2\na3,3,x\n")).toEqual([
      { unusable: "cell-count", line: 2, texts: ["a1"] },
      { line: 3, accountId: "a2", sisId: "2" },
      { unusable: "cell-count", line: 4, texts: ["a3", "3", "x"] },
    ])
    expect(await entriesOf("account_id,name,sis_id\na1;1|2,Smith, John\tF,3\na2;2\n")).toEqual([
      {
        unusable: "cell-count",
        line: 2,
        texts: ["a1;1|2", "a1", "1", "2", "Smith", " John\tF", "John", "F", "3"],
      },
      { unusable: "cell-count", line: 3, texts: ["a2;2", "a2", "2"] },
    ])
  })

  const headers: [string, string, CsvAccountOptions["columns"], string][] = [
    ["no header", "", {}, "header-missing"],
    ["no account ids", "sis_id,email\n1,x\n", {}, "column-missing-accountId"],
    ["a separator that is no comma", "account_id;sis_id\n1;2\n", {}, "column-missing-accountId"],
    [
      "a column that was named and is not there",
      "account_id\n1\n",
      { email: "mail" },
      "column-missing-email",
    ],
    ["a column that is there twice", "account_id,sis_id,SIS_ID\n1,2,3\n", {}, "column-repeated-sisId"],
  ]
  it.each(headers)("S26 can't be read with %s", async (_, text, columns, reason) => {
    expect(await failure(entriesOf(text, { columns: columns ?? {} }))).toEqual({
      code: "ACCOUNTS_UNREADABLE",
      line: 1,
      reason,
    })
  })

  it("S26 are read anew from a file each time, and one that is not there is told", async () => {
    const path = join(temporaryFolder(), "accounts.csv")
    const source = accountsFromCsv({ path })
    const list = async () => {
      const entries: unknown[] = []
      for await (const entry of source.list({ districtId: "d1" })) entries.push(entry)
      return entries
    }
    expect(await failure(list())).toMatchObject({ code: "ACCOUNTS_UNREADABLE", reason: "not-readable" })
    writeFileSync(path, "account_id\na1\n")
    expect(await list()).toEqual([{ line: 2, accountId: "a1" }])
    writeFileSync(path, "\uFEFFaccount_id\r\na2\r\n")
    expect(await list()).toEqual([{ line: 2, accountId: "a2" }])
    expect(() => accountsFromCsv({})).toThrow("accountsFromCsv needs a path")
  })

  it("S26 no error tells what stands in the file", async () => {
    const canary = "canary@school.example"
    for (const text of [
      `account_id,email\n1,"${canary}`,
      `account_id,email\n1,"x"${canary}\n`,
      `account_id,${canary},email,email\n`,
      `${canary}\n`,
    ]) {
      const error = await entriesOf(text).catch((reason: unknown) => reason)
      expect(isHomeroomError(error)).toBe(true)
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("canary")
    }
  })
})
