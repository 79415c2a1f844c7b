import type { RosterStorage } from "../../src/storage/contract.ts"

/** A kind of database that kill tests run against; the process that is to die opens its storage by URL. */
export interface KillDatabase {
  /** As in the names of tests: `SQLite`. */
  name: string
  /** The URL of a database that does not exist yet; `folder` is the test's own, `number` that of the database in it. */
  url(folder: string, number: number): string
  /** Opens it with a clock of the test's; without one the machine's. */
  open(url: string, options?: { clock?: () => number }): RosterStorage
  /** Makes `to` hold what `from` holds; nobody has either open. */
  copy(from: string, to: string): Promise<void>
  /** Takes the database away, with all that belongs to it. */
  remove(url: string): Promise<void>
  /** Takes away what it kept to be used again; when all tests of a file are over. */
  close?(): Promise<void>
  /** What the database itself finds wrong with its content: broken pages, references to nothing. */
  findDamage(url: string): Promise<unknown[]>
  /** How many staged changes belong to runs that will never be committed. */
  countLeftovers(url: string): Promise<number>
  /** How often a text occurs in what the database keeps on disk, freed space and logs included. */
  countInFiles(url: string, text: string): Promise<number>
  /** Calls `before` in the process that is to die before each statement that its storage sends to the database. */
  watchStatements(before: (statement: string) => void): void
  /** The statement by which an erasure cleans the files, and which takes a while; absent where there is none. */
  cleaning?: string
}
