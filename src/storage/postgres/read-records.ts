import { HomeroomError } from "../../errors/index.ts"
import type { Kind } from "../../models/kinds.ts"
import type {
  DistrictHead,
  FingerprintQuery,
  RecordQuery,
  StoredFingerprint,
  StoredRecord,
  StretchDifference,
  StretchQuery,
} from "../contract.ts"
import { kindCode, kindOf } from "../sql/codes.ts"
import { headOf } from "../sql/rows.ts"
import { differenceInPlace, differenceOf, isComparable } from "../sql/stretch-difference.ts"
import { districtSql, recordsByIdSql } from "./keys.ts"
import type { Row, Sql, Value } from "./sql.ts"

/** How many ids may be asked for at once. */
const mostIds = 1_000

export async function getDistrict(sql: Sql, districtId: string): Promise<DistrictHead> {
  return headOf(await sql.get("SELECT * FROM homeroom.districts WHERE id = $1", districtId))
}

export async function listFingerprints(
  sql: Sql,
  { districtId, kind, after, upTo, limit }: FingerprintQuery,
): Promise<StoredFingerprint[]> {
  const rows = await sql.all(
    `SELECT id, active, raw, canonical FROM homeroom.records
     WHERE district = ${districtSql("$1")} AND kind = $2 AND id > $3 ${upTo === undefined ? "" : "AND id <= $5"}
     ORDER BY id LIMIT $4`,
    districtId,
    kindCode(kind),
    after,
    limit,
    ...(upTo === undefined ? [] : [upTo]),
  )
  return rows.map(fingerprintOf)
}

/**
 * The stretch comes as one long text: to read ten thousand rows takes longer than to compare them. Its statements see
 * what is committed at the time of each: who may change the district meanwhile has its lease, and the caller has lost it.
 */
export async function isStretchSame(sql: Sql, query: StretchQuery): Promise<boolean | StretchDifference> {
  const { districtId, kind, after, upTo } = query
  const get = async (what: string): Promise<Row> => {
    const values: Value[] = [districtId, kindCode(kind), after]
    const upToLast = upTo === undefined ? "" : `AND id <= $${values.push(upTo)}`
    const row = await sql.get(
      `SELECT ${what} FROM (
         SELECT id, active, raw FROM homeroom.records
         WHERE district = ${districtSql("$1")} AND kind = $2 AND id > $3 ${upToLast} ORDER BY id) AS stretch`,
      ...values,
    )
    return row ?? {}
  }
  const storedOf = async (ids: readonly string[]): Promise<StoredFingerprint[]> => {
    const rows = await sql.all(
      `SELECT r.id, active, raw, canonical
       FROM ${recordsByIdSql({ district: districtSql("$1"), kind: "$2", ids: "$3" })} ORDER BY r.id`,
      districtId,
      kindCode(kind),
      ids,
    )
    return rows.map(fingerprintOf)
  }
  const answer = get(
    "string_agg(raw, '') AS text, count(*)::int AS count, (count(*) FILTER (WHERE active))::int AS active",
  )
  // Asked for here, they are made while the database puts its own together.
  const { ids, raws } = query
  const { text, count, active } = await answer
  const stored = String(text ?? "")
  if (active === count && stored === raws.join("")) return true
  if (!isComparable(stored, Number(count), { raws })) return false
  if (active === count && count === ids.length) {
    const difference = differenceInPlace(stored, { ids, raws })
    const others = difference === undefined ? [] : await storedOf(difference.differing)
    if (difference?.differing.length === others.length) return { same: difference.same, others }
  }
  const { rows } = await get("string_agg(active::int || id, ' ') AS rows")
  const difference = differenceOf({ raws: stored, rows: String(rows) }, { ids, raws })
  if (difference === undefined) return false
  return { same: difference.same, others: await storedOf(difference.differing) }
}

export async function getRecords(
  sql: Sql,
  { districtId, kind, ids }: { districtId: string; kind: Kind; ids: readonly string[] },
): Promise<StoredRecord[]> {
  if (ids.length > mostIds) {
    throw new HomeroomError("INVALID_OPTIONS", {
      message: `At most ${mostIds} records can be read at once.`,
      details: { ids: ids.length },
    })
  }
  const rows = await sql.all(
    `SELECT ${recordColumns}
     FROM ${recordsByIdSql({ district: districtSql("$1"), kind: "$2", ids: "$3" })} ${withContent}
     ORDER BY r.id`,
    districtId,
    kindCode(kind),
    [...new Set(ids)],
  )
  return rows.map(recordOf)
}

export async function listRecords(
  sql: Sql,
  { districtId, kind, state, after = "", limit }: RecordQuery,
): Promise<StoredRecord[]> {
  const values: Value[] = [districtId, kindCode(kind), after, limit]
  const inState = state === undefined ? "" : `AND r.active = $${values.push(state === "active")}`
  const rows = await sql.all(
    `SELECT ${recordColumns} FROM homeroom.records r ${withContent}
     WHERE r.district = ${districtSql("$1")} AND r.kind = $2 AND r.id > $3 ${inState} ORDER BY r.id LIMIT $4`,
    ...values,
  )
  return rows.map(recordOf)
}

/** What {@link recordOf} wants of a record `r` and its content `c`. */
export const recordColumns = "r.kind, r.id, r.active, r.raw, r.canonical, c.data"
export const withContent = "JOIN homeroom.changes c ON c.run = r.content AND c.kind = r.kind AND c.id = r.id"

function fingerprintOf(row: Row): StoredFingerprint {
  return {
    id: row.id as string,
    state: row.active === true ? "active" : "archived",
    raw: row.raw as string,
    canonical: row.canonical as string,
  }
}

export function recordOf(row: Row): StoredRecord {
  return { kind: kindOf(row.kind), ...fingerprintOf(row), data: row.data as string }
}
