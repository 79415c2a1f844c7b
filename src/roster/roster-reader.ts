import { formatFieldPath, parseFieldPath } from "../models/field-path.ts"
import type { Kind } from "../models/kinds.ts"
import type {
  ConnectionSettings,
  FieldOverride,
  OverrideKey,
  RosterStorage,
  Run,
} from "../storage/contract.ts"
import {
  type ChangeFilter,
  type ChangePage,
  type ChangePageQuery,
  pageOfChanges,
  type RecordChange,
  readChanges,
} from "./change-log.ts"
import { type DanglingReference, findDanglingReferences } from "./dangling.ts"
import { checkSettings, districtSettings } from "./district-settings.ts"
import type { ChangeSearch, FoundChanges } from "./find-changes.ts"
import type { FoundPeople, FoundPerson, PeopleSearch } from "./find-people.ts"
import { type Thresholds, thresholdsFor } from "./guards/thresholds.ts"
import { type HistoryPage, type HistoryPageQuery, listHistory, pageOfHistory, presentRun } from "./history.ts"
import { Plan } from "./opened-plan.ts"
import { type ReadRecordsOptions, type RosterEntry, readRecords } from "./ownership/read-records.ts"
import type { OverrideRequest } from "./ownership/set-override.ts"
import {
  pageOfRejections,
  type RejectionPage,
  type RejectionPageQuery,
  type RunRejection,
  readRejections,
} from "./rejections.ts"
import type { RosterSyncOptions } from "./roster-sync-options.ts"
import { isoTime } from "./run-context.ts"
import { type CompiledScope, compileScope } from "./scope/compiled-scope.ts"

/** What of a {@link RosterSyncOptions} it takes to look at a roster. */
export type RosterReaderOptions = Pick<
  RosterSyncOptions,
  "storage" | "clock" | "guards" | "scope" | "ownership"
>

/**
 * What can be done with a roster and its history without Clever and without a district's lease, also while an import
 * runs: reading, and the app's own values. A {@link RosterSync} is one; a process that never imports makes its own.
 *
 * Every method rejects with `STORAGE_…` codes, and with `INVALID_OPTIONS` for guards, a scope or an ownership, its own or
 * the district's, that nothing can be done with.
 */
export class RosterReader {
  /** What goes for a district whose connection does not say otherwise. */
  protected readonly defaults: ConnectionSettings
  readonly #storage: RosterStorage
  readonly #clock: () => number
  #opened: Promise<void> | undefined

  constructor({ storage, clock = Date.now, guards, scope, ownership }: RosterReaderOptions) {
    this.#storage = storage
    this.#clock = clock
    this.defaults = { guards, scope, ownership }
  }

  /** A plan, or an import that was held, from its id. Rejects with `RUN_NOT_FOUND`. */
  async openPlan(planId: string): Promise<Plan> {
    return this.openedPlan(await this.run(planId))
  }

