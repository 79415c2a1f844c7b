import type { Kind } from "../../models/kinds.ts"
import { kindCode } from "../sql/codes.ts"

/** The district whose Clever id the parameter is, by its number. */
export function districtSql(parameter: string): string {
  return `(SELECT key FROM homeroom.districts WHERE id = ${parameter})`
}

/**
 * `r`: the records of a kind that have these ids, each looked up by itself. For `id = ANY (…)` a planner without
 * statistics, as in a table that was just filled, reads the whole kind.
 */
export function recordsByIdSql(by: { district: string; kind: string; ids: string }): string {
  return `unnest(${by.ids}::text[]) AS wanted (id) CROSS JOIN LATERAL (
    SELECT * FROM homeroom.records
    WHERE district = ${by.district} AND kind = ${by.kind} AND id = wanted.id LIMIT 1) AS r`
}

/** The kind and id that a page in kind order begins after. */
export function placeAfter(after: { kind: Kind; id: string } | undefined): [number, string] {
  return after === undefined ? [-1, ""] : [kindCode(after.kind), after.id]
}
