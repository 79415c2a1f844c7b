import type { Role } from "../../models/kinds.ts"
import { isJsonObject, type JsonObject, mergeJson } from "../json.ts"
import { idsIn, roleOf } from "../kinds.ts"
import type { Layout } from "./layout.ts"
import { asciiName } from "./names.ts"
import { adultName, legacyId, staffRole } from "./people.ts"

type Oddity = (record: JsonObject, layout: Layout, index: number) => void

const named =
  (first: string, last: string): Oddity =>
  (record) => {
    record.name = { first, last }
  }

const studentRole =
  (patch: JsonObject): Oddity =>
  (record) => {
    mergeJson(roleOf(record, "student") ?? {}, patch)
  }

const withoutEmail: Oddity = (record) => {
  delete record.email
}

/** What real districts send of students, each seen in recordings or named in Clever's documentation. */
const studentOddities: readonly Oddity[] = [
  withoutEmail,
  (record) => mergeJson(record, { email: "" }),
  (record) => mergeJson(record, { email: "no-at-sign.example.net" }),
  named("Zoë", "Müller-Ångström"),
  named("美咲", "渡辺"),
  named("نور", "الهاشمي"),
  named("Sky 🌈", "🎓 Rivera"),
  named("Shaun", "O’Neil-D'Arcy"),
  named("<script>alert(1)</script>", '"><img src=x onerror=alert(2)>'),
  named("=HYPERLINK(1)", "Robert'); DROP TABLE users;--"),
  named("  Spaced  ", "Out\tTab"),
  studentRole({ weighted_gpa: "", unweighted_gpa: "3.9" }),
  studentRole({ gender: "Nonbinary", grade: "14" }),
  studentRole({ dob: undefined, credentials: { district_username: "" } }),
  studentRole({ grade: "", race: "", hispanic_ethnicity: "" }),
  studentRole({ ext: { bus_route: "17", "Lunch Code #": "", nested: { deep: ["a", "b"] } } }),
  (record, layout, index) => {
    const role = roleOf(record, "student")
    const other = layout.schoolId((layout.schoolOf(index, layout.counts.student) + 1) % layout.counts.school)
    if (role !== undefined) role.schools = [...new Set([...idsIn(role.schools), other])]
  },
  (record) => mergeJson(record, { name: { middle: "" }, x_future_field: { kept: true } }),
]

/** The one place in the list of oddities whose students sit in no section. */
const unenrolledPlace = studentOddities.length

const teacherOddities: readonly Oddity[] = [
  (record, layout, index) => {
    const random = layout.random("multi-role", index)
    const [school] = idsIn(roleOf(record, "teacher")?.schools)
    mergeJson(record, {
      roles: {
        staff: staffRole(random, 70_000 + index, school),
        district_admin: { title: "", legacy_id: legacyId(random) },
      },
    })
  },
  (record, layout, index) => {
    record.roles = { teacher: { schools: [], legacy_id: legacyId(layout.random("bare", index)) } }
  },
  (record, layout) => mergeJson(record, { email: sharedEmail(layout) }),
  withoutEmail,
  (record) => mergeJson(record, { email: 'quo"te@odd.example' }),
]

const contactOddities: readonly Oddity[] = [
  (record, layout) => mergeJson(record, { email: sharedEmail(layout) }),
  withoutEmail,
  (record, layout) => {
    const relationships = roleOf(record, "contact")?.student_relationships
    if (Array.isArray(relationships)) {
      relationships.push({ relationship: "Sibling", student: layout.hiddenUserId(1), type: "Family" })
    }
  },
  (record) => {
    const role = roleOf(record, "contact")
    const [first] = Array.isArray(role?.student_relationships) ? role.student_relationships : []
    if (role !== undefined && isJsonObject(first)) {
      mergeJson(role, {
        relationship: first.relationship,
        type: first.type,
        students: [first.student],
      })
    }
  },
  (record) => mergeJson(record, { roles: { contact: { phone_type: "Pager", student_relationships: [] } } }),
]

const sectionOddities: readonly Oddity[] = [
  (record, layout) => {
    record.students = [...idsIn(record.students), layout.hiddenUserId(0), layout.hiddenUserId(1)]
  },
  (record) => mergeJson(record, { students: [] }),
  (record) => mergeJson(record, { term_id: undefined, course: undefined, section_number: "2" }),
  (record) => mergeJson(record, { subject: "" }),
  (record) => mergeJson(record, { subject: "underwater basket weaving", grade: "Ungraded" }),
  (record) => mergeJson(record, { name: "<b>AP</b> Café ☕ & 数学 'Honors'", ext: { classroom: "A1" } }),
  (record, layout) => {
    const hidden = layout.hiddenUserId(2)
    mergeJson(record, { teacher: hidden, teachers: [hidden] })
  },
  (record) => mergeJson(record, { teacher: undefined, teachers: [] }),
]

/** An address that one teacher and one contact have in common. */
function sharedEmail(layout: Layout): string {
  const { first, last } = adultName(layout.random("shared-email", 0))
  return `${asciiName(first)}.${asciiName(last)}@${layout.domain}`
}

/** Which oddity of `count` the record has: each falls once into every thousand records, evenly spread. */
function placeOf(index: number, total: number, count: number): number {
  const stride = Math.min(1000, total)
  const position = index % stride
  const place = Math.floor((position * count) / stride)
  return Math.floor(((place + 0.5) * stride) / count) === position ? place : -1
}

/** True for the few students that sit in no section. */
export function isUnenrolled(layout: Layout, index: number): boolean {
  return layout.oddities && placeOf(index, layout.counts.student, unenrolledPlace + 1) === unenrolledPlace
}

/** Makes the few records odd that are to be odd, in place. */
export function applyOddity(layout: Layout, kind: Role | "section", record: JsonObject, index: number): void {
  if (!layout.oddities) return
  if (kind === "student") {
    const place = placeOf(index, layout.counts.student, unenrolledPlace + 1)
    studentOddities[place]?.(record, layout, index)
  } else if (kind === "section") {
    sectionOddities[placeOf(index, layout.counts.section, sectionOddities.length)]?.(record, layout, index)
  } else if (kind === "teacher" || kind === "contact") {
    const oddities = kind === "teacher" ? teacherOddities : contactOddities
    oddities[placeOf(index, layout.counts[kind], oddities.length)]?.(record, layout, index)
  }
}
