import type {
  Approval,
  Counts,
  Cursor,
  Decision,
  FallbackReason,
  Hold,
  Kind,
  RosterReader,
  Run,
  RunMode,
  RunRejection,
  RunState,
} from "../index.ts"
import { isWaiting } from "./run-text.ts"

/** What `import --json` prints; the keys are promised. */
export interface ImportJson {
  runId: string
  districtId: string
  mode: RunMode
  requestedMode: RunMode
  fallback: FallbackReason | null
  state: RunState
  counts: Record<Kind, Counts>
  holds: Hold[]
  rejected: RunRejection[]
  cursor: Cursor | null
  requests: number
  records: number
  durationMs: number
  /** Events of unknown types, which were passed over. */
  skippedEvents: number
  /** Only of a run that failed. */
  error?: { code: string; message: string }
  /** Only of a plan, or of a held import, that waits: what to approve, and until when. */
  hash?: string
  expiresAt?: string
}

/** What `history --json` and `show --json` print of a run. */
export interface HistoryJson extends Omit<ImportJson, "error"> {
  startedAt: string
  finishedAt: string | null
  startedBy: string
  purpose: Run["purpose"]
  /** Of an undo: the import that it takes back. */
  undoes: string | null
  approval: Approval | null
  /** Who discarded it, or why it expired. */
  decision: Decision | null
  error: { code: string; message: string } | null
  /** Only where what it changed was purged: then it is not listed. */
  changesPurgedAt?: string
}

/** A run as `import --json` prints it. */
export async function importJson(roster: RosterReader, run: Run): Promise<ImportJson> {
  const rejected: RunRejection[] = []
  for await (const rejection of roster.rejections(run.id)) rejected.push(rejection)
  const { districtId, mode, requestedMode, fallback, state, counts, holds } = run
  const { cursor, requests, records, durationMs, skippedEvents } = run
  return {
    runId: run.id,
    districtId,
    mode,
    requestedMode,
    fallback,
    state,
    counts,
    holds,
    rejected,
    cursor,
    requests,
    records,
    durationMs,
    skippedEvents,
    ...(run.plan !== null && isWaiting(run) ? { hash: run.plan.hash, expiresAt: run.plan.expiresAt } : {}),
    ...(run.error === null ? {} : { error: errorJson(run.error) }),
  }
}

/** A run as `history --json` prints it. */
export async function historyJson(roster: RosterReader, run: Run): Promise<HistoryJson> {
  const { startedAt, finishedAt, startedBy, purpose, undoes, approval, decision, changesPurgedAt } = run
  const common = await importJson(roster, { ...run, error: null })
  const error = run.error === null ? null : errorJson(run.error)
  const purged = changesPurgedAt === undefined ? {} : { changesPurgedAt }
  return {
    ...common,
    startedAt,
    finishedAt,
    startedBy,
    purpose,
    undoes,
    approval,
    decision,
    error,
    ...purged,
  }
}

function errorJson({ code, message }: { code: string; message: string }): { code: string; message: string } {
  return { code, message }
}
