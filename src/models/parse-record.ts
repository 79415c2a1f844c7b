import type * as z from "zod"
import { type Course, courseSchema } from "./course.ts"
import { type District, districtSchema } from "./district.ts"
import { idPattern } from "./ids.ts"
import type { Kind } from "./kinds.ts"
import { type Check, quickCheck } from "./quick-check.ts"
import { type School, schoolSchema } from "./school.ts"
import { type Section, sectionSchema } from "./section.ts"
import { type Term, termSchema } from "./term.ts"
import { type User, userSchema } from "./user.ts"

/** The type of each kind's records. */
export interface RecordByKind {
  district: District
  school: School
  term: Term
  course: Course
  user: User
  section: Section
}

/** A record of the kind, or of any kind. */
export type RosterRecord<K extends Kind = Kind> = RecordByKind[K]

/** The schema of each kind's records. */
export const recordSchemas: Readonly<{ [K in Kind]: z.ZodType<RecordByKind[K]> }> = {
  district: districtSchema,
  school: schoolSchema,
  term: termSchema,
  course: courseSchema,
  user: userSchema,
  section: sectionSchema,
}

/** A record that passed, as the very object given; or why not, without any of its data. */
export type ParseRecordResult<K extends Kind = Kind> =
  | { readonly ok: true; readonly record: RosterRecord<K> }
  | {
      readonly ok: false
      /** The record's id if it has a proper one. */
      readonly id: string | null
      /**
       * `not-an-object`, `id-missing`, `id-invalid`, `district-missing`, `district-mismatch` or
       * `type: expected string` (`array`, `object`, `boolean`).
       */
      readonly reason: string
      /** Where, as in `roles.student.schools[0]`; empty for the record itself. */
      readonly path: string
    }

/**
 * Checks one record of a listing or event (S8, S9). Never throws.
 *
 * Only the id, the district and the types of known fields are checked: any field but `id` and `district` may
 * be absent, `null`, `""` or `[]`, any word may stand in an enumeration, unknown keys stay. The record is
 * returned as given, not copied, unless an empty of another sort stands somewhere (`""` for a list, `[]` for
 * an object): then it is a copy with `null` there, which counts as the same.
 */
export function parseRecord<K extends Kind>(
  kind: K,
  value: unknown,
  options: { readonly districtId: string },
): ParseRecordResult<K> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, id: null, reason: "not-an-object", path: "" }
  }
  const { id, district } = value as { id?: unknown; district?: unknown }
  if (id === undefined || id === null || id === "") return rejected(null, "id-missing", "id")
  if (typeof id !== "string") return rejected(null, "type: expected string", "id")
  if (!idPattern.test(id)) return rejected(null, "id-invalid", "id")
  if (kind === "district") {
    if (id !== options.districtId) return rejected(id, "district-mismatch", "id")
  } else {
    if (district === undefined || district === null || district === "") {
      return rejected(id, "district-missing", "district")
    }
    if (typeof district !== "string") return rejected(id, "type: expected string", "district")
    if (district !== options.districtId) return rejected(id, "district-mismatch", "district")
  }

  const schema: z.ZodType = recordSchemas[kind]
  if (checkOf(kind)(value)) return { ok: true, record: value as RosterRecord<K> }
  let record: unknown = value
  let result = schema.safeParse(record)
  if (!result.success) {
    const repaired = withoutForeignEmpties(value, result.error.issues)
    if (repaired !== undefined) {
      record = repaired
      result = schema.safeParse(repaired)
    }
  }
  if (result.success) return { ok: true, record: record as RosterRecord<K> }
  const issue = result.error.issues[0]
  const expected = issue?.code === "invalid_type" ? issue.expected : "another type"
  return rejected(id, `type: expected ${expected}`, formatPath(issue?.path ?? []))
}

const checks = new Map<Kind, Check>()

/** Compiled with the kind's first record. */
function checkOf(kind: Kind): Check {
  let check = checks.get(kind)
  if (check === undefined) {
    check = quickCheck(recordSchemas[kind])
    checks.set(kind, check)
  }
  return check
}

function rejected<K extends Kind>(id: string | null, reason: string, path: string): ParseRecordResult<K> {
  return { ok: false, id, reason, path }
}

/** The value with `null` in place of each `""` or `[]` that an issue complains about; undefined if none is. */
function withoutForeignEmpties(
  value: object,
  issues: readonly { readonly path: readonly PropertyKey[] }[],
): object | undefined {
  let copy: object | undefined
  for (const { path } of issues) {
    const found = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], value)
    if (found !== "" && !(Array.isArray(found) && found.length === 0)) continue
    copy ??= structuredClone(value)
    const parent = path
      .slice(0, -1)
      .reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], copy)
    const last = path.at(-1)
    if (last !== undefined) (parent as Record<PropertyKey, unknown>)[last] = null
  }
  return copy
}

function formatPath(path: readonly PropertyKey[]): string {
  let text = ""
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`
    else text += text === "" ? String(key) : `.${String(key)}`
  }
  return text
}
