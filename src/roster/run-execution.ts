import { HomeroomError, isHomeroomError } from "../errors/index.ts"
import type { Kind } from "../models/kinds.ts"
import type { RosterSource } from "../models/record-page.ts"
import type { ConnectionSettings, Decision, ImportMode, RosterStorage, Run } from "../storage/contract.ts"
import { beginRun } from "./begin-run.ts"
import { cancelRequestOf } from "./cancel-run.ts"
import { commitRun } from "./commit-run.ts"
import { districtSettings } from "./district-settings.ts"
import { fetchRoster } from "./fetch-roster.ts"
import type { LeaseKeeper } from "./lease-keeper.ts"
import { makePlan, type PlannedCommit } from "./plan.ts"
import { restAsPlan } from "./rest-plan.ts"
import { type RosterEvent, summaryOf } from "./roster-events.ts"
import { isoTime, type RunContext, runToSave, type SyncProgress, throwIfAborted } from "./run-context.ts"
import type { RunLimits } from "./run-limits.ts"
import { transition } from "./run-states.ts"
import { compileScope } from "./scope/compiled-scope.ts"
import { holdArchives, splitArchives } from "./split-archives.ts"

export interface RunExecutionOptions {
  source: RosterSource
  storage: RosterStorage
  keeper: LeaseKeeper
  pageSize: number | undefined
  clock: () => number
  limits: RunLimits
  /** What goes for all districts. */
  defaults: ConnectionSettings
  requestedMode: ImportMode
  /** What the run is for: `plan` never writes to the roster (S17). */
  purpose: Run["purpose"]
  startedBy: string
  signal: AbortSignal | undefined
  onProgress: ((progress: SyncProgress) => void) | undefined
  /** Must not throw. */
  onEvent: (event: RosterEvent) => void
}

/** One run from the lease to its end: take up or begin, fetch, plan, apply. */
export class RunExecution {
  readonly #options: RunExecutionOptions
  readonly #cancelling = new AbortController()
  /** Who has called it off (S32). */
  #cancelledBy: Decision | undefined
  #startedMs = 0
  #recordsAtStart = 0
  #durationBefore = 0
  #requests = 0
  /** The stage and kind last told. */
  #told = ""

  constructor(options: RunExecutionOptions) {
    this.#options = options
  }

  async run(): Promise<Run> {
    const { onEvent, keeper } = this.#options
    const context = await this.#beginContext()
    const { id: runId, districtId, mode, purpose, resumed } = context.run
    onEvent({ type: "run-started", districtId, runId, mode, purpose, resumed })
    keeper.atEachBeat(() => void this.#lookForCancel(context).catch(() => {}))
    let ended: Run
    try {
      await this.#lookForCancel(context)
      throwIfAborted(context.signal)
      await fetchRoster(context, this.#options.limits)
      await context.staging
      ended = await this.#finish(context)
    } catch (error) {
      for (const walk of context.ahead.values()) await walk.close()
      await context.replay?.close()
      ended = await this.#end(context, error)
    }
    onEvent({ type: "run-ended", districtId, run: summaryOf(ended) })
    return ended
  }

  async #beginContext(): Promise<RunContext> {
    const { source, storage, keeper, clock, limits, requestedMode, purpose, startedBy } = this.#options
    this.#startedMs = clock()
    const { districtId } = keeper.lease
    const settings = await districtSettings(storage, districtId, this.#options.defaults)
    const scope = compileScope(settings.scope)
    const head = await storage.getDistrict(districtId)
    const run = await beginRun({
      storage,
      lease: keeper.lease,
      clock,
      requestedMode,
      purpose,
      startedBy,
      basis: head.version,
      apiVersion: source.apiVersion,
      scope: scope?.digest,
      resumeWithinMs: limits.resumeWithinMs,
    })
    const { signal } = this.#options
    const signals = [this.#cancelling.signal, ...(signal === undefined ? [] : [signal])]
    const context: RunContext = {
      source,
      onRequest: () => {
        this.#requests++
      },
      storage,
      keeper,
      head,
      settings,
      scope,
      signal: AbortSignal.any(signals),
      pageSize: this.#options.pageSize,
      clock,
      report: (stage, kind, at) => this.#report(context, stage, kind, at),
      run,
      saved: run.checkpoint,
      staging: Promise.resolve(),
      staged: run,
      underWay: [],
      ahead: new Map(),
      replay: undefined,
    }
    this.#recordsAtStart = context.run.records
    this.#durationBefore = context.run.durationMs
    this.#requests = context.run.requests
    return context
  }

  async #finish(context: RunContext): Promise<Run> {
    const { storage, keeper, clock } = context
    const { lease } = keeper
    this.#report(context, "planning", null)
    const planned = await makePlan(context)
    const { counts, archivedBySchool, archivedByRole, holds, passed, verdict } = planned
    context.run = this.#timed(
      transition(context.run, "planned", { counts, archivedBySchool, archivedByRole, holds, passed }),
    )
    await storage.saveRun(lease, context.run)
    await this.#lookForCancel(context)
    throwIfAborted(context.signal)

    const expiresAfterMs = this.#options.limits.planExpiresAfterMs
    if (verdict === "hold" || context.run.purpose === "plan") {
      return restAsPlan(context, planned, { expiresAfterMs })
    }
    const waiting =
      verdict === "split" ? await splitArchives(context, planned, { expiresAfterMs }) : undefined
    const ended = await this.#commit(context, planned)
    if (waiting !== undefined) {
      // The run is over. Where this fails, the district's next run makes up for it.
      await holdArchives({ storage, lease, clock }, waiting).catch(() => {})
    }
    return ended
  }

  async #commit(context: RunContext, planned: PlannedCommit): Promise<Run> {
    const { storage, keeper, clock } = context
    const { lease } = keeper
    const { actions, cursor, changes, writes } = planned
    if (changes > 0) {
      context.run = transition(context.run, "applying")
      await storage.saveRun(lease, context.run)
    }
    this.#report(context, "applying", null)
    const run = this.#timed(context.run)
    const { settings } = context
    context.run = await commitRun({ storage, lease, clock, settings, run, actions, cursor, changes, writes })
    return context.run
  }

