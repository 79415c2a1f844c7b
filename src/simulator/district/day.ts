import { gradesOfSchool } from "../generate/layout.ts"
import { asciiName, cities, lastNames, races } from "../generate/names.ts"
import { legacyId, staffRole } from "../generate/people.ts"
import { sectionName } from "../generate/sections.ts"
import { isJsonObject, type JsonObject } from "../json.ts"
import { idsIn, roleOf } from "../kinds.ts"
import {
  amount,
  type EditContext,
  enrolStudent,
  hire,
  joinSection,
  leaveSection,
  pickSome,
  reissue,
  removePerson,
  update,
} from "./edits.ts"
import { RosterIndex } from "./roster-index.ts"

/** Students who left and may come back under their old id, as within Clever's 300 days. */
export type Leavers = JsonObject[]

/** One ordinary school day. `intensity` multiplies how much happens. */
export function passDay(context: EditContext, leavers: Leavers, intensity: number): void {
  const { data, random } = context
  const index = new RosterIndex(data)
  const some = (from: readonly string[], rate: number): string[] =>
    pickSome(random, from, amount(random, from.length, rate * intensity))

  update(data, "district", context.layout.districtId, (district) => {
    district.last_sync = data.now()
  })
  changePeople(context, index, some)
  changeContacts(context, some(index.contacts, 0.004))
  changeStudents(context, index, some)
  changeSections(context, index, some)
  changeStaffing(context, index, some)
  comeAndGo(context, index, leavers, some)
  if (random.chance(0.15 * intensity)) renameCatalogue(context)
}

type Some = (from: readonly string[], rate: number) => string[]

/** New and leaving students, and now and then one who comes back. */
function comeAndGo(context: EditContext, index: RosterIndex, leavers: Leavers, some: Some): void {
  const { data, random } = context
  const schools = [...data.texts("school").keys()]
  for (const id of some(index.students, 0.003)) {
    const record = data.get("user", id)
    if (record !== undefined && leavers.length < 100) leavers.push(record)
    removePerson(context, index, id)
  }
  if (leavers.length > 0 && random.chance(0.5)) {
    const [back] = leavers.splice(random.integer(leavers.length), 1)
    if (back !== undefined && !data.has("user", String(back.id))) {
      data.put("user", { ...back, last_modified: data.now() })
      const school = String(roleOf(back, "student")?.school)
      for (const section of pickSome(random, index.sectionsOfSchool.get(school) ?? [], 3)) {
        joinSection(data, section, String(back.id))
      }
    }
  }
  if (schools.length === 0) return
  const arrivals = amount(random, index.students.length, 0.003)
  for (let arrival = 0; arrival < arrivals; arrival++) {
    const school = random.integer(schools.length)
    enrolStudent(context, index, schools[school] as string, random.pick(gradesOfSchool(school)))
  }
}

/** Small edits of student records. */
function changePeople(context: EditContext, index: RosterIndex, some: Some): void {
  const { data, layout, random } = context
  for (const id of some(index.students, 0.015)) {
    update(data, "user", id, (user) => {
      const role = roleOf(user, "student")
      if (role === undefined) return
      const kind = random.integer(layout.apiVersion === "v3.1" ? 7 : 6)
      if (kind === 0)
        role.location = { address: "1 New Rd", city: random.pick(cities), state: "", zip: random.digits(5) }
      else if (kind === 1) role.race = random.pick(races)
      else if (kind === 2)
        role.ext = { gifted_status: random.pick(["Y", "N", ""]), bus_route: random.digits(2) }
      else if (kind === 3) role.credentials = { district_username: `renamed.${context.number()}` }
      else if (kind === 4) delete role.dob
      else if (kind === 5 && isJsonObject(user.name)) {
        const last = random.pick(lastNames)
        user.name = { ...user.name, last }
        user.email = `${asciiName(last)}${context.number()}@students.${layout.domain}`
        role.email = user.email
      } else role.frl_status = random.pick(["Free", "Reduced", "Paid", "Other", ""])
    })
  }
  for (const id of some(index.teachers, 0.01)) {
    update(data, "user", id, (user) => {
      const role = roleOf(user, "teacher")
      if (role !== undefined) role.title = random.pick(["Lead Teacher", "Substitute", "Music Teacher", ""])
    })
  }
}

