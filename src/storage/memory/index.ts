/**
 * Rosters in the memory of the process, for tests: `MemoryStorage`.
 *
 * @packageDocumentation
 */

export { MemoryStorage, type MemoryStorageOptions } from "./memory-storage.ts"
