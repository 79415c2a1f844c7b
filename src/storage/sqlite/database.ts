import { statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { HomeroomError } from "../../errors/index.ts"
import { ContentMemory } from "../sql/content-memory.ts"
import {
  asStorageError,
  bulkLogLimit,
  inTransaction,
  logLimit,
  migrate,
  retryWhileBusy,
  setUp,
  writerCache,
} from "./connection.ts"
import type { DatabaseOptions } from "./database-options.ts"
import {
  type MaintenanceArguments,
  type MaintenanceResult,
  type MaintenanceTask,
  maintenanceTasks,
} from "./maintenance.ts"
import { Statements } from "./statements.ts"
import {
  type WriteArguments,
  type WriteOperation,
  type WriteResult,
  writeOperations,
} from "./write-operations.ts"
import { WriterThread } from "./writer-thread-handle.ts"

/** A tenth of a second's reading. */
const large = 16 * 1024 * 1024

/**
 * The two connections of a storage: one writes, one transaction at a time, the other reads what is committed.
 * Two, because a long commit yields to the event loop, and nobody may read what it has written so far.
 */
export class Database {
  readonly writer: Statements
  readonly reader: Statements
  readonly #writing: DatabaseSync
  readonly #reading: DatabaseSync
  /** The end of the queue of write transactions. */
  #last: Promise<unknown> = Promise.resolve()
  /** The last one of them that runs in this thread. */
  #lastHere: Promise<void> = Promise.resolve()
  #closed = false
  /** The runs of which a batch could not be staged, and why. */
  readonly #broken: Map<string, unknown> = new Map()
  #epoch = 0
  /** Null until it is wanted, undefined where it can't be had. */
  #thread: WriterThread | null | undefined = null
  /** What this thread's connection has for `wal_autocheckpoint`. */
  #logLimit: number = logLimit
  /** What {@link perform} takes changes in. */
  readonly contentMemory: ContentMemory = new ContentMemory()
  readonly #options: DatabaseOptions

  private constructor(options: DatabaseOptions, writing: DatabaseSync, reading: DatabaseSync) {
    this.#options = options
    this.#writing = writing
    this.#reading = reading
    this.writer = new Statements(writing)
    this.reader = new Statements(reading)
  }

  /** Opens or creates the file and migrates it. Throws `STORAGE_UNREADABLE` and `STORAGE_SCHEMA_NEWER`. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const { path, busyTimeoutMs } = options
    let writing: DatabaseSync | undefined
    try {
      writing = new DatabaseSync(path)
      const connection = writing
      await retryWhileBusy(() => connection.exec(`${setUp} ${writerCache}`), busyTimeoutMs)
      await retryWhileBusy(() => migrate(connection, path), busyTimeoutMs)
      const reading = new DatabaseSync(path)
      reading.exec(`${setUp} PRAGMA query_only = ON;`)
      return new Database(options, writing, reading)
    } catch (error) {
      writing?.close()
      throw asStorageError(error, path)
    }
  }

  /** Runs `work` in one write transaction, after those queued before it. Rolls back if it throws. */
  write<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    return this.#here(work)
  }

  /**
   * Runs one of the operations that may be long, after the writes queued before it: here, or, if it has much to
   * write, in the writer thread, which the first of those starts.
   */
  async perform<Name extends WriteOperation>(
    name: Name,
    rest: WriteArguments<Name>,
    { isLong }: { isLong: boolean },
  ): Promise<WriteResult<Name>> {
    // A renewed lease must not take over into the file what the thread has staged so far.
    if (name === "stage" && isLong) this.#limitLog(bulkLogLimit)
    const result = await this.#perform(name, rest, isLong)
    if (name === "commit" || name === "discardStaged") this.#limitLog(logLimit)
    return result
  }

  /** Runs a task in no transaction but its own, after the writes queued before it, in the writer thread if it can. */
  async maintain<Name extends MaintenanceTask>(
    name: Name,
    ...rest: MaintenanceArguments<Name>
  ): Promise<MaintenanceResult<Name>> {
    const thread = this.isLarge ? this.#startThread() : undefined
    const task = maintenanceTasks[name] as (...rest: unknown[]) => unknown
    // After all that is queued, and before all that comes: here as well as there.
    const result = this.#last.then(() => {
      this.#throwIfClosed()
      return thread
        ? thread.run(name, rest, this.#epoch)
        : task({ connection: this.#writing, ...this.#options }, ...rest)
    })
    this.#lastHere = result.then(
      () => {},
      () => {},
    )
    return (await this.#queued(result)) as MaintenanceResult<Name>
  }

  /** True if to go through the whole file takes long enough for a thread. */
  get isLarge(): boolean {
    const { path } = this.#options
    const sizes = [path, `${path}-wal`].map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0)
    return sizes.reduce((sum, size) => sum + size) >= large
  }

  #startThread(): WriterThread | undefined {
    this.#thread ??= this.#thread === null ? WriterThread.start(this.#options, this.contentMemory) : undefined
    if (this.#thread?.hasEnded) this.#thread = undefined
    return this.#thread
  }

  #limitLog(pages: number): void {
    if (this.#logLimit === pages) return
    this.#logLimit = pages
    this.#writing.exec(`PRAGMA wal_autocheckpoint = ${pages}`)
  }

  #perform<Name extends WriteOperation>(
    name: Name,
    rest: WriteArguments<Name>,
    isLong: boolean,
  ): Promise<WriteResult<Name>> {
    const thread = isLong ? this.#startThread() : undefined
    if (thread !== undefined) {
      // The thread keeps the order itself, so that its next work lies there when it is done with this.
      const result = this.#lastHere.then(() => {
        this.#throwIfClosed()
        this.#throwIfBroken(name, rest)
        return thread.run(name, rest, this.#epoch) as Promise<WriteResult<Name>>
      })
      return this.#queued(result).catch((error: unknown) => this.#breakOff(name, rest, error))
    }
    return this.#here(() => {
      const operation = writeOperations[name] as (
        writer: Statements,
        ...rest: unknown[]
      ) => WriteResult<Name> | Promise<WriteResult<Name>>
      this.#throwIfBroken(name, rest)
      return operation(this.writer, ...rest)
    }).catch((error: unknown) => this.#breakOff(name, rest, error))
  }

  /** A batch whose predecessor was not staged must not be staged either. */
  #throwIfBroken(name: WriteOperation, rest: readonly unknown[]): void {
    const runId = runIdOf(rest)
    if (runId === undefined || !this.#broken.has(runId)) return
    if (name === "stage") throw this.#broken.get(runId)
    // Somebody has taken note of the failure.
    this.#broken.delete(runId)
    this.#epoch++
  }

  #breakOff(name: WriteOperation, rest: readonly unknown[], error: unknown): never {
    const runId = runIdOf(rest)
    if (name === "stage" && runId !== undefined && !this.#broken.has(runId)) this.#broken.set(runId, error)
    throw error
  }

  /** Runs `work` in a transaction of this thread, after everything queued before it. */
  #here<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => {
      this.#throwIfClosed()
      return inTransaction(this.#writing, work, this.#options.busyTimeoutMs)
    })
    this.#lastHere = result.then(
      () => {},
      () => {},
    )
    return this.#queued(result)
  }

  #queued<Result>(result: Promise<Result>): Promise<Result> {
    const before = this.#last
    this.#last = result.then(
      () => before,
      () => before,
    )
    return result.catch((error: unknown) => {
      throw asStorageError(error)
    })
  }

  /** Runs `work` on one consistent view of what is committed. */
  async read<Result>(work: () => Result): Promise<Result> {
    this.#throwIfClosed()
    try {
      this.#reading.exec("BEGIN")
      try {
        return work()
      } finally {
        this.#reading.exec("COMMIT")
      }
    } catch (error) {
      throw asStorageError(error)
    }
  }

  /** Waits for the transaction under way, then closes both connections. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#last
    await this.#thread?.stop()
    this.#reading.close()
    this.#writing.close()
  }

  #throwIfClosed(): void {
    if (this.#closed) throw new HomeroomError("STORAGE_UNREADABLE", { message: "The storage was closed." })
  }
}

/** Operations on a run take the lease and then the run; a commit the run among other things. */
function runIdOf(rest: readonly unknown[]): string | undefined {
  const second = rest[1] as { id?: string; state?: string; run?: { id: string } }
  return second.run?.id ?? (second.state === undefined ? undefined : second.id)
}
