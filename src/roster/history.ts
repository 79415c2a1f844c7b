import { HomeroomError } from "../errors/index.ts"
import type { RosterStorage, Run, RunMode, RunState } from "../storage/contract.ts"
import { stateWithoutProcess } from "./run-states.ts"
import { expired, isExpired } from "./waiting-runs.ts"

/** Which runs, and from where. */
export interface HistoryPageQuery {
  /** All districts when absent. */
  districtId?: string | undefined
  /** As they stand now; all when absent. */
  states?: readonly RunState[] | undefined
  /** All when absent. */
  modes?: readonly RunMode[] | undefined
  /** `next` of the page before. Default: the first page. */
  after?: string | undefined
  /** How many at most. Default 50. */
  limit?: number | undefined
}

/** Runs, newest first. */
export interface HistoryPage {
  runs: Run[]
  /** Where the next page begins; null after the last one. */
  next: string | null
}

const pageSize = 100
/** As what a run may be stored that stands otherwise: its process is gone, or its time over. */
const storedAs: Readonly<Partial<Record<RunState, readonly RunState[]>>> = {
  interrupted: ["interrupted", "queued", "fetching", "planned", "applying"],
  approved: ["approved", "applying"],
  expired: ["expired", "planned", "held", "approved", "applying"],
}
/** So many runs are looked through for a page; it may be short, or empty, and yet have a next one. */
const mostLookedThrough = 2_000

/**
 * A run as it stands: one whose process is gone shows as `interrupted`, one that nobody decided on in time as `expired`.
 * Rejects with `RUN_NOT_FOUND`.
 */
export async function presentRun(storage: RosterStorage, runId: string, nowMs: number): Promise<Run> {
  const run = await storage.getRun(runId)
  if (run === undefined) {
    throw new HomeroomError("RUN_NOT_FOUND", { message: `There is no import ${runId}.`, details: { runId } })
  }
  return asItStands(storage, run, nowMs)
}

/** The runs of a district, or of all, newest first. */
export async function* listHistory(
  storage: RosterStorage,
  options: { districtId?: string | undefined; nowMs: number },
): AsyncGenerator<Run> {
  let before: { startedAt: string; id: string } | undefined
  for (;;) {
    const page = await storage.listRuns({ districtId: options.districtId, before, limit: pageSize })
    for (const run of page) yield await asItStands(storage, run, options.nowMs)
    const last = page.at(-1)
    if (last === undefined) return
    before = { startedAt: last.startedAt, id: last.id }
  }
}

/**
 * A page of the history, as its runs stand now. Rejects with `RUN_NOT_FOUND` where `before` names no run. Reads no
 * more than 2,000 runs, and those in few states from an index.
 */
export async function pageOfHistory(
  storage: RosterStorage,
  { districtId, states, modes, after: from, limit = 50 }: HistoryPageQuery,
  nowMs: number,
): Promise<HistoryPage> {
  let before = from === undefined ? undefined : await presentRun(storage, from, nowMs)
  const stored = states?.flatMap((state) => storedAs[state] ?? [state])
  const runs: Run[] = []
  for (let looked = 0; looked < mostLookedThrough; looked += pageSize) {
    const page = await storage.listRuns({
      districtId,
      states: stored,
      before: placeOf(before),
      limit: pageSize,
    })
    for (const found of page) {
      const run = await asItStands(storage, found, nowMs)
      if (states?.includes(run.state) === false || modes?.includes(run.mode) === false) continue
      if (runs.length === limit) return { runs, next: runs.at(-1)?.id ?? null }
      runs.push(run)
    }
    if (page.length < pageSize) return { runs, next: null }
    before = page.at(-1)
  }
  return { runs, next: before?.id ?? null }
}

function placeOf(run: Run | undefined): { startedAt: string; id: string } | undefined {
  return run && { startedAt: run.startedAt, id: run.id }
}

async function asItStands(storage: RosterStorage, run: Run, nowMs: number): Promise<Run> {
  const state = stateWithoutProcess(run)
  if (state === run.state) return isExpired(run, nowMs) ? expired(run, nowMs) : run
  const lease = await storage.getLease(run.districtId)
  if (lease?.fence === run.fence) return run
  const stopped = { ...run, state }
  return isExpired(stopped, nowMs) ? expired(stopped, nowMs) : stopped
}
