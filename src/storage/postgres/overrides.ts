import type { FieldOverride, OverrideKey, OverrideQuery } from "../contract.ts"
import { kindCode } from "../sql/codes.ts"
import { overrideOf } from "../sql/rows.ts"
import { districtSql } from "./keys.ts"
import type { Sql, Value } from "./sql.ts"

// Each function runs inside the caller's transaction, if it has one: the setting one needs it.

const insertSql = `
INSERT INTO homeroom.overrides (district, kind, id, path, value, set_at, set_by)
VALUES (${districtSql("$1")}, $2, $3, $4, $5, $6, $7)
ON CONFLICT (district, kind, id, path) DO`

/** Sets the app's value of a field. Replaces an earlier one. */
export async function setOverride(sql: Sql, override: FieldOverride): Promise<void> {
  await sql.run("INSERT INTO homeroom.districts (id) VALUES ($1) ON CONFLICT DO NOTHING", override.districtId)
  await sql.run(
    `${insertSql} UPDATE SET value = excluded.value, set_at = excluded.set_at, set_by = excluded.set_by`,
    ...valuesOf(override),
  )
}

/** Sets it unless the field has one, in a district that is known. */
export async function addOverride(sql: Sql, override: FieldOverride): Promise<void> {
  await sql.run(`${insertSql} NOTHING`, ...valuesOf(override))
}

export function clearOverrides(sql: Sql, { districtId, kind, id, path }: OverrideKey): Promise<number> {
  return sql.run(
    `DELETE FROM homeroom.overrides
     WHERE district = ${districtSql("$1")} AND kind = $2 AND id = $3 ${path === undefined ? "" : "AND path = $4"}`,
    districtId,
    kindCode(kind),
    id,
    ...(path === undefined ? [] : [path]),
  )
}

export async function listOverrides(
  sql: Sql,
  { districtId, kind, ids, after, limit }: OverrideQuery,
): Promise<FieldOverride[]> {
  const values: Value[] = [districtId, kindCode(kind), after?.id ?? "", after?.path ?? "", limit]
  const ofIds = ids === undefined ? "" : `AND id = ANY($${values.push(ids)}::text[])`
  const rows = await sql.all(
    `SELECT id, path, value, set_at, set_by FROM homeroom.overrides
     WHERE district = ${districtSql("$1")} AND kind = $2 AND (id, path) > ($3, $4) ${ofIds}
     ORDER BY id, path LIMIT $5`,
    ...values,
  )
  return rows.map((row) => overrideOf(row, districtId, kind))
}

function valuesOf({ districtId, kind, id, path, value, at, by }: FieldOverride): Value[] {
  return [districtId, kindCode(kind), id, path, JSON.stringify(value ?? null), at, by]
}
