/**
 * Rosters in one file, through Node's own `node:sqlite`: `SqliteStorage`.
 *
 * @packageDocumentation
 */

export { SqliteStorage, type SqliteStorageOptions } from "./sqlite-storage.ts"
