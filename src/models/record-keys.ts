import type { Kind } from "./kinds.ts"
import type { RosterRecord } from "./parse-record.ts"
import type { Section } from "./section.ts"
import type { User } from "./user.ts"

/** What a record is found by: see `RecordKeys` of the storage contract. */
export function recordKeys(
  kind: Kind,
  record: RosterRecord,
): { roles: string[]; schools: string[]; sisIds: string[]; people: string[] } {
  if (kind === "user") return userKeys(record as User)
  const { sis_id, school, students, teachers, teacher } = record as Section
  return {
    roles: [],
    schools: distinct([school]),
    sisIds: distinct([sis_id]),
    people: kind === "section" ? distinct([...(students ?? []), ...(teachers ?? []), teacher]) : [],
  }
}

function userKeys(user: User): ReturnType<typeof recordKeys> {
  const roles: string[] = []
  const schools: (string | null | undefined)[] = []
  const sisIds: (string | null | undefined)[] = []
  for (const [role, value] of Object.entries(user.roles ?? {})) {
    if (value === null || value === undefined) continue
    roles.push(role)
    const { school, schools: all, sis_id, staff_id } = value as SchoolRole
    schools.push(school, ...(all ?? []))
    sisIds.push(sis_id, staff_id)
  }
  return { roles, schools: distinct(schools), sisIds: distinct(sisIds), people: [] }
}

/** The fields that the role objects share. */
interface SchoolRole {
  school?: string | null
  schools?: readonly string[] | null
  sis_id?: string | null
  staff_id?: string | null
}

function distinct(values: readonly (string | null | undefined)[]): string[] {
  return [...new Set(values)].filter((value) => typeof value === "string" && value !== "") as string[]
}
