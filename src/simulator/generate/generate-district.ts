import type { Role } from "../../models/kinds.ts"
import type { JsonObject } from "../json.ts"
import { idsIn, type SimulatedKind } from "../kinds.ts"
import { type GeneratorOptions, type Layout, layOut } from "./layout.ts"
import { applyOddity, isUnenrolled } from "./oddities.ts"
import { makeContact, makeDistrictAdmin, makeStaff, makeStudent, makeTeacher } from "./people.ts"
import { initialTime, makeCourse, makeDistrict, makeResource, makeSchool, makeTerm } from "./places.ts"
import { gradeAt, makeSection } from "./sections.ts"

/** A generated district: nothing but its plan is held, records are made while they are read. */
export interface GeneratedDistrict {
  readonly id: string
  readonly name: string
  /** How many records `records(kind)` yields. */
  count(kind: SimulatedKind): number
  /** The records of a kind in ascending id, made anew on every call; always the same ones. */
  records(kind: SimulatedKind): Iterable<JsonObject>
}

/**
 * A whole district out of a seed: streaming, deterministic, and of any size up to millions of users.
 *
 * Costs a few microseconds a record and no memory but the record's own. Throws `INVALID_OPTIONS` on
 * impossible sizes.
 */
export function generateDistrict(options: GeneratorOptions = {}): GeneratedDistrict {
  return districtOf(layOut(options))
}

/** The same of a plan that is already there. */
export function districtOf(layout: Layout): GeneratedDistrict {
  const { counts } = layout
  return {
    id: layout.districtId,
    name: layout.name,
    count: (kind) => {
      if (kind === "district") return 1
      if (kind !== "user") return counts[kind]
      return counts.student + counts.teacher + counts.staff + counts.district_admin + counts.contact
    },
    records: (kind) => recordsOf(layout, kind),
  }
}

function* recordsOf(layout: Layout, kind: SimulatedKind): Generator<JsonObject> {
  if (kind === "user") yield* usersOf(layout)
  else if (kind === "district") yield makeDistrict(layout)
  else if (kind === "section") yield* sectionsOf(layout)
  else {
    const make = { school: makeSchool, term: makeTerm, course: makeCourse, resource: makeResource }[kind]
    for (let index = 0; index < layout.counts[kind]; index++) yield make(layout, index)
  }
}

function* sectionsOf(layout: Layout): Generator<JsonObject> {
  const unenrolled = new Set<string>()
  for (let index = 0; index < layout.counts.student; index++) {
    if (isUnenrolled(layout, index)) unenrolled.add(layout.userId("student", index))
  }
  for (let index = 0; index < layout.counts.section; index++) {
    const section = makeSection(layout, index)
    section.students = idsIn(section.students).filter((id) => !unenrolled.has(id))
    applyOddity(layout, "section", section, index)
    yield section
  }
}

function* usersOf(layout: Layout): Generator<JsonObject> {
  const { counts } = layout
  for (const role of ["student", "teacher", "staff", "district_admin", "contact"] as const) {
    for (let number = 0; number < counts[role]; number++) {
      const random = layout.random(role, number)
      // A section must be able to name its teacher, so a teacher's name is drawn before anything else.
      const at = initialTime(layout, layout.random(`${role}-time`, number))
      const seed = { layout, random, id: layout.userId(role, number), number, at }
      const user = makeUser(role, seed, number)
      applyOddity(layout, role, user, number)
      yield user
    }
  }
}

type Seed = Parameters<typeof makeDistrictAdmin>[0]

function makeUser(role: Role, seed: Seed, at: number) {
  const { layout } = seed
  const { counts } = layout
  const school = counts.school === 0 ? undefined : layout.schoolOf(at, counts[role])
  const schoolId = school === undefined ? undefined : layout.schoolId(school)
  if (role === "student") {
    return makeStudent({
      ...seed,
      schoolId: schoolId ?? layout.hiddenUserId(500),
      grade: school === undefined ? "" : gradeAt(layout, school, at),
    })
  }
  if (role === "teacher") return makeTeacher({ ...seed, schoolId })
  if (role === "staff") return makeStaff({ ...seed, schoolId })
  if (role === "district_admin") return makeDistrictAdmin(seed)
  const own = at % Math.max(1, counts.student)
  const siblings = counts.student > 1 && at % 9 === 0 ? [own, (own + 1) % counts.student] : [own]
  return makeContact({ ...seed, studentIds: siblings.map((index) => layout.userId("student", index)) })
}
