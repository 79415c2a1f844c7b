import type { Action, Cursor, Lease, RosterStorage, Run } from "../storage/contract.ts"
import type { DistrictSettings } from "./district-settings.ts"
import { compileOwnership } from "./ownership/compiled-ownership.ts"
import { pinAppFields } from "./ownership/pins.ts"
import { isoTime } from "./run-context.ts"
import { transition } from "./run-states.ts"
import { compileScope } from "./scope/compiled-scope.ts"

export interface RunCommit {
  storage: RosterStorage
  lease: Lease
  clock: () => number
  settings: Pick<DistrictSettings, "scope" | "ownership">
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
 * has no change that is logged. What it overwrites of the app's own fields becomes an override (S19). Rejects with `PLAN_STALE` if the roster is not the one that the changes are changes of.
 */
export async function commitRun(commit: RunCommit): Promise<Run> {
  const { storage, lease, clock, settings, run, actions, cursor, changes, writes } = commit
  const finishedAt = isoTime(clock())
  const overrides = await pinAppFields(storage, {
    run,
    ownership: compileOwnership(settings.ownership),
    scope: compileScope(settings.scope),
    actions,
    at: finishedAt,
  })
  const ended = transition(run, changes === 0 ? "unchanged" : "applied", {
    cursor,
    version: writes === 0 ? null : run.basis + 1,
    finishedAt,
    checkpoint: null,
  })
  await storage.commit(lease, { run: ended, basis: run.basis, cursor, actions, overrides })
  return ended
}
