import type { KillDatabase } from "./kill-database.ts"
import { sqliteKillDatabase } from "./kill-sqlite.ts"

/** Every kind of database that kill tests run against. */
export const killDatabases: readonly KillDatabase[] = [sqliteKillDatabase]

/** The kind of database that a URL is of. */
export function killDatabaseOf(url: string): KillDatabase {
  const scheme = url.slice(0, url.indexOf(":"))
  const database = killDatabases.find(({ url }) => url("", 0).startsWith(`${scheme}:`))
  if (database === undefined) throw new Error(`No kind of database has the scheme ${scheme}.`)
  return database
}
