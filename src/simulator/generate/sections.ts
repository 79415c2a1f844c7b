import type { JsonObject } from "../json.ts"
import { gradesOfSchool, type Layout } from "./layout.ts"
import { adultName } from "./people.ts"
import { courseName, initialTime, subjects } from "./places.ts"

/** The grade of the student at a place within the school. */
export function gradeAt(layout: Layout, school: number, index: number): string {
  const [first, end] = layout.blockOf(school, layout.counts.student)
  const grades = gradesOfSchool(school)
  const position = end > first ? Math.floor(((index - first) * grades.length) / (end - first)) : 0
  return (grades[position] ?? grades.at(-1)) as string
}

/** How Clever names a section by default. */
export function sectionName(course: string, teacherLastName: string, period: string): string {
  return `${course} - ${teacherLastName} - ${period}`
}

/**
 * The `index`-th section.
 *
 * The sections of a school come in periods; the sections of one period share the school's students out
 * evenly, so that every student sits in one section of each full period, with those of about the same grade.
 */
export function makeSection(layout: Layout, index: number): JsonObject {
  const { counts } = layout
  const random = layout.random("section", index)
  const school = layout.schoolOf(index, counts.section)
  const [firstSection] = layout.blockOf(school, counts.section)
  const [firstStudent, endStudent] = layout.blockOf(school, counts.student)
  const [firstTeacher, endTeacher] = layout.blockOf(school, counts.teacher)
  const size = endStudent - firstStudent
  const perPeriod = Math.max(1, Math.round(size / 25))
  const place = index - firstSection
  const period = Math.floor(place / perPeriod)
  const group = place % perPeriod

  const shift = layout.random(`shift-${school}`, period).integer(Math.max(1, Math.floor(size / perPeriod)))
  const from = shift + Math.floor((group * size) / perPeriod)
  const to = shift + Math.floor(((group + 1) * size) / perPeriod)
  const members: number[] = []
  for (let position = from; position < to; position++) members.push(firstStudent + (position % size))
  members.sort((one, other) => one - other)

  const grade = size === 0 ? "" : gradeAt(layout, school, members[members.length >> 1] ?? firstStudent)
  const gradeNumber = Number(grade) || 0
  const course = (gradeNumber * subjects.length + (period % subjects.length)) % Math.max(1, counts.course)
  const teachers = teachersOf(layout, place, firstTeacher, endTeacher, random.chance(0.12))
  const teacher = teachers[0]
  const lastName = teacher === undefined ? "Staff" : adultName(layout.random("teacher", teacher)).last
  const created = initialTime(layout, random)
  const terms = [1, 1, 1, 2, 3]
  const section: JsonObject = {
    course: layout.courseId(course),
    created,
    district: layout.districtId,
    grade,
    last_modified: created,
    name: sectionName(courseName(course), lastName, String(period + 1)),
    period: String(period + 1),
    school: layout.schoolId(school),
    section_number: "",
    sis_id: String(500 + index),
    students: members.map((member) => layout.userId("student", member)),
    subject: (subjects[course % subjects.length] as readonly [string, string])[0],
  }
  if (teacher !== undefined) section.teacher = layout.userId("teacher", teacher)
  section.teachers = teachers.map((at) => layout.userId("teacher", at))
  section.term_id = layout.termId(random.pick(terms))
  section.id = layout.sectionId(index)
  return section
}

function teachersOf(layout: Layout, place: number, first: number, end: number, two: boolean): number[] {
  const own = end - first
  if (own === 0) return layout.counts.teacher === 0 ? [] : [place % layout.counts.teacher]
  const lead = first + (place % own)
  return two && own > 1 ? [lead, first + ((place + 1) % own)] : [lead]
}
