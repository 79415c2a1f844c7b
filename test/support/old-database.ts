import { DatabaseSync } from "node:sqlite"
import { migrations } from "../../src/storage/sqlite/schema.ts"

interface Relation {
  type: "table" | "index" | "view"
  name: string
}

/** Takes a closed database back to what an earlier schema version would hold: without what was added since. */
export function takeBackTo(version: number, path: string): void {
  const old = new DatabaseSync(":memory:")
  for (const sql of migrations.slice(0, version)) old.exec(sql)
  const known = new Set(relationsOf(old).map(({ name }) => name))
  const database = new DatabaseSync(path)
  const added = relationsOf(database).filter(({ name }) => !known.has(name))
  // Views and indexes first: a column that one of them names can't be dropped.
  for (const type of ["view", "index", "table"] as const) {
    for (const one of added) if (one.type === type) database.exec(`DROP ${type} ${one.name}`)
  }
  for (const { type, name } of relationsOf(old)) {
    if (type !== "table") continue
    const columns = columnsOf(old, name)
    for (const column of columnsOf(database, name)) {
      if (!columns.includes(column)) database.exec(`ALTER TABLE ${name} DROP COLUMN ${column}`)
    }
  }
  database.prepare("DELETE FROM homeroom_schema WHERE version > ?").run(version)
  old.close()
  database.close()
}

/** Of the migrations alone: the lookup table and the list of migrations are made beside them. */
function relationsOf(database: DatabaseSync): Relation[] {
  const rows = database.prepare("SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL").all()
  return (rows as unknown as Relation[]).filter(
    ({ name }) => !/^(homeroom_lookup|homeroom_schema)/.test(name),
  )
}

function columnsOf(database: DatabaseSync, table: string): string[] {
  return database
    .prepare("SELECT name FROM pragma_table_info(?)")
    .all(table)
    .map(({ name }) => String(name))
}
