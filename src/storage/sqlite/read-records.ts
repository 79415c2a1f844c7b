import type { Kind } from "../../models/kinds.ts"
import type {
  DistrictHead,
  FingerprintQuery,
  RecordFilter,
  RecordQuery,
  RecordSearch,
  StoredFingerprint,
  StoredRecord,
} from "../contract.ts"
import { kindCode, kindOf } from "../sql/codes.ts"
import { headOf } from "../sql/rows.ts"
import { fingerprintOf, selectFingerprints } from "./compare-stretch.ts"
import { countRows, findRows } from "./find-records.ts"
import { districtKey } from "./keys.ts"
import type { Row, Statements } from "./statements.ts"

// Each function runs inside the caller's transaction.

export function getDistrict(reader: Statements, districtId: string): DistrictHead {
  return headOf(reader.get("SELECT * FROM homeroom_districts WHERE id = ?", districtId))
}

export function listFingerprints(
  reader: Statements,
  { districtId, kind, after, upTo, limit }: FingerprintQuery,
): StoredFingerprint[] {
  const district = districtKey(reader, districtId)
  if (district === undefined) return []
  const rows = reader.all(
    `${selectFingerprints} AND id > ? ${upTo === undefined ? "" : "AND id <= ?"} ORDER BY id LIMIT ?`,
    district,
    kindCode(kind),
    after,
    ...(upTo === undefined ? [] : [upTo]),
    limit,
  )
  return rows.map(fingerprintOf)
}

export function getRecords(
  reader: Statements,
  query: { districtId: string; kind: Kind; ids: readonly string[] },
): StoredRecord[] {
  const district = districtKey(reader, query.districtId)
  if (district === undefined) return []
  return [...new Set(query.ids)]
    .sort()
    .map((id) => reader.get(`${selectRecords} AND r.id = ?`, district, kindCode(query.kind), id))
    .filter((row) => row !== undefined)
    .map(recordOf)
}

export function listRecords(
  reader: Statements,
  { districtId, kind, state, after = "", limit }: RecordQuery,
): StoredRecord[] {
  const district = districtKey(reader, districtId)
  if (district === undefined) return []
  const inState = state === undefined ? "" : `AND r.active = ${state === "active" ? 1 : 0}`
  return reader
    .all(
      `${selectRecords} AND r.id > ? ${inState} ORDER BY r.id LIMIT ?`,
      district,
      kindCode(kind),
      after,
      limit,
    )
    .map(recordOf)
}

export function findRecords(reader: Statements, search: RecordSearch): StoredRecord[] {
  const district = districtKey(reader, search.districtId)
  return district === undefined ? [] : findRows(reader, district, search).map(recordOf)
}

export function countRecords(
  reader: Statements,
  query: { districtId: string; filter: RecordFilter; limit?: number | undefined },
): number {
  const district = districtKey(reader, query.districtId)
  // A negative limit is none.
  const { filter, limit = -1 } = query
  return district === undefined ? 0 : countRows(reader, district, { filter, limit })
}

const selectRecords = `
SELECT r.kind, r.id, r.active, r.raw, r.canonical, c.data
FROM homeroom_records r JOIN homeroom_changes c ON c.key = r.content
WHERE r.district = ? AND r.kind = ?`

function recordOf(row: Row): StoredRecord {
  return {
    kind: kindOf(row.kind),
    id: String(row.id),
    state: row.active === 1 ? "active" : "archived",
    raw: String(row.raw),
    canonical: String(row.canonical),
    data: String(row.data),
  }
}
