import { HomeroomError } from "../errors/index.ts"
import type { Decision, RosterStorage, Run } from "../storage/contract.ts"
import { presentRun } from "./history.ts"
import { isoTime } from "./run-context.ts"
import { isRunning } from "./run-states.ts"

/** One document for each district: what is asked of the process that has the run at work. */
const collection = "cancel-requests"

type CancelRequest = Decision & { readonly runId: string }

/**
 * Asks whichever process has an import or a plan at work to call it off (S32); returns it as it was then. Rejects with
 * `RUN_NOT_FOUND`, and with `RUN_NOT_RUNNING` unless the run is at work and has not begun to commit.
 */
export async function requestCancel(
  storage: RosterStorage,
  runId: string,
  { by, why, nowMs }: { by: string; why: string; nowMs: number },
): Promise<Run> {
  const run = await presentRun(storage, runId, nowMs)
  if (!canBeCancelled(run)) {
    throw new HomeroomError("RUN_NOT_RUNNING", {
      message: `Import ${runId} is ${run.state} and can't be cancelled.`,
      details: { runId, state: run.state },
    })
  }
  const { districtId } = run
  const value: CancelRequest = { runId, by, why, at: isoTime(nowMs) }
  await storage.writeDocuments([{ collection, key: districtId, districtId, value }])
  return run
}

/** Who wants a run called off; undefined if nobody does. */
export async function cancelRequestOf(
  storage: RosterStorage,
  { districtId, id }: Run,
): Promise<Decision | undefined> {
  const { runId, ...decision } = ((await storage.getDocument(collection, districtId))?.value ??
    {}) as Partial<CancelRequest>
  return runId === id ? (decision as Decision) : undefined
}

/** True for what reads Clever and stages: all else is done in one go, or has been decided on. */
export function canBeCancelled(run: Run): boolean {
  const { mode, state, splitFrom } = run
  return isRunning(run) && state !== "applying" && mode !== "user" && mode !== "undo" && splitFrom === null
}
