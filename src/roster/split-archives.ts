import { type Kind, kinds } from "../models/kinds.ts"
import type { Action, RosterStorage, Run, StagedChange } from "../storage/contract.ts"
import { newRun } from "./new-run.ts"
import { emptyCounts, type PlannedCommit } from "./plan.ts"
import { planHash } from "./plan-hash.ts"
import { waitingPlan } from "./rest-plan.ts"
import { checkpointOf, isoTime, type RunContext, throwIfAborted } from "./run-context.ts"
import { transition } from "./run-states.ts"
import { type Settlement, supersedeHeld } from "./waiting-runs.ts"

const entriesPerPage = 10_000
const rejectionsPerPage = 1_000

const archiveOnly: readonly Action[] = ["archive"]

/**
 * Stages the archives of a run once more, for a run of their own that will wait for a person while the rest is
 * committed (S15 `risky-only`). It takes the run's rejections over as well, since later imports look again at those of
 * the run committed last (S9). Its basis is the roster after the commit, and its cursor the run's own, to which the
 * roster is current once they are applied.
 *
 * Saved as `planned`: only {@link holdArchives} makes it one that can be approved, after the commit. Until then it
 * counts as interrupted, and is worth nothing.
 */
export async function splitArchives(
  context: RunContext,
  planned: PlannedCommit,
  { expiresAfterMs }: { expiresAfterMs: number },
): Promise<Run> {
  const { storage, keeper, clock, run } = context
  const { lease } = keeper
  const { mode, requestedMode, fallback, startedBy } = run
  const begun = newRun({
    lease,
    basis: run.basis + 1,
    mode: requestedMode,
    startedBy,
    nowMs: clock(),
  })
  const split = transition({ ...begun, mode, fallback, splitFrom: run.id }, "fetching")
  await storage.saveRun(lease, split)
  for await (const changes of waitingChanges(storage, run.id)) {
    keeper.check()
    throwIfAborted(context.signal)
    await storage.stage(lease, { run: split, changes })
  }
  const { cursor } = checkpointOf(run)
  const hash = await planHash(storage, {
    runId: split.id,
    basis: split.basis,
    cursor,
    actions: archiveOnly,
  })
  const counts = emptyCounts()
  for (const kind of kinds) {
    const { archived, rejected } = planned.staged.counts[kind]
    counts[kind] = { ...counts[kind], archived, rejected }
  }
  const plan = waitingPlan(context, { hash, actions: archiveOnly, cursor, expiresAfterMs })
  const { archivedBySchool, archivedByRole } = planned.staged
  const { holds } = planned
  const counted = transition(split, "planned", { counts, archivedBySchool, archivedByRole, holds, plan })
  await storage.saveRun(lease, counted)
  return counted
}

/** Lets the archives wait for a person, once the rest of their run is committed. */
export async function holdArchives(settlement: Settlement, split: Run): Promise<void> {
  const held = transition(split, "held")
  await settlement.storage.saveRun(settlement.lease, held)
  await supersedeHeld(settlement, held)
}

/**
 * What becomes of a run of archives whose process died: it waits for a person if the rest was committed; else it is
 * called off, for the run that it came from is planned anew.
 */
export async function settleSplit(settlement: Settlement, split: Run): Promise<void> {
  const { storage, lease, clock } = settlement
  const origin = split.splitFrom === null ? undefined : await storage.getRun(split.splitFrom)
  if (split.state === "planned" && split.plan !== null && origin?.state === "applied") {
    return holdArchives(settlement, split)
  }
  const finishedAt = isoTime(clock())
  await storage.discardStaged(lease, transition(split, "cancelled", { finishedAt, plan: null }))
}

async function* waitingChanges(storage: RosterStorage, runId: string): AsyncGenerator<StagedChange[]> {
  for (const kind of kinds) {
    for (let after = ""; ; ) {
      const page = await storage.listStaged({ runId, kind, after, limit: entriesPerPage })
      const archives = page.filter(({ action }) => action === "archive")
      if (archives.length > 0) yield archives.map(({ id }) => ({ action: "archive", kind, id }))
      const last = page.at(-1)
      if (last === undefined || page.length < entriesPerPage) break
      after = last.id
    }
  }
  let after: { kind: Kind; id: string } | undefined
  for (;;) {
    const page = await storage.listRejections({ runId, after, limit: rejectionsPerPage })
    const last = page.at(-1)
    if (last === undefined) return
    yield page.map((rejection) => ({ action: "reject", ...rejection }))
    after = { kind: last.kind, id: last.id }
  }
}
