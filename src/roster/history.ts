import { HomeroomError } from "../errors/index.ts"
import type { RosterStorage, Run } from "../storage/contract.ts"
import { isRunning } from "./run-states.ts"

const pageSize = 100

/** A run as it stands: one whose process is gone shows as `interrupted`. Rejects with `RUN_NOT_FOUND`. */
export async function presentRun(storage: RosterStorage, runId: string): Promise<Run> {
  const run = await storage.getRun(runId)
  if (run === undefined) {
    throw new HomeroomError("RUN_NOT_FOUND", { message: `There is no import ${runId}.`, details: { runId } })
  }
  return asItStands(storage, run)
}

/** The runs of a district, or of all, newest first. */
export async function* listHistory(
  storage: RosterStorage,
  options: { districtId?: string | undefined },
): AsyncGenerator<Run> {
  let before: { startedAt: string; id: string } | undefined
  for (;;) {
    const page = await storage.listRuns({ districtId: options.districtId, before, limit: pageSize })
    for (const run of page) yield await asItStands(storage, run)
    const last = page.at(-1)
    if (last === undefined) return
    before = { startedAt: last.startedAt, id: last.id }
  }
}

async function asItStands(storage: RosterStorage, run: Run): Promise<Run> {
  if (!isRunning(run.state)) return run
  const lease = await storage.getLease(run.districtId)
  return lease?.fence === run.fence ? run : { ...run, state: "interrupted" }
}
