import type { RecordFilter, RecordSearch, StoredRecord } from "../contract.ts"
import { kindCode } from "../sql/codes.ts"
import { districtSql, recordsByIdSql } from "./keys.ts"
import { fits, type TermFilter, termOf, wordOf } from "./lookup-terms.ts"
import { mayHoldSql } from "./may-hold.ts"
import { recordColumns, recordOf, withContent } from "./read-records.ts"
import type { Sql } from "./sql.ts"
import { termNumber } from "./term-numbers.ts"

type SectionFilter = Extract<RecordFilter, { sectionId: string }>

/** Answers a search. Wants one view for several statements. */
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
  return findByTerm(sql, filter, { district, after, isActive, limit })
}

/** Over the index of terms, which finds too much where two terms have one number: the content decides. */
async function findByTerm(
  sql: Sql,
  filter: TermFilter,
  search: { district: number; after: string; isActive: boolean; limit: number },
): Promise<StoredRecord[]> {
  const { district, isActive, limit } = search
  const found: StoredRecord[] = []
  let { after } = search
  for (;;) {
    const missing = limit - found.length
    const rows = await sql.all(
      findSql,
      district,
      kindCode(filter.kind),
      termNumber(termOf(district, filter)),
      after,
      isActive,
      missing,
    )
    const records = rows.map(recordOf)
    for (const record of records) if (fits(filter, record.data)) found.push(record)
    const last = records.at(-1)
    if (last === undefined || records.length < missing || found.length >= limit) return found
    after = last.id
  }
}

const peopleSql = recordsByIdSql({ district: "$1", kind: "$2", ids: "$3" })

// Materialized: the planner knows little of single terms, and might walk through all records in their order instead.
const findSql = `
WITH found AS MATERIALIZED (
  SELECT c.run, c.id FROM homeroom.changes c WHERE c.terms @> ARRAY[$3::bigint] AND c.kind = $2 AND c.id > $4
), page AS MATERIALIZED (
  SELECT r.* FROM found
  JOIN homeroom.records r ON r.district = $1 AND r.kind = $2 AND r.id = found.id AND r.content = found.run
  WHERE r.active = $5 ORDER BY r.id LIMIT $6
)
SELECT page.kind, page.id, page.active, page.raw, page.canonical, c.data
FROM page JOIN homeroom.changes c ON c.run = page.content AND c.kind = page.kind AND c.id = page.id
ORDER BY page.id`

/** How many active records fit, up to `limit`. No content leaves the database. */
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

/**
 * Of a content that the index found no more is asked than whether the word is in it: to read its JSON would take several
 * times as long. Both go wrong together only for a record that has the number of another term and that one's word, too.
 */
function countFound(sql: Sql, district: number, filter: TermFilter, limit: number | null) {
  return sql.get(
    `SELECT count(*) AS count FROM (
       SELECT 1 FROM homeroom.changes c
       JOIN homeroom.records r ON r.district = $1 AND r.kind = c.kind AND r.id = c.id AND r.content = c.run
       WHERE c.terms @> ARRAY[$3::bigint] AND c.kind = $2 AND r.active AND ${mayHoldSql("c.data", "$5")}
       LIMIT $4) AS found`,
    district,
    kindCode(filter.kind),
    termNumber(termOf(district, filter)),
    limit,
    wordOf(filter),
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
