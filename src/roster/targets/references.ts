import type { RosterRecord, Section, User, UserRoles } from "../../models/index.ts"
import type { Kind } from "../../models/kinds.ts"

/** The records that a record refers to, each as {@link recordKey} writes it; every one belongs to its district besides. */
export function referencesOf(kind: Kind, record: RosterRecord): string[] {
  if (kind === "user") return userReferences((record as User).roles ?? {})
  if (kind === "section") return sectionReferences(record as Section)
  return []
}

/** One word for a record of a district. */
export function recordKey(kind: Kind, id: string): string {
  return `${kind} ${id}`
}

/** True for somebody who is delivered after the students that he or she belongs to. */
export function isContact({ roles }: User): boolean {
  return !roles?.student && (roles?.contact?.student_relationships ?? []).length > 0
}

function userReferences(roles: UserRoles): string[] {
  const keys = new Set<string>()
  for (const role of Object.values(roles) as (SchoolRole | null | undefined)[]) {
    if (role?.school) keys.add(recordKey("school", role.school))
    for (const school of role?.schools ?? []) keys.add(recordKey("school", school))
  }
  for (const { student } of roles.contact?.student_relationships ?? []) {
    if (student) keys.add(recordKey("user", student))
  }
  return [...keys]
}

function sectionReferences({ school, course, term_id, teacher, teachers, students }: Section): string[] {
  const keys = new Set<string>()
  if (school) keys.add(recordKey("school", school))
  if (course) keys.add(recordKey("course", course))
  if (term_id) keys.add(recordKey("term", term_id))
  for (const id of [teacher, ...(teachers ?? []), ...(students ?? [])])
    if (id) keys.add(recordKey("user", id))
  return [...keys]
}

/** The fields that the role objects share. */
interface SchoolRole {
  school?: string | null
  schools?: readonly string[] | null
}
