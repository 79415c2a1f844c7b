import type { Lease, PurgeCounts, PurgeRequest } from "../contract.ts"
import { actionCode, kindOf } from "../sql/codes.ts"
import { nowSql } from "./clock.ts"
import { subtractFromCounts } from "./erase.ts"
import { checkFence } from "./runs.ts"
import type { Sql } from "./sql.ts"
import { forgetStagedCounts } from "./staged-counts.ts"

// Each function runs inside the caller's transaction.

/** Removes what has outlived its time (S31). Purged runs are marked with the present time: see `nowSql`. */
export async function purge(
  sql: Sql,
  lease: Lease,
  request: PurgeRequest,
  now: number | null,
): Promise<PurgeCounts> {
  const district = await checkFence(sql, lease, request)
  await forgetStagedCounts(sql, district)
  const counts: PurgeCounts = { records: 0, contents: 0 }
  const { changesBefore, archivedBefore, stagedBefore, keepFromVersion = null } = request
  const time = await sql.get(`SELECT ${nowSql("$1")} AS now`, now)
  const at = new Date(Number(time?.now)).toISOString()
  if (changesBefore !== undefined) {
    counts.contents += await purgeLogs(sql, district, { before: changesBefore, keepFromVersion, at })
  }
  if (archivedBefore !== undefined) {
    const before = Date.parse(archivedBefore)
    const purged = await purgeArchived(sql, district, { before, keepFromVersion })
    counts.records += purged.records
    counts.contents += purged.contents
  }
  if (stagedBefore !== undefined) counts.contents += await purgeStaged(sql, district, stagedBefore, at)
  return counts
}

/**
 * Logs go in the order in which they were written, so that what is left is the whole log from some commit on. The last
 * one stays: the next delta looks again at what it rejected (S9).
 */
async function purgeLogs(
  sql: Sql,
  district: number,
  { before, keepFromVersion, at }: { before: string; keepFromVersion: number | null; at: string },
): Promise<number> {
  const runs = await sql.all(
    `SELECT run.key, run.document, run.started_at FROM homeroom.runs run
     JOIN homeroom.districts d ON d.key = run.district
     WHERE run.district = $1 AND run.started_at < $2 AND run.committed AND run.purged_at IS NULL
       AND run.id IS DISTINCT FROM d.last_run
       AND (run.version IS NULL OR $3::bigint IS NULL OR run.version < $3::bigint)
     ORDER BY run.started_at, run.id`,
    district,
    before,
    keepFromVersion,
  )
  let contents = 0
  for (const run of runs) {
    const { finishedAt } = JSON.parse(String(run.document)) as { finishedAt?: string | null }
    if ((finishedAt ?? String(run.started_at)) >= before) break
    contents += await purgeLog(sql, district, Number(run.key))
    await sql.run("UPDATE homeroom.runs SET purged_at = $2 WHERE key = $1", Number(run.key), at)
  }
  return contents
}

/**
 * Drops what only this run's log needs: the contents that it replaced, and its entries without a content. A content of
 * its own is the roster's, or the one before in the log of a run after it, with which it will go.
 */
async function purgeLog(sql: Sql, district: number, run: number): Promise<number> {
  const replaced = await countGone(
    sql,
    `DELETE FROM homeroom.changes b USING homeroom.changes c
     WHERE c.run = $1 AND c.action > 0 AND c.data IS NOT NULL
       AND b.run = c.before AND b.kind = c.kind AND b.id = c.id
       AND NOT EXISTS (SELECT 1 FROM homeroom.records r
         WHERE r.district = $2 AND r.kind = c.kind AND r.id = c.id AND r.content = c.before)
     RETURNING b.data`,
    [run, district],
  )
  const entries = await countGone(
    sql,
    `DELETE FROM homeroom.changes
     WHERE run = $1 AND action > 0 AND (data IS NULL OR action = ${actionCode("reject")}) RETURNING data`,
    [run],
  )
  return replaced + entries
}

async function purgeArchived(
  sql: Sql,
  district: number,
  { before, keepFromVersion }: { before: number; keepFromVersion: number | null },
): Promise<PurgeCounts> {
  // Of records that a run changed whose log must stay, that log would have holes.
  const row = await sql.get(
    `WITH purged AS (
       DELETE FROM homeroom.records r
       WHERE r.district = $1 AND r.archived_at < $2 AND NOT r.active AND NOT EXISTS (
         SELECT 1 FROM homeroom.runs run JOIN homeroom.changes c ON c.run = run.key AND c.kind = r.kind AND c.id = r.id
         WHERE run.district = $1 AND run.version >= $3)
       RETURNING r.kind, r.id
     ), overrides AS (
       DELETE FROM homeroom.overrides o USING purged p WHERE o.district = $1 AND o.kind = p.kind AND o.id = p.id
     ), changes AS (
       DELETE FROM homeroom.changes c USING purged p
       WHERE c.run IN (SELECT key FROM homeroom.runs WHERE district = $1) AND c.kind = p.kind AND c.id = p.id
       RETURNING c.data
     ), by_kind AS (SELECT kind, count(*) AS count FROM purged GROUP BY kind)
     SELECT (SELECT count(data) FROM changes) AS contents,
       (SELECT json_agg(json_build_array(kind, count))::text FROM by_kind) AS records`,
    district,
    before,
    keepFromVersion,
  )
  const purged: PurgeCounts = { records: 0, contents: Number(row?.contents) }
  for (const [kind, count] of JSON.parse(String(row?.records ?? "[]")) as [number, number][]) {
    await subtractFromCounts(sql, district, kindOf(kind), { active: 0, archived: count })
    purged.records += count
  }
  // Plans that would restore one of them no longer fit (S16).
  if (purged.records > 0) {
    await sql.run("UPDATE homeroom.districts SET version = version + 1 WHERE key = $1", district)
  }
  return purged
}

async function purgeStaged(sql: Sql, district: number, before: string, at: string): Promise<number> {
  const runs = await sql.all(
    `SELECT key, document FROM homeroom.runs run WHERE district = $1 AND started_at < $2 AND NOT committed
       AND EXISTS (SELECT 1 FROM homeroom.changes c WHERE c.run = run.key)`,
    district,
    before,
  )
  let contents = 0
  for (const { key, document } of runs) {
    contents += await countGone(sql, "DELETE FROM homeroom.changes WHERE run = $1 RETURNING data", [
      Number(key),
    ])
    // Without what it had staged it can't go on from where it was (S22).
    const run = { ...(JSON.parse(String(document)) as object), checkpoint: null }
    await sql.run(
      "UPDATE homeroom.runs SET purged_at = $2, document = $3 WHERE key = $1",
      Number(key),
      at,
      JSON.stringify(run),
    )
  }
  return contents
}

/** How many contents a DELETE took, which returns `data` of each row. */
async function countGone(sql: Sql, deleteSql: string, values: readonly number[]): Promise<number> {
  const row = await sql.get(`WITH gone AS (${deleteSql}) SELECT count(data) AS count FROM gone`, ...values)
  return Number(row?.count)
}
