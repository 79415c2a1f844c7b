import type { Kind } from "../../models/kinds.ts"
import type { RecordFilter } from "../contract.ts"

/** What a record is found by, exactly: the keys staged with it do not tell which role has which school. */
export interface Lookup {
  readonly roles: readonly string[]
  /** A user's schools with the role that names each; a section's one school with role null. */
  readonly schools: readonly { readonly schoolId: string; readonly role: string | null }[]
  readonly sisIds: readonly string[]
  readonly people: readonly { readonly personId: string; readonly role: "student" | "teacher" }[]
}

const none: Lookup = { roles: [], schools: [], sisIds: [], people: [] }

/** Reads the lookup from a record's JSON text. Empty texts are no keys (S8). */
export function lookupOf(kind: Kind, data: string): Lookup {
  const record: unknown = JSON.parse(data)
  if (!isObject(record)) return none
  if (kind === "user") return userLookup(record)
  if (kind === "section") return sectionLookup(record)
  if (kind === "school") return { ...none, sisIds: texts(record.sis_id) }
  return none
}

/** Whether a record of the filter's kind fits; the people of a section are found from the section instead. */
export function fits(filter: Exclude<RecordFilter, { sectionId: string }>, lookup: Lookup): boolean {
  if ("personId" in filter) return lookup.people.some((one) => one.personId === filter.personId)
  if ("sisId" in filter) return lookup.sisIds.includes(filter.sisId)
  if ("schoolId" in filter) {
    const role = filter.kind === "user" ? filter.role : undefined
    return lookup.schools.some(
      (one) => one.schoolId === filter.schoolId && (role === undefined || one.role === role),
    )
  }
  return lookup.roles.includes(filter.role)
}

function userLookup(user: Record<string, unknown>): Lookup {
  if (!isObject(user.roles)) return none
  const roles = Object.entries(user.roles).filter((entry): entry is [string, Record<string, unknown>] =>
    isObject(entry[1]),
  )
  return {
    roles: roles.map(([role]) => role),
    schools: roles.flatMap(([role, { school, schools }]) =>
      texts(school, schools).map((schoolId) => ({ schoolId, role })),
    ),
    sisIds: roles.flatMap(([role, { sis_id, staff_id }]) =>
      texts(sis_id, role === "staff" ? staff_id : null),
    ),
    people: [],
  }
}

function sectionLookup({ school, sis_id, teacher, teachers, students }: Record<string, unknown>): Lookup {
  return {
    roles: [],
    schools: texts(school).map((schoolId) => ({ schoolId, role: null })),
    sisIds: texts(sis_id),
    people: [
      ...texts(teacher, teachers).map((personId) => ({ personId, role: "teacher" as const })),
      ...texts(students).map((personId) => ({ personId, role: "student" as const })),
    ],
  }
}

function texts(...values: readonly unknown[]): string[] {
  return values.flat().filter((value): value is string => typeof value === "string" && value !== "")
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
