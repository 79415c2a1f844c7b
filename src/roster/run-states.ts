import { HomeroomError } from "../errors/index.ts"
import type { Run, RunState } from "../storage/contract.ts"

/**
 * Every state a run may have and where it may go from there; nothing else is possible.
 *
 * `queued → fetching → planned → applying → applied`; a plan without changes ends `unchanged`; a guard's
 * finding makes it `held` until somebody approves or discards it or 72 hours pass, and a run that was only to be
 * planned stays `planned` likewise; a run whose process died or was told to stop is `interrupted` and goes on from
 * its last staged page, but one that was approved stays so until it is applied.
 */
export const runTransitions: { readonly [From in RunState]: readonly RunState[] } = {
  queued: ["fetching", "failed", "cancelled"],
  fetching: ["planned", "interrupted", "failed", "cancelled"],
  interrupted: ["fetching", "failed", "cancelled"],
  planned: [
    "applying",
    "unchanged",
    "held",
    "approved",
    "discarded",
    "expired",
    "interrupted",
    "failed",
    "cancelled",
  ],
  held: ["approved", "discarded", "expired", "failed", "cancelled"],
  approved: ["applying", "discarded", "expired", "failed", "cancelled"],
  applying: ["applied", "unchanged", "approved", "interrupted", "failed", "cancelled"],
  applied: [],
  unchanged: [],
  discarded: [],
  expired: [],
  failed: [],
  cancelled: [],
}

/** The run in its next state. Throws `RUN_TRANSITION_INVALID` where the table has no such step. */
export function transition(run: Run, state: RunState, patch: Partial<Omit<Run, "id" | "state">> = {}): Run {
  if (!runTransitions[run.state].includes(state)) {
    throw new HomeroomError("RUN_TRANSITION_INVALID", {
      message: `Import ${run.id} is ${run.state} and can't become ${state}.`,
      details: { runId: run.id, from: run.state, to: state },
    })
  }
  return { ...run, ...patch, state }
}

/** What the state alone does not say: a plan rests where an import goes on. */
type RunStanding = Pick<Run, "state" | "purpose" | "plan" | "approval">

/** True while a process works on the run, or has died at it: see {@link stateWithoutProcess}. */
export function isRunning(run: RunStanding): boolean {
  const { state } = run
  return state === "queued" || state === "fetching" || state === "applying" || isOnItsWay(run)
}

/** True for a run that waits for somebody to decide, or to apply what was decided. */
export function isWaiting(run: RunStanding): boolean {
  const { state } = run
  return state === "held" || state === "approved" || (state === "planned" && !isOnItsWay(run))
}

/** The state of a run that no process works on: what was approved can still be applied (S16). */
export function stateWithoutProcess(run: RunStanding): RunState {
  if (!isRunning(run)) return run.state
  return run.state === "applying" && run.approval !== null ? "approved" : "interrupted"
}

/** True for a state that a run never leaves. */
export function isFinal(state: RunState): boolean {
  return runTransitions[state].length === 0
}

/** Counted, and about to be held or committed; a plan that is done has its hash. */
function isOnItsWay({ state, purpose, plan }: RunStanding): boolean {
  return state === "planned" && (purpose === "import" || plan === null)
}