/** Without a `sis_id` a contact is identified by name and e-mail, so that an edit makes a new record. */
function changeContacts(context: EditContext, ids: readonly string[]): void {
  const { data, layout, random } = context
  for (const id of ids) {
    const record = data.get("user", id)
    const role = record === undefined ? undefined : roleOf(record, "contact")
    if (record === undefined || role === undefined) continue
    role.phone = `1-(330) 555-${random.digits(4)}`
    role.phone_type = "Cell"
    if (role.sis_id === "" || role.sis_id === undefined) {
      const at = data.now()
      const email = `changed_${context.number()}@families.${layout.domain}`
      data.remove("user", id)
      data.put("user", { ...record, id: data.newId(), email, created: at, last_modified: at })
    } else data.put("user", record)
  }
}

/** Moves between sections and between schools. */
function changeStudents(context: EditContext, index: RosterIndex, some: Some): void {
  const { data, random } = context
  for (const id of some(index.students, 0.01)) {
    const [from] = pickSome(random, index.sectionsOfPerson.get(id) ?? [], 1)
    if (from === undefined) continue
    const school = String(data.get("section", from)?.school)
    const [to] = pickSome(random, index.sectionsOfSchool.get(school) ?? [], 1)
    if (to === undefined || to === from) continue
    leaveSection(data, from, id)
    joinSection(data, to, id)
  }
  const schools = [...data.texts("school").keys()]
  for (const id of schools.length < 2 ? [] : some(index.students, 0.001)) {
    const school = random.pick(schools)
    for (const section of index.sectionsOfPerson.get(id) ?? []) leaveSection(data, section, id)
    update(data, "user", id, (user) => {
      const role = roleOf(user, "student")
      if (role !== undefined) Object.assign(role, { school, schools: [school], enrollments: [] })
    })
    for (const section of pickSome(random, index.sectionsOfSchool.get(school) ?? [], 4))
      joinSection(data, section, id)
  }
}

/** Sections that open, close or get another teacher. */
function changeSections(context: EditContext, index: RosterIndex, some: Some): void {
  const { data, random } = context
  for (const id of some(index.sections, 0.006)) {
    update(data, "section", id, (section) => {
      const [teacher] = pickSome(random, index.teachersOfSchool.get(String(section.school)) ?? [], 1)
      if (teacher === undefined) return
      const name = data.get("user", teacher)?.name
      const course = String(data.get("course", String(section.course))?.name ?? "Class")
      section.teacher = teacher
      section.teachers = [teacher, ...idsIn(section.teachers).filter((other) => other !== teacher)].slice(
        0,
        3,
      )
      section.name = sectionName(course, isJsonObject(name) ? String(name.last) : "", String(section.period))
    })
  }
  for (const id of some(index.sections, 0.003)) data.remove("section", id)
  for (const id of some(index.sections, 0.003)) {
    const model = data.get("section", id)
    if (model === undefined) continue
    const students = index.studentsOfSchool.get(String(model.school)) ?? []
    const at = data.now()
    data.put("section", {
      ...model,
      id: data.newId(),
      created: at,
      last_modified: at,
      sis_id: `new-${context.number()}`,
      students: pickSome(random, students, 22).sort(),
    })
  }
}

/** Teachers and staff who come and go, and roles that appear and vanish. */
function changeStaffing(context: EditContext, index: RosterIndex, some: Some): void {
  const { data, random } = context
  const school = (): string | undefined =>
    [...data.texts("school").keys()][random.integer(data.texts("school").size)]
  for (const id of some(index.teachers, 0.003)) {
    removePerson(context, index, id)
    hire(context, "teacher", school())
  }
  for (const id of some(index.staff, 0.01)) {
    data.remove("user", id)
    hire(context, "staff", school())
  }
  for (const id of some(index.teachers, 0.005)) {
    update(data, "user", id, (user) => {
      if (!isJsonObject(user.roles)) return
      if ("staff" in user.roles && "teacher" in user.roles) delete user.roles.staff
      else user.roles.staff = staffRole(random, context.number(), school())
      if (random.chance(0.2)) user.roles.district_admin = { title: "", legacy_id: legacyId(random) }
    })
  }
  for (const id of some([...data.texts("school").keys()], 0.02)) {
    update(data, "school", id, (record) => {
      record.phone = `(718) 555-${random.digits(4)}`
      if (random.chance(0.3)) record.ext = { charter_school: random.pick(["Y", "N", ""]) }
    })
  }
}

/** A course or term renamed: as its content is its identity, it comes back under a new id. */
function renameCatalogue(context: EditContext): void {
  const { data, random } = context
  const kind = random.chance(0.75) ? "course" : "term"
  const [id] = pickSome(random, [...data.texts(kind).keys()], 1)
  if (id === undefined) return
  const renamed = reissue(data, kind, [id]).get(id)
  if (renamed === undefined) return
  update(data, kind, renamed, (record) => {
    record.name = `${String(record.name).replace(/ \(.*\)$/, "")} (${context.number()})`
  })
}
