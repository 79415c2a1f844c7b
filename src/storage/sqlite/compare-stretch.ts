import type { StoredFingerprint, StretchDifference, StretchQuery } from "../contract.ts"
import { kindCode } from "../sql/codes.ts"
import { differenceOf, isComparable } from "../sql/stretch-difference.ts"
import type { Row, Statements } from "./statements.ts"

export const selectFingerprints =
  "SELECT id, active, raw, canonical FROM homeroom_records WHERE district = ? AND kind = ?"

/** The row becomes the fingerprint itself: a copy of each would be felt where many are listed. */
export function fingerprintOf(row: Row): StoredFingerprint {
  row.state = row.active === 1 ? "active" : "archived"
  return row as unknown as StoredFingerprint
}

/**
 * Compares the raw fingerprints of a stretch as one long text on either side: the database puts its own together without
 * a row coming over. Ids need no comparing, for the bytes of a record hold its own. False where too much differs.
 */
export function compareStretch(
  reader: Statements,
  district: number,
  query: StretchQuery,
): boolean | StretchDifference {
  const { kind, after, upTo, raws } = query
  const get = (what: string, columns: string): Row =>
    reader.get(
      `SELECT ${what} FROM (
         SELECT ${columns} FROM homeroom_records
         WHERE district = ? AND kind = ? AND id > ? ${upTo === undefined ? "" : "AND id <= ?"} ORDER BY id)`,
      district,
      kindCode(kind),
      after,
      ...(upTo === undefined ? [] : [upTo]),
    ) ?? {}

  const { text, count, active } = get(
    "group_concat(raw, '') AS text, count(*) AS count, sum(active) AS active",
    "active, raw",
  )
  const stored = String(text ?? "")
  if ((active ?? 0) === count && stored === raws.join("")) return true

  if (!isComparable(stored, Number(count), query)) return false
  const { rows } = get("group_concat(active || id, ' ') AS rows", "active, id")
  const difference = differenceOf({ raws: stored, rows: String(rows) }, query)
  if (difference === undefined) return false
  const others = difference.differing
    .map((id) => reader.get(`${selectFingerprints} AND id = ?`, district, kindCode(kind), id))
    .filter((found) => found !== undefined)
    .map(fingerprintOf)
  return { same: difference.same, others }
}
