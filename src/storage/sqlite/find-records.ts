import type { RecordFilter, RecordSearch } from "../contract.ts"
import { kindCode } from "./codes.ts"
import { lookupWord } from "./lookup-word.ts"
import type { Row, Statements } from "./statements.ts"

const columns = "r.kind, r.id, r.active, r.raw, r.canonical, c.data"

/**
 * Answers a search over the lookup index. The index may find too much (it does not know which role has which
 * school): the content decides.
 */
export function findRows(statements: Statements, district: number, search: RecordSearch): Row[] {
  const { filter, after = "", limit } = search
  if ("sectionId" in filter) return peopleOfSection(statements, district, search, filter)
  const { match, check, parameters } = condition(filter)
  return statements.all(
    `SELECT ${columns} FROM homeroom_lookup l
     CROSS JOIN homeroom_records r ON r.content = l.rowid
     CROSS JOIN homeroom_changes c ON c.key = r.content
     WHERE homeroom_lookup MATCH ? AND r.district = ? AND r.kind = ? AND r.active = 1 AND r.id > ? AND ${check}
     ORDER BY r.id LIMIT ?`,
    match,
    district,
    kindCode(filter.kind),
    after,
    ...parameters,
    limit,
  )
}

function peopleOfSection(
  statements: Statements,
  district: number,
  { after = "", limit }: RecordSearch,
  { sectionId, role }: Extract<RecordFilter, { sectionId: string }>,
): Row[] {
  return statements.all(
    `SELECT ${columns} FROM (
       SELECT p.value AS id FROM homeroom_records s JOIN homeroom_changes sc ON sc.key = s.content,
         json_each(sc.data, '$.students') p
       WHERE s.district = ?1 AND s.kind = ?2 AND s.id = ?3 AND s.active = 1 AND ?4 IS NOT 'teacher'
       UNION
       SELECT p.value FROM homeroom_records s JOIN homeroom_changes sc ON sc.key = s.content,
         json_each(json_insert(coalesce(sc.data -> '$.teachers', '[]'), '$[#]', sc.data ->> '$.teacher')) p
       WHERE s.district = ?1 AND s.kind = ?2 AND s.id = ?3 AND s.active = 1 AND ?4 IS NOT 'student'
     ) people
     CROSS JOIN homeroom_records r ON r.district = ?1 AND r.kind = ?5 AND r.id = people.id
     JOIN homeroom_changes c ON c.key = r.content
     WHERE r.active = 1 AND r.id > ?6 ORDER BY r.id LIMIT ?7`,
    district,
    kindCode("section"),
    sectionId,
    role ?? null,
    kindCode("user"),
    after,
    limit,
  )
}

interface Condition {
  /** The index's query. */
  match: string
  /** What the content must fulfil. */
  check: string
  parameters: string[]
}

function condition(filter: Exclude<RecordFilter, { sectionId: string }>): Condition {
  if ("personId" in filter) {
    const { personId } = filter
    const check = `(c.data ->> '$.teacher' = ? OR EXISTS (SELECT 1 FROM json_each(c.data, '$.students') WHERE value = ?)
      OR EXISTS (SELECT 1 FROM json_each(c.data, '$.teachers') WHERE value = ?))`
    return { match: query("person", personId), check, parameters: [personId, personId, personId] }
  }
  if ("sisId" in filter) {
    const { sisId } = filter
    const check = `(c.data ->> '$.sis_id' = ? OR EXISTS (SELECT 1 FROM json_each(c.data, '$.roles') role
      WHERE role.value ->> '$.sis_id' = ? OR role.value ->> '$.staff_id' = ?))`
    return { match: query("sis_id", sisId), check, parameters: [sisId, sisId, sisId] }
  }
  if ("schoolId" in filter) {
    const { schoolId, role } = filter
    const match = query("school", schoolId)
    if (filter.kind === "section")
      return { match, check: "c.data ->> '$.school' = ?", parameters: [schoolId] }
    const roleCheck = role === undefined ? "" : "role.key = ? AND"
    const check = `EXISTS (SELECT 1 FROM json_each(c.data, '$.roles') role WHERE ${roleCheck}
      (role.value ->> '$.school' = ? OR EXISTS (SELECT 1 FROM json_each(role.value, '$.schools') s WHERE s.value = ?)))`
    return { match, check, parameters: [...(role === undefined ? [] : [role]), schoolId, schoolId] }
  }
  const check = "json_type(c.data -> '$.roles' -> ?) = 'object'"
  return { match: query("role", filter.role), check, parameters: [filter.role] }
}

function query(column: string, value: string): string {
  return `${column} : ${lookupWord(value)}`
}