  /** Saves how the run ended early: interrupted if it was told to stop, else failed. */
  async #end(context: RunContext, error: unknown): Promise<Run> {
    const { storage, keeper, signal } = context
    const { lease } = keeper
    const failure = isHomeroomError(error) ? error : new HomeroomError("INTERNAL", { cause: error })
    const { onEvent } = this.#options
    const { id: runId, districtId } = context.run
    const lost = (why: HomeroomError) => {
      onEvent({ type: "run-lost", districtId, runId, code: why.code })
      return why
    }
    if (failure.code === "LEASE_LOST") throw lost(failure)
    const isStaged = await context.staging.then(
      () => true,
      () => false,
    )
    if (this.#cancelledBy !== undefined && failure.code !== "PLAN_STALE") {
      return this.#cancel(context, this.#cancelledBy).catch((cause: unknown) => {
        throw lost(isHomeroomError(cause) ? cause : new HomeroomError("INTERNAL", { cause }))
      })
    }
    if (signal?.aborted && failure.code !== "PLAN_STALE") {
      // Where a batch could not be staged, the next run goes on at the page that it was of.
      const reached = isStaged ? runToSave(context) : context.staged
      const run = transition(this.#timed(reached), "interrupted")
      await storage.saveRun(lease, run).catch((cause: unknown) => {
        throw lost(isHomeroomError(cause) ? cause : new HomeroomError("INTERNAL", { cause }))
      })
      return run
    }
    const { code, message, retryable } = failure
    const run = transition(this.#timed(context.run), "failed", {
      error: { code, message, retryable },
      finishedAt: isoTime(context.clock()),
      checkpoint: null,
    })
    try {
      await storage.discardStaged(lease, run)
      onEvent({ type: "run-ended", districtId, run: summaryOf(run) })
    } catch {
      // The first failure says more; the next start finds the run as interrupted.
      lost(failure)
    }
    throw failure.withDetails({ runId })
  }

  /** Ends it for good, and drops what it has staged. */
  async #cancel({ run, storage, keeper, clock }: RunContext, decision: Decision): Promise<Run> {
    const { code, message, retryable } = new HomeroomError("RUN_CANCELLED")
    const cancelled = transition(this.#timed(run), "cancelled", {
      decision,
      error: { code, message, retryable },
      finishedAt: isoTime(clock()),
      checkpoint: null,
    })
    await storage.discardStaged(keeper.lease, cancelled)
    return cancelled
  }

  async #lookForCancel({ storage, run }: RunContext): Promise<void> {
    this.#cancelledBy ??= await cancelRequestOf(storage, run)
    if (this.#cancelledBy !== undefined) this.#cancelling.abort()
  }

  #timed(run: Run): Run {
    const durationMs = this.#durationBefore + this.#options.clock() - this.#startedMs
    return { ...run, durationMs, requests: this.#requests }
  }

  #report(context: RunContext, stage: SyncProgress["stage"], kind: Kind | null, run = context.run): void {
    const { onProgress, onEvent, clock } = this.#options
    const { head } = context
    if (this.#told !== `${stage} ${kind}`) {
      this.#told = `${stage} ${kind}`
      const { id: runId, districtId, records } = run
      onEvent({ type: "run-stage", districtId, runId, stage, kind, records })
    }
    if (onProgress === undefined) return
    const elapsedMs = Math.max(1, clock() - this.#startedMs)
    const recordsPerSecond = Math.round(((run.records - this.#recordsAtStart) / elapsedMs) * 1_000)
    const known = Object.values(head.counts).reduce((sum, { active }) => sum + active, 0)
    const expectedRecords = run.mode === "bulk" && known > 0 ? known : null
    const left = expectedRecords === null ? null : Math.max(0, expectedRecords - run.records)
    onProgress({
      runId: run.id,
      stage,
      kind,
      records: run.records,
      pages: run.checkpoint?.pages ?? 0,
      recordsPerSecond,
      expectedRecords,
      remainingMs:
        left === null || recordsPerSecond === 0 ? null : Math.round((left / recordsPerSecond) * 1_000),
    })
  }
}
