import type { RosterStorage } from "../../src/storage/contract.ts"

/** What a storage's statements go by on their way to the database. */
export interface StatementWatch {
  /** Hears each statement before it is sent. */
  before(statement: string): void
  /** Hears it once it is sent; in SQLite, which runs it at once, that is when it is done. */
  after(statement: string): void
}

/** A storage that is open for a task that may die in the middle. */
export interface WatchedStorage {
  storage: RosterStorage
  /** Where a task dies in this process: lets the storage's connections vanish, and nothing it asks for come back. */
  vanish?: () => void
  /** Closes what is open besides the storage. */
  close(): Promise<void>
}

/** A kind of database that kill tests run against. */
export interface KillDatabase {
  /** As in the names of tests: `SQLite`. */
  name: string
  /** The URL of a database that does not exist yet; `folder` is the test's own, `number` that of the database in it. */
  url(folder: string, number: number): string
  /** Opens it with a clock of the test's; without one the machine's. */
  open(url: string, options?: { clock?: () => number }): RosterStorage
  /** Opens it for the task that is to die. */
  openWatched(url: string, options: { clock: () => number; watch: StatementWatch }): WatchedStorage
  /** Makes `to` hold what `from` holds; nobody has either open. */
  copy(from: string, to: string): Promise<void>
  /** What a task that dies leaves behind can be kept while it lives on: where all there is lies in files. */
  snapshots?: SnapshotMaker
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
  /** How much there is of what: rows of tables, and bytes of files where it is kept in them. Nobody has it open. */
  measure(url: string): Promise<Record<string, number>>
  /** The statement by which an erasure cleans the files, and which takes a while; absent where there is none. */
  cleaning?: string
}

/** Keeps what a process would leave behind that died now, of a database that is open in this process. */
export interface SnapshotMaker {
  /** Makes `to` what would be left of `from`. */
  take(from: string, to: string): void
  /**
   * Makes `to` what would be left in the middle of the statement between two snapshots; `share` says how far it had
   * got, from 0 to 1.
   */
  tear(before: string, after: string, to: string, share: number): void
}
