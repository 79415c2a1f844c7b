import type { Kind } from "./kinds.ts"
import type { RosterRecord } from "./parse-record.ts"
import type { WantedFields } from "./record-shape.ts"
import type { Section } from "./section.ts"
import type { User } from "./user.ts"

/** What a record is found by: see `RecordKeys` of the storage contract. */
export interface FoundBy {
  roles: string[]
  schools: string[]
  sisIds: string[]
  people: string[]
}

const ofRoles: WantedFields = {
  id: true,
  district: true,
  roles: { "*": { school: true, schools: true, sis_id: true, staff_id: true } },
}
const ofOthers: WantedFields = {
  id: true,
  district: true,
  sis_id: true,
  school: true,
  students: true,
  teachers: true,
  teacher: true,
}

/** The fields of a record that {@link recordKeys} looks at, with those that say whose it is. */
export function wantedFields(kind: Kind): WantedFields {
  return kind === "user" ? ofRoles : ofOthers
}

export function recordKeys(kind: Kind, record: RosterRecord): FoundBy {
  const keys: FoundBy = { roles: [], schools: [], sisIds: [], people: [] }
  if (kind === "user") {
    const roles = (record as User).roles ?? {}
    for (const role in roles) {
      const fields = (roles as Record<string, SchoolRole | null | undefined>)[role]
      if (fields === null || fields === undefined) continue
      keys.roles.push(role)
      add(keys.schools, fields.school)
      for (const school of fields.schools ?? []) add(keys.schools, school)
      add(keys.sisIds, fields.sis_id)
      add(keys.sisIds, fields.staff_id)
    }
    return keys
  }
  const { sis_id, school, students, teachers, teacher } = record as Section
  add(keys.schools, school)
  add(keys.sisIds, sis_id)
  if (kind === "section") {
    // A class is looked up by anybody in it; that somebody stands in it twice does no harm.
    keys.people = (students ?? []).concat(teachers ?? [])
    if (teacher && !teachers?.includes(teacher)) keys.people.push(teacher)
  }
  return keys
}

/** The fields that the role objects share. */
interface SchoolRole {
  school?: string | null
  schools?: readonly string[] | null
  sis_id?: string | null
  staff_id?: string | null
}

/** Lists of one or two: a Set would cost more. */
function add(values: string[], value: string | null | undefined): void {
  if (value !== null && value !== undefined && value !== "" && !values.includes(value)) values.push(value)
}
