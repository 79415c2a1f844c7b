import { roles } from "../../models/kinds.ts"
import type { RecordFilter, RecordSearch } from "../contract.ts"
import { kindCode } from "../sql/codes.ts"
import { isIndexed, lookupCondition } from "./lookup-table.ts"
import { lookupWord } from "./lookup-word.ts"
import type { Row, Statements } from "./statements.ts"

const columns = "r.kind, r.id, r.active, r.raw, r.canonical, c.data"

/**
 * Answers a search over the lookup index. The index may find too much (it does not know which role has which
 * school): the content decides.
 */
export function findRows(statements: Statements, district: number, search: RecordSearch): Row[] {
  const { filter, state = "active", after = "", limit } = search
  const active = state === "active" ? 1 : 0
  if ("sectionId" in filter) {
    return statements.all(
      `SELECT ${columns} ${peopleOfSection} CROSS JOIN homeroom_changes c ON c.key = r.content
       WHERE r.active = ? AND r.id > ? ORDER BY r.id LIMIT ?`,
      ...sectionParameters(district, filter),
      active,
      after,
      limit,
    )
  }
  const { column, word, check, parameters } = condition(filter)
  return statements.all(
    `SELECT ${columns} FROM homeroom_lookup l
     CROSS JOIN homeroom_records r ON r.content = l.rowid
     CROSS JOIN homeroom_changes c ON c.key = r.content
     WHERE ${lookupCondition(isIndexed(statements), column)} AND r.district = ? AND r.kind = ? AND r.active = ? AND r.id > ? AND ${check}
     ORDER BY r.id LIMIT ?`,
    lookupWord(word),
    district,
    kindCode(filter.kind),
    active,
    after,
    ...parameters,
    limit,
  )
}

/** How many active records fit, up to `limit`. Reads contents only where the index alone can't tell. */
export function countRows(
  statements: Statements,
  district: number,
  { filter, limit }: { filter: RecordFilter; limit: number },
): number {
  if ("sectionId" in filter) {
    const row = statements.get(
      `SELECT count(*) AS count FROM (SELECT 1 ${peopleOfSection} WHERE r.active = 1 LIMIT ?)`,
      ...sectionParameters(district, filter),
      limit,
    )
    return Number(row?.count)
  }
  const { column, word, check, parameters } = condition(filter)
  const isExact = isIndexExact(filter)
  const row = statements.get(
    `SELECT count(*) AS count FROM (
       SELECT 1 FROM homeroom_lookup l
       CROSS JOIN homeroom_records r ON r.content = l.rowid
       ${isExact ? "" : "CROSS JOIN homeroom_changes c ON c.key = r.content"}
       WHERE ${lookupCondition(isIndexed(statements), column)} AND r.district = ? AND r.kind = ? AND r.active = 1
         ${isExact ? "" : `AND ${check}`}
       LIMIT ?)`,
    lookupWord(word),
    district,
    kindCode(filter.kind),
    ...(isExact ? [] : parameters),
    limit,
  )
  return Number(row?.count)
}

/** Whether a record fits just if the index says so: then there is no need to look at its content. */
function isIndexExact(filter: Exclude<RecordFilter, { sectionId: string }>): boolean {
  // Which role has which school the index does not know; a role that Clever does not have may be no object.
  if ("role" in filter && filter.role !== undefined) {
    return !("schoolId" in filter) && roles.some((role) => role === filter.role)
  }
  // A word that begins with `x` may stand for two values.
  return !lookupWord(condition(filter).word).startsWith("x")
}

const peopleOfSection = `
FROM (
  SELECT p.value AS id FROM homeroom_records s JOIN homeroom_changes sc ON sc.key = s.content,
    json_each(sc.data, '$.students') p
  WHERE s.district = ? AND s.kind = ? AND s.id = ? AND s.active = 1 AND ? IS NOT 'teacher'
  UNION
  SELECT p.value FROM homeroom_records s JOIN homeroom_changes sc ON sc.key = s.content,
    json_each(json_insert(coalesce(sc.data -> '$.teachers', '[]'), '$[#]', sc.data ->> '$.teacher')) p
  WHERE s.district = ? AND s.kind = ? AND s.id = ? AND s.active = 1 AND ? IS NOT 'student'
) people
CROSS JOIN homeroom_records r ON r.district = ? AND r.kind = ? AND r.id = people.id`

/** No numbered parameters: Node 22.13 can't bind them. */
function sectionParameters(
  district: number,
  { sectionId, role = null }: { sectionId: string; role?: string | null | undefined },
): (string | number | null)[] {
  const section = [district, kindCode("section"), sectionId, role]
  return [...section, ...section, district, kindCode("user")]
}

interface Condition {
  /** The column of the lookup table, and what must stand in it. */
  column: "person" | "school" | "role" | "sis_id"
  word: string
  /** What the content must fulfil. */
  check: string
  parameters: string[]
}

function condition(filter: Exclude<RecordFilter, { sectionId: string }>): Condition {
  if ("personId" in filter) {
    const { personId } = filter
    const check = `(c.data ->> '$.teacher' = ? OR EXISTS (SELECT 1 FROM json_each(c.data, '$.students') WHERE value = ?)
      OR EXISTS (SELECT 1 FROM json_each(c.data, '$.teachers') WHERE value = ?))`
    return { column: "person", word: personId, check, parameters: [personId, personId, personId] }
  }
  if ("sisId" in filter) {
    const { sisId } = filter
    const check = `(c.data ->> '$.sis_id' = ? OR EXISTS (SELECT 1 FROM json_each(c.data, '$.roles') role
      WHERE c.data ->> (role.fullkey || '.sis_id') = ? OR c.data ->> (role.fullkey || '.staff_id') = ?))`
    return { column: "sis_id", word: sisId, check, parameters: [sisId, sisId, sisId] }
  }
  if ("schoolId" in filter) {
    const { schoolId, role } = filter
    const found = { column: "school", word: schoolId } as const
    if (filter.kind === "section")
      return { ...found, check: "c.data ->> '$.school' = ?", parameters: [schoolId] }
    const roleCheck = role === undefined ? "" : "role.key = ? AND"
    const check = `EXISTS (SELECT 1 FROM json_each(c.data, '$.roles') role WHERE ${roleCheck}
      (c.data ->> (role.fullkey || '.school') = ?
        OR EXISTS (SELECT 1 FROM json_each(c.data, role.fullkey || '.schools') s WHERE s.value = ?)))`
    return { ...found, check, parameters: [...(role === undefined ? [] : [role]), schoolId, schoolId] }
  }
  const check = "json_type(c.data -> '$.roles' -> ?) = 'object'"
  return { column: "role", word: filter.role, check, parameters: [filter.role] }
}
