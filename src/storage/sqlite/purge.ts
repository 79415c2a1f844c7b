import type { PurgeCounts, PurgeRequest } from "../contract.ts"
import { actionCode, kindOf } from "../sql/codes.ts"
import { dropAllStaged } from "./commit.ts"
import { subtractFromCounts } from "./district-counts.ts"
import { mergeLookups } from "./lookup-table.ts"
import type { Row, Statements } from "./statements.ts"

// Each function runs inside the caller's write transaction.

/** How many lookups by id are quicker than one walk over everything logged. */
const manyLookups = 200_000

/** Removes what has outlived its time (S31). `at` is the time that purged runs are marked with. */
export function purge(
  writer: Statements,
  district: number,
  request: PurgeRequest & { at: string },
): PurgeCounts {
  const counts: PurgeCounts = { records: 0, contents: 0 }
  const { changesBefore, archivedBefore, stagedBefore, keepFromVersion = null, at } = request
  if (changesBefore !== undefined) {
    counts.contents += purgeLogs(writer, district, { before: changesBefore, keepFromVersion, at })
  }
  if (archivedBefore !== undefined) {
    const purged = purgeArchived(writer, district, { before: Date.parse(archivedBefore), keepFromVersion })
    counts.records += purged.records
    counts.contents += purged.contents
  }
  if (stagedBefore !== undefined) counts.contents += purgeStaged(writer, district, stagedBefore, at)
  if (counts.records + counts.contents > 0) mergeLookups(writer)
  return counts
}

/**
 * Logs go in the order in which they were written, so that what is left is the whole log from some commit on. The last
 * one stays: the next delta looks again at what it rejected (S9).
 */
function purgeLogs(
  writer: Statements,
  district: number,
  { before, keepFromVersion, at }: { before: string; keepFromVersion: number | null; at: string },
): number {
  const runs = writer.all(
    `SELECT key, coalesce(document ->> '$.finishedAt', started_at) AS ended_at FROM homeroom_runs
     WHERE district = ? AND started_at < ? AND committed = 1 AND purged_at IS NULL
       AND id IS NOT (SELECT last_run FROM homeroom_districts WHERE key = ?)
       AND (version IS NULL OR ? IS NULL OR version < ?) ORDER BY started_at, id`,
    district,
    before,
    district,
    keepFromVersion,
    keepFromVersion,
  )
  let contents = 0
  for (const run of runs) {
    if (String(run.ended_at) >= before) break
    contents += purgeLog(writer, Number(run.key))
    writer.run("UPDATE homeroom_runs SET purged_at = ? WHERE key = ?", at, Number(run.key))
  }
  return contents
}

/**
 * Drops what only this run's log needs: the contents that it replaced, and its entries without a content. A content of
 * its own is the roster's, or the one before in the log of a run after it, with which it will go.
 */
function purgeLog(writer: Statements, run: number): number {
  const replaced = `
    SELECT before FROM homeroom_changes c WHERE c.run = ? AND c.action > 0 AND c.data IS NOT NULL AND c.before IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM homeroom_records r WHERE r.content = c.before)`
  const contents = removeChanges(writer, replaced, [run])
  const entries = `
    SELECT key FROM homeroom_changes WHERE run = ? AND action > 0 AND (data IS NULL OR action = ${actionCode("reject")})`
  return contents + removeChanges(writer, entries, [run])
}

function purgeArchived(
  writer: Statements,
  district: number,
  { before, keepFromVersion }: { before: number; keepFromVersion: number | null },
): PurgeCounts {
  // Of records that a run changed whose log must stay, that log would have holes.
  writer.run(
    "CREATE TEMP TABLE IF NOT EXISTS homeroom_purged (kind INTEGER, id TEXT, PRIMARY KEY (kind, id))",
  )
  const records = writer.run(
    `INSERT INTO temp.homeroom_purged SELECT kind, id FROM homeroom_records r
     WHERE r.district = ? AND r.archived_at < ? AND r.active = 0 AND NOT EXISTS (
       SELECT 1 FROM homeroom_runs run CROSS JOIN homeroom_changes c
       ON c.run = run.key AND c.kind = r.kind AND c.id = r.id
       WHERE run.district = ? AND run.version >= ?)`,
    district,
    before,
    district,
    keepFromVersion,
  ).changes
  if (records === 0) return { records: 0, contents: 0 }
  const byKind = writer.all("SELECT kind, count(*) AS count FROM temp.homeroom_purged GROUP BY kind")
  for (const table of ["homeroom_records", "homeroom_overrides"]) {
    writer.run(
      `DELETE FROM ${table} WHERE district = ? AND (kind, id) IN (SELECT kind, id FROM temp.homeroom_purged)`,
      district,
    )
  }
  const contents = removeChanges(writer, changesOfPurged(writer, district, records), [district])
  for (const { kind, count } of byKind) {
    subtractFromCounts(writer, district, kindOf(kind), { active: 0, archived: Number(count) })
  }
  // Plans that would restore one of them no longer fit (S16).
  writer.run("UPDATE homeroom_districts SET version = version + 1 WHERE key = ?", district)
  writer.run("DELETE FROM temp.homeroom_purged")
  return { records, contents }
}

/** The keys of what plans and logs have of the purged records, found in the quicker of two ways. */
function changesOfPurged(writer: Statements, district: number, records: number): string {
  const row = writer.get("SELECT count(*) AS count FROM homeroom_runs WHERE district = ?", district)
  const purged = "temp.homeroom_purged p"
  const changes = "homeroom_changes c"
  const [outer, inner] = records * Number(row?.count) < manyLookups ? [purged, changes] : [changes, purged]
  return `
    SELECT c.key FROM homeroom_runs run CROSS JOIN ${outer} CROSS JOIN ${inner}
    WHERE run.district = ? AND c.run = run.key AND c.kind = p.kind AND c.id = p.id`
}

function purgeStaged(writer: Statements, district: number, before: string, at: string): number {
  const runs = writer.all(
    `SELECT key, document FROM homeroom_runs run WHERE district = ? AND started_at < ? AND committed = 0
       AND EXISTS (SELECT 1 FROM homeroom_changes c WHERE c.run = run.key)`,
    district,
    before,
  )
  let contents = 0
  for (const { key } of runs) {
    contents += countContents(writer, "SELECT key FROM homeroom_changes WHERE run = ?", [Number(key)])
    dropAllStaged(writer, Number(key))
    // Without what it had staged it can't go on from where it was (S22).
    writer.run(
      "UPDATE homeroom_runs SET purged_at = ?, document = json_set(document, '$.checkpoint', NULL) WHERE key = ?",
      at,
      Number(key),
    )
  }
  return contents
}

/** How many contents went with the changes whose keys the query gives. */
function removeChanges(writer: Statements, keys: string, parameters: readonly number[]): number {
  const contents = countContents(writer, keys, parameters)
  writer.run(`DELETE FROM homeroom_lookup WHERE rowid IN (${keys})`, ...parameters)
  writer.run(`DELETE FROM homeroom_changes WHERE key IN (${keys})`, ...parameters)
  return contents
}

function countContents(writer: Statements, keys: string, parameters: readonly number[]): number {
  const row: Row | undefined = writer.get(
    `SELECT count(*) AS count FROM homeroom_changes WHERE data IS NOT NULL AND key IN (${keys})`,
    ...parameters,
  )
  return Number(row?.count)
}
