import { HomeroomError, isHomeroomError } from "../errors/index.ts"
import type { District } from "../models/index.ts"
import type { ApiVersion, Kind } from "../models/kinds.ts"
import type {
  Action,
  Checkpoint,
  CommitRequest,
  Connection,
  Counts,
  LoggedChange,
  RosterStorage,
  Run,
  StagedChange,
} from "../storage/contract.ts"
import type { DistrictSettings } from "./district-settings.ts"
import type { LeaseKeeper } from "./lease-keeper.ts"
import { newRun } from "./new-run.ts"
import { compileOwnership } from "./ownership/compiled-ownership.ts"
import { pinAppFields } from "./ownership/pins.ts"
import { firstCheckpoint, isoTime, throwIfAborted } from "./run-context.ts"
import { isRunning, transition } from "./run-states.ts"
import { compileScope } from "./scope/compiled-scope.ts"
import { takeBack } from "./take-back.ts"
import { unfinishedRuns } from "./waiting-runs.ts"

/** What an undo came to. */
export interface UndoResult {
  /** The undo itself, as the history has it: `applied`, or `unchanged` if there was nothing left to take back. */
  run: Run
  /** How many changes were taken back. */
  undone: number
  /** How many records were left alone, because they have changed since; they are listed as the run's rejections. */
  skipped: number
}

export interface UndoRunOptions {
  storage: RosterStorage
  keeper: LeaseKeeper
  clock: () => number
  settings: Pick<DistrictSettings, "scope" | "ownership">
  apiVersion: ApiVersion
  /** The run to take back. */
  undone: Run
  by: string
  /** In their words. */
  why: string
  signal: AbortSignal | undefined
}

/** Changes taken back at a time. */
const chunk = 700

const everyAction: readonly Action[] = ["create", "update", "restore", "archive", "refresh"]

const outcomes: Readonly<Partial<Record<Action, keyof Counts>>> = {
  update: "updated",
  archive: "archived",
  restore: "restored",
  reject: "rejected",
}

/**
 * Takes back what a run did, under the district's lease, as a run of its own (S24): whatever still is as that run
 * left it gets the content and the state from before; what has changed since is left alone and listed. One commit
 * writes all of it, pauses the connection, and forgets the cursor: no event will tell what Clever has instead.
 */
export async function undoRun(options: UndoRunOptions): Promise<UndoResult> {
  const { storage, keeper, clock, undone, by, why } = options
  const { lease } = keeper
  await requireUndoable(storage, undone)
  await dropUnfinishedUndos(options)
  const head = await storage.getDistrict(lease.districtId)
  const begun = newRun({ lease, basis: head.version, mode: "undo", startedBy: by, nowMs: clock() })
  const decision = { by, why, at: isoTime(clock()) }
  const fields = { undoes: undone.id, decision, checkpoint: checkpointAt(options) }
  const attempt: Attempt = { ...options, run: transition(begun, "fetching", fields) }
  await storage.saveRun(lease, attempt.run)
  try {
    await stageAll(attempt)
    return await commit(attempt)
  } catch (error) {
    return endEarly(attempt, error)
  }
}

/** Throws `RUN_NOT_UNDOABLE` unless the run changed the roster and its change log is there. */
async function requireUndoable(storage: RosterStorage, { id, state }: Run): Promise<void> {
  const refuse = (why: string): never => {
    throw new HomeroomError("RUN_NOT_UNDOABLE", {
      message: `Import ${id} can't be taken back: ${why}.`,
      details: { runId: id, state },
    })
  }
  if (state !== "applied") refuse(`it is ${state}, so that it changed nothing`)
  const logged = await storage.listChanges({ runId: id, limit: 1 })
  if (logged.length === 0) refuse("its change log is gone")
}

/** Drops what undos staged whose process died: an undo is never gone on with. */
async function dropUnfinishedUndos({ storage, keeper }: UndoRunOptions): Promise<void> {
  const { lease } = keeper
  for await (const found of unfinishedRuns(storage, { districtId: lease.districtId })) {
    if (found.mode !== "undo") continue
    const run = isRunning(found) ? transition(found, "interrupted") : found
    if (run.state !== "interrupted" || run.checkpoint === null) continue
    await storage.discardStaged(lease, { ...run, checkpoint: null })
  }
}

interface Attempt extends UndoRunOptions {
  /** The undo as last saved. */
  run: Run
}

/** Stages the opposite of each logged change, a chunk at a time. */
async function stageAll(attempt: Attempt): Promise<void> {
  const { storage, keeper, undone, signal } = attempt
  let after: { kind: Kind; id: string } | undefined
  for (;;) {
    throwIfAborted(signal)
    keeper.check()
    const logged = await storage.listChanges({ runId: undone.id, after, limit: chunk })
    const last = logged.at(-1)
    if (last === undefined) return
    const changes = await oppositesOf(attempt, logged)
    attempt.run = counted(attempt.run, changes)
    await storage.stage(keeper.lease, { run: attempt.run, changes })
    after = { kind: last.kind, id: last.id }
  }
}

