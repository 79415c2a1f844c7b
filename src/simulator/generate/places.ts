import type { JsonObject } from "../json.ts"
import type { Random } from "../random.ts"
import { gradesOfSchool, type Layout } from "./layout.ts"
import { asciiName, cities, firstNames, lastNames, schoolNames, streets } from "./names.ts"

/** When the records of the beginning were made: in the summer before the school year. */
export function initialTime(layout: Layout, random: Random): string {
  return new Date(Date.UTC(layout.schoolYear, 6, 15) + random.integer(14 * 86_400_000)).toISOString()
}

export function makeDistrict(layout: Layout): JsonObject {
  const random = layout.random("district", 0)
  const first = random.pick(firstNames)
  const last = random.pick(lastNames)
  return {
    name: layout.name,
    portal_url: `https://clever.com/in/${layout.domain.replace(".example", "")}`,
    sis_type: "sftp",
    error: "",
    launch_date: `${layout.schoolYear}-08-10`,
    district_contact: {
      title: "",
      district: layout.districtId,
      email: `${asciiName(first)}.${asciiName(last)}@${layout.domain}`,
      name: { first, last },
      id: layout.hiddenUserId(900),
    },
    state: "running",
    last_sync: new Date(Date.UTC(layout.schoolYear, 7, 1)).toISOString(),
    login_methods: ["Clever Badges", "Clever Passwords"],
    ...(layout.apiVersion === "v3.1" ? { lms_type: "", lms_state: "" } : {}),
    id: layout.districtId,
  }
}

export function makeSchool(layout: Layout, index: number): JsonObject {
  const random = layout.random("school", index)
  const grades = gradesOfSchool(index)
  const high = grades.at(-1) as string
  const level = high === "12" ? "High" : high === "8" ? "Middle" : "Elementary"
  const round = Math.floor(index / schoolNames.length)
  const name = schoolNames[index % schoolNames.length] as string
  const number = String(100 + index)
  const principal = { first: random.pick(firstNames), last: random.pick(lastNames) }
  const created = initialTime(layout, random)
  const school: JsonObject = {
    created,
    district: layout.districtId,
    high_grade: high,
    last_modified: created,
    location: {
      address: `${1 + random.integer(999)} ${random.pick(streets)}`,
      city: random.pick(cities),
      state: "NY",
      zip: random.digits(5),
    },
    low_grade: grades[0],
    mdr_number: random.digits(8),
    name: `${name}${round > 0 ? ` ${round + 1}` : ""} ${level} School`,
    nces_id: random.digits(12),
    phone: `(718) 555-${random.digits(4)}`,
    principal: {
      email: `${asciiName(principal.first)}.${asciiName(principal.last)}@${layout.domain}`,
      name: `${principal.first} ${principal.last}`,
    },
    school_number: number,
    sis_id: number,
    state_id: random.digits(6),
    id: layout.schoolId(index),
  }
  if (layout.oddities && index % 3 === 1) school.ext = { charter_school: index % 2 === 0 ? "N" : "" }
  if (layout.oddities && index % 5 === 3) {
    delete school.principal
    delete school.mdr_number
    school.phone = ""
  }
  return school
}

/** Last year's whole-year term, and this year's year and two semesters. */
export function makeTerm(layout: Layout, index: number): JsonObject {
  const year = layout.schoolYear
  const [name, start, end] = (
    [
      ["Y1", `${year - 1}-08-15`, `${year}-06-10`],
      ["Y1", `${year}-08-15`, `${year + 1}-06-10`],
      ["S1", `${year}-08-15`, `${year + 1}-01-15`],
      ["S2", `${year + 1}-01-16`, `${year + 1}-06-10`],
    ] as const
  )[index % 4] as readonly [string, string, string]
  return { district: layout.districtId, end_date: end, name, start_date: start, id: layout.termId(index) }
}

/** Subjects as Clever names them, each with the course name used here. */
export const subjects: readonly (readonly [subject: string, course: string])[] = [
  ["homeroom/advisory", "Homeroom"],
  ["math", "Math"],
  ["english/language arts", "English"],
  ["science", "Science"],
  ["social studies", "Social Studies"],
  ["arts and music", "Music"],
  ["PE and health", "Physical Education"],
  ["language", "Spanish"],
]

/** The grades in which courses are taught, by the number of the course. */
export const courseGrades: readonly string[] = [
  "Kindergarten",
  ...Array.from({ length: 12 }, (_, index) => String(index + 1)),
]

export function courseName(index: number): string {
  const name = (subjects[index % subjects.length] as readonly [string, string])[1]
  const grade = courseGrades[Math.floor(index / subjects.length) % courseGrades.length] as string
  return grade === "Kindergarten" ? `Kindergarten ${name}` : `Grade ${grade} ${name}`
}

export function makeCourse(layout: Layout, index: number): JsonObject {
  return {
    district: layout.districtId,
    name: courseName(index),
    number: String(100 + index),
    id: layout.courseId(index),
  }
}

export function makeResource(layout: Layout, index: number): JsonObject {
  const random = layout.random("resource", index)
  const created = initialTime(layout, random)
  return {
    created,
    district: layout.districtId,
    resource_id: `resource-${index + 1}`,
    roles: index % 3 === 0 ? ["teacher"] : ["student", "teacher"],
    title: `${courseName(index)} Workbook`,
    updated: created,
    id: layout.resourceId(index),
  }
}
