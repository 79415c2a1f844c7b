/** Node's own SQLite, in the form in which Kysely's `SqliteDialect` takes a database. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import type { SqliteDatabase } from "kysely"

export function nodeSqlite(path: string): SqliteDatabase {
  const database = new DatabaseSync(path)
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql)
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
        run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      }
    },
  }
}
