import { HomeroomError } from "../errors/index.ts"
import type { Run, RunState } from "../storage/contract.ts"

/**
 * Every state a run may have and where it may go from there; nothing else is possible.
 *
 * `queued → fetching → planned → applying → applied`; a plan without changes ends `unchanged`; a guard's
 * finding makes it `held` until somebody approves or discards it or 72 hours pass; a run whose process died or
 * was told to stop is `interrupted` and goes on from its last staged page.
 */
export const runTransitions: { readonly [From in RunState]: readonly RunState[] } = {
  queued: ["fetching", "failed", "cancelled"],
  fetching: ["planned", "interrupted", "failed", "cancelled"],
  interrupted: ["fetching", "failed", "cancelled"],
  planned: ["applying", "unchanged", "held", "interrupted", "failed", "cancelled"],
  held: ["approved", "discarded", "expired", "failed", "cancelled"],
  approved: ["applying", "failed", "cancelled"],
  applying: ["applied", "interrupted", "failed", "cancelled"],
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

/** True for a state in which a process works on the run: without a live lease it was interrupted. */
export function isRunning(state: RunState): boolean {
  return state === "queued" || state === "fetching" || state === "planned" || state === "applying"
}

/** True for a state that a run never leaves. */
export function isFinal(state: RunState): boolean {
  return runTransitions[state].length === 0
}
