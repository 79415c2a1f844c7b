import { HomeroomError, isHomeroomError } from "../errors/index.ts"
import type { Kind } from "../models/kinds.ts"
import type { RosterSource } from "../models/record-page.ts"
import type {
  Checkpoint,
  ConnectionSettings,
  DistrictHead,
  RosterStorage,
  Run,
  StagedChange,
} from "../storage/contract.ts"
import { commitRun } from "./commit-run.ts"
import { compareFound, foundFromText } from "./compare.ts"
import { type DistrictSettings, districtSettings } from "./district-settings.ts"
import type { LeaseKeeper } from "./lease-keeper.ts"
import { newRun } from "./new-run.ts"
import { makePlan } from "./plan.ts"
import { restAsPlan } from "./rest-plan.ts"
import { isoTime, type RunContext, throwIfAborted } from "./run-context.ts"
import type { RunLimits } from "./run-limits.ts"
import { isRunning, transition } from "./run-states.ts"
import { type CompiledScope, compileScope } from "./scope/compiled-scope.ts"
import { scopedRejection } from "./scope/scoped-rejection.ts"

/** What a look at one person at Clever came to. */
export type UserSyncResult =
  /** The person was created, updated or restored, by a run of its own. */
  | { readonly state: "applied"; readonly run: Run }
  /** The roster has the person as Clever has. No run was made of it. */
  | { readonly state: "unchanged" }
  /** Clever does not share the person, or the district's scope leaves them out. Nobody is archived: imports do it. */
  | { readonly state: "not-found" }
  /** Clever's record can't be accepted (S9). */
  | { readonly state: "rejected"; readonly reason: string; readonly path: string }
  /** A guard holds the run (S9): the roster is as before. */
  | { readonly state: "held"; readonly run: Run }
  /** An import of the district runs, or waits to be resumed. */
  | { readonly state: "busy" }
  /** The district was never imported: one person is no roster. */
  | { readonly state: "not-imported" }

export interface UserSyncOptions {
  source: RosterSource
  storage: RosterStorage
  keeper: LeaseKeeper
  clock: () => number
  limits: Pick<RunLimits, "resumeWithinMs" | "planExpiresAfterMs">
  /** What goes for all districts. */
  defaults: ConnectionSettings
  /** The person's Clever id. */
  id: string
  startedBy: string
  signal: AbortSignal | undefined
}

const rejectionsPerLookup = 1_000
const recentRuns = 20

/**
 * Brings one person into the roster ahead of the next import, under the district's lease: asks Clever for the
 * record, compares it as a listing does, and commits what is new as a run of its own. The cursor stays where it is,
 * so that the next delta reads the person's events once more and finds nothing new in them.
 */
export async function syncOneUser(options: UserSyncOptions): Promise<UserSyncResult> {
  const { source, storage, keeper, clock, id, signal } = options
  const { districtId } = keeper.lease
  const startedMs = clock()
  const settings = await districtSettings(storage, districtId, options.defaults)
  const scope = compileScope(settings.scope)
  const head = await storage.getDistrict(districtId)
  if (head.lastRunId === null) return { state: "not-imported" }
  if (await isImportPending(options)) return { state: "busy" }
  if (scope?.keepsKind("user") === false || scope?.excludes(id)) return { state: "not-found" }
  let requests = 0
  const onRequest = () => {
    requests++
  }
  throwIfAborted(signal)
  const text = await source.recordText({ districtId, kind: "user", id, signal, onRequest })
  if (text === undefined) return { state: "not-found" }
  const [stored] = await storage.getRecords({ districtId, kind: "user", ids: [id] })
  const found = foundFromText("user", id, text, scope)
  const change = compareFound(found, stored, { districtId, scope, unidentified: () => id })
  const isOut = change === undefined ? stored?.state !== "active" : change.action === "archive"
  if (isOut) return { state: "not-found" }
  // A new `last_modified` alone is stored by the next import (S11): it is not worth a line in the history.
  if (change === undefined || change.action === "refresh") return { state: "unchanged" }
  if (change.action === "reject") return { state: "rejected", reason: change.reason, path: change.path }
  if (change.id !== id) return { state: "rejected", reason: "id-mismatch", path: "id" }
  const begun = newRun({
    lease: keeper.lease,
    basis: head.version,
    mode: "user",
    startedBy: options.startedBy,
    nowMs: startedMs,
  })
  const run = { ...begun, requests, records: 1, checkpoint: checkpointAt(options, head) }
  return applyChange({
    ...options,
    head,
    settings,
    scope,
    change,
    startedMs,
    run: transition(run, "fetching"),
  })
}

