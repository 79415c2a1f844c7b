import type { RosterCommit, Run, RunQuery } from "../contract.ts"
import { completeRun } from "../sql/complete-run.ts"
import type { Row, Statements } from "./statements.ts"

// Each function runs inside the caller's transaction.

export function getRun(statements: Statements, runId: string): Run | undefined {
  const row = statements.get("SELECT document, version, purged_at FROM homeroom_runs WHERE id = ?", runId)
  return row === undefined ? undefined : runOf(row)
}

export function listRuns(statements: Statements, { districtId, states, before, limit }: RunQuery): Run[] {
  // The few that wait are not to be looked for among all of a district.
  const byState = states === undefined ? "" : "INDEXED BY homeroom_runs_by_state"
  const inStates = states === undefined ? "" : "state IN (SELECT value FROM json_each(?)) AND"
  const ofDistrict =
    districtId === undefined ? "" : "district = (SELECT key FROM homeroom_districts WHERE id = ?) AND"
  return statements
    .all(
      `SELECT document, version, purged_at FROM homeroom_runs ${byState}
       WHERE ${inStates} ${ofDistrict} (started_at, id) < (?, ?)
       ORDER BY started_at DESC, id DESC LIMIT ?`,
      ...(states === undefined ? [] : [JSON.stringify(states)]),
      ...(districtId === undefined ? [] : [districtId]),
      before?.startedAt ?? "~",
      before?.id ?? "",
      limit,
    )
    .map(runOf)
}

export function listCommits(
  statements: Statements,
  query: { districtId: string; after?: number | undefined; limit: number },
): RosterCommit[] {
  const { districtId, after = 0, limit } = query
  return statements
    .all(
      `SELECT id, version FROM homeroom_runs
       WHERE district = (SELECT key FROM homeroom_districts WHERE id = ?) AND version > ?
       ORDER BY version LIMIT ?`,
      districtId,
      after,
      limit,
    )
    .map((row) => ({ runId: String(row.id), version: Number(row.version) }))
}

function runOf(row: Row): Run {
  const run = completeRun(String(row.document), row.version as number | null)
  return row.purged_at === null ? run : { ...run, changesPurgedAt: String(row.purged_at) }
}
