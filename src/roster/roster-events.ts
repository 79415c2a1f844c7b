import type { Kind } from "../models/kinds.ts"
import type { Hold, Run } from "../storage/contract.ts"
import type { SyncProgress } from "./run-context.ts"

/** What is told of a run: ids, codes and counts, nothing of any record and nobody's name. */
export type RunSummary = Pick<
  Run,
  | "districtId"
  | "mode"
  | "requestedMode"
  | "fallback"
  | "state"
  | "purpose"
  | "counts"
  | "requests"
  | "records"
  | "durationMs"
  | "resumed"
  | "skippedEvents"
  | "version"
> & {
  readonly runId: string
  readonly holds: readonly Pick<Hold, "code" | "kind" | "schoolId">[]
  /** Of a run that failed. */
  readonly errorCode: string | null
}

/** What the engine tells of itself while it works. */
export type RosterEvent = { readonly districtId: string } & (
  | {
      /** An import or a plan has its district to itself and begins, or goes on where another process stopped. */
      readonly type: "run-started"
      readonly runId: string
      readonly mode: Run["mode"]
      readonly purpose: Run["purpose"]
      /** How often it was taken up again before. */
      readonly resumed: number
    }
  | {
      /** A run enters another stage, or another kind of its listing. */
      readonly type: "run-stage"
      readonly runId: string
      readonly stage: SyncProgress["stage"]
      readonly kind: Kind | null
      readonly records: number
    }
  /** A run is at its end, or at a rest: held, planned, approved or interrupted. Undos and single people included. */
  | { readonly type: "run-ended"; readonly run: RunSummary }
  | {
      /**
       * This process has a run no longer: another one took its district over (`LEASE_LOST`), or how it ended could not
       * be saved (`STORAGE_…`). Nothing was committed; whoever comes next finds it interrupted.
       */
      readonly type: "run-lost"
      /** Null where it was lost before there was a run. */
      readonly runId: string | null
      readonly code: string
    }
)

export function summaryOf(run: Run): RunSummary {
  const { id: runId, districtId, mode, requestedMode, fallback, state, purpose, counts, holds, error } = run
  const { requests, records, durationMs, resumed, skippedEvents, version } = run
  return {
    runId,
    districtId,
    mode,
    requestedMode,
    fallback,
    state,
    purpose,
    counts,
    holds: holds.map(({ code, kind, schoolId }) => ({ code, kind, schoolId })),
    errorCode: error?.code ?? null,
    requests,
    records,
    durationMs,
    resumed,
    skippedEvents,
    version,
  }
}