/** An import that could still be resumed would be lost by a commit beside it (S22). */
async function isImportPending({ storage, keeper, clock, limits }: UserSyncOptions): Promise<boolean> {
  const recent = await storage.listRuns({ districtId: keeper.lease.districtId, limit: recentRuns })
  // A plan is made again; archives that were split off say nothing of the run that they came from.
  const newest = recent.find(({ purpose, splitFrom }) => purpose === "import" && splitFrom === null)
  if (newest === undefined || newest.checkpoint === null) return false
  if (newest.requestedMode === "user" || newest.requestedMode === "undo") return false
  if (newest.state !== "interrupted" && !isRunning(newest)) return false
  return clock() - Date.parse(newest.checkpoint.at) < limits.resumeWithinMs
}

interface Application extends UserSyncOptions {
  head: DistrictHead
  settings: DistrictSettings
  scope: CompiledScope | undefined
  change: StagedChange
  startedMs: number
  run: Run
}

async function applyChange(options: Application): Promise<UserSyncResult> {
  const { source, storage, keeper, clock, signal, head, settings, scope, change, startedMs } = options
  const { lease } = keeper
  const context: RunContext = {
    source,
    storage,
    keeper,
    head,
    settings,
    scope,
    signal,
    pageSize: undefined,
    clock,
    onRequest: () => {},
    report: () => {},
    run: options.run,
    saved: options.run.checkpoint,
    staging: Promise.resolve(),
    staged: options.run,
    underWay: [],
    ahead: new Map(),
    replay: undefined,
  }
  try {
    await carryRejections(context, change)
    await context.staging
    await storage.stage(lease, { run: context.run, changes: [change] })
    const planned = await makePlan(context)
    const { counts, archivedBySchool, archivedByRole, holds, passed, cursor, actions, changes, writes } =
      planned
    const durationMs = clock() - startedMs
    context.run = transition(context.run, "planned", {
      counts,
      archivedBySchool,
      archivedByRole,
      holds,
      passed,
      durationMs,
    })
    await storage.saveRun(lease, context.run)
    throwIfAborted(signal)
    if (planned.verdict === "hold") {
      const { planExpiresAfterMs: expiresAfterMs } = options.limits
      return { state: "held", run: await restAsPlan(context, planned, { expiresAfterMs }) }
    }
    context.run = transition(context.run, "applying")
    await storage.saveRun(lease, context.run)
    const run = await commitRun({
      storage,
      lease,
      clock,
      settings,
      run: context.run,
      actions,
      cursor,
      changes,
      writes,
    })
    return { state: "applied", run }
  } catch (error) {
    return endAsFailed(context, error)
  }
}

/**
 * Takes the last run's rejections over into this run: imports look again at those of the run committed last (S9),
 * which will be this one.
 */
async function carryRejections(context: RunContext, change: StagedChange): Promise<void> {
  const { storage, head, keeper } = context
  const runId = head.lastRunId ?? ""
  // What an undo lists are no records that Clever sent; and after it comes a bulk import, which looks at all (S24).
  if ((await storage.getRun(runId))?.mode === "undo") return
  let after: { kind: Kind; id: string } | undefined
  for (;;) {
    const rejections = await storage.listRejections({ runId, after, limit: rejectionsPerLookup })
    const last = rejections.at(-1)
    if (last === undefined) return
    const changes = rejections
      .filter(({ kind, id }) => kind !== change.kind || id !== change.id)
      .map((rejection) => scopedRejection(rejection, context.scope))
      .filter((rejection) => rejection !== undefined)
      .map((rejection): StagedChange => ({ action: "reject", ...rejection }))
    await storage.stage(keeper.lease, { run: context.run, changes })
    after = { kind: last.kind, id: last.id }
  }
}

async function endAsFailed({ storage, keeper, run, clock }: RunContext, error: unknown): Promise<never> {
  const failure = isHomeroomError(error) ? error : new HomeroomError("INTERNAL", { cause: error })
  if (failure.code === "LEASE_LOST") throw failure
  const { code, message, retryable } = failure
  const failed = transition(run, "failed", {
    error: { code, message, retryable },
    finishedAt: isoTime(clock()),
    checkpoint: null,
  })
  try {
    await storage.discardStaged(keeper.lease, failed)
  } catch {
    // The first failure says more; the next import finds the run as interrupted and drops what it staged.
  }
  throw failure.withDetails({ runId: run.id })
}

/** Never gone on from: it tells the next import that there is something to drop. */
function checkpointAt({ source, clock, id }: UserSyncOptions, head: DistrictHead): Checkpoint {
  return {
    at: isoTime(clock()),
    stage: "listing",
    apiVersion: source.apiVersion,
    cursor: head.cursor,
    kind: "user",
    next: null,
    lastId: id,
    ordered: true,
    gap: false,
    pages: 0,
    seen: { user: 1 },
  }
}
