import { HomeroomError } from "../../errors/index.ts"
import { ContentMemory } from "../sql/content-memory.ts"
import { Database } from "./database.ts"
import { prepareSchema } from "./migrate.ts"
import { type OwnPool, openPool, type PgPoolLike } from "./pool.ts"
import { Statements } from "./sql.ts"
import { canCopyOn } from "./stage.ts"
import { StraightRuns } from "./stage-at-once.ts"
import { WriteQueue } from "./write-queue.ts"

/** Where the database is, and how it is used. One of `connectionString` and `pool` is needed. */
export interface PostgresStorageOptions {
  /** `postgres://user:password@host/database`. The storage makes a `pg.Pool` of its own and ends it. Default: none. */
  connectionString?: string | undefined
  /** The most connections of a pool of its own. Default 10. */
  maxConnections?: number | undefined
  /** A `pg.Pool` of the app, or what lends connections as one does: `pglitePool(…)`. It is not ended. Default: none. */
  pool?: PgPoolLike | undefined
  /** The schema that holds the tables: lower-case letters, digits and `_`. Default `homeroom`. */
  schema?: string | undefined
  /** False: never create or alter tables, but reject with `STORAGE_SCHEMA_OUTDATED`. Default true. */
  migrate?: boolean | undefined
  /** How long a write waits for another one before `STORAGE_BUSY`. In milliseconds; default 30,000. */
  busyTimeoutMs?: number | undefined
  /**
   * Keeps statements prepared for as long as their connection, which saves planning them each time. Not behind a
   * PgBouncer older than 1.21 or one with `max_prepared_statements = 0`. Default false.
   */
  preparedStatements?: boolean | undefined
  /**
   * For tests: milliseconds since 1970, by which leases and sign-in's keys run out. Default: the database's clock, which
   * is the same for all processes.
   */
  clock?: (() => number) | undefined
}

/** What is there while a storage is open. */
export interface Opened {
  readonly database: Database
  readonly queue: WriteQueue
  /** Large batches are packed in it; undefined where they can't be sent as a COPY. */
  readonly memory: ContentMemory | undefined
}

const defaultSchema = "homeroom"
const defaultBusyTimeoutMs = 30_000
const defaultMaxConnections = 10

/** Opens and closes, and knows which of the two has happened. */
export class OpenStore {
  readonly schema: string
  /** The numbers of districts, by Clever id, as they were when a lease was taken. */
  readonly districts: Map<string, number> = new Map()
  readonly straight: StraightRuns = new StraightRuns()
  readonly #options: PostgresStorageOptions
  #opening: Promise<Opened> | undefined
  #opened: Opened | undefined
  #ownPool: OwnPool | undefined
  #closing: Promise<void> | undefined

  constructor(options: PostgresStorageOptions) {
    this.#options = options
    this.schema = options.schema ?? defaultSchema
    if ((options.connectionString === undefined) === (options.pool === undefined)) {
      throw invalid("PostgresStorage needs either a connectionString or a pool.")
    }
    if (!/^[a-z_][a-z0-9_]{0,62}$/.test(this.schema) || this.schema.startsWith("pg_")) {
      throw invalid(
        "PostgresStorage: schema must be lower-case letters, digits and _, and not begin with pg_.",
      )
    }
  }

  async open(): Promise<void> {
    this.#throwIfClosed()
    this.#opening ??= this.#open()
    try {
      this.#opened = await this.#opening
    } catch (error) {
      this.#opening = undefined
      await this.#endPool()
      throw error
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Throws `STORAGE_UNREADABLE` if it is not open. */
  opened(): Opened {
    this.#throwIfClosed()
    if (this.#opened === undefined) {
      throw new HomeroomError("STORAGE_UNREADABLE", { message: "The storage was not opened." })
    }
    return this.#opened
  }

  async #open(): Promise<Opened> {
    const { schema } = this
    const { connectionString, pool, migrate = true, preparedStatements = false } = this.#options
    const { busyTimeoutMs = defaultBusyTimeoutMs, maxConnections = defaultMaxConnections } = this.#options
    if (connectionString !== undefined) this.#ownPool = await openPool({ connectionString, maxConnections })
    const statements = new Statements(schema, preparedStatements)
    const database = new Database((this.#ownPool ?? pool) as PgPoolLike, statements, busyTimeoutMs)
    await prepareSchema(database, { schema, migrate })
    const copies = await database.read(canCopyOn)
    return { database, queue: new WriteQueue(), memory: copies ? new ContentMemory() : undefined }
  }

  async #close(): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined)
    await opened?.queue.drain()
    await this.#endPool()
  }

  async #endPool(): Promise<void> {
    const pool = this.#ownPool
    this.#ownPool = undefined
    await pool?.end()
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) {
      throw new HomeroomError("STORAGE_UNREADABLE", { message: "The storage was closed." })
    }
  }
}

function invalid(message: string): HomeroomError {
  return new HomeroomError("INVALID_OPTIONS", { message })
}
