import type { DatabaseSync } from "node:sqlite"
import { HomeroomError } from "../../errors/index.ts"

const indexSql = `
CREATE VIRTUAL TABLE homeroom_lookup USING fts5 (
  person, school, role, sis_id,
  content = '', contentless_delete = 1, detail = column, tokenize = 'ascii'
)`

const plainSql = "CREATE TABLE homeroom_lookup (person TEXT, school TEXT, role TEXT, sis_id TEXT)"

const rebuildSql = `
ALTER TABLE homeroom_lookup RENAME TO homeroom_lookup_plain;
${indexSql};
INSERT INTO homeroom_lookup (rowid, person, school, role, sis_id)
  SELECT rowid, person, school, role, sis_id FROM homeroom_lookup_plain;
DROP TABLE homeroom_lookup_plain;`

/**
 * Makes the lookup table, inside the migration's transaction: a full-text index, or, under Node 22.13 to 22.15,
 * whose SQLite has no FTS5, a plain table with the same columns that searches walk through. A plain one becomes
 * an index when a newer Node opens the database; the other way round is refused.
 */
export function prepareLookupTable(connection: DatabaseSync, path: string): void {
  const known = connection.prepare("SELECT sql FROM sqlite_master WHERE name = 'homeroom_lookup'").get()
  const isIndex = known !== undefined && String(known.sql).includes("fts5")
  const canIndex =
    connection.prepare("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").get() !== undefined
  if (isIndex && !canIndex) {
    throw new HomeroomError("STORAGE_UNREADABLE", {
      message: `${path} has a full-text index, which needs Node 22.16 or newer (this is ${process.version}).`,
      details: { nodeVersion: process.version },
    })
  }
  if (known === undefined) connection.exec(canIndex ? indexSql : plainSql)
  else if (!isIndex && canIndex) connection.exec(rebuildSql)
}

/** The condition that a column of the lookup table holds the word bound to it, under an index or without one. */
export function lookupCondition(isIndexed: boolean, column: string): string {
  return isIndexed
    ? `homeroom_lookup MATCH '${column} : ' || ?`
    : `instr(' ' || l.${column} || ' ', ' ' || ? || ' ') > 0`
}
