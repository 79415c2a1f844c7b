import type {
  ChangeQuery,
  LoggedChange,
  PageQuery,
  Rejection,
  StagedCount,
  StagedEntry,
  StagedQuery,
} from "../contract.ts"
import { actionCode, actionOf, kindCode, kindOf, loggedActionOf, loggedActions } from "../sql/codes.ts"
import { idAfter } from "../sql/id-after.ts"
import { placeAfter } from "./keys.ts"
import type { Sql } from "./sql.ts"
import { stagedCounts } from "./staged-counts.ts"

export async function countStaged(sql: Sql, runId: string): Promise<StagedCount[]> {
  const row = await sql.get(
    "SELECT key, staged::text AS staged FROM homeroom.runs WHERE id = $1 AND NOT committed",
    runId,
  )
  return row === undefined ? [] : stagedCounts(sql, Number(row.key), row.staged)
}

export async function listStaged(
  sql: Sql,
  { runId, kind, after = "", limit }: StagedQuery,
): Promise<StagedEntry[]> {
  const rows = await sql.all(
    `SELECT id, action, raw, canonical FROM homeroom.changes
     WHERE run = (SELECT key FROM homeroom.runs WHERE id = $1 AND NOT committed) AND kind = $2 AND id > $3
     ORDER BY id LIMIT $4`,
    runId,
    kindCode(kind),
    after,
    limit,
  )
  return rows.map((row) => ({
    id: String(row.id),
    action: actionOf(row.action),
    raw: row.raw as string | null,
    canonical: row.canonical as string | null,
  }))
}

export async function listChanges(
  sql: Sql,
  { runId, kind, actions, after, limit }: ChangeQuery,
): Promise<LoggedChange[]> {
  const wanted = actions?.map(actionCode) ?? loggedActions
  const id = kind === undefined ? "" : idAfter(kind, after)
  if (id === undefined) return []
  const from: [number, string] = kind === undefined ? placeAfter(after) : [kindCode(kind), id]
  const place = kind === undefined ? "(c.kind, c.id) > ($2::smallint, $3)" : "c.kind = $2 AND c.id > $3"
  // All but creates are found by their own index, so that the few changes among many creates come fast.
  const notCreate = wanted.includes(0) ? "" : "AND c.action > 0"
  const rows = await sql.all(
    `SELECT c.kind, c.id, c.action, c.data, b.data AS before_data
     FROM homeroom.changes c
     LEFT JOIN homeroom.changes b ON b.run = c.before AND b.kind = c.kind AND b.id = c.id
     WHERE c.run = (SELECT key FROM homeroom.runs WHERE id = $1 AND purged_at IS NULL)
       AND ${place} AND c.action IN (${wanted.join(", ") || "-1"}) ${notCreate}
     ORDER BY c.kind, c.id LIMIT $4`,
    runId,
    ...from,
    limit,
  )
  return rows.map((row) => ({
    kind: kindOf(row.kind),
    id: String(row.id),
    action: loggedActionOf(row.action),
    before: row.before_data as string | null,
    after: row.data as string | null,
  }))
}

export async function listRejections(
  sql: Sql,
  { runId, after, limit }: PageQuery & { runId: string },
): Promise<Rejection[]> {
  const rows = await sql.all(
    `SELECT kind, id, reason, path, data FROM homeroom.changes
     WHERE run = (SELECT key FROM homeroom.runs WHERE id = $1) AND action = ${actionCode("reject")} AND action > 0
       AND (kind, id) > ($2::smallint, $3) ORDER BY kind, id LIMIT $4`,
    runId,
    ...placeAfter(after),
    limit,
  )
  return rows.map((row) => ({
    kind: kindOf(row.kind),
    id: String(row.id),
    reason: String(row.reason),
    path: String(row.path),
    data: String(row.data),
  }))
}
