import type { Lease, RosterCommit, Run, RunQuery } from "../contract.ts"
import { completeRun } from "../sql/complete-run.ts"
import { leaseLost } from "./database.ts"
import type { Row, Sql, Value } from "./sql.ts"

// Each function runs inside the caller's transaction, if it has one.

/** The numbers that other tables know a district and one of its runs by. */
export interface RunKeys {
  district: number
  run: number
}

/** The key of the lease's district. Throws `LEASE_LOST` unless the lease is its newest, and of the right district. */
export async function checkFence(
  sql: Sql,
  lease: Lease,
  { districtId }: { districtId: string },
): Promise<number> {
  const row = await sql.get(
    "SELECT key FROM homeroom.districts WHERE id = $1 AND fence = $2 AND holder IS NOT NULL",
    lease.districtId,
    lease.fence,
  )
  if (row === undefined || districtId !== lease.districtId) throw leaseLost(lease)
  return Number(row.key)
}

/** Saves a run under its lease. Throws `LEASE_LOST`. */
export async function putFencedRun(sql: Sql, lease: Lease, run: Run): Promise<RunKeys> {
  const row = await sql.get(
    `INSERT INTO homeroom.runs (id, district, state, started_at, document)
     SELECT $1, key, $2, $3, $4 FROM homeroom.districts WHERE id = $5 AND fence = $6 AND holder IS NOT NULL AND id = $7
     ON CONFLICT (id) DO UPDATE SET
       state = excluded.state, started_at = excluded.started_at, document = excluded.document
     RETURNING key, (SELECT key FROM homeroom.districts WHERE id = $5) AS district`,
    run.id,
    run.state,
    run.startedAt,
    JSON.stringify(run),
    lease.districtId,
    lease.fence,
    run.districtId,
  )
  if (row === undefined) throw leaseLost(lease)
  return { district: Number(row.district), run: Number(row.key) }
}

export async function getRun(sql: Sql, runId: string): Promise<Run | undefined> {
  const row = await sql.get("SELECT document, version, purged_at FROM homeroom.runs WHERE id = $1", runId)
  return row === undefined ? undefined : runOf(row)
}

export async function listRuns(sql: Sql, { districtId, states, before, limit }: RunQuery): Promise<Run[]> {
  const values: Value[] = [before?.startedAt ?? "~", before?.id ?? "", limit]
  const conditions = ["(started_at, id) < ($1, $2)"]
  if (states !== undefined) conditions.push(`state = ANY($${values.push(states)}::text[])`)
  if (districtId !== undefined) {
    conditions.push(`district = (SELECT key FROM homeroom.districts WHERE id = $${values.push(districtId)})`)
  }
  const rows = await sql.all(
    `SELECT document, version, purged_at FROM homeroom.runs WHERE ${conditions.join(" AND ")}
     ORDER BY started_at DESC, id DESC LIMIT $3`,
    ...values,
  )
  return rows.map(runOf)
}

export async function listCommits(
  sql: Sql,
  query: { districtId: string; after?: number | undefined; limit: number },
): Promise<RosterCommit[]> {
  const { districtId, after = 0, limit } = query
  const rows = await sql.all(
    `SELECT id, version FROM homeroom.runs
     WHERE district = (SELECT key FROM homeroom.districts WHERE id = $1) AND version > $2
     ORDER BY version LIMIT $3`,
    districtId,
    after,
    limit,
  )
  return rows.map((row) => ({ runId: String(row.id), version: Number(row.version) }))
}

function runOf(row: Row): Run {
  const run = completeRun(String(row.document), row.version === null ? null : Number(row.version))
  return row.purged_at === null ? run : { ...run, changesPurgedAt: String(row.purged_at) }
}
