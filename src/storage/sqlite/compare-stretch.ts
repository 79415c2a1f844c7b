import type { StoredFingerprint, StretchDifference, StretchQuery } from "../contract.ts"
import { kindCode } from "./codes.ts"
import type { Row, Statements } from "./statements.ts"

/** Where more than one in so many records differs, listing them all is quicker. */
const differingShare = 8

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
  { kind, after, upTo, ids, raws }: StretchQuery,
): boolean | StretchDifference {
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

  const width = raws[0]?.length ?? 0
  // Other widths are of another scope: then everything differs.
  if (count === 0 || stored.length !== Number(count) * width) return false
  const rows = String(get("group_concat(active || id, ' ') AS rows", "active, id").rows).split(" ")
  const same = new Uint8Array(ids.length)
  const differing: string[] = []
  let index = 0
  for (const [at, row] of rows.entries()) {
    const isSame = (): boolean =>
      row.startsWith("1") && raws[index] === stored.slice(at * width, (at + 1) * width)
    if (!isSame()) {
      const id = row.slice(1)
      while (index < ids.length && (ids[index] ?? "") < id) index++
      if (ids[index] !== id || !isSame()) {
        if (ids[index] === id) index++
        differing.push(id)
        if (differing.length * differingShare > ids.length) return false
        continue
      }
    }
    same[index++] = 1
  }
  const others = differing
    .map((id) => reader.get(`${selectFingerprints} AND id = ?`, district, kindCode(kind), id))
    .filter((found) => found !== undefined)
    .map(fingerprintOf)
  return { same, others }
}
