import type { Action, Cursor, Lease, RosterStorage, Run } from "../storage/contract.ts"
import { isoTime } from "./run-context.ts"
import { transition } from "./run-states.ts"

export interface RunCommit {
  storage: RosterStorage
  lease: Lease
  clock: () => number
  /** The run as it was saved last, on its way to its end. */
  run: Run
  actions: readonly Action[]
  cursor: Cursor | null
  /** Changes that will be logged. */
  changes: number
  /** Records that will be written, silent refreshes included. */
  writes: number
}

/**
 * Makes what a run has staged the roster, and ends the run, in one transaction (S20): `applied`, or `unchanged` if it
 * has no change that is logged. Rejects with `PLAN_STALE` if the roster is not the one that the changes are changes of.
 */
export async function commitRun(commit: RunCommit): Promise<Run> {
  const { storage, lease, clock, run, actions, cursor, changes, writes } = commit
  const ended = transition(run, changes === 0 ? "unchanged" : "applied", {
    cursor,
    version: writes === 0 ? null : run.basis + 1,
    finishedAt: isoTime(clock()),
    checkpoint: null,
  })
  await storage.commit(lease, { run: ended, basis: run.basis, cursor, actions })
  return ended
}
