import type { Role } from "../../models/index.ts"

/** What an account may be found by. `clever_id` and `legacy_id` are ids of Clever itself; the rest is the district's. */
export type MatchField =
  | "clever_id"
  | "legacy_id"
  | "sis_id"
  | "student_number"
  | "teacher_number"
  | "staff_id"
  | "state_id"
  | "email"

/** What a school of the app may be found by. */
export type SchoolField = "clever_id" | "mdr_number" | "nces_id"

/** Whatever a person or a school is matched by. */
export type AnyField = MatchField | SchoolField

/** A field that the district gives its people. */
export type RosterField = Exclude<MatchField, "clever_id" | "legacy_id">

/** What people of each role are matched by, in this order (S26). Names never decide. */
export const personMatchers: Readonly<Record<Role, readonly RosterField[]>> = {
  student: ["sis_id", "student_number", "state_id", "email"],
  teacher: ["email", "sis_id", "teacher_number", "state_id"],
  staff: ["email", "staff_id"],
  district_admin: [],
  contact: [],
}

/** What schools are matched by, in this order (S26). */
export const schoolMatchers: readonly Exclude<SchoolField, "clever_id">[] = ["mdr_number", "nces_id"]

/** The form in which values of a field are compared: e-mail addresses without regard to case, all others exactly. */
export function comparable(field: AnyField, value: string): string {
  return field === "email" ? value.trim().toLowerCase() : value
}
