import type {
  ChangeQuery,
  LoggedChange,
  PageQuery,
  Rejection,
  StagedEntry,
  StagedQuery,
} from "../contract.ts"
import { actionCode, actionOf, kindCode, kindOf, loggedActionOf, loggedActions } from "../sql/codes.ts"
import { idAfter } from "../sql/id-after.ts"
import { changesKey, placeAfter, runKey, stagingKey } from "./keys.ts"
import type { Statements } from "./statements.ts"

// Each function runs inside the caller's transaction.

export function listStaged(
  reader: Statements,
  { runId, kind, after = "", limit }: StagedQuery,
): StagedEntry[] {
  return reader
    .all(
      `SELECT id, action, nullif(raw, '') AS raw, nullif(canonical, '') AS canonical FROM homeroom_changes
       WHERE run = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?`,
      stagingKey(reader, runId),
      kindCode(kind),
      after,
      limit,
    )
    .map((row) => ({
      id: String(row.id),
      action: actionOf(row.action),
      raw: row.raw as string | null,
      canonical: row.canonical as string | null,
    }))
}

export function listChanges(
  reader: Statements,
  { runId, kind, actions, after, limit }: ChangeQuery,
): LoggedChange[] {
  const wanted = actions?.map(actionCode) ?? loggedActions
  const id = kind === undefined ? "" : idAfter(kind, after)
  if (id === undefined) return []
  const place =
    kind === undefined
      ? { sql: "(c.kind, c.id) > (?, ?)", values: placeAfter(after) }
      : { sql: "c.kind = ? AND c.id > ?", values: [kindCode(kind), id] }
  // All but creates are found by their own index, so that the few changes among many creates come fast.
  const notCreate = wanted.includes(0) ? "" : "AND c.action > 0"
  return reader
    .all(
      `SELECT c.kind, c.id, c.action, c.data, b.data AS before_data
       FROM homeroom_changes c LEFT JOIN homeroom_changes b ON b.key = c.before
       WHERE c.run = ? AND ${place.sql} AND c.action IN (${wanted.join(", ")}) ${notCreate}
       ORDER BY c.kind, c.id LIMIT ?`,
      changesKey(reader, runId),
      ...place.values,
      limit,
    )
    .map((row) => ({
      kind: kindOf(row.kind),
      id: String(row.id),
      action: loggedActionOf(row.action),
      before: row.before_data as string | null,
      after: row.data as string | null,
    }))
}

export function listRejections(
  reader: Statements,
  { runId, after, limit }: PageQuery & { runId: string },
): Rejection[] {
  return reader
    .all(
      `SELECT kind, id, reason, path, data FROM homeroom_changes
       WHERE run = ? AND action = ? AND action > 0 AND (kind, id) > (?, ?) ORDER BY kind, id LIMIT ?`,
      runKey(reader, runId),
      actionCode("reject"),
      ...placeAfter(after),
      limit,
    )
    .map((row) => ({
      kind: kindOf(row.kind),
      id: String(row.id),
      reason: String(row.reason),
      path: String(row.path),
      data: String(row.data),
    }))
}
