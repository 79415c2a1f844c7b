import type { DatabaseSync } from "node:sqlite"
import { HomeroomError } from "../../errors/index.ts"
import type { Statements } from "./statements.ts"

const indexSql = `
CREATE VIRTUAL TABLE homeroom_lookup USING fts5 (
  person, school, role, sis_id,
  content = '', contentless_delete = 1, detail = column, tokenize = 'ascii'
)`

// A rowid that is no column of its own is given anew by VACUUM.
const plainKey = "rowid INTEGER PRIMARY KEY"
export const plainLookupSql: string = `CREATE TABLE homeroom_lookup (${plainKey}, person TEXT, school TEXT, role TEXT, sis_id TEXT)`

/** Makes the lookup table anew, as this SQL says, with what it holds. */
function rebuildSql(sql: string): string {
  return `
ALTER TABLE homeroom_lookup RENAME TO homeroom_lookup_plain;
${sql};
INSERT INTO homeroom_lookup (rowid, person, school, role, sis_id)
  SELECT rowid, person, school, role, sis_id FROM homeroom_lookup_plain;
DROP TABLE homeroom_lookup_plain;`
}

/**
 * Makes the lookup table, inside the migration's transaction: a full-text index, or, under Node 22.13 to 22.15,
 * whose SQLite has no FTS5, a plain table with the same columns that searches walk through. A plain one becomes
 * an index when a newer Node opens the database; the other way round is refused.
 */
export function prepareLookupTable(connection: DatabaseSync, path: string): void {
  const known = connection.prepare("SELECT sql FROM sqlite_master WHERE name = 'homeroom_lookup'").get()
  const isIndex = known !== undefined && isIndexSql(known.sql)
  const canIndex =
    connection.prepare("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").get() !== undefined
  if (isIndex && !canIndex) {
    throw new HomeroomError("STORAGE_UNREADABLE", {
      message: `${path} has a full-text index, which needs Node 22.16 or newer (this is ${process.version}).`,
      details: { nodeVersion: process.version },
    })
  }
  if (known === undefined) connection.exec(canIndex ? indexSql : plainLookupSql)
  else if (!isIndex && canIndex) connection.exec(rebuildSql(indexSql))
  else if (!isIndex && !String(known.sql).includes(plainKey)) connection.exec(rebuildSql(plainLookupSql))
}

/** Whether the lookup table is an index here. */
export function isIndexed(statements: Statements): boolean {
  return isIndexSql(statements.get("SELECT sql FROM sqlite_master WHERE name = 'homeroom_lookup'")?.sql)
}

function isIndexSql(sql: unknown): boolean {
  return String(sql).includes("fts5")
}

/**
 * Takes deleted entries out of the index's pages, where their words stay until then: a deletion only adds a mark that
 * they are void. Costs some 1.5 s for a million records; nothing if there is none to take out.
 */
export function mergeLookups(writer: Statements): void {
  if (isIndexed(writer)) writer.run("INSERT INTO homeroom_lookup (homeroom_lookup) VALUES ('optimize')")
}

/** The condition that a column of the lookup table holds the word bound to it, under an index or without one. */
export function lookupCondition(isIndexed: boolean, column: string): string {
  return isIndexed
    ? `homeroom_lookup MATCH '${column} : ' || ?`
    : `instr(' ' || l.${column} || ' ', ' ' || ? || ' ') > 0`
}
