import { hostname } from "node:os"
import { setTimeout as delay } from "node:timers/promises"
import { HomeroomError } from "../errors/index.ts"
import type { RosterSource } from "../models/record-page.ts"
import type { RosterStorage, Run, RunMode } from "../storage/contract.ts"
import { type ChangeFilter, type RecordChange, readChanges } from "./change-log.ts"
import { type DanglingReference, findDanglingReferences } from "./dangling.ts"
import { listHistory, presentRun } from "./history.ts"
import { LeaseKeeper, type LeaseOptions, type Repeat, repeatWithTimer, type Sleep } from "./lease-keeper.ts"
import { type Progress, throwIfAborted } from "./run-context.ts"
import { RunExecution, type RunLimits } from "./run-execution.ts"

export interface RosterSyncOptions {
  /** Where the roster comes from: a `CleverClient`, or anything that answers like one. */
  clever: RosterSource
  /** Where the roster is kept. */
  storage: RosterStorage
  /** Records a page, 1 to 10,000. The source's own default when absent. */
  pageSize?: number
  /** The lease on the district being imported: 20 s, extended every 5 s. */
  lease?: Partial<LeaseOptions>
  /** Thresholds; each has the default that {@link RunLimits} names. */
  limits?: Partial<RunLimits>
  /** Who holds the leases, for people to read. Default: host name and process id. */
  holder?: string
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: () => number
  /** How waiting is done. Default: timers. */
  sleep?: Sleep
  /** How the heartbeat is repeated. Default: a timer that does not keep the process alive. */
  repeat?: Repeat
}

export interface SyncOptions {
  /** The Clever id of the district. */
  districtId: string
  /** `delta` by default; it falls back to `bulk` by itself where it must, and says why in `run.fallback`. */
  mode?: RunMode
  /** Who asked for it: a user of the app. Default `library`. */
  startedBy?: string
  /** How long to wait for another import of the district to end, in milliseconds. Default 0: not at all. */
  waitMs?: number
  /** Ends the run at the next safe point: it becomes `interrupted`, and the same mode resumes it. */
  signal?: AbortSignal
  /** Told after every page (S30). Must not throw. */
  onProgress?: (progress: Progress) => void
}

const defaultLease: LeaseOptions = { ttlMs: 20_000, heartbeatMs: 5_000 }

const defaultLimits: RunLimits = {
  cursorMaxAgeMs: 25 * 24 * 60 * 60 * 1_000,
  resumeWithinMs: 6 * 60 * 60 * 1_000,
  rejectedShare: 0.05,
}

/** How often a waiting `sync` asks again for the lease. */
const pollMs = 250

/**
 * Imports Clever districts into a storage and keeps them up to date.
 *
 * An import is all or nothing: readers see the roster as before it or as after it. One import of a district
 * runs at a time, over all processes that share the storage. The rules are in `docs/spec/sync.md`.
 */
export class RosterSync {
  readonly #options: RosterSyncOptions
  readonly #lease: LeaseOptions
  readonly #limits: RunLimits
  readonly #holder: string
  readonly #clock: () => number
  readonly #sleep: Sleep
  #opened: Promise<void> | undefined

  constructor(options: RosterSyncOptions) {
    this.#options = options
    this.#lease = { ...defaultLease, ...options.lease }
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#holder = options.holder ?? `${hostname()}:${process.pid}`
    this.#clock = options.clock ?? Date.now
    this.#sleep = options.sleep ?? ((ms, signal) => delay(ms, undefined, { signal }))
    const { pageSize } = options
    if (pageSize !== undefined && !(Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= 10_000)) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "pageSize must be a whole number from 1 to 10,000.",
      })
    }
  }

  /**
   * Imports a district now and returns how it ended: `applied`, `unchanged`, `held` or `interrupted`.
   *
   * Rejects with `SYNC_IN_PROGRESS` while another import of the district runs, with a `CLEVER_…` or
   * `STORAGE_…` code when the import failed (it is then in the history as `failed`, under `details.runId`, and
   * nothing was changed), and with `LEASE_LOST` when another process took over.
   */
  async sync(options: SyncOptions): Promise<Run> {
    await this.#open()
    const keeper = await this.#acquire(options)
    const { clever: source, storage, pageSize } = this.#options
    try {
      const execution = new RunExecution({
        source,
        storage,
        keeper,
        pageSize,
        clock: this.#clock,
        limits: this.#limits,
        requestedMode: options.mode ?? "delta",
        startedBy: options.startedBy ?? "library",
        signal: options.signal,
        onProgress: options.onProgress,
      })
      return await execution.run()
    } finally {
      await keeper.release()
    }
  }

  /** One run of the history. Rejects with `RUN_NOT_FOUND`. */
  async run(runId: string): Promise<Run> {
    await this.#open()
    return presentRun(this.#options.storage, runId)
  }

  /** The runs of a district, or of all, newest first; failed, held and interrupted ones included. */
  async *history(options: { districtId?: string } = {}): AsyncIterable<Run> {
    await this.#open()
    yield* listHistory(this.#options.storage, options)
  }

  /** What a run changed (of a held one: would change), record by record, with each field before and after. */
  async *changes(runId: string, filter: ChangeFilter = {}): AsyncIterable<RecordChange> {
    await this.#open()
    yield* readChanges(this.#options.storage, runId, filter)
  }

  /** The ids in active sections that name no known user, course or term (S14): unshared, or not yet shared. */
  async *danglingReferences(options: { districtId: string }): AsyncIterable<DanglingReference> {
    await this.#open()
    yield* findDanglingReferences(this.#options.storage, options.districtId)
  }

  #open(): Promise<void> {
    this.#opened ??= this.#options.storage.open().catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    return this.#opened
  }

  async #acquire({ districtId, waitMs = 0, signal }: SyncOptions): Promise<LeaseKeeper> {
    const giveUpAt = this.#clock() + waitMs
    for (;;) {
      const held = await LeaseKeeper.acquire(this.#options.storage, {
        districtId,
        holder: this.#holder,
        options: this.#lease,
        repeat: this.#options.repeat ?? repeatWithTimer,
      })
      if (held instanceof LeaseKeeper) return held
      const leftMs = giveUpAt - this.#clock()
      if (leftMs <= 0) {
        throw new HomeroomError("SYNC_IN_PROGRESS", {
          message: `Another import of district ${districtId} is running: ${held.holder}, since ${held.since}.`,
          details: { districtId, holder: held.holder, since: held.since },
        })
      }
      throwIfAborted(signal)
      await this.#sleep(Math.min(pollMs, leftMs), signal).catch((error: unknown) => {
        throwIfAborted(signal)
        throw error
      })
    }
  }
}
