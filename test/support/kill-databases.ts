import type { KillDatabase } from "./kill-database.ts"
import { postgresKillDatabase } from "./kill-postgres.ts"
import { sqliteKillDatabase } from "./kill-sqlite.ts"
import { runningServer } from "./postgres.ts"

const postgresUrl = await runningServer()

/** Every kind of database that kill tests run against: PostgreSQL where a server runs, since they start none. */
export const killDatabases: readonly KillDatabase[] = [
  sqliteKillDatabase,
  ...(postgresUrl === undefined ? [] : [postgresKillDatabase(postgresUrl)]),
]
