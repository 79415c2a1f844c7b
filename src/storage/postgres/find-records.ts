import type { RecordFilter, RecordSearch, StoredRecord } from "../contract.ts"
import { kindCode } from "../sql/codes.ts"
import { districtSql, recordsByIdSql } from "./keys.ts"
import { termOf } from "./lookup-terms.ts"
import { recordColumns, recordOf, withContent } from "./read-records.ts"
import type { Sql } from "./sql.ts"

type TermFilter = Exclude<RecordFilter, { sectionId: string }>
type SectionFilter = Extract<RecordFilter, { sectionId: string }>

/** Answers a search over the index of terms, which tells exactly who fits. Wants one view for several statements. */
export async function findRecords(sql: Sql, search: RecordSearch): Promise<StoredRecord[]> {
  const { districtId, filter, state = "active", after = "", limit } = search
  const district = await numberOf(sql, districtId)
  if (district === undefined) return []
  const isActive = state === "active"
  if ("sectionId" in filter) {
    const people = await peopleOf(sql, district, filter)
    const rows = await sql.all(
      `SELECT ${recordColumns} FROM ${peopleSql} ${withContent}
       WHERE r.active = $4 AND r.id > $5 ORDER BY r.id LIMIT $6`,
      district,
      kindCode("user"),
      people,
      isActive,
      after,
      limit,
    )
    return rows.map(recordOf)
  }
  const rows = await sql.all(
    findSql,
    district,
    kindCode(filter.kind),
    termOf(district, filter),
    after,
    isActive,
    limit,
  )
  return rows.map(recordOf)
}

const peopleSql = recordsByIdSql({ district: "$1", kind: "$2", ids: "$3" })

// Materialized: the planner knows little of single terms, and might walk through all records in their order instead.
const findSql = `
WITH found AS MATERIALIZED (
  SELECT c.run, c.id FROM homeroom.changes c WHERE c.terms @> ARRAY[$3::text] AND c.kind = $2 AND c.id > $4
), page AS MATERIALIZED (
  SELECT r.* FROM found
  JOIN homeroom.records r ON r.district = $1 AND r.kind = $2 AND r.id = found.id AND r.content = found.run
  WHERE r.active = $5 ORDER BY r.id LIMIT $6
)
SELECT page.kind, page.id, page.active, page.raw, page.canonical, c.data
FROM page JOIN homeroom.changes c ON c.run = page.content AND c.kind = page.kind AND c.id = page.id
ORDER BY page.id`

/** How many active records fit, up to `limit`. Reads no content. */
export async function countRecords(
  sql: Sql,
  query: { districtId: string; filter: RecordFilter; limit?: number | undefined },
): Promise<number> {
  const { districtId, filter, limit = null } = query
  const district = await numberOf(sql, districtId)
  if (district === undefined) return 0
  const row =
    "sectionId" in filter
      ? await countPeople(sql, district, filter, limit)
      : await countFound(sql, district, filter, limit)
  return Number(row?.count)
}

async function countPeople(sql: Sql, district: number, filter: SectionFilter, limit: number | null) {
  return sql.get(
    `SELECT count(*) AS count FROM (
       SELECT 1 FROM ${peopleSql} WHERE r.active LIMIT $4) AS found`,
    district,
    kindCode("user"),
    await peopleOf(sql, district, filter),
    limit,
  )
}

function countFound(sql: Sql, district: number, filter: TermFilter, limit: number | null) {
  return sql.get(
    `SELECT count(*) AS count FROM (
       SELECT 1 FROM homeroom.changes c
       JOIN homeroom.records r ON r.district = $1 AND r.kind = c.kind AND r.id = c.id AND r.content = c.run
       WHERE c.terms @> ARRAY[$3::text] AND c.kind = $2 AND r.active LIMIT $4) AS found`,
    district,
    kindCode(filter.kind),
    termOf(district, filter),
    limit,
  )
}

async function numberOf(sql: Sql, districtId: string): Promise<number | undefined> {
  const row = await sql.get(`SELECT ${districtSql("$1")} AS key`, districtId)
  return row?.key === null || row === undefined ? undefined : Number(row.key)
}

/** Who stands in a section; nobody in an archived one. */
async function peopleOf(sql: Sql, district: number, { sectionId, role }: SectionFilter): Promise<string[]> {
  const row = await sql.get(
    `SELECT c.data FROM homeroom.records r
     JOIN homeroom.changes c ON c.run = r.content AND c.kind = r.kind AND c.id = r.id
     WHERE r.district = $1 AND r.kind = $2 AND r.id = $3 AND r.active`,
    district,
    kindCode("section"),
    sectionId,
  )
  if (row === undefined) return []
  const { students, teachers, teacher } = JSON.parse(String(row.data)) as Record<string, unknown>
  const people = [
    role === "teacher" ? [] : students,
    ...(role === "student" ? [] : [teachers, teacher]),
  ].flat()
  return [...new Set(people)].filter((id): id is string => typeof id === "string" && !id.includes("\0"))
}
