import type { RosterStorage, Run, RunState } from "../storage/contract.ts"
import {
  type ChangeFilter,
  countBySchool,
  type RecordChange,
  readChanges,
  type SchoolChanges,
} from "./change-log.ts"
import type { CompiledScope } from "./scope/compiled-scope.ts"

/**
 * What an import would do, as it was when the plan was opened. It is a run of the history and can be opened again by
 * its id, in any process; its changes are read from the storage whenever they are asked for.
 */
export class Plan {
  readonly id: string
  /** What it is known by: give it to `apply`. Empty where nothing waits to be applied. */
  readonly hash: string
  readonly run: Run
  readonly state: RunState
  /** By kind. */
  readonly counts: Run["counts"]
  /** What a guard found. */
  readonly holds: Run["holds"]
  readonly #storage: RosterStorage
  readonly #scope: CompiledScope | undefined

  constructor(storage: RosterStorage, run: Run, scope: CompiledScope | undefined) {
    this.#storage = storage
    this.#scope = scope
    this.run = run
    this.id = run.id
    this.hash = run.plan?.hash ?? ""
    this.state = run.state
    this.counts = run.counts
    this.holds = run.holds
  }

  /**
   * Each change that applying the plan would make, with the fields before and after; in kind order, then id. None once
   * the plan was discarded or has expired. Rejects with `RUN_CHANGES_PURGED` where it was applied and what it changed was
   * purged since, and with `STORAGE_…` codes. Holds one page of changes.
   */
  async *changes(filter: ChangeFilter = {}): AsyncIterable<RecordChange> {
    yield* readChanges(this.#storage, this.run, filter, this.#scope)
  }

  /**
   * How many changes each school has, by kind and action: in ascending id of the schools, then what belongs to none.
   * Somebody who belongs to several schools counts in each. Rejects as {@link changes} does. Reads all changes once.
   */
  bySchool(): Promise<SchoolChanges[]> {
    return countBySchool(this.#storage, this.run, this.#scope)
  }
}