async function oppositesOf(
  { storage, settings, undone: { districtId } }: Attempt,
  logged: readonly LoggedChange[],
): Promise<StagedChange[]> {
  const scope = compileScope(settings.scope)
  const changes: StagedChange[] = []
  for (const kind of new Set(logged.map((change) => change.kind))) {
    const ofKind = logged.filter((change) => change.kind === kind)
    const ids = ofKind.map(({ id }) => id)
    const stored = await storage.getRecords({ districtId, kind, ids })
    const storedById = new Map(stored.map((record) => [record.id, record]))
    for (const change of ofKind) changes.push(takeBack(change, storedById.get(change.id), scope))
  }
  return changes
}

function counted(run: Run, changes: readonly StagedChange[]): Run {
  const counts = structuredClone(run.counts)
  for (const { kind, action } of changes) {
    const outcome = outcomes[action]
    if (outcome !== undefined) counts[kind][outcome]++
  }
  return { ...run, counts, records: run.records + changes.length }
}

async function commit(attempt: Attempt): Promise<UndoResult> {
  const { storage, keeper, clock, settings, signal } = attempt
  const { lease } = keeper
  const skipped = total(attempt.run, ["rejected"])
  const undone = attempt.run.records - skipped
  attempt.run = transition(attempt.run, "planned")
  await storage.saveRun(lease, attempt.run)
  throwIfAborted(signal)
  if (undone > 0) {
    attempt.run = transition(attempt.run, "applying")
    await storage.saveRun(lease, attempt.run)
  }
  const { basis, startedAt } = attempt.run
  const endedMs = clock()
  const run = transition(attempt.run, undone > 0 ? "applied" : "unchanged", {
    version: undone > 0 ? basis + 1 : null,
    finishedAt: isoTime(endedMs),
    durationMs: endedMs - Date.parse(startedAt),
    checkpoint: null,
  })
  // An app's value is no less the app's for Clever's being put back (S19).
  const overrides = await pinAppFields(storage, {
    run,
    ownership: compileOwnership(settings.ownership),
    scope: compileScope(settings.scope),
    actions: everyAction,
    at: isoTime(endedMs),
  })
  const request = { run, basis, cursor: null, actions: everyAction, overrides }
  if (undone === 0) await storage.commit(lease, request)
  else await commitPaused(attempt, request)
  return { run, undone, skipped }
}

/** How often somebody else may change the connection just then, before the undo gives up. */
const commitTries = 20

/** The commit that pauses the connection as well, as it is at that moment: no step or setting of others is lost. */
async function commitPaused(attempt: Attempt, request: CommitRequest): Promise<void> {
  const { storage, keeper, undone } = attempt
  for (let tries = 1; ; tries++) {
    const known = await storage.getConnection(undone.districtId)
    const connection = await pausedConnection(attempt, known)
    try {
      return await storage.commit(keeper.lease, {
        ...request,
        connection,
        expectedConnection: known ?? null,
      })
    } catch (error) {
      if (!isHomeroomError(error) || error.code !== "CONNECTION_CHANGED" || tries >= commitTries) throw error
    }
  }
}

function total({ counts }: Run, outcome: (keyof Counts)[]): number {
  return Object.values(counts).reduce((sum, of) => sum + outcome.reduce((own, name) => own + of[name], 0), 0)
}

/**
 * The district's connection, paused, so that no import does again what was undone; undefined where it stays as it is,
 * because no import runs through it anyway.
 */
async function pausedConnection(
  { storage, undone, by, clock }: Attempt,
  known: Connection | undefined,
): Promise<Connection | undefined> {
  const { districtId } = undone
  if (known !== undefined && known.state !== "active") return undefined
  const mode = known?.mode ?? "sso+provisioning"
  const step = { state: "paused", mode, at: isoTime(clock()), by } as const
  if (known !== undefined) return { ...known, state: "paused", steps: [...known.steps, step] }
  const [district] = await storage.getRecords({ districtId, kind: "district", ids: [districtId] })
  const { name } = district === undefined ? {} : (JSON.parse(district.data) as District)
  return { districtId, name: name ?? "", mode, state: "paused", steps: [step], settings: {} }
}

/** Saves that the undo was called off or failed, drops what it staged, and throws. */
async function endEarly({ storage, keeper, run, clock }: Attempt, error: unknown): Promise<never> {
  const failure = isHomeroomError(error) ? error : new HomeroomError("INTERNAL", { cause: error })
  if (failure.code === "LEASE_LOST") throw failure
  const { code, message, retryable } = failure
  const ended = transition(run, code === "ABORTED" ? "cancelled" : "failed", {
    error: { code, message, retryable },
    finishedAt: isoTime(clock()),
    checkpoint: null,
  })
  try {
    await storage.discardStaged(keeper.lease, ended)
  } catch {
    // The first failure says more; the next import finds the undo as interrupted and drops what it staged.
  }
  throw failure.withDetails({ runId: run.id })
}

/** Never gone on from: it tells the next import, or undo, that there is something to drop. */
function checkpointAt({ apiVersion, clock }: UndoRunOptions): Checkpoint {
  return firstCheckpoint({ at: isoTime(clock()), stage: "listing", apiVersion, cursor: null })
}
