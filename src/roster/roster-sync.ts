import { HomeroomError, isHomeroomError, tellTo } from "../errors/index.ts"
import { idPattern } from "../models/ids.ts"
import { processName, type Sleep, sleepOnTimer } from "../models/index.ts"
import type { PurgeCounts, Run } from "../storage/contract.ts"
import type { PlanDecision } from "./decide-plan.ts"
import { type DistrictLeaseRequest, onePersonMark, requireLease, tryLease } from "./district-lease.ts"
import { districtSettings } from "./district-settings.ts"
import type { Explanation } from "./explanation.ts"
import { presentRun } from "./history.ts"
import { LeaseKeeper, type LeaseOptions } from "./lease-keeper.ts"
import type { Plan } from "./opened-plan.ts"
import { requireActive } from "./require-active.ts"
import { checkRetention, neededFrom, purgeRequest, type Retention } from "./retention.ts"
import { type RosterEvent, summaryOf } from "./roster-events.ts"
import { RosterReader } from "./roster-reader.ts"
import type {
  ApplyOptions,
  ApproveOptions,
  CancelOptions,
  DecisionOptions,
  DiscardOptions,
  ExplainOptions,
  PlanOptions,
  PurgeOptions,
  RosterSyncOptions,
  SyncOptions,
  SyncUserOptions,
  UndoOptions,
} from "./roster-sync-options.ts"
import { throwIfAborted } from "./run-context.ts"
import { defaultLimits, type RunLimits } from "./run-limits.ts"
import { Turns } from "./turns.ts"
import type { UndoResult } from "./undo.ts"
import type { UserSyncResult } from "./user-sync.ts"

/** How long the next person's turn is waited for, where another process has it. */
const onePersonWaitMs = 2_000

/**
 * Imports Clever districts into a storage and keeps them up to date.
 *
 * An import is all or nothing: readers see the roster as before it or as after it. One import of a district
 * runs at a time, over all processes that share the storage. The rules are in `docs/spec/sync.md`.
 */
export class RosterSync extends RosterReader {
  readonly #options: RosterSyncOptions
  readonly #lease: Partial<LeaseOptions>
  readonly #limits: RunLimits
  readonly #retention: Retention
  readonly #holder: string
  readonly #clock: () => number
  readonly #sleep: Sleep
  readonly #tell: (event: RosterEvent) => void
  /** For each district's `syncUser` calls: a class that logs in at once takes turns. */
  readonly #userTurns = new Turns()

