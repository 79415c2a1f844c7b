import { textForms } from "../../models/text-forms.ts"
import { escapesAsciiSql } from "./may-hold.ts"
import type { Sql } from "./sql.ts"

/**
 * In how many rows of each table of the schema a text stands, in whatever way it is written; where it does not stand is
 * left out. The settings of connections are not looked at: who is left out of imports must be named there. Reads
 * everything that the role may read.
 */
export async function countTraces(sql: Sql, schema: string, text: string): Promise<Record<string, number>> {
  // No text of the database holds U+0000, save written as an escape.
  const forms = textForms(text).filter((form) => !form.includes("\0"))
  const columns = await sql.all(
    `SELECT c.relname AS "table", a.attname AS name, a.atttypid = 'text[]'::regtype AS "isList"
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     JOIN pg_type t ON t.oid = a.atttypid
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'm') AND has_table_privilege(c.oid, 'SELECT')
       AND (t.typcategory = 'S' OR a.atttypid = 'text[]'::regtype OR t.typname IN ('json', 'jsonb'))
       AND NOT (c.relname = 'connections' AND a.attname = 'settings')
     ORDER BY c.relname, a.attnum`,
    schema,
  )
  const byTable = new Map<string, string[]>()
  for (const { table, name, isList } of columns) {
    const column = quoted(String(name))
    const value = isList === true ? `array_to_string(${column}, chr(10))` : `${column}::text`
    byTable.set(String(table), [...(byTable.get(String(table)) ?? []), value])
  }
  const traces: Record<string, number> = {}
  for (const [table, values] of byTable) {
    const conditions = values.flatMap((value) => [
      ...forms.map((_, index) => `strpos(${value}, $${index + 2}) > 0`),
      `(${escapesAsciiSql(value)} AND strpos(${plainSql(value)}, $1) > 0)`,
    ])
    const row = await sql.get(
      `SELECT count(*) AS count FROM ${quoted(schema)}.${quoted(table)} WHERE $1::text IS NOT NULL AND (${conditions.join(" OR ")})`,
      text.replaceAll("\0", "\ufffd"),
      ...forms,
    )
    if (Number(row?.count) > 0) traces[table] = Number(row?.count)
  }
  return traces
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
