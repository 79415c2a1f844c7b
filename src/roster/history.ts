import { HomeroomError } from "../errors/index.ts"
import type { RosterStorage, Run } from "../storage/contract.ts"
import { stateWithoutProcess } from "./run-states.ts"
import { expired, isExpired } from "./waiting-runs.ts"

const pageSize = 100

/**
 * A run as it stands: one whose process is gone shows as `interrupted`, one that nobody decided on in time as `expired`.
 * Rejects with `RUN_NOT_FOUND`.
 */
export async function presentRun(storage: RosterStorage, runId: string, nowMs: number): Promise<Run> {
  const run = await storage.getRun(runId)
  if (run === undefined) {
    throw new HomeroomError("RUN_NOT_FOUND", { message: `There is no import ${runId}.`, details: { runId } })
  }
  return asItStands(storage, run, nowMs)
}

/** The runs of a district, or of all, newest first. */
export async function* listHistory(
  storage: RosterStorage,
  options: { districtId?: string | undefined; nowMs: number },
): AsyncGenerator<Run> {
  let before: { startedAt: string; id: string } | undefined
  for (;;) {
    const page = await storage.listRuns({ districtId: options.districtId, before, limit: pageSize })
    for (const run of page) yield await asItStands(storage, run, options.nowMs)
    const last = page.at(-1)
    if (last === undefined) return
    before = { startedAt: last.startedAt, id: last.id }
  }
}

async function asItStands(storage: RosterStorage, run: Run, nowMs: number): Promise<Run> {
  const state = stateWithoutProcess(run)
  if (state === run.state) return isExpired(run, nowMs) ? expired(run, nowMs) : run
  const lease = await storage.getLease(run.districtId)
  if (lease?.fence === run.fence) return run
  const stopped = { ...run, state }
  return isExpired(stopped, nowMs) ? expired(stopped, nowMs) : stopped
}
