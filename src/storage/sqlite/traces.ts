import { closeSync, openSync, readSync, statSync } from "node:fs"
import { basename } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { textForms, withoutEscapedAscii } from "../../models/text-forms.ts"
import { wordsOfIndex } from "./index-terms.ts"
import { isIndexed } from "./lookup-table.ts"
import { lookupWord } from "./lookup-word.ts"
import { Statements } from "./statements.ts"

const readAtOnce = 1024 * 1024

/**
 * In how many entries of each table, words of the lookup index and places of each file a text stands, in whatever way
 * it is written; where it does not stand is left out. The settings of connections are not looked at: who is left out of
 * imports must be named there.
 *
 * Reads everything: some 4 s for a million records.
 */
export function countTraces(connection: DatabaseSync, path: string, text: string): Record<string, number> {
  const statements = new Statements(connection)
  connection.function("homeroom_plain", { deterministic: true }, (json) => withoutEscapedAscii(String(json)))
  const forms = textForms(text)
  const traces: Record<string, number> = {}
  for (const table of tablesOf(statements)) {
    const count = countRows(statements, table, { text, forms })
    if (count > 0) traces[table] = count
  }
  if (isIndexed(statements)) {
    const words = countWords(statements, text)
    if (words > 0) traces.homeroom_lookup = words
  }
  const inSettings = countInSettings(statements, forms)
  for (const ending of ["", "-wal", "-shm"]) {
    const count = countInFile(path + ending, forms) - inSettings
    if (count > 0) traces[basename(path) + ending] = count
  }
  return traces
}

/** The tables that hold something themselves, a host's own and those of the lookup index included. */
function tablesOf(statements: Statements): string[] {
  return statements
    .all(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
    )
    .map((row) => String(row.name))
}

function countRows(
  statements: Statements,
  table: string,
  { text, forms }: { text: string; forms: readonly string[] },
): number {
  const columns = statements
    .all("SELECT name FROM pragma_table_info(?) WHERE type NOT IN ('INTEGER', 'REAL')", table)
    .map((row) => String(row.name))
    .filter((column) => table !== "homeroom_connections" || column !== "settings")
  if (columns.length === 0) return 0
  const conditions: string[] = []
  const parameters: string[] = []
  for (const column of columns.map(quoted)) {
    for (const form of forms) {
      conditions.push(`instr(CAST(${column} AS BLOB), CAST(? AS BLOB)) > 0`)
      parameters.push(form)
    }
    conditions.push(
      `(typeof(${column}) = 'text' AND ${column} GLOB '*\\u00[2-7]*' AND instr(homeroom_plain(${column}), ?) > 0)`,
    )
    parameters.push(text)
  }
  const row = statements.get(
    `SELECT count(*) AS count FROM ${quoted(table)} WHERE ${conditions.join(" OR ")}`,
    ...parameters,
  )
  return Number(row?.count)
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Words are made of whole values: of one that the text is a part of as well. */
function countWords(statements: Statements, text: string): number {
  const word = lookupWord(text)
  const part = Buffer.from(text).toString("hex")
  let count = 0
  for (const found of wordsOfIndex(statements)) if (found === word || found.includes(part)) count++
  return count
}

function countInSettings(statements: Statements, forms: readonly string[]): number {
  let count = 0
  for (const { settings } of statements.all("SELECT settings FROM homeroom_connections")) {
    for (const form of forms) count += String(settings).split(form).length - 1
  }
  return count
}

function countInFile(path: string, forms: readonly string[]): number {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return 0
  const needles = forms.map((form) => Buffer.from(form))
  const longest = Math.max(...needles.map((needle) => needle.length))
  const bytes = Buffer.allocUnsafe(readAtOnce + longest)
  const file = openSync(path, "r")
  let count = 0
  try {
    for (let at = 0; ; at += readAtOnce) {
      const length = readSync(file, bytes, 0, bytes.length, at)
      for (const needle of needles) count += countIn(bytes.subarray(0, length), needle)
      if (length < bytes.length) return count
    }
  } finally {
    closeSync(file)
  }
}

/** Those that begin within one reading; the next begins where it ends. */
function countIn(bytes: Buffer, needle: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(needle); at >= 0 && at < readAtOnce; at = bytes.indexOf(needle, at + 1)) count++
  return count
}
