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
 * Compares a stretch as one long text on either side: the database puts its own together without a row coming
 * over. False where too much differs.
 */
export function compareStretch(
  reader: Statements,
  district: number,
  { kind, after, upTo, ids, raws }: StretchQuery,
): boolean | StretchDifference {
  const row = reader.get(
    `SELECT group_concat(id || ' ' || active || raw || char(10), '') AS stretch FROM (
       SELECT id, active, raw FROM homeroom_records
       WHERE district = ? AND kind = ? AND id > ? ${upTo === undefined ? "" : "AND id <= ?"} ORDER BY id)`,
    district,
    kindCode(kind),
    after,
    ...(upTo === undefined ? [] : [upTo]),
  )
  const stretch = String(row?.stretch ?? "")
  const lines = ids.map((id, index) => `${id} 1${raws[index]}\n`)
  if (stretch === lines.join("")) return true
  if (stretch === "") return false

  const same = new Uint8Array(ids.length)
  const differing: string[] = []
  let at = 0
  let index = 0
  while (at < stretch.length) {
    const line = lines[index]
    if (line !== undefined && stretch.startsWith(line, at)) {
      same[index++] = 1
      at += line.length
      continue
    }
    const stored = stretch.slice(at, stretch.indexOf(" ", at))
    const id = ids[index]
    if (id !== undefined && id < stored) {
      index++
      continue
    }
    if (id === stored) index++
    at = stretch.indexOf("\n", at) + 1
    differing.push(stored)
    if (differing.length * differingShare > ids.length) return false
  }
  const others = differing
    .map((id) => reader.get(`${selectFingerprints} AND id = ?`, district, kindCode(kind), id))
    .filter((found) => found !== undefined)
    .map(fingerprintOf)
  return { same, others }
}
