import { textForms } from "../../models/text-forms.ts"
import { termsWith } from "./lookup-terms.ts"
import { escapesAsciiSql } from "./may-hold.ts"
import type { Sql } from "./sql.ts"
import { termNumber } from "./term-numbers.ts"

/**
 * In how many rows of each table of the schema a text stands, in whatever way it is written, or the number of a lookup
 * term with it; where it does not stand is left out. The settings of connections are not looked at: who is left out of imports must be named there. Reads
 * everything that the role may read.
 */
export async function countTraces(sql: Sql, schema: string, text: string): Promise<Record<string, number>> {
  // No text of the database holds U+0000, save written as an escape.
  const forms = textForms(text).filter((form) => !form.includes("\0"))
  const columns = await sql.all(
    `SELECT c.relname AS "table", a.attname AS name, a.atttypid = 'text[]'::regtype AS "isList",
       a.atttypid = 'bigint[]'::regtype AS "isNumbers"
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     JOIN pg_type t ON t.oid = a.atttypid
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'm') AND has_table_privilege(c.oid, 'SELECT')
       AND (t.typcategory = 'S' OR a.atttypid IN ('text[]'::regtype, 'bigint[]'::regtype) OR t.typname IN ('json', 'jsonb'))
       AND NOT (c.relname = 'connections' AND a.attname = 'settings')
     ORDER BY c.relname, a.attnum`,
    schema,
  )
  const districts = await sql.all("SELECT key FROM homeroom.districts")
  const numbers = districts.flatMap(({ key }) => termsWith(Number(key), text)).map(termNumber)
  const byTable = new Map<string, string[]>()
  for (const { table, name, isList, isNumbers } of columns) {
    const column = quoted(String(name))
    const value = isList === true ? `array_to_string(${column}, chr(10))` : `${column}::text`
    const conditions = isNumbers === true ? [`${column} && $2::bigint[]`] : conditionsOf(value, forms.length)
    byTable.set(String(table), [...(byTable.get(String(table)) ?? []), ...conditions])
  }
  const traces: Record<string, number> = {}
  for (const [table, conditions] of byTable) {
    const row = await sql.get(
      `SELECT count(*) AS count FROM ${quoted(schema)}.${quoted(table)}
       WHERE $1::text IS NOT NULL AND $2::bigint[] IS NOT NULL AND (${conditions.join(" OR ")})`,
      text.replaceAll("\0", "\ufffd"),
      numbers,
      ...forms,
    )
    if (Number(row?.count) > 0) traces[table] = Number(row?.count)
  }
  return traces
}

/** Whether a value has the text, the parameter `$1`, or one of its forms, the parameters from `$3` on. */
function conditionsOf(value: string, forms: number): string[] {
  return [
    ...Array.from({ length: forms }, (_, index) => `strpos(${value}, $${index + 3}) > 0`),
    `(${escapesAsciiSql(value)} AND strpos(${plainSql(value)}, $1) > 0)`,
  ]
}

/** A text with its escaped letters, digits and signs of ASCII as they are. */
function plainSql(value: string): string {
  let plain = value
  for (let code = 0x20; code < 0x80; code++) {
    const hexadecimal = code.toString(16)
    const character = String.fromCharCode(code).replace("'", "''")
    for (const form of new Set([hexadecimal, hexadecimal.toUpperCase()])) {
      plain = `replace(${plain}, '\\u00${form}', '${character}')`
    }
  }
  return plain
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
