/**
 * Rosters in a schema of PostgreSQL 15 or newer: `PostgresStorage`.
 *
 * @packageDocumentation
 */

export { type PgliteLike, pglitePool } from "./pglite.ts"
export type { PgClientLike, PgPoolLike, PgQuery, PgResult } from "./pool.ts"
export { PostgresStorage, type PostgresStorageOptions } from "./postgres-storage.ts"
