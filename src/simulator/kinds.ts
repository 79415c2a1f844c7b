import type { ApiVersion, Kind, Role } from "../models/kinds.ts"
import { roles } from "../models/kinds.ts"
import { isJsonObject, type JsonObject, removePath } from "./json.ts"

/** The kinds of record that the simulated Clever serves: those of a roster, and content resources. */
export type SimulatedKind = Kind | "resource"

export const simulatedKinds: readonly SimulatedKind[] = [
  "district",
  "school",
  "term",
  "course",
  "user",
  "section",
  "resource",
]

/** The kind with this name in addresses and event types (`users` is `user`), or undefined. */
export function kindOfCollection(name: string): SimulatedKind | undefined {
  return simulatedKinds.find((kind) => `${kind}s` === name)
}

/** The roles that a user record has. */
export function rolesOf(user: JsonObject): Role[] {
  const held = user.roles
  return isJsonObject(held) ? roles.filter((role) => isJsonObject(held[role])) : []
}

/** A role object of a user record, or undefined. */
export function roleOf(user: JsonObject, role: Role): JsonObject | undefined {
  const held = user.roles
  const object = isJsonObject(held) ? held[role] : undefined
  return isJsonObject(object) ? object : undefined
}

/** The texts of an array of ids; anything else counts as none. */
export function idsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : []
}

/** What a user may type to log in: user names first, then e-mail address, numbers and at last the id. */
export function loginNamesOf(user: JsonObject): string[] {
  const credentials = roles.map((role) => roleOf(user, role)?.credentials)
  const numbers = [
    roleOf(user, "student")?.student_number,
    roleOf(user, "teacher")?.teacher_number,
    roleOf(user, "staff")?.staff_id,
  ]
  const userNames = credentials.map((own) => (isJsonObject(own) ? own.district_username : undefined))
  return idsIn([...userNames, user.email, ...numbers, user.id]).filter((name) => name.trim() !== "")
}

/** The schools that a user belongs to, in whatever role. */
export function schoolsOfUser(user: JsonObject): Set<string> {
  const schools = new Set<string>()
  for (const role of rolesOf(user)) {
    const object = roleOf(user, role)
    if (typeof object?.school === "string") schools.add(object.school)
    for (const id of idsIn(object?.schools)) schools.add(id)
  }
  return schools
}

/** The students that a contact belongs to. */
export function studentsOfContact(user: JsonObject): string[] {
  const relationships = roleOf(user, "contact")?.student_relationships
  if (!Array.isArray(relationships)) return []
  return relationships.flatMap((entry) => (isJsonObject(entry) ? idsIn([entry.student]) : []))
}

/** The fields that v3.1 added to v3.0 (Clever's own swagger files), as dotted paths. */
const addedInV31: Partial<Record<SimulatedKind, readonly string[]>> = {
  district: ["lms_type", "lms_state", "last_attendance_sync"],
  section: ["lms_status"],
  user: [
    "lms_status",
    "roles.student.frl_status",
    "roles.student.gifted_status",
    "roles.student.section_504_status",
    "roles.student.iep_status",
    "roles.student.home_language",
    "roles.student.home_language_code",
    "roles.student.preferred_name",
    "roles.student.disability",
  ],
}

/** Takes from a record, in place, what the given version of the API does not have. */
export function limitToVersion(kind: SimulatedKind, record: JsonObject, version: ApiVersion): JsonObject {
  if (version === "v3.0") for (const path of addedInV31[kind] ?? []) removePath(record, path)
  return record
}

/** True where records of a kind look different in v3.0 and v3.1. */
export function differsByVersion(kind: SimulatedKind): boolean {
  return addedInV31[kind] !== undefined
}
