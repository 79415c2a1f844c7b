import { parseObject } from "../json.ts"
import { idsIn, roleOf, rolesOf, studentsOfContact } from "../kinds.ts"
import type { DistrictData } from "./district-data.ts"

/**
 * Who is where in a district, found by one pass over its users and one over its sections.
 *
 * It is not kept up to date: a day or a rollover makes one, uses it and drops it.
 */
export class RosterIndex {
  readonly students: string[] = []
  readonly teachers: string[] = []
  readonly staff: string[] = []
  readonly contacts: string[] = []
  readonly studentsOfSchool: Map<string, string[]> = new Map()
  readonly teachersOfSchool: Map<string, string[]> = new Map()
  readonly contactsOfStudent: Map<string, string[]> = new Map()
  readonly sectionsOfPerson: Map<string, string[]> = new Map()
  readonly sectionsOfSchool: Map<string, string[]> = new Map()
  readonly sections: string[] = []

  constructor(data: DistrictData) {
    for (const [id, text] of data.texts("user")) {
      const user = parseObject(text)
      for (const role of rolesOf(user)) {
        if (role === "student") this.students.push(id)
        if (role === "teacher") this.teachers.push(id)
        if (role === "staff") this.staff.push(id)
        if (role === "contact") this.contacts.push(id)
      }
      const studentSchool = roleOf(user, "student")?.school
      const teacherSchool = roleOf(user, "teacher")?.school
      if (typeof studentSchool === "string") addTo(this.studentsOfSchool, studentSchool, id)
      if (typeof teacherSchool === "string") addTo(this.teachersOfSchool, teacherSchool, id)
      for (const student of studentsOfContact(user)) addTo(this.contactsOfStudent, student, id)
    }
    for (const [id, text] of data.texts("section")) {
      const section = parseObject(text)
      this.sections.push(id)
      if (typeof section.school === "string") addTo(this.sectionsOfSchool, section.school, id)
      for (const person of [...idsIn(section.students), ...idsIn(section.teachers)]) {
        addTo(this.sectionsOfPerson, person, id)
      }
    }
  }
}

function addTo(map: Map<string, string[]>, key: string, value: string): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [value])
  else known.push(value)
}
