import type { FieldOverride, OverrideKey, OverrideQuery } from "../contract.ts"
import { kindCode } from "../sql/codes.ts"
import { overrideOf } from "../sql/rows.ts"
import type { Statements } from "./statements.ts"

// Each function runs inside the caller's transaction: the writing ones in a write transaction.

const insertSql = `
INSERT INTO homeroom_overrides (district, kind, id, path, value, set_at, set_by)
VALUES ((SELECT key FROM homeroom_districts WHERE id = ?), ?, ?, ?, ?, ?, ?)
ON CONFLICT (district, kind, id, path) DO`

/** Sets the app's value of a field. Replaces an earlier one. */
export function setOverride(statements: Statements, override: FieldOverride): void {
  statements.run("INSERT INTO homeroom_districts (id) VALUES (?) ON CONFLICT DO NOTHING", override.districtId)
  statements.run(
    `${insertSql} UPDATE SET value = excluded.value, set_at = excluded.set_at, set_by = excluded.set_by`,
    ...valuesOf(override),
  )
}

/** Sets it unless the field has one, in a district that is known. */
export function addOverride(statements: Statements, override: FieldOverride): void {
  statements.run(`${insertSql} NOTHING`, ...valuesOf(override))
}

export function clearOverrides(statements: Statements, { districtId, kind, id, path }: OverrideKey): number {
  const { changes } = statements.run(
    `DELETE FROM homeroom_overrides
     WHERE district = (SELECT key FROM homeroom_districts WHERE id = ?) AND kind = ? AND id = ?
       ${path === undefined ? "" : "AND path = ?"}`,
    districtId,
    kindCode(kind),
    id,
    ...(path === undefined ? [] : [path]),
  )
  return changes
}

export function listOverrides(
  statements: Statements,
  { districtId, kind, ids, after, limit }: OverrideQuery,
): FieldOverride[] {
  return statements
    .all(
      `SELECT id, path, value, set_at, set_by FROM homeroom_overrides
       WHERE district = (SELECT key FROM homeroom_districts WHERE id = ?) AND kind = ?
         ${ids === undefined ? "" : "AND id IN (SELECT value FROM json_each(?))"} AND (id, path) > (?, ?)
       ORDER BY id, path LIMIT ?`,
      districtId,
      kindCode(kind),
      ...(ids === undefined ? [] : [JSON.stringify(ids)]),
      after?.id ?? "",
      after?.path ?? "",
      limit,
    )
    .map((row) => overrideOf(row, districtId, kind))
}

function valuesOf({ districtId, kind, id, path, value, at, by }: FieldOverride): (string | number)[] {
  return [districtId, kindCode(kind), id, path, JSON.stringify(value ?? null), at, by]
}
