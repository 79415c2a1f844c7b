import type { Kind } from "./kinds.ts"
import type { RosterRecord } from "./parse-record.ts"
import type { WantedFields } from "./record-shape.ts"
import type { Section } from "./section.ts"
import type { User } from "./user.ts"

/** What a record is found by: see `RecordKeys` of the storage contract. */
export interface FoundBy {
  roles: readonly string[]
  schools: readonly string[]
  sisIds: readonly string[]
  people: readonly string[]
}

const none: readonly string[] = []

/**
 * A class, and lists that grow by `concat`, where literals would do: V8 allocates what a literal makes in its old space
 * once most of what it made first has lived on, as a first batch does; there it keeps the texts of records that are long
 * done with (docs/decisions/0014-reading-records.md).
 */
class Keys implements FoundBy {
  roles = none
  schools = none
  sisIds = none
  people = none
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
  const keys = new Keys()
  if (kind === "user") {
    const roles = (record as User).roles ?? {}
    for (const role in roles) {
      const fields = (roles as Record<string, SchoolRole | null | undefined>)[role]
      if (fields === null || fields === undefined) continue
      keys.roles = keys.roles.concat(role)
      keys.schools = withValue(keys.schools, fields.school)
      for (const school of fields.schools ?? none) keys.schools = withValue(keys.schools, school)
      keys.sisIds = withValue(withValue(keys.sisIds, fields.sis_id), fields.staff_id)
    }
    return keys
  }
  const { sis_id, school, students, teachers, teacher } = record as Section
  keys.schools = withValue(none, school)
  keys.sisIds = withValue(none, sis_id)
  if (kind === "section") {
    // A class is looked up by anybody in it; that somebody stands in it twice does no harm.
    keys.people = none.concat(students ?? none, teachers ?? none)
    if (teacher && !teachers?.includes(teacher)) keys.people = keys.people.concat(teacher)
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
function withValue(values: readonly string[], value: string | null | undefined): readonly string[] {
  const isNew = value !== null && value !== undefined && value !== "" && !values.includes(value)
  return isNew ? values.concat(value) : values
}
