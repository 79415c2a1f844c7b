import type { ApiVersion } from "../models/kinds.ts"
import type { ImportMode, Run } from "../storage/contract.ts"
import { newRun } from "./new-run.ts"
import { isRunning, stateWithoutProcess, transition } from "./run-states.ts"
import { settleSplit } from "./split-archives.ts"
import { type Settlement, settleWaiting, unfinishedRuns } from "./waiting-runs.ts"

export interface RunBeginning extends Settlement {
  requestedMode: ImportMode
  purpose: Run["purpose"]
  startedBy: string
  /** The district's version. */
  basis: number
  apiVersion: ApiVersion
  /** Names the scope to read within; undefined: everything. */
  scope: string | undefined
  resumeWithinMs: number
}

const recentRuns = 20

/**
 * Brings the runs of a district up to date, then takes up the newest of this purpose that was interrupted, if it fits
 * (S22), or makes a new one. What can't be gone on from is no longer staged. Saves the run as `fetching`.
 */
export async function beginRun(options: RunBeginning): Promise<Run> {
  const { storage, lease, clock, requestedMode, purpose, startedBy, basis } = options
  await settleWaiting(options)
  const recent = await storage.listRuns({ districtId: lease.districtId, limit: recentRuns })
  let resumable: Run | undefined
  const passed = new Set<Run["purpose"]>()
  for (const found of recent) {
    const run = await settleDead(options, found)
    const isNewest = !passed.has(run.purpose)
    // Archives that were split off are younger than the run that they came from and can be taken up again.
    if (run.splitFrom === null) passed.add(run.purpose)
    if (run.state !== "interrupted" || run.checkpoint === null) continue
    const fits = isNewest && canBeResumed(options, run)
    if (!fits) await storage.discardStaged(lease, { ...run, checkpoint: null })
    else if (run.purpose === purpose && run.requestedMode === requestedMode) resumable = run
    // An interrupted import does not suffer from a plan made meanwhile, nor the other way round.
    else if (run.purpose === purpose) await storage.discardStaged(lease, { ...run, checkpoint: null })
  }
  await dropOlder(options, recent.at(-1))
  const run =
    resumable !== undefined
      ? transition(resumable, "fetching", { fence: lease.fence, resumed: resumable.resumed + 1 })
      : transition(
          newRun({ lease, basis, mode: requestedMode, purpose, startedBy, nowMs: clock() }),
          "fetching",
        )
  await storage.saveRun(lease, run)
  return run
}

/** Drops what runs before those staged, such as an import that died before many logins: too old to be gone on from. */
async function dropOlder(options: RunBeginning, before: Run | undefined): Promise<void> {
  if (before === undefined) return
  const { storage, lease } = options
  for await (const found of unfinishedRuns(storage, { districtId: lease.districtId, before })) {
    const run = await settleDead(options, found)
    if (run.state !== "interrupted" || run.checkpoint === null) continue
    await storage.discardStaged(lease, { ...run, checkpoint: null })
  }
}

/** A run whose process is gone, as it stands without it. */
async function settleDead(options: RunBeginning, run: Run): Promise<Run> {
  const { storage, lease } = options
  if (!isRunning(run)) return run
  if (run.splitFrom !== null) {
    await settleSplit(options, run)
    return run
  }
  const stopped = transition(run, stateWithoutProcess(run))
  // An undo is never gone on from: it is asked for again.
  if (run.mode === "undo") await storage.discardStaged(lease, { ...stopped, checkpoint: null })
  else await storage.saveRun(lease, stopped)
  return run.mode === "undo" ? { ...stopped, checkpoint: null } : stopped
}

function canBeResumed(beginning: RunBeginning, run: Run): boolean {
  const { basis, apiVersion, scope, clock, resumeWithinMs } = beginning
  const { checkpoint } = run
  return (
    checkpoint !== null &&
    run.mode !== "user" &&
    run.basis === basis &&
    checkpoint.apiVersion === apiVersion &&
    checkpoint.scope === scope &&
    clock() - Date.parse(checkpoint.at) < resumeWithinMs
  )
}
