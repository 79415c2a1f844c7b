import { HomeroomError, isHomeroomError } from "../../errors/index.ts"
import type { AccountEntry, AccountSource, UnusableEntry } from "./account-entry.ts"
import type { CsvRow } from "./csv-rows.ts"

/** What a column may hold: a field of an account. */
export type AccountColumn = Exclude<keyof AccountEntry, "line">

export interface CsvAccountOptions {
  /** The file. One of `path` and `open` is needed; default: none. */
  path?: string | undefined
  /**
   * Instead of a file: opens the text or the bytes anew for each listing, as `() => response.body`. Default: none.
   */
  open?: (() => AsyncIterable<Uint8Array | string>) | undefined
  /** What the columns are called in the header. Default: {@link csvColumns}. */
  columns?: Partial<Record<AccountColumn, string>> | undefined
}

/** What the columns of a list of accounts are called. Only `account_id` must be there. */
export const csvColumns: Readonly<Record<AccountColumn, string>> = {
  accountId: "account_id",
  kind: "kind",
  districtId: "district_id",
  role: "role",
  cleverId: "clever_id",
  legacyIds: "legacy_ids",
  sisId: "sis_id",
  studentNumber: "student_number",
  teacherNumber: "teacher_number",
  staffId: "staff_id",
  stateId: "state_id",
  email: "email",
  mdrNumber: "mdr_number",
  ncesId: "nces_id",
}

/**
 * The app's accounts from a CSV file (RFC 4180, UTF-8) with a header. Columns may stand in any order, and further ones
 * are left out; several ids in `legacy_ids` are separated by spaces. Values are taken as they stand, spaces included;
 * an empty cell is nothing. With a column `district_id`, one file may hold all districts.
 *
 * A row that can't be used is an entry of its own, with its line. A file whose rows can't be told apart fails the whole
 * listing, which rejects with `ACCOUNTS_UNREADABLE`: half a list would make others look unique. Reads the file anew for
 * each listing, one chunk in memory. Throws `INVALID_OPTIONS` without `path` or `open`.
 */
export function accountsFromCsv(options: CsvAccountOptions): AccountSource {
  const { path, columns = {} } = options
  const open = options.open ?? (path === undefined ? undefined : () => chunksOf(path))
  if (open === undefined) {
    throw new HomeroomError("INVALID_OPTIONS", { message: "accountsFromCsv needs a path, or open." })
  }
  return {
    async *list() {
      try {
        yield* readEntries(open(), columns)
      } catch (error) {
        if (isHomeroomError(error)) throw error
        throw new HomeroomError("ACCOUNTS_UNREADABLE", {
          message: "The list of accounts can't be read.",
          details: { line: 0, reason: "not-readable" },
          cause: error,
        })
      }
    },
  }
}

async function* readEntries(
  chunks: AsyncIterable<Uint8Array | string>,
  columns: Partial<Record<AccountColumn, string>>,
): AsyncGenerator<AccountEntry | UnusableEntry> {
  const { readCsvRows } = await import("../later.ts")
  let header: { width: number; places: Map<AccountColumn, number> } | undefined
  for await (const row of readCsvRows(chunks)) {
    if (header === undefined) header = { width: row.cells.length, places: readHeader(row, columns) }
    else if (row.cells.length !== header.width) {
      yield { unusable: "cell-count", line: row.line, texts: textsOf(row) }
    } else yield entryOf(row, header.places)
  }
  if (header === undefined) throw unreadable(1, "header-missing")
}

/** Where each field stands. Names are compared without regard to case and to spaces around them. */
function readHeader(
  { cells, line }: CsvRow,
  columns: Partial<Record<AccountColumn, string>>,
): Map<AccountColumn, number> {
  const names = cells.map(plain)
  const places = new Map<AccountColumn, number>()
  for (const field of Object.keys(csvColumns) as AccountColumn[]) {
    const name = plain(columns[field] ?? csvColumns[field])
    const place = names.indexOf(name)
    const isNeeded = field === "accountId" || columns[field] !== undefined
    if (place < 0 && isNeeded) throw unreadable(line, `column-missing-${field}`)
    if (place < 0) continue
    if (names.includes(name, place + 1)) throw unreadable(line, `column-repeated-${field}`)
    places.set(field, place)
  }
  return places
}

function entryOf({ cells, line }: CsvRow, places: ReadonlyMap<AccountColumn, number>): AccountEntry {
  const entry: Record<string, unknown> = { line }
  for (const [field, place] of places) {
    const cell = cells[place]
    if (!cell) continue
    entry[field] = field === "legacyIds" ? cell.split(/\s+/).filter((id) => id !== "") : cell
  }
  // Whether kind and role are words that are known is looked at where entries of every source are.
  return entry as unknown as AccountEntry
}

/** What may be a value in a row whose cells are not where they should be: cells as they stand, and words in them. */
function textsOf({ cells }: CsvRow): string[] {
  const words = cells.flatMap((cell) => [cell, ...cell.split(/[\s;|]+/)])
  return [...new Set(words)].filter((word) => word !== "")
}

function plain(name: string): string {
  return name.trim().toLowerCase()
}

function unreadable(line: number, reason: string): HomeroomError {
  return new HomeroomError("ACCOUNTS_UNREADABLE", {
    message: `The list of accounts can't be read: ${reason}.`,
    details: { line, reason },
  })
}

/** Loaded with the first file: all of node:fs takes as long as a tenth of Homeroom. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const { createReadStream } = await import("node:fs")
  yield* createReadStream(path)
}
