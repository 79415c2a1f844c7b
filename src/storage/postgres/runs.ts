import type { Lease, RosterCommit, Run, RunQuery } from "../contract.ts"
import { completeRun } from "../sql/complete-run.ts"
import { leaseLost } from "./database.ts"
import type { IdRange } from "./flat-changes.ts"
import type { Row, Sql, Value } from "./sql.ts"

// Each function runs inside the caller's transaction, if it has one.

/** A run as its row is. */
export interface SavedRun {
  /** The numbers that other tables know the district and the run by. */
  district: number
  run: number
  /** How many changes it has staged: see `staged-counts.ts`. */
  staged: unknown
}

/** What a batch adds to what its run has staged. */
export interface Addition {
  /** By `countsOf`. */
  counts: readonly number[]
  /** The ids in it; undefined if what is staged already may have some of them. */
  ranges: readonly IdRange[] | undefined
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
export async function putFencedRun(sql: Sql, lease: Lease, run: Run): Promise<SavedRun> {
  const row = await sql.get(putSql("runs.staged"), ...valuesOf(lease, run), [])
  return savedRun(row, lease)
}

/** The same with a batch that is to be staged; tells whether one of its records may have a staged change already. */
export async function putRunWithBatch(
  sql: Sql,
  { lease, run }: { lease: Lease; run: Run },
  { counts, ranges }: Addition,
): Promise<SavedRun & { isAnyStaged: boolean }> {
  const row = await sql.get(
    putBatchSql,
    ...valuesOf(lease, run),
    counts,
    ranges === undefined,
    (ranges ?? []).map(({ kind }) => kind),
    (ranges ?? []).map(({ first }) => first),
    (ranges ?? []).map(({ last }) => last),
  )
  return { ...savedRun(row, lease), isAnyStaged: row?.is_any === true }
}

function valuesOf(lease: Lease, run: Run): Value[] {
  const { districtId, fence } = lease
  return [run.id, run.state, run.startedAt, JSON.stringify(run), districtId, fence, run.districtId]
}

function savedRun(row: Row | undefined, lease: Lease): SavedRun {
  if (row === undefined) throw leaseLost(lease)
  return { district: Number(row.district), run: Number(row.key), staged: row.staged }
}

/** `staged`: what a run that was there keeps of how many changes it has staged. */
function putSql(staged: string): string {
  return `INSERT INTO homeroom.runs (id, district, state, started_at, document, staged)
    SELECT $1, key, $2, $3, $4, $8::int[]
    FROM homeroom.districts WHERE id = $5 AND fence = $6 AND holder IS NOT NULL AND id = $7
    ON CONFLICT (id) DO UPDATE SET
      state = excluded.state, started_at = excluded.started_at, document = excluded.document, staged = ${staged}
    RETURNING key, (SELECT key FROM homeroom.districts WHERE id = $5) AS district, staged::text AS staged`
}

const anyStaged = "(SELECT is_any FROM already)"
const sumSql = `ARRAY(
  SELECT coalesce(one, 0) + coalesce(other, 0) FROM unnest(runs.staged, excluded.staged) WITH ORDINALITY AS s (one, other, place)
  ORDER BY place)`

const putBatchSql = `
WITH already AS MATERIALIZED (
  SELECT $9::boolean OR EXISTS (
    SELECT 1 FROM homeroom.runs r
    CROSS JOIN unnest($10::smallint[], $11::text[], $12::text[]) AS range (kind, first, last)
    CROSS JOIN LATERAL (
      SELECT 1 FROM homeroom.changes
      WHERE changes.run = r.key AND changes.kind = range.kind AND changes.id >= range.first AND changes.id <= range.last
      LIMIT 1) AS one
    WHERE r.id = $1) AS is_any
)
${putSql(`CASE WHEN runs.staged IS NOT NULL AND NOT ${anyStaged} THEN ${sumSql} END`)}, ${anyStaged} AS is_any`

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
