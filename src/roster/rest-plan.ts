import type { Action, Run, RunPlan } from "../storage/contract.ts"
import type { PlannedCommit } from "./plan.ts"
import { planHash } from "./plan-hash.ts"
import { isoTime, type RunContext, throwIfAborted } from "./run-context.ts"
import { transition } from "./run-states.ts"
import { supersedeHeld } from "./waiting-runs.ts"

/**
 * Leaves a run that was planned and saved as such to be looked at (S16, S17): with the hash that it is known by and
 * the time until which it can be decided on. It is `held` if a guard found something, else it stays `planned`; a run
 * without any change is `unchanged`, and nothing of it is kept but what it rejected.
 */
export async function restAsPlan(
  context: RunContext,
  planned: PlannedCommit,
  { expiresAfterMs }: { expiresAfterMs: number },
): Promise<Run> {
  const { storage, keeper, clock, run } = context
  const { lease } = keeper
  const { actions, cursor, verdict } = planned
  const isHeld = verdict === "hold"
  if (!isHeld && planned.changes === 0) {
    const unchanged = transition(run, "unchanged", { finishedAt: isoTime(clock()), checkpoint: null })
    const isClean = Object.values(run.counts).every(({ rejected }) => rejected === 0)
    await (isClean ? storage.discardStaged(lease, unchanged) : storage.saveRun(lease, unchanged))
    return unchanged
  }
  const hash = await planHash(storage, { runId: run.id, basis: run.basis, cursor, actions }, () => {
    keeper.check()
    throwIfAborted(context.signal)
  })
  const plan = waitingPlan(context, { hash, actions, cursor, expiresAfterMs })
  const patch = { plan, checkpoint: null }
  const resting = isHeld ? transition(run, "held", patch) : { ...run, ...patch }
  await storage.saveRun(lease, resting)
  // The run rests. Where this fails, the next one that is held makes up for it.
  if (isHeld) await supersedeHeld({ storage, lease, clock }, resting).catch(() => {})
  return resting
}

/** What a run that waits to be decided on would commit, and until when. */
export function waitingPlan(
  { clock, scope }: Pick<RunContext, "clock" | "scope">,
  plan: Pick<RunPlan, "hash" | "cursor"> & { actions: readonly Action[]; expiresAfterMs: number },
): RunPlan {
  const { hash, actions, cursor, expiresAfterMs } = plan
  const expiresAt = isoTime(clock() + expiresAfterMs)
  return { hash, actions: [...actions], cursor, expiresAt, ...(scope && { scope: scope.digest }) }
}
