import { HomeroomError } from "../../errors/index.ts"
import { type Database, lockNumber } from "./database.ts"
import { isForbidden } from "./errors.ts"
import { migrations } from "./schema.ts"
import type { Sql } from "./sql.ts"

export interface MigrateOptions {
  readonly schema: string
  /** False: a schema that is not up to date is refused. */
  readonly migrate: boolean
}

/**
 * Brings the schema up to date. Any number of processes may do so at once: one migrates, the others wait for it. Where
 * it is up to date nothing but a select is done, so that a role without any right to create can open it.
 */
export async function prepareSchema(database: Database, options: MigrateOptions): Promise<void> {
  const { schema } = options
  let version = await database.read((sql) => versionOf(sql, schema))
  throwIfNewer(version, schema)
  if (version < migrations.length) {
    if (!options.migrate) throw outdated(version, schema)
    version = await migrate(database, schema)
    throwIfNewer(version, schema)
  }
  database.lockClass = await database.read(async (sql) => {
    const row = await sql.get("SELECT 'homeroom.districts'::regclass::oid::bigint AS oid")
    return Number(row?.oid)
  })
}

async function migrate(database: Database, schema: string): Promise<number> {
  try {
    return await database.transaction(async (sql) => {
      await sql.script(`SELECT pg_advisory_xact_lock(${lockNumber(`homeroom schema ${schema}`)})`)
      const version = await versionOf(sql, schema)
      // PostgreSQL asks for the right to create a schema even where it is there.
      const known = await sql.get("SELECT 1 FROM pg_namespace WHERE nspname = $1", schema)
      if (known === undefined) await sql.script(`CREATE SCHEMA "${schema}"`)
      if (version === 0) {
        await sql.script(
          "CREATE TABLE IF NOT EXISTS homeroom.schema_versions (version int PRIMARY KEY, applied_at timestamptz NOT NULL)",
        )
      }
      for (const [index, script] of migrations.entries()) {
        if (index < version) continue
        await sql.script(script)
        await sql.run(
          "INSERT INTO homeroom.schema_versions VALUES ($1, date_trunc('milliseconds', now()))",
          index + 1,
        )
      }
      return Math.max(version, migrations.length)
    })
  } catch (error) {
    if (isForbidden((error as Error).cause)) {
      throw new HomeroomError("STORAGE_SCHEMA_OUTDATED", {
        message: `The schema ${schema} must be created or brought up to date, which this role may not do (${(error as Error).message})`,
        details: { schema },
        cause: error,
      })
    }
    throw error
  }
}

/** 0 where there is nothing yet. */
async function versionOf(sql: Sql, schema: string): Promise<number> {
  // Not by to_regclass, which fails where the role may not even look into the schema.
  const table = await sql.get(
    `SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = 'schema_versions'`,
    schema,
  )
  if (table === undefined) return 0
  const row = await sql.get("SELECT coalesce(max(version), 0) AS version FROM homeroom.schema_versions")
  return Number(row?.version)
}

function throwIfNewer(version: number, schema: string): void {
  if (version <= migrations.length) return
  throw new HomeroomError("STORAGE_SCHEMA_NEWER", {
    message: `The schema ${schema} has version ${version}; this Homeroom knows ${migrations.length}.`,
    details: { version, known: migrations.length },
  })
}

function outdated(version: number, schema: string): HomeroomError {
  const what = version === 0 ? "is not there yet" : `has version ${version}, not ${migrations.length}`
  return new HomeroomError("STORAGE_SCHEMA_OUTDATED", {
    message: `The schema ${schema} ${what}, and it is not to be migrated here (migrate: false).`,
    details: { version, known: migrations.length },
  })
}
