import type { Lease, RosterStorage, Run, RunQuery } from "../storage/contract.ts"
import { isoTime } from "./run-context.ts"
import { isWaiting, stateWithoutProcess, transition } from "./run-states.ts"

/** What settling the runs of a district needs: its lease, and the time. */
export interface Settlement {
  storage: RosterStorage
  lease: Lease
  clock: () => number
}

const runsPerPage = 100

/** What time and newer runs decide. */
const byItself = "homeroom"

/** True for a run that nobody approved, or nobody applied, in time (S16). */
export function isExpired(run: Run, nowMs: number): boolean {
  return isWaiting(run) && run.plan !== null && Date.parse(run.plan.expiresAt) <= nowMs
}

/** The run as `expired`. */
export function expired(run: Run, nowMs: number): Run {
  const why = run.state === "approved" ? "It was not applied in time." : "Nobody approved it in time."
  // It ended when its time was over, whenever that is noticed.
  const at = run.plan?.expiresAt ?? isoTime(nowMs)
  return transition(run, "expired", { decision: { by: byItself, why, at }, finishedAt: at })
}

/**
 * Brings what waits in a district up to date, under its lease: a plan whose application died is `approved` again, and
 * what nobody decided on in time is `expired` and no longer staged.
 */
export async function settleWaiting({ storage, lease, clock }: Settlement): Promise<void> {
  for await (const run of waitingRuns(storage, lease.districtId)) {
    const settled = await settleApplication({ storage, lease, clock }, run)
    if (isExpired(settled, clock())) await storage.discardStaged(lease, expired(settled, clock()))
  }
}

/** A run whose application died, as `approved` (S16); any other as it is. */
export async function settleApplication({ storage, lease }: Settlement, run: Run): Promise<Run> {
  if (run.state !== "applying" || stateWithoutProcess(run) !== "approved") return run
  const approved = transition(run, "approved")
  await storage.saveRun(lease, approved)
  return approved
}

/**
 * Ends what a newly held import makes superfluous (S15): earlier held imports that nobody has agreed to and that it
 * found again, since none of them was committed. A bulk run finds everything, a delta what deltas found.
 */
export async function supersedeHeld({ storage, lease, clock }: Settlement, newer: Run): Promise<void> {
  if (newer.purpose !== "import") return
  for await (const run of waitingRuns(storage, lease.districtId)) {
    const isFoundAgain = newer.mode === "bulk" ? run.mode !== "undo" : run.mode === newer.mode
    if (run.state !== "held" || run.purpose !== "import" || run.id === newer.id || !isFoundAgain) continue
    const at = isoTime(clock())
    const decision = { by: byItself, why: `Import ${newer.id} took its place.`, at }
    await storage.discardStaged(lease, transition(run, "discarded", { decision, finishedAt: at }))
  }
}

/** Those that wait for a decision or for their application, newest first, as they were when each page was read. */
function waitingRuns(storage: RosterStorage, districtId: string): AsyncGenerator<Run> {
  return runsIn(storage, { districtId, states: ["planned", "held", "approved", "applying"] })
}

/**
 * Those that have not come to their end, newest first, as they were when each page was read: what may have something
 * staged that nobody decides on. However many runs of a district have ended, they are not read.
 */
export function unfinishedRuns(
  storage: RosterStorage,
  query: { districtId: string; before?: RunQuery["before"] },
): AsyncGenerator<Run> {
  return runsIn(storage, { ...query, states: ["queued", "fetching", "interrupted", "planned", "applying"] })
}

async function* runsIn(
  storage: RosterStorage,
  query: Pick<RunQuery, "states" | "before"> & { districtId: string },
): AsyncGenerator<Run> {
  let { before } = query
  for (;;) {
    const page = await storage.listRuns({ ...query, before, limit: runsPerPage })
    yield* page
    const last = page.at(-1)
    if (last === undefined || page.length < runsPerPage) return
    before = { startedAt: last.startedAt, id: last.id }
  }
}
