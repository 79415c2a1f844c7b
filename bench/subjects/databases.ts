import { rmSync } from "node:fs"
import { join } from "node:path"
import pg from "pg"
import type { RosterStorage } from "../../src/storage/contract.ts"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"

// A place for databases is a folder, or the URL of a database of PostgreSQL; a database in it is a file, or that URL
// with a schema behind `#`.

export function isPostgres(place: string): boolean {
  return place.startsWith("postgres")
}

export function databaseAt(place: string, name: string): string {
  return isPostgres(place) ? `${place}#${name.replaceAll("-", "_")}` : join(place, `${name}.db`)
}

export function storageAt(database: string): RosterStorage {
  if (!isPostgres(database)) return new SqliteStorage({ path: database })
  const [connectionString, schema] = database.split("#")
  return new PostgresStorage({ connectionString, schema })
}

export async function removeDatabase(database: string): Promise<void> {
  if (!isPostgres(database)) {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(database + suffix, { force: true })
    return
  }
  const [url = "", schema] = database.split("#")
  await runOn(url, `DROP SCHEMA IF EXISTS ${schema} CASCADE`)
}

/** Runs SQL on a connection of its own; the rows of the last statement. */
export async function runOn(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows = [] } = await client.query<Record<string, unknown>>(sql)
    return rows
  } finally {
    await client.end()
  }
}
