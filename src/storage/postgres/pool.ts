import { HomeroomError } from "../../errors/index.ts"

/** A statement, with its values in the order of `$1`, `$2` …; `name` only where statements are kept prepared. */
export interface PgQuery {
  text: string
  values?: unknown[]
  name?: string
}

export interface PgResult {
  rows: unknown[]
  /** How many rows a writing statement touched. */
  rowCount: number | null
}

/** One connection to the database, as `pg` has it. */
export interface PgClientLike {
  query(query: PgQuery): Promise<PgResult>
  /** Gives it back to the pool; with an error or `true` it is closed instead. */
  release(error?: Error | boolean): void
  on?(event: "error", listener: (error: Error) => void): unknown
  off?(event: "error", listener: (error: Error) => void): unknown
}

/** A `pg.Pool`, or whatever lends connections as one does. */
export interface PgPoolLike {
  connect(): Promise<PgClientLike>
}

export interface OwnPoolOptions {
  readonly connectionString: string
  /** The most connections of this process. */
  readonly maxConnections: number
}

/** A pool that the storage made itself, and ends itself. */
export interface OwnPool extends PgPoolLike {
  end(): Promise<void>
}

/** How long to wait for a connection, in milliseconds. */
const connectTimeoutMs = 10_000

/** Makes a `pg.Pool`; it connects when it is first used. Throws `INVALID_OPTIONS` where `pg` is not installed. */
export async function openPool({ connectionString, maxConnections }: OwnPoolOptions): Promise<OwnPool> {
  const { default: pg } = await import("pg").catch((cause: unknown) => {
    throw new HomeroomError("INVALID_OPTIONS", {
      message: "PostgreSQL needs the package pg, which is not installed: npm install pg pg-copy-streams",
      cause,
    })
  })
  const pool = new pg.Pool({
    connectionString,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    // An import that is over must not keep the process alive.
    allowExitOnIdle: true,
  })
  // A connection that breaks while nobody uses it is replaced; unheard, the event would end the process.
  pool.on("error", () => {})
  // The same between two users, and while it is being closed.
  pool.on("connect", (client) => {
    client.on("error", () => {})
  })
  return pool
}
