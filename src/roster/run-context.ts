import { HomeroomError } from "../errors/index.ts"
import type { Kind } from "../models/kinds.ts"
import type { EventPage, RecordPage, RosterSource } from "../models/record-page.ts"
import type { Checkpoint, DistrictHead, RosterStorage, Run, StagedChange } from "../storage/contract.ts"
import type { DistrictSettings } from "./district-settings.ts"
import type { LeaseKeeper } from "./lease-keeper.ts"
import type { CompiledScope } from "./scope/compiled-scope.ts"
import type { Walk } from "./walk.ts"

/** Where a run stands, for a progress bar (S30). */
export interface SyncProgress {
  runId: string
  stage: "listing" | "replaying" | "reading-events" | "planning" | "applying"
  /** The kind being listed; null outside a listing. */
  kind: Kind | null
  /** Records and events read so far, over all kinds. */
  records: number
  pages: number
  recordsPerSecond: number
  /** How many records the roster held before, as an estimate of the whole; null on a first import. */
  expectedRecords: number | null
  /** Milliseconds left, where `expectedRecords` is known. */
  remainingMs: number | null
}

/** One run at work: what its steps share. */
export interface RunContext {
  readonly source: RosterSource
  readonly storage: RosterStorage
  readonly keeper: LeaseKeeper
  readonly head: DistrictHead
  readonly settings: DistrictSettings
  /** What is kept at all (S18); undefined: everything. */
  readonly scope: CompiledScope | undefined
  readonly signal: AbortSignal | undefined
  readonly pageSize: number | undefined
  readonly clock: () => number
  /** Counts a request to Clever. */
  readonly onRequest: () => void
  /** Tells how far a run is: this one as it stands, unless another state of it is given. */
  readonly report: (stage: SyncProgress["stage"], kind: Kind | null, run?: Run) => void
  /** The run as last saved, or being saved. */
  run: Run
  /** The last checkpoint that may be saved; differs from the run's where that one's link names an excluded id. */
  saved: Checkpoint | null
  /** All staging under way. */
  staging: Promise<void>
  /** The run as it was saved with the last batch of which it is known that it and all before it are staged. */
  staged: Run
  /** The staging as it was with each of the last batches. */
  readonly underWay: Promise<void>[]
  /** Listings of kinds to come whose first page is asked for already. */
  readonly ahead: Map<Kind, Walk<RecordPage>>
  /** What is replayed after the listing, asked for once its last page is here (S1). */
  replay: Walk<EventPage> | undefined
}

/** Batches under way at most while the next one is compared: so a storage that is the slower of the two never waits. */
const mostUnderWay = 3

/**
 * Stages what a page brought and saves where to go on, in one transaction (S22). It may be under way when this returns,
 * with some before it. `onStaged` is told the run as it is saved then.
 */
export async function stagePage(
  context: RunContext,
  checkpoint: Checkpoint,
  changes: readonly StagedChange[],
  onStaged?: (run: Run) => void,
): Promise<void> {
  context.keeper.check()
  context.run = { ...context.run, checkpoint: { ...checkpoint, at: isoTime(context.clock()) } }
  const { run, staging: before } = context
  const saved = runToSave(context)
  const batch = context.storage.stage(context.keeper.lease, { run: saved, changes })
  context.staging = Promise.all([before, batch]).then(() => {
    context.staged = saved
    onStaged?.(run)
  })
  // Whoever waits for the staging next learns of its failure.
  context.staging.catch(() => {})
  context.underWay.push(context.staging)
  if (context.underWay.length > mostUnderWay) await context.underWay.shift()
  throwIfAborted(context.signal)
}

/** The run as it may be written down: an excluded id is not, even if the next page's link has it (S18). */
export function runToSave(context: RunContext): Run {
  const { run, scope } = context
  const next = run.checkpoint?.next
  if (scope === undefined || typeof next !== "string" || !scope.excludes(next)) {
    context.saved = run.checkpoint
    return run
  }
  return { ...run, checkpoint: context.saved }
}

/** Where a run begins: nothing of the stage has been seen. */
export function firstCheckpoint(
  at: Pick<Checkpoint, "at" | "stage" | "apiVersion" | "cursor" | "scope">,
): Checkpoint {
  return {
    ...at,
    kind: "district",
    next: null,
    lastId: "",
    ordered: true,
    gap: false,
    pages: 0,
    seen: {},
  }
}

/** The checkpoint that every listing, replay and reading of events keeps up to date. */
export function checkpointOf(run: Run): Checkpoint {
  if (run.checkpoint === null) throw new TypeError(`Run ${run.id} has no checkpoint`)
  return run.checkpoint
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new HomeroomError("ABORTED", { cause: signal.reason })
}
