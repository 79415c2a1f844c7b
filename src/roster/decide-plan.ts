import { type ErrorCode, HomeroomError } from "../errors/index.ts"
import type { Run, RunPlan } from "../storage/contract.ts"
import { commitRun } from "./commit-run.ts"
import type { DistrictSettings } from "./district-settings.ts"
import { sumOf } from "./plan.ts"
import { hasHashedContents, planHash } from "./plan-hash.ts"
import { isoTime, throwIfAborted } from "./run-context.ts"
import { isWaiting, transition } from "./run-states.ts"
import { compileScope } from "./scope/compiled-scope.ts"
import { expired, isExpired, type Settlement, settleApplication } from "./waiting-runs.ts"

/** A plan, the lease of its district, and who decides. */
export interface PlanDecision extends Settlement {
  settings: Pick<DistrictSettings, "scope" | "ownership">
  planId: string
  /** A user of the app. */
  by: string
  /** In their words. */
  why: string
  expiresAfterMs: number
}

export interface PlanApplication extends PlanDecision {
  /** The hash of the plan that is meant. */
  hash: string
  signal: AbortSignal | undefined
}

type WaitingRun = Run & { plan: RunPlan }

/** Records that somebody agrees to a plan, which can be applied from then on, for a while (S16). */
export async function approvePlan(
  decision: PlanDecision & { hash: string | undefined },
): Promise<WaitingRun> {
  const run = await waitingRun(decision)
  requireHash(run, decision.hash ?? run.plan.hash)
  await requireBasis(decision, run)
  const approved = approvedBy(decision, run)
  await decision.storage.saveRun(decision.lease, approved)
  return approved
}

/** Says no to a plan: nothing of it is kept but its record. */
export async function discardPlan(decision: PlanDecision): Promise<Run> {
  const { storage, lease, clock, by, why } = decision
  const run = await waitingRun(decision)
  const at = isoTime(clock())
  const discarded = transition(run, "discarded", { decision: { by, why, at }, finishedAt: at })
  await storage.discardStaged(lease, discarded)
  return discarded
}

/**
 * Commits a plan as it was made (S16): the same actions, the same changes, the same cursor. Refused if it is not the
 * plan that is meant, if the roster moved since, or if what is staged is not what was hashed.
 *
 * Until the commit the run is `approved`, if the process dies as well; nothing of the plan is lost.
 */
export async function applyPlan(application: PlanApplication): Promise<Run> {
  const { storage, lease, clock, settings, hash, signal } = application
  const startedMs = clock()
  const waiting = await waitingRun(application)
  requireHash(waiting, hash)
  await requireBasis(application, waiting)
  await requireUnaltered(application, waiting)
  throwIfAborted(signal)
  let run = waiting
  if (run.state !== "approved") {
    run = approvedBy(application, run)
    await storage.saveRun(lease, run)
  }
  const { actions, cursor } = run.plan
  try {
    const applying = transition(run, "applying", { fence: lease.fence })
    await storage.saveRun(lease, applying)
    const sums = sumOf(await storage.countStaged(run.id), actions)
    const timed = { ...applying, durationMs: run.durationMs + clock() - startedMs }
    return await commitRun({ storage, lease, clock, settings, run: timed, actions, cursor, ...sums })
  } catch (error) {
    // Saved or not, it can be applied again: a run at `applying` without its process is taken for approved.
    await storage.saveRun(lease, run).catch(() => {})
    throw error
  }
}

/** The run, if it waits for a decision or for its application. Under the lease no other process works on it. */
async function waitingRun(decision: PlanDecision): Promise<WaitingRun> {
  const { storage, lease, clock, planId } = decision
  const found = await storage.getRun(planId)
  if (found === undefined) throw refusal("RUN_NOT_FOUND", planId, `There is no import ${planId}.`)
  const run = await settleApplication(decision, found)
  if (isExpired(run, clock())) {
    await storage.discardStaged(lease, expired(run, clock()))
    throw refusal("PLAN_EXPIRED", planId, `The plan ${planId} has expired.`)
  }
  if (run.state === "expired") throw refusal("PLAN_EXPIRED", planId, `The plan ${planId} has expired.`)
  const { plan } = run
  if (plan === null || !isWaiting(run)) {
    throw refusal("PLAN_NOT_APPLICABLE", planId, `Import ${planId} is ${run.state}.`)
  }
  return { ...run, plan }
}

function requireHash({ id, plan }: WaitingRun, hash: string): void {
  if (hash === plan.hash) return
  throw refusal("PLAN_HASH_MISMATCH", id, `The hash given is not that of the plan ${id}.`)
}

async function requireBasis({ storage, settings }: PlanDecision, run: WaitingRun): Promise<void> {
  const { version } = await storage.getDistrict(run.districtId)
  // What was planned within another scope may hold what is to be kept no longer (S18).
  if (version === run.basis && run.plan.scope === compileScope(settings.scope)?.digest) return
  throw new HomeroomError("PLAN_STALE", { details: { runId: run.id, basis: run.basis, version } })
}

async function requireUnaltered({ storage, signal }: PlanApplication, run: WaitingRun): Promise<void> {
  const { id, basis, plan } = run
  const { cursor, actions } = plan
  const onPage = () => throwIfAborted(signal)
  const hash = await planHash(storage, { runId: id, basis, cursor, actions }, onPage)
  if (hash === plan.hash && (await hasHashedContents(storage, id, onPage))) return
  throw refusal("PLAN_ALTERED", id, `The plan ${id} is not what it was.`)
}

function approvedBy({ clock, by, why, expiresAfterMs }: PlanDecision, run: WaitingRun): WaitingRun {
  const approval = { hash: run.plan.hash, by, why, at: isoTime(clock()) }
  const plan = { ...run.plan, expiresAt: isoTime(clock() + expiresAfterMs) }
  return { ...transition(run, "approved", { approval }), plan }
}

function refusal(code: ErrorCode, runId: string, message: string): HomeroomError {
  return new HomeroomError(code, { message, details: { runId } })
}
