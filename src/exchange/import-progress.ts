import { type Kind, kinds } from "../models/index.ts"
import type { SyncProgress } from "../roster/index.ts"
import type { Checkpoint, RosterStorage, Run } from "../storage/contract.ts"

/** How far a run is that is at work, in whatever process: as its last page left it. */
export interface ImportProgress extends Omit<SyncProgress, "recordsPerSecond"> {
  readonly run: Run
  /** Null where nothing is known of its speed yet. */
  readonly recordsPerSecond: number | null
  /** How much of the whole that is, from 0 to 1; null where it can't be told. */
  readonly share: number | null
  /** When this was so, in milliseconds since 1970. */
  readonly atMs: number
}

/** States of a run that somebody is at. */
const runningStates = ["queued", "fetching", "planned", "applying"] as const
/** Of those found, one at most has the lease; single people who log in may have newer ones. */
const mostLookedAt = 20

/**
 * How far the import or plan of a district is that is at work now; undefined if none is. Works while another process has
 * it: all is read from the storage. The speed is that since `before`, an earlier answer, or else since the run's start.
 */
export async function importProgress(options: {
  storage: RosterStorage
  districtId: string
  before?: ImportProgress | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
}): Promise<ImportProgress | undefined> {
  const { storage, districtId, before, clock = Date.now } = options
  await storage.open()
  const lease = await storage.getLease(districtId)
  if (lease === undefined) return undefined
  const states = [...runningStates]
  const runs = await storage.listRuns({ districtId, states, limit: mostLookedAt })
  const run = runs.find(({ fence, mode }) => fence === lease.fence && mode !== "user" && mode !== "undo")
  if (run === undefined) return undefined
  const { counts } = await storage.getDistrict(districtId)
  const known = Object.values(counts).reduce((sum, { active }) => sum + active, 0)
  const atMs = clock()
  const expectedRecords = run.mode === "bulk" && known > 0 ? known : null
  const recordsPerSecond = speedOf(run, atMs, before)
  const left = expectedRecords === null ? null : Math.max(0, expectedRecords - run.records)
  const { checkpoint } = run
  const stage = stageOf(run)
  return {
    run,
    runId: run.id,
    stage,
    kind: stage === "listing" ? (checkpoint?.kind ?? null) : null,
    records: run.records,
    pages: checkpoint?.pages ?? 0,
    recordsPerSecond,
    expectedRecords,
    remainingMs: left === null || !recordsPerSecond ? null : Math.round((left / recordsPerSecond) * 1_000),
    share: shareOf(stage, checkpoint, expectedRecords === null ? null : run.records / expectedRecords),
    atMs,
  }
}

function stageOf({ state, mode, checkpoint }: Run): SyncProgress["stage"] {
  if (state === "applying") return "applying"
  if (state === "planned") return "planning"
  return checkpoint?.stage ?? (mode === "bulk" ? "listing" : "reading-events")
}

/** Of a run that was taken up again, what was read before does not count. */
function speedOf(run: Run, atMs: number, before: ImportProgress | undefined): number | null {
  const isSame = before?.runId === run.id && atMs - before.atMs >= 500
  if (isSame) return Math.max(0, Math.round(((run.records - before.records) / (atMs - before.atMs)) * 1_000))
  const elapsedMs = atMs - Date.parse(run.startedAt)
  return run.resumed > 0 || elapsedMs <= 0 ? null : Math.round((run.records / elapsedMs) * 1_000)
}

/** By records where their number is known, else by the lists read; nothing for events. */
function shareOf(
  stage: SyncProgress["stage"],
  checkpoint: Checkpoint | null,
  byRecords: number | null,
): number | null {
  if (stage === "planning" || stage === "applying") return 1
  if (byRecords !== null) return Math.min(1, byRecords)
  if (stage !== "listing" || checkpoint === null) return null
  return kinds.indexOf(checkpoint.kind satisfies Kind) / kinds.length
}
