import type { Lease, Run, StagedChange } from "../contract.ts"
import { actionCode } from "../sql/codes.ts"
import type { ContentMemory } from "../sql/content-memory.ts"
import { canCopy, copyBytes, copyFrom } from "./copy.ts"
import { copyColumns, type EncodedRows, encodeRows, setRun } from "./copy-rows.ts"
import { type FlatChange, flatten, lastOfEach, rangesOf } from "./flat-changes.ts"
import { type Addition, putRunWithBatch, type SavedRun } from "./runs.ts"
import type { Sql } from "./sql.ts"
import { countsOf } from "./staged-counts.ts"
import { termNumber } from "./term-numbers.ts"

/** From this many changes on a COPY is quicker than a statement that has them as JSON. */
const many = 200
/** Rows that one such statement takes. */
const rowsAtOnce = 2_000

const create = actionCode("create")
/** Actions that leave no content behind which a log would show as the one before. */
const bringsNothingBefore: ReadonlySet<number> = new Set(
  (["create", "unchanged", "reject"] as const).map(actionCode),
)

/** A batch of changes, taken from the caller's objects once and for all. */
export interface PackedBatch {
  /** The number that the lookup terms begin with. */
  readonly district: number
  /** JSON texts of some rows each. */
  readonly json: readonly string[]
  readonly rows: EncodedRows | undefined
  readonly addition: Addition
  /** True if none of them needs to know what the roster has of its record. */
  readonly isNew: boolean
}

/** Packs the changes for {@link stage}; `memory` lends what large batches are packed in. */
export function packBatch(
  changes: readonly StagedChange[],
  { district, memory }: { district: number; memory: ContentMemory | undefined },
): PackedBatch {
  const flat = lastOfEach(changes).map((change) => flatten(change, district))
  const isNew = flat.every(({ action }) => bringsNothingBefore.has(action))
  const addition = { counts: countsOf(flat), ranges: rangesOf(flat) }
  if (memory !== undefined && flat.length >= many) {
    return { district, json: [], rows: encodeRows(flat, memory), addition, isNew }
  }
  const json: string[] = []
  for (let at = 0; at < flat.length; at += rowsAtOnce) {
    const rows = flat.slice(at, at + rowsAtOnce)
    json.push(JSON.stringify(rows.map((row) => ({ ...row, terms: row.terms?.map(termNumber) ?? null }))))
  }
  return { district, json, rows: undefined, addition, isNew }
}

/** Saves the run and adds the changes to what it has staged, in the caller's transaction. */
export async function stage(
  sql: Sql,
  lease: Lease,
  run: Run,
  batch: PackedBatch,
): Promise<SavedRun & { isAnyStaged: boolean }> {
  const keys = await putRunWithBatch(sql, { lease, run }, batch.addition)
  if (batch.rows !== undefined) {
    await copyRows(sql, keys, batch.rows, { isStraight: batch.isNew && !keys.isAnyStaged })
  }
  for (const json of batch.json) await sql.run(insertJsonSql, keys.run, keys.district, json)
  return keys
}

/** Whether large batches can be sent as a COPY on such a connection. */
export async function canCopyOn(sql: Sql): Promise<boolean> {
  return canCopy(sql.client) && (await copyFrom()) !== undefined
}

async function copyRows(
  sql: Sql,
  { district, run }: { district: number; run: number },
  rows: EncodedRows,
  { isStraight }: { isStraight: boolean },
): Promise<void> {
  const from = await copyFrom()
  if (from === undefined) throw new TypeError("pg-copy-streams is gone")
  setRun(rows, run)
  const table = isStraight ? "homeroom.changes" : "homeroom.staging"
  const text = `COPY ${table} (${copyColumns}) FROM STDIN (FORMAT binary)`
  await copyBytes(sql.client, from, sql.statements.textOf(text), rows.bytes)
  if (isStraight) return
  // Whoever else writes here, nobody sees another's rows: they are gone before the transaction ends.
  await sql.run(mergeSql, run, district)
  await sql.run("DELETE FROM homeroom.staging")
}

/** From a source with the columns of a {@link FlatChange}; `$1` is the run and `$2` the district. */
function insertSql(source: string): string {
  return `
INSERT INTO homeroom.changes (run, kind, action, id, before, raw, canonical, reason, path, data, terms)
SELECT $1::int, s.kind, s.action, s.id, r.content, s.raw, s.canonical, s.reason, s.path, s.data, s.terms
FROM ${source}
LEFT JOIN LATERAL (
  SELECT content FROM homeroom.records WHERE district = $2::int AND kind = s.kind AND id = s.id LIMIT 1
) r ON s.action <> ${create}
ON CONFLICT (run, kind, id) DO UPDATE SET action = excluded.action, before = excluded.before, raw = excluded.raw,
  canonical = excluded.canonical, reason = excluded.reason, path = excluded.path, data = excluded.data,
  terms = excluded.terms`
}

const mergeSql = insertSql("homeroom.staging s")

const insertJsonSql = insertSql(`json_to_recordset($3::json) AS s (
  kind smallint, action smallint, id text, raw text, canonical text, reason text, path text, data text, terms bigint[])`)
