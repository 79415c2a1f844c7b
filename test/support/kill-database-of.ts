import type { KillDatabase } from "./kill-database.ts"
import { postgresKillDatabase } from "./kill-postgres.ts"
import { sqliteKillDatabase } from "./kill-sqlite.ts"

/** The kind of database that a URL is of, for the process that is to die. */
export function killDatabaseOf(url: string): KillDatabase {
  const scheme = url.slice(0, url.indexOf(":"))
  if (scheme === "sqlite") return sqliteKillDatabase
  if (scheme === "postgres" || scheme === "postgresql") return postgresKillDatabase(url, { dies: true })
  throw new Error(`No kind of database has the scheme ${scheme}.`)
}
