import { tellTo } from "../errors/index.ts"
import type { AccountMatching, Review, ReviewChoice, RosterSync, UndoResult } from "../roster/index.ts"
import type { Run } from "../storage/contract.ts"
import type { AuditLog } from "./audit-log.ts"
import type { Connections } from "./connections.ts"
import { type MatchOutcome, matchImported } from "./match-imported.ts"

/** Who decides about which run, and where that is entered. */
export interface RunDecision {
  roster: RosterSync
  audit: AuditLog
  runId: string
  /** A user of the app. */
  by: string
  /** In their words, for the history; no names of pupils. */
  why?: string | undefined
  /** How long to wait for an import of the district to end, in milliseconds. Default 0: not at all. */
  waitMs?: number | undefined
  /** Gives up, with `ABORTED`, before anything is written. */
  signal?: AbortSignal | undefined
}

/** An undo, which pauses the district's imports. */
export interface RunUndo extends RunDecision {
  /** Has the pause entered in the audit log and told to its `onStep`. */
  connections: Connections
}

export interface RunApproval extends RunDecision {
  /** The hash of the plan that is meant: what somebody has seen. */
  hash: string
  /** Matches whom the run has brought to the app's accounts, once it has ended (S26, S27). */
  matching?: AccountMatching | undefined
  /** Told how that went: it changes nothing of the run. What it throws is ignored. */
  onMatched?: ((outcome: MatchOutcome) => void) | undefined
}

/**
 * Applies a plan or a held import as it was when it was hashed, as `RosterSync.apply` does, enters that in the audit
 * log, and matches whom it brought. Rejects as `RosterSync.apply` does, and then nothing is entered.
 */
export async function approveRun(approval: RunApproval): Promise<Run> {
  const { roster, audit, runId, hash: approve, matching, onMatched, by, why, waitMs, signal } = approval
  const run = await roster.apply(runId, { approve, by, why, waitMs, signal })
  const { districtId } = run
  await audit.add({ action: "run-approved", by, districtId, details: { runId, hash: approve } })
  if (matching !== undefined) {
    const outcome = await matchImported({ matching, districtId })
    tellTo(onMatched)(outcome)
  }
  return run
}

/** Says no to a plan or a held import, and enters that in the audit log. Rejects as `RosterSync.discard` does. */
export async function discardRun({
  roster,
  audit,
  runId,
  by,
  why = "",
  waitMs,
  signal,
}: RunDecision): Promise<Run> {
  const run = await roster.discard(runId, { by, why, waitMs, signal })
  await audit.add({ action: "run-discarded", by, districtId: run.districtId, details: { runId } })
  return run
}

/**
 * Calls off an import or a plan that is at work, as `RosterSync.cancel` does, and enters that in the audit log. Rejects
 * as it does (`RUN_NOT_RUNNING` …), and then nothing is entered.
 */
export async function cancelRun({
  roster,
  audit,
  runId,
  by,
  why,
}: Omit<RunDecision, "waitMs" | "signal">): Promise<Run> {
  const run = await roster.cancel(runId, { by, why })
  await audit.add({ action: "run-cancelled", by, districtId: run.districtId, details: { runId } })
  return run
}

/**
 * Takes back what a run did and pauses the district's imports, and enters both in the audit log. Rejects as
 * `RosterSync.undo` does, and then nothing is entered.
 */
export async function undoRun(undoing: RunUndo): Promise<UndoResult> {
  const { roster, audit, connections, runId, by, why, waitMs, signal } = undoing
  const result = await roster.undo(runId, { by, why, waitMs, signal })
  await connections.notice()
  const { districtId, id: undo } = result.run
  const details = { runId, undo, undone: result.undone, skipped: result.skipped }
  await audit.add({ action: "run-undone", by, districtId, details })
  return result
}

/** Decides a review, and enters that in the audit log. Rejects as `AccountMatching.decide` does. */
export async function decideReview(options: {
  matching: AccountMatching
  audit: AuditLog
  reviewId: string
  choice: ReviewChoice
}): Promise<Review> {
  const { matching, audit, reviewId, choice } = options
  const review = await matching.decide(reviewId, choice)
  const { districtId, state } = review
  const details = { reviewId, state, link: choice.link ?? null }
  await audit.add({ action: "review-decided", by: choice.by, districtId, details })
  return review
}