  /** Throws `INVALID_OPTIONS` for a `pageSize` or a `retention` out of its bounds. */
  constructor(options: RosterSyncOptions) {
    super(options)
    this.#options = options
    this.#lease = options.lease ?? {}
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#holder = options.holder ?? processName()
    this.#clock = options.clock ?? Date.now
    this.#sleep = options.sleep ?? sleepOnTimer
    this.#tell = tellTo(options.onEvent)
    this.#retention = checkRetention(options.retention ?? {})
    const { pageSize } = options
    if (pageSize !== undefined && !(Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= 10_000)) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "pageSize must be a whole number from 1 to 10,000.",
      })
    }
  }

  /**
   * Imports a district now and returns how it ended: `applied`, `unchanged`, `held`, `interrupted`, or `cancelled` by
   * somebody.
   *
   * Rejects with `SYNC_IN_PROGRESS` while another import of the district runs, with `CONNECTION_NOT_ACTIVE` where the
   * district has a connection that is paused, ended or not yet active, with a `CLEVER_…` or `STORAGE_…` code when the
   * import failed (it is then in the history as `failed`, under `details.runId`, and nothing was changed), and with
   * `LEASE_LOST` when another process took over.
   */
  sync(options: SyncOptions): Promise<Run> {
    return this.#execute(options, "import")
  }

  /**
   * Finds out what an import would do now, and changes nothing (S17). The plan is kept for 72 hours and can be applied
   * as it is until the roster changes. It is `planned`, `held` if a guard found something, `unchanged` if there is
   * nothing to do, `cancelled`, or `interrupted`, and then gone on with by the next plan of that mode.
   *
   * Rejects as {@link sync} does, but for a paused connection, and costs the same requests to Clever.
   */
  async plan(options: PlanOptions): Promise<Plan> {
    return this.openedPlan(await this.#execute(options, "plan"))
  }

  /**
   * Applies a plan, or an import that was held, exactly as it was when it was hashed; returns it as `applied`. Whatever
   * happened at Clever since comes with the next import.
   *
   * Refused with `PLAN_HASH_MISMATCH` if the hash is another plan's, `PLAN_STALE` if the roster changed since,
   * `PLAN_ALTERED` if what is stored of the plan did, `PLAN_EXPIRED`, or `PLAN_NOT_APPLICABLE` if the run does not wait;
   * with `CONNECTION_NOT_ACTIVE` or `SYNC_IN_PROGRESS` as {@link sync} is, and `RUN_NOT_FOUND`. Whenever it rejects,
   * nothing was changed; where it was not refused, the plan is `approved` and can be applied again.
   */
  apply(planId: string, { approve, ...deciding }: ApplyOptions): Promise<Run> {
    return this.#decide(planId, deciding, async (decision) => {
      await this.#requireActive(decision.lease.districtId)
      const { applyPlan } = await import("./later.ts")
      return applyPlan({ ...decision, hash: approve, signal: deciding.signal })
    })
  }

  /**
   * Records that somebody agrees to a plan, for somebody else to apply within 72 hours; returns it as `approved`. Never
   * changes what the guards allow.
   *
   * Refused as {@link apply} refuses, and with `RUN_TRANSITION_INVALID` if it is approved already.
   */
  approve(planId: string, { hash, ...deciding }: ApproveOptions): Promise<Run> {
    return this.#decide(planId, deciding, async (decision) => {
      const { approvePlan } = await import("./later.ts")
      return approvePlan({ ...decision, hash })
    })
  }

  /**
   * Says no to a plan, or to an import that was held: what it would have changed is no longer kept. The next import
   * looks at Clever anew, and finds what is still to be done there.
   *
   * Refused with `PLAN_NOT_APPLICABLE`, `PLAN_EXPIRED`, `SYNC_IN_PROGRESS` or `RUN_NOT_FOUND`, as {@link apply} is.
   */
  discard(planId: string, deciding: DiscardOptions): Promise<Run> {
    return this.#decide(planId, deciding, async (decision) => {
      const { discardPlan } = await import("./later.ts")
      return discardPlan(decision)
    })
  }

  /**
   * Calls off an import, or a plan, that is at work in any process (S32); returns it as it is now. The process that has it
   * notices within 5 seconds and ends it as `cancelled`, with nothing changed; if it has begun to commit by then, the
   * import is applied all the same, and can be undone.
   *
   * Rejects with `RUN_NOT_FOUND`, and with `RUN_NOT_RUNNING` unless the run is at work and has not begun to commit.
   */
  async cancel(runId: string, { by, why = "" }: CancelOptions): Promise<Run> {
    await this.open()
    const { requestCancel } = await import("./later.ts")
    return requestCancel(this.#options.storage, runId, { by, why, nowMs: this.#clock() })
  }

  /**
   * Brings one person up to date ahead of the next import: for somebody who logs in before being imported. Takes
   * the district's lease for as long as one request lasts and waits for no import. Creates, updates or restores the
   * person, as a run of mode `user`; never archives. Does nothing in a district that was never imported.
   *
   * Rejects as {@link sync} does. Costs one request, and one more if the district's token is not known yet.
   */
  syncUser(options: SyncUserOptions): Promise<UserSyncResult> {
    return this.#userTurns.take(options.districtId, () => this.#syncUser(options))
  }

  /**
   * Takes back what a run did, where the roster still is as that run left it (S24): what it created is archived, what
   * it updated, archived or restored is as before. What has changed since is left alone, and listed as the undo's
   * rejections. An undo is a run of its own, of mode `undo`, and can be undone as well.
   *
   * Pauses the imports of the district in the same step, so that no import does the same again before
   * somebody has looked; a district without a connection gets a paused one. After it is resumed the next import is a
   * bulk run and brings in what Clever has by then.
   *
   * Rejects with `RUN_NOT_FOUND`, with `RUN_NOT_UNDOABLE` unless the run is `applied` and its change log is there, and
   * else as {@link sync} does. Asks Clever for nothing; holds 700 changes at a time.
   */
  async undo(runId: string, { by, why = "", waitMs = 0, signal }: UndoOptions): Promise<UndoResult> {
    await this.open()
    const { clever, storage } = this.#options
    const undone = await presentRun(storage, runId, this.#clock())
    const { districtId } = undone
    const keeper = await this.#acquire({ districtId, waitMs, signal })
    try {
      const { apiVersion } = clever
      const settings = await districtSettings(storage, districtId, this.defaults)
      const { undoRun } = await import("./later.ts")
      const result = await undoRun({
        storage,
        keeper,
        clock: this.#clock,
        settings,
        apiVersion,
        undone,
        by,
        why,
        signal,
      })
      return this.#told(districtId, result)
    } catch (error) {
      throw this.#lost(districtId, error)
    } finally {
      await keeper.release()
    }
  }

  /**
   * Removes what has outlived the retention now: what old imports changed, records long archived, what was staged and
   * never committed. Runs stay in the history with their counts, marked with `changesPurgedAt`. Nothing is purged that
   * the roster or a younger import's undo needs, or that a target was not given yet. Plans made before are stale if an
   * archived record went.
   *
   * Rejects with `SYNC_IN_PROGRESS` as {@link sync} does, and `STORAGE_…` codes.
   */
  async purge({ districtId, waitMs, signal }: PurgeOptions): Promise<PurgeCounts> {
    await this.open()
    const keeper = await this.#acquire({ districtId, waitMs, signal })
    try {
      return await this.#purge(keeper)
    } finally {
      await keeper.release()
    }
  }

  /**
   * Why one record is as it is (S17): what Clever has now, whether it is kept, whose account it is, how it differs from
   * what is stored, what the next import would do, what stands in the way, and which runs changed it. Writes nothing.
   *
   * Where Clever does not answer, the code says why, and the rest is told all the same. Rejects with `INVALID_OPTIONS`
   * for an id that Clever can't have given, and with `STORAGE_…` codes. Costs one request, and looks through 1,000 runs
   * at most.
   */
  async explain(options: ExplainOptions): Promise<Explanation> {
    const { districtId, kind, id, signal } = options
    if (!idPattern.test(id)) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "id is no Clever id.",
        details: { option: "id" },
      })
    }
    await this.open()
    const { clever: source, storage } = this.#options
    const scope = await this.scopeOf(districtId)
    const { explainRecord } = await import("./later.ts")
    return explainRecord({ source, storage, clock: this.#clock, scope, districtId, kind, id, signal })
  }

  async #execute(options: SyncOptions, purpose: Run["purpose"]): Promise<Run> {
    await this.open()
    const keeper = await this.#acquire(options)
    const { clever: source, storage, pageSize } = this.#options
    try {
      // What an import would do is worth knowing before the connection is resumed.
      await this.#requireActive(options.districtId, { orPaused: purpose === "plan" })
      // What validates records takes longer to load than all else: with the first import, not with the app (P14).
      const { RunExecution } = await import("./later.ts")
      const execution = new RunExecution({
        source,
        storage,
        keeper,
        pageSize,
        clock: this.#clock,
        limits: this.#limits,
        defaults: this.defaults,
        requestedMode: options.mode ?? "delta",
        purpose,
        startedBy: options.by ?? "library",
        signal: options.signal,
        onProgress: options.onProgress && tellTo(options.onProgress),
        onEvent: this.#tell,
      })
      const run = await execution.run()
      // A purge that fails takes nothing from the import; the next one, or somebody's own, makes up for it.
      if (run.state === "applied" || run.state === "unchanged") await this.#purge(keeper).catch(() => {})
      return run
    } finally {
      await keeper.release()
    }
  }

  async #purge({ lease }: LeaseKeeper): Promise<PurgeCounts> {
    const { storage } = this.#options
    const request = purgeRequest(lease.districtId, this.#retention, this.#clock())
    if (request === undefined) return { records: 0, contents: 0 }
    const keepFromVersion = await neededFrom(storage, lease.districtId)
    return storage.purge(lease, { ...request, keepFromVersion })
  }

  /** Runs under the lease of the plan's district, for no import must move what is decided on. */
  async #decide(
    planId: string,
    { by = "library", why = "", waitMs, signal }: DecisionOptions,
    decide: (decision: PlanDecision) => Promise<Run>,
  ): Promise<Run> {
    const { districtId } = await this.run(planId)
    const keeper = await this.#acquire({ districtId, waitMs, signal })
    const { storage } = this.#options
    const { planExpiresAfterMs: expiresAfterMs } = this.#limits
    try {
      throwIfAborted(signal)
      const { lease } = keeper
      const settings = await districtSettings(storage, districtId, this.defaults)
      const about = { storage, lease, clock: this.#clock, settings }
      const run = await decide({ ...about, planId, by, why, expiresAfterMs })
      return this.#told(districtId, { run }).run
    } catch (error) {
      throw this.#lost(districtId, error)
    } finally {
      await keeper.release()
    }
  }

  async #syncUser({ districtId, id, by = "login", signal }: SyncUserOptions): Promise<UserSyncResult> {
    await this.open()
    const { clever: source, storage } = this.#options
    const request = this.#leaseRequest({ districtId, holder: `${this.#holder}${onePersonMark}`, signal })
    const keeper = await tryLease({ ...request, onePersonMs: onePersonWaitMs })
    if (!(keeper instanceof LeaseKeeper)) return { state: "busy" }
    try {
      await this.#requireActive(districtId)
      const { syncOneUser } = await import("./later.ts")
      const result = await syncOneUser({
        source,
        storage,
        keeper,
        clock: this.#clock,
        limits: this.#limits,
        defaults: this.defaults,
        id,
        startedBy: by,
        signal,
      })
      return "run" in result ? this.#told(districtId, result) : result
    } catch (error) {
      throw this.#lost(districtId, error)
    } finally {
      await keeper.release()
    }
  }

  /** Tells how a run ended that was done in one go. */
  #told<Result extends { readonly run: Run }>(districtId: string, result: Result): Result {
    this.#tell({ type: "run-ended", districtId, run: summaryOf(result.run) })
    return result
  }

  /** Tells of a lease that was lost while a run was done in one go. */
  #lost(districtId: string, error: unknown): unknown {
    if (isHomeroomError(error) && error.code === "LEASE_LOST") {
      this.#tell({ type: "run-lost", districtId, runId: null, code: error.code })
    }
    return error
  }

  /** To be asked under the lease: an undo may have paused the connection while it was waited for. */
  async #requireActive(districtId: string, { orPaused = false } = {}): Promise<void> {
    const connection = await this.#options.storage.getConnection(districtId)
    if (connection === undefined || (orPaused && connection.state === "paused")) return
    requireActive(connection)
  }

  /** The lease, or `SYNC_IN_PROGRESS`. */
  #acquire(options: {
    districtId: string
    waitMs?: number | undefined
    signal?: AbortSignal | undefined
  }): Promise<LeaseKeeper> {
    return requireLease(this.#leaseRequest({ holder: this.#holder, ...options }))
  }

  #leaseRequest(request: {
    districtId: string
    holder: string
    waitMs?: number | undefined
    signal?: AbortSignal | undefined
  }): DistrictLeaseRequest {
    const { storage, repeat } = this.#options
    return { storage, clock: this.#clock, sleep: this.#sleep, repeat, lease: this.#lease, ...request }
  }
}