  /** One run of the history. Rejects with `RUN_NOT_FOUND`. */
  async run(runId: string): Promise<Run> {
    await this.open()
    return presentRun(this.#storage, runId, this.#clock())
  }

  /**
   * The runs of a district, or of all, newest first; failed, held and interrupted ones included. Rejects with `STORAGE_…`
   * codes.
   */
  async *history(options: { districtId?: string | undefined } = {}): AsyncIterable<Run> {
    await this.open()
    yield* listHistory(this.#storage, { ...options, nowMs: this.#clock() })
  }

  /**
   * A page of the history, newest first, of runs in these states and modes. Rejects with `RUN_NOT_FOUND` where `after`
   * names no run. Looks through 2,000 runs at most: a page may be short and yet have a next one.
   */
  async historyPage(query: HistoryPageQuery = {}): Promise<HistoryPage> {
    await this.open()
    return pageOfHistory(this.#storage, query, this.#clock())
  }

  /**
   * A page of what a run changed, or would change, as {@link changes} lists it. Rejects with `RUN_NOT_FOUND` and
   * `RUN_CHANGES_PURGED`. Costs one page, however many changes the run has.
   */
  async changePage(runId: string, query: ChangePageQuery = {}): Promise<ChangePage> {
    const run = await this.run(runId)
    return pageOfChanges(this.#storage, run, query, await this.scopeOf(run.districtId))
  }

  /**
   * What a run did with the records of a Clever id or `sis_id`. Rejects with `RUN_NOT_FOUND` and `RUN_CHANGES_PURGED`.
   * Mostly a few lookups; reads 20,000 changes at most, and says where to go on.
   */
  async findChanges(runId: string, search: ChangeSearch): Promise<FoundChanges> {
    const run = await this.run(runId)
    const { findChanges } = await import("./later.ts")
    return findChanges(this.#storage, run, search, await this.scopeOf(run.districtId))
  }

  /**
   * Looks people up by Clever id, `sis_id`, e-mail address or name, archived ones included, within the scope. Clever
   * ids and `sis_id`s are a few lookups; for the rest 20,000 people are read at most, and it says where to go on.
   */
  async findPeople(search: PeopleSearch): Promise<FoundPeople> {
    await this.open()
    const { findPeople } = await import("./later.ts")
    return findPeople(this.#storage, search, await this.scopeOf(search.districtId))
  }

  /**
   * Somebody by Clever id, as {@link findPeople} shows people; undefined if the roster has nobody, or the scope leaves
   * them out. Costs one lookup.
   */
  async person(place: { districtId: string; id: string }): Promise<FoundPerson | undefined> {
    await this.open()
    const { findPerson } = await import("./later.ts")
    return findPerson(this.#storage, place, await this.scopeOf(place.districtId))
  }

  /** One record as the app is to see it, active or archived, within the scope; undefined if there is none. */
  async record<K extends Kind>(place: {
    districtId: string
    kind: K
    id: string
  }): Promise<RosterEntry<K> | undefined> {
    await this.open()
    const { districtId, kind, id } = place
    const scope = await this.scopeOf(districtId)
    const options = { districtId, kind, state: "all", ids: [id] } as const
    for await (const entry of readRecords(this.#storage, options, scope)) return entry
    return undefined
  }

  /**
   * What a run changed (of a held or planned one: would change), record by record, with each field before and after.
   * Nothing for an unknown run. Rejects with `RUN_CHANGES_PURGED` where that was purged (see {@link Retention}).
   */
  async *changes(runId: string, filter: ChangeFilter = {}): AsyncIterable<RecordChange> {
    await this.open()
    const storage = this.#storage
    const run = await storage.getRun(runId)
    if (run === undefined) return
    yield* readChanges(storage, run, filter, await this.scopeOf(run.districtId))
  }

  /** The records that a run left out, in kind order, then id, without their contents; nothing for an unknown run. */
  async *rejections(runId: string): AsyncIterable<RunRejection> {
    await this.open()
    yield* readRejections(this.#storage, runId)
  }

  /** A page of what {@link rejections} lists. Costs one page, however many there are. */
  async rejectionPage(runId: string, query: RejectionPageQuery = {}): Promise<RejectionPage> {
    await this.open()
    return pageOfRejections(this.#storage, runId, query)
  }

  /**
   * The records of a kind in ascending id, by default the active ones, as the app is to see them: with its own values
   * laid over Clever's (S19), within the district's scope as it is now (S18). `view: "clever"` gives what Clever said
   * instead. Reads page by page: an import that commits meanwhile is in the later pages and not in the earlier ones.
   */
  async *records<K extends Kind>(options: ReadRecordsOptions<K>): AsyncIterable<RosterEntry<K>> {
    await this.open()
    yield* readRecords(this.#storage, options, await this.scopeOf(options.districtId))
  }

  /**
   * Sets the app's own value of a field (S19), which lies over Clever's from then on, whatever imports bring, until
   * {@link clearOverrides}. Setting it again replaces it. Takes effect at once, also while an import runs.
   *
   * Rejects with `FIELD_NOT_OWNED` where the district's ownership leaves the field to Clever, `RECORD_NOT_FOUND` for an
   * unknown record, and `INVALID_OPTIONS` for what is no path, or a value that does not fit the field.
   */
  async override(request: OverrideRequest): Promise<FieldOverride> {
    await this.open()
    const storage = this.#storage
    const { ownership } = await districtSettings(storage, request.districtId, this.defaults)
    const { setOverride } = await import("./later.ts")
    return setOverride(storage, request, { ownership, at: isoTime(this.#clock()) })
  }

  /**
   * Gives a field back to Clever, or without `path` all fields of the record; tells how many. Rejects with
   * `INVALID_OPTIONS` for what is no path.
   */
  async clearOverrides(key: OverrideKey): Promise<number> {
    await this.open()
    const keys = key.path === undefined ? undefined : parseFieldPath(key.path)
    return this.#storage.clearOverrides(keys === undefined ? key : { ...key, path: formatFieldPath(keys) })
  }

  /** The ids in active sections that name no known user, course or term (S14): unshared, or not yet shared. */
  async *danglingReferences(options: { districtId: string }): AsyncIterable<DanglingReference> {
    await this.open()
    yield* findDanglingReferences(this.#storage, options.districtId)
  }

  /** What the guards of a district let pass now, of a kind of which nothing else is said (S15). */
  async thresholds({ districtId }: { districtId: string }): Promise<Thresholds> {
    await this.open()
    const { guards } = await districtSettings(this.#storage, districtId, this.defaults)
    return thresholdsFor(guards, undefined, this.#clock())
  }

  /** A plan shows what the scope leaves of it that goes when it is opened. */
  protected async openedPlan(run: Run): Promise<Plan> {
    return new Plan(this.#storage, run, await this.scopeOf(run.districtId))
  }

  protected async scopeOf(districtId: string): Promise<CompiledScope | undefined> {
    const { scope } = await districtSettings(this.#storage, districtId, this.defaults)
    return compileScope(scope)
  }

  /** Opens the storage, once, after checking the settings. */
  protected open(): Promise<void> {
    this.#opened ??= this.#checkAndOpen().catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    return this.#opened
  }

  async #checkAndOpen(): Promise<void> {
    await checkSettings(this.defaults)
    await this.#storage.open()
  }
}
