import { HomeroomError } from "../../errors/index.ts"
import { kinds } from "../../models/kinds.ts"
import type { Action, CommitRequest, DistrictHead, Lease, Run } from "../contract.ts"
import { actionCode, kindCode } from "../sql/codes.ts"
import { countCommitted } from "../sql/count-committed.ts"
import { requireConnection, saveConnection } from "./district-connections.ts"
import { putDocuments } from "./documents.ts"
import { addOverride } from "./overrides.ts"
import { putFencedRun, type SavedRun } from "./runs.ts"
import type { Sql } from "./sql.ts"
import { stagedCounts } from "./staged-counts.ts"

const contentActions: readonly Action[] = ["create", "update", "restore", "refresh"]

/** Turns a run's staged changes into the roster, in the caller's transaction. */
export async function commit(sql: Sql, lease: Lease, request: CommitRequest): Promise<void> {
  const keys = await putFencedRun(sql, lease, request.run)
  const { connection, expectedConnection } = request
  if (expectedConnection !== undefined) await requireConnection(sql, lease.districtId, expectedConnection)
  const version = await commitChanges(sql, keys, request)
  for (const override of request.overrides ?? []) await addOverride(sql, override)
  await putDocuments(sql, request.documents ?? [])
  if (connection !== undefined) await saveConnection(sql, connection)
  await sql.run("UPDATE homeroom.runs SET committed = true, version = $2 WHERE key = $1", keys.run, version)
}

/** True if this very commit was made already, and only the word of it was lost. */
export async function isCommitted(sql: Sql, lease: Lease, { run }: CommitRequest): Promise<boolean> {
  const row = await sql.get(
    `SELECT 1 FROM homeroom.runs r JOIN homeroom.districts d ON d.key = r.district
     WHERE r.id = $1 AND r.committed AND r.document = $2 AND d.id = $3 AND d.last_run = $1`,
    run.id,
    JSON.stringify(run),
    lease.districtId,
  )
  return row !== undefined
}

/** The district's new version; null if no record was written. */
async function commitChanges(
  sql: Sql,
  { district, run, staged: kept }: SavedRun,
  request: CommitRequest,
): Promise<number | null> {
  const head = await sql.get("SELECT version, counts FROM homeroom.districts WHERE key = $1", district)
  if (Number(head?.version) !== request.basis) throw stale(request, Number(head?.version))
  const counts = JSON.parse(String(head?.counts)) as DistrictHead["counts"]
  const staged = await stagedCounts(sql, run, kept)
  const wanted = staged.filter(({ action }) => request.actions.includes(action))
  const written = countCommitted(counts, wanted)

  await dropStaged(
    sql,
    run,
    staged
      .map(({ action }) => action)
      .filter(
        (action) => action !== "reject" && (action === "unchanged" || !request.actions.includes(action)),
      ),
  )
  for (const kind of kinds) {
    const actions = wanted.filter((entry) => entry.kind === kind).map(({ action }) => action)
    if (actions.some((action) => contentActions.includes(action))) {
      const code = kindCode(kind)
      const known = await sql.get(anyRecordSql, district, code)
      await sql.run(known === undefined ? insertSql : writeSql, district, run, code)
    }
    if (actions.includes("archive"))
      await sql.run(archiveSql, district, run, kindCode(kind), endOf(request.run))
  }
  // Last, so that a lease can be renewed all the while.
  const changed = await sql.run(
    `UPDATE homeroom.districts SET version = version + $3, cursor = $4, last_run = $5, counts = $6
     WHERE key = $1 AND version = $2`,
    district,
    request.basis,
    written > 0 ? 1 : 0,
    request.cursor === null ? null : JSON.stringify(request.cursor),
    request.run.id,
    JSON.stringify(counts),
  )
  if (changed === 0) throw stale(request, undefined)
  return written > 0 ? request.basis + 1 : null
}

const anyRecordSql = "SELECT 1 FROM homeroom.records WHERE district = $1 AND kind = $2 LIMIT 1"

/** In the order in which they were staged, which is near the ids' own. */
const insertSql = `
INSERT INTO homeroom.records (district, kind, active, content, id, raw, canonical)
SELECT $1::int, kind, true, run, id, raw, canonical FROM homeroom.changes
WHERE run = $2 AND kind = $3 AND action IN (${contentActions.map(actionCode).join(", ")})`

const writeSql = `${insertSql}
ON CONFLICT (district, kind, id) DO UPDATE SET active = true, content = excluded.content, raw = excluded.raw,
  canonical = excluded.canonical, archived_at = NULL`

// Without a content of its own an archive leaves the record's.
const archiveSql = `
UPDATE homeroom.records r SET active = false, archived_at = $4,
  content = CASE WHEN c.data IS NULL THEN r.content ELSE c.run END,
  raw = coalesce(c.raw, r.raw), canonical = coalesce(c.canonical, r.canonical)
FROM homeroom.changes c
WHERE c.run = $2 AND c.action = ${actionCode("archive")} AND c.action > 0 AND c.kind = $3
  AND r.district = $1 AND r.kind = $3 AND r.id = c.id`

/** Removes a run's staged changes of these actions; all of them where none are named. */
export async function dropStaged(sql: Sql, run: number, actions?: readonly Action[]): Promise<void> {
  if (actions === undefined) {
    await sql.run("DELETE FROM homeroom.changes WHERE run = $1", run)
    await sql.run("UPDATE homeroom.runs SET staged = '{}' WHERE key = $1", run)
  } else if (actions.length > 0) {
    await sql.run(
      "DELETE FROM homeroom.changes WHERE run = $1 AND action = ANY($2::smallint[])",
      run,
      actions.map(actionCode),
    )
  }
}

function stale({ run, basis }: CommitRequest, version: number | undefined): HomeroomError {
  return new HomeroomError("PLAN_STALE", { details: { districtId: run.districtId, basis, version } })
}

/** In milliseconds since 1970. */
function endOf({ finishedAt, startedAt }: Run): number {
  return Date.parse(finishedAt ?? startedAt)
}
