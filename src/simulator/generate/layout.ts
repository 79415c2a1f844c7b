import { HomeroomError } from "../../errors/index.ts"
import type { ApiVersion, Role } from "../../models/kinds.ts"
import { machineOf, objectId } from "../object-id.ts"
import { mixSeed, type Random, seededRandom } from "../random.ts"
import { districtNames } from "./names.ts"

/** Shares of the roles among a district's users; what is left over becomes students. */
export interface RoleMix {
  teacher: number
  staff: number
  district_admin: number
  contact: number
}

/** Two mixes: `demo` is that of Clever's recorded demo district, `students` has nearly no contacts. */
export const roleMixes: Readonly<Record<"demo" | "students", RoleMix>> = {
  demo: { teacher: 0.045, staff: 0.01, district_admin: 0.0015, contact: 0.46 },
  students: { teacher: 0.05, staff: 0.01, district_admin: 0.0001, contact: 0.06 },
}

/** What a generated district looks like. The same options give the same records, byte for byte. */
export interface GeneratorOptions {
  /** Default 1. */
  seed?: number | undefined
  /** The number of the district among those of one seed; ids of two numbers never meet. Default 0. */
  index?: number | undefined
  /** Default 5. */
  schools?: number | undefined
  /** Users of all roles together. Default 2,000. */
  users?: number | undefined
  /** Default: so many that every student sits in several sections of 20 to 30. */
  sections?: number | undefined
  /** Default 0: Clever answers as it does for an app without content. */
  resources?: number | undefined
  /** The shares of the roles. Default `demo`. */
  mix?: "demo" | "students" | RoleMix | undefined
  /** The year in which the school year begins. Default 2025. */
  schoolYear?: number | undefined
  /** `v3.0` leaves out what v3.1 added. Default `v3.1`. */
  apiVersion?: ApiVersion | undefined
  /** Whether the oddities of real data are strewn in. Default true. */
  oddities?: boolean | undefined
}

/**
 * The plan of a district: how many records of each kind, and by arithmetic alone who belongs where.
 *
 * Nothing is stored per record, so a plan of a million users costs as little as one of ten.
 */
export interface Layout {
  readonly seed: number
  readonly index: number
  readonly schoolYear: number
  readonly apiVersion: ApiVersion
  readonly oddities: boolean
  readonly name: string
  /** The domain of every e-mail address; below `.example`, so that no mail ever leaves. */
  readonly domain: string
  readonly districtId: string
  readonly machine: string
  readonly counts: Readonly<Record<Role | "school" | "term" | "course" | "section" | "resource", number>>
  schoolId(index: number): string
  termId(index: number): string
  courseId(index: number): string
  sectionId(index: number): string
  resourceId(index: number): string
  /** Users are numbered role by role: students, teachers, staff, district admins, contacts. */
  userId(role: Role, index: number): string
  /** The id of a record that exists at Clever but is never shared. */
  hiddenUserId(index: number): string
  /** The school of the `index`-th of `total` things that are spread evenly over the schools. */
  schoolOf(index: number, total: number): number
  /** The first and the end of the things out of `total` that belong to a school. */
  blockOf(school: number, total: number): readonly [first: number, end: number]
  /** A random source for one record: independent of all others, so that records can be made in any order. */
  random(kind: string, index: number): Random
}

const userOrder: readonly Role[] = ["student", "teacher", "staff", "district_admin", "contact"]

/** Plans a district. Throws `INVALID_OPTIONS` on impossible sizes. */
export function layOut(options: GeneratorOptions = {}): Layout {
  const { seed = 1, index = 0, schools = 5, users = 2000, schoolYear = 2025, resources = 0 } = options
  for (const [name, value] of Object.entries({
    schools,
    users,
    resources,
    sections: options.sections ?? 0,
  })) {
    if (!Number.isInteger(value) || value < 0 || value > 8_000_000) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: `${name} must be an integer from 0 to 8,000,000, not ${value}.`,
      })
    }
  }
  const mix = typeof options.mix === "object" ? options.mix : roleMixes[options.mix ?? "demo"]
  const share = (part: number): number => (users >= 10 ? Math.max(1, Math.round(users * part)) : 0)
  const people = {
    teacher: share(mix.teacher),
    staff: share(mix.staff),
    district_admin: share(mix.district_admin),
    contact: share(mix.contact),
  }
  const student = Math.max(0, users - people.teacher - people.staff - people.district_admin - people.contact)
  const perStudent = student > 0.7 * users ? 5.7 : 9.3
  const section = schools === 0 ? 0 : (options.sections ?? Math.ceil((student * perStudent) / 25))
  const counts = {
    ...people,
    student,
    section,
    resource: resources,
    school: schools,
    term: section === 0 ? 0 : 4,
    course: section === 0 ? 0 : Math.min(104, Math.max(8, section)),
  }

  const machine = machineOf(seed, index)
  const epoch = Date.UTC(schoolYear, 7, 1) / 1000 - 86_400
  const idsOf =
    (offset: number) =>
    (at: number): string =>
      objectId(epoch + offset, machine, at)
  const firstUser = new Map<Role, number>()
  let total = 0
  for (const role of userOrder) {
    firstUser.set(role, total)
    total += counts[role]
  }
  const userAt = idsOf(4)
  const name = districtNames[(index + mixSeed(seed)) % districtNames.length] as string

  return {
    seed,
    index,
    schoolYear,
    apiVersion: options.apiVersion ?? "v3.1",
    oddities: options.oddities ?? true,
    name: `#SIMULATED ${name}`,
    domain: `${name.split(" ")[0]?.toLowerCase()}-${seed}-${index}.example`,
    districtId: idsOf(0)(1),
    machine,
    counts,
    schoolId: idsOf(1),
    termId: idsOf(2),
    courseId: idsOf(3),
    sectionId: idsOf(5),
    resourceId: idsOf(6),
    userId: (role, at) => userAt((firstUser.get(role) ?? 0) + at),
    hiddenUserId: (at) => userAt(total + 1000 + at),
    schoolOf: (at, of) => Math.floor(((at + 1) * schools - 1) / of),
    blockOf: (school, of) => [Math.floor((school * of) / schools), Math.floor(((school + 1) * of) / schools)],
    random: (kind, at) => seededRandom(seed, index, kind, at),
  }
}

const k = "Kindergarten"
const gradesByLevel: readonly (readonly string[])[] = [
  [k, "1", "2", "3", "4", "5"],
  ["6", "7", "8"],
  ["9", "10", "11", "12"],
  [k, "1", "2", "3", "4", "5", "6", "7", "8"],
  ["TransitionalKindergarten", k, "1", "2"],
]

/** The grades that a school teaches, lowest first. */
export function gradesOfSchool(school: number): readonly string[] {
  return gradesByLevel[school % gradesByLevel.length] as readonly string[]
}

/** The grade after this one, or undefined for those who leave school. */
export function nextGrade(grade: string): string | undefined {
  if (grade === "TransitionalKindergarten" || grade === "PreKindergarten") return k
  if (grade === k) return "1"
  const number = Number(grade)
  return Number.isInteger(number) && number > 0 && number < 12 ? String(number + 1) : undefined
}
