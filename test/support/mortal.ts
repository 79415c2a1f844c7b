import { type Repeat, repeatWithTimer } from "../../src/models/index.ts"
import type { RosterStorage } from "../../src/storage/contract.ts"
import { interceptStorage } from "./intercepted-storage.ts"
import type { KillDatabase, WatchedStorage } from "./kill-database.ts"
import { never } from "./mortal-pool.ts"

/** What a task passes that may die there; each kind of place is counted from 1. */
export type Place =
  /** A write call to the storage. */
  | "before-call"
  | "after-call"
  /** A statement inside `commit` or `erase`, their BEGIN and COMMIT included: before it is sent. */
  | "commit-statement"
  /** Any statement: before it is sent. */
  | "statement"
  /** The same, when it is sent and perhaps not done. */
  | "in-statement"
  /** A call of a target: in the middle of it, and when it is done. */
  | "in-call"
  | "after-target-call"

/** What to do where a task passes; `number` says how often it has passed a place of that kind, this time included. */
export interface Fate {
  /** Returns true if the task is dead now. */
  pass(place: Place, number: number): boolean
  /** Called when a statement is done or, if that is not known, sent; `number` counts statements. */
  passed?(number: number): void
}

/** How a task says where it is. */
export type Say = (line: string) => void

/** What a task works with that may die anywhere. */
export class Mortal {
  readonly say: Say
  /** How often it has passed each kind of place. */
  readonly counts = new Map<Place, number>()
  /** Statements count as the commit's. */
  isCommitting = false
  readonly #database: KillDatabase
  readonly #fate: Fate
  readonly #stops: (() => void)[] = []
  readonly #closes: (() => void)[] = []
  #watched: WatchedStorage | undefined

  constructor(database: KillDatabase, fate: Fate, say: Say) {
    this.#database = database
    this.#fate = fate
    this.say = say
  }

  /** Opens the database that it works on; once. */
  open(
    url: string,
    options: {
      clock: () => number
      beforeCall?: (method: string, parameters: readonly unknown[]) => unknown
      afterCall?: (method: string, parameters: readonly unknown[]) => unknown
    },
  ): RosterStorage {
    const { clock, beforeCall, afterCall } = options
    this.#watched = this.#database.openWatched(url, {
      clock,
      watch: {
        before: (statement) => {
          if (this.isCommitting && statement === this.#database.cleaning) this.say("cleaning")
          if (this.isCommitting) this.pass("commit-statement")
          this.pass("statement")
        },
        after: () => {
          const number = this.#count("in-statement")
          this.#fate.passed?.(number)
          this.#fate.pass("in-statement", number)
        },
      },
    })
    return interceptStorage(this.#watched.storage, { beforeCall, afterCall })
  }

  /** Passes a place; true if it is dead now. `number` where it is known which one of its kind it is. */
  pass(place: Place, number: number = this.#count(place)): boolean {
    return this.#fate.pass(place, number)
  }

  /** The same for whoever can wait: does not come back from where it dies. */
  async reach(place: Place, number?: number): Promise<void> {
    if (this.pass(place, number)) await never()
  }

  /** A heartbeat that ends with the task. */
  readonly repeat: Repeat = (beat, intervalMs) => {
    const stop = repeatWithTimer(beat, intervalMs)
    this.#stops.push(stop)
    return stop
  }

  /** Lets its connections vanish, and its heart stand still. */
  die(): void {
    for (const stop of this.#stops) stop()
    this.#watched?.vanish?.()
  }

  /** Has something closed when it is over, whether it came to its end or died. */
  closeAfterwards(close: () => void): void {
    this.#closes.push(close)
  }

  /** Closes what is left open when the storage is closed, or when nobody will close it any more. */
  async close(): Promise<void> {
    for (const close of this.#closes) close()
    await this.#watched?.close()
  }

  #count(place: Place): number {
    const count = (this.counts.get(place) ?? 0) + 1
    this.counts.set(place, count)
    return count
  }
}
