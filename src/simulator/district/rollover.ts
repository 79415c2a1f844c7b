import { gradesOfSchool, nextGrade } from "../generate/layout.ts"
import { idsIn, roleOf } from "../kinds.ts"
import { type EditContext, enrolStudent, hire, pickSome, removePerson, update } from "./edits.ts"
import { RosterIndex } from "./roster-index.ts"

/** How sections come out of the summer: all with new ids, or the old ids with new people. */
export type RolloverMode = "replace" | "reuse"

const share = 0.12

/**
 * The change of the school year, in the magnitudes that Clever tells apps to expect: every section new (or
 * re-used), every student updated, an eighth of students and teachers gone and as many new ones.
 */
export function rollOver(context: EditContext, mode: RolloverMode): void {
  const { data, random } = context
  const index = new RosterIndex(data)
  const year = context.layout.schoolYear + 1 + yearsAhead(context)

  const leaving = new Set<string>()
  for (const id of index.students) {
    const user = data.get("user", id)
    const role = user === undefined ? undefined : roleOf(user, "student")
    if (role === undefined) continue
    const grade = nextGrade(String(role.grade))
    if (leaving.size < index.students.length * 0.2 && (grade === undefined || random.chance(share - 0.04))) {
      leaving.add(id)
      continue
    }
    update(data, "user", id, (record) => {
      const student = roleOf(record, "student")
      if (student === undefined) return
      student.grade = grade ?? student.grade
      const start = `${year}-08-15`
      student.enrollments = [{ school: student.school, start_date: start, end_date: `${year + 1}-06-10` }]
    })
  }
  for (const id of leaving) removePerson(context, index, id)
  for (const id of pickSome(random, index.teachers, Math.ceil(index.teachers.length * share))) {
    const school = roleOf(data.get("user", id) ?? {}, "teacher")?.school
    removePerson(context, index, id)
    hire(context, "teacher", typeof school === "string" ? school : undefined)
  }
  replaceTerms(context, year)
  renewSections(context, mode)
  const schools = [...data.texts("school").keys()]
  const settled = new RosterIndex(data)
  for (let arrival = 0; schools.length > 0 && arrival < leaving.size; arrival++) {
    const school = random.integer(schools.length)
    enrolStudent(context, settled, schools[school] as string, gradesOfSchool(school)[0] as string)
  }
}

/** How many rollovers the terms show that there were already. */
function yearsAhead(context: EditContext): number {
  const starts = [...context.data.texts("term").keys()].map((id) =>
    Number.parseInt(String(context.data.get("term", id)?.start_date), 10),
  )
  const latest = Math.max(...starts.filter((start) => Number.isInteger(start)))
  // The second semester begins in the calendar year after the school year did.
  return Number.isFinite(latest) ? Math.max(0, latest - 1 - context.layout.schoolYear) : 0
}

function replaceTerms(context: EditContext, year: number): void {
  const { data } = context
  const terms: readonly (readonly [name: string, start: string, end: string])[] = [
    ["Y1", `${year}-08-15`, `${year + 1}-06-10`],
    ["S1", `${year}-08-15`, `${year + 1}-01-15`],
    ["S2", `${year + 1}-01-16`, `${year + 1}-06-10`],
  ]
  if (data.texts("term").size === 0) return
  for (const id of [...data.texts("term").keys()]) data.remove("term", id)
  for (const [name, start, end] of terms) {
    const district = context.layout.districtId
    data.put("term", { district, end_date: end, name, start_date: start, id: data.newId() })
  }
}

function renewSections(context: EditContext, mode: RolloverMode): void {
  const { data, random } = context
  const index = new RosterIndex(data)
  const terms = [...data.texts("term").keys()]
  for (const id of index.sections) {
    const section = data.get("section", id)
    if (section === undefined) continue
    const school = String(section.school)
    const students = pickSome(
      random,
      index.studentsOfSchool.get(school) ?? [],
      20 + random.integer(11),
    ).sort()
    const [teacher] = pickSome(random, index.teachersOfSchool.get(school) ?? [], 1)
    const teachers = teacher === undefined ? idsIn(section.teachers) : [teacher]
    Object.assign(section, {
      students,
      teachers,
      ...(teachers[0] === undefined ? {} : { teacher: teachers[0] }),
    })
    if (terms.length > 0) section.term_id = random.pick(terms)
    if (mode === "replace") {
      const at = data.now()
      data.remove("section", id)
      data.put("section", { ...section, id: data.newId(), created: at, last_modified: at })
    } else data.put("section", section)
  }
}
