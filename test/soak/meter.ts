import { statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** What a process holds after a garbage collection. */
export interface Sample {
  readonly day: number
  readonly heapBytes: number
  /** The database file and its write-ahead log. */
  readonly fileBytes: number
  /** Statements that this thread has prepared so far. */
  readonly statements: number
  /** How many records the target holds, to see that it is the same work at all times. */
  readonly records: number
  /** What keeps the process alive: sockets, timers, threads. */
  readonly resources: number
  /** Listeners of the process itself, and timers of the app. */
  readonly listeners: number
}

const { prepare } = DatabaseSync.prototype

/** Takes samples of this process and of a database file. */
export class Meter {
  /** What Node warned of, as of an emitter with too many listeners. */
  readonly warnings: Error[] = []
  readonly #path: string
  readonly #collect: () => void
  #statements = 0

  constructor(path: string) {
    this.#path = path
    setFlagsFromString("--expose-gc")
    this.#collect = runInNewContext("gc") as () => void
    const meter = this
    DatabaseSync.prototype.prepare = function (...parameters) {
      meter.#statements++
      return prepare.apply(this, parameters)
    }
    process.on("warning", this.#warned)
  }

  close(): void {
    DatabaseSync.prototype.prepare = prepare
    process.off("warning", this.#warned)
  }

  async sample({ day, timers, records }: { day: number; timers: number; records: number }): Promise<Sample> {
    // What was let go of in this turn is free in a later one.
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      this.#collect()
    }
    const { heapUsed, external } = process.memoryUsage()
    const listeners = process.eventNames().map((name) => process.listenerCount(name))
    return {
      ...{ day, records },
      heapBytes: heapUsed + external,
      fileBytes: sizeOf(this.#path) + sizeOf(`${this.#path}-wal`),
      statements: this.#statements,
      resources: process.getActiveResourcesInfo().length,
      listeners: listeners.reduce((sum, count) => sum + count, 0) + timers,
    }
  }

  readonly #warned = (warning: Error): void => {
    if (warning.name !== "ExperimentalWarning") this.warnings.push(warning)
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
