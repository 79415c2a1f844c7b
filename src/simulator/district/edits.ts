import type { Layout } from "../generate/layout.ts"
import { makeContact, makeStaff, makeStudent, makeTeacher } from "../generate/people.ts"
import { isJsonObject, type JsonObject, parseObject } from "../json.ts"
import { idsIn, roleOf, type SimulatedKind } from "../kinds.ts"
import type { Random } from "../random.ts"
import type { DistrictData } from "./district-data.ts"
import type { RosterIndex } from "./roster-index.ts"

/** What a change of a district works with. `number` gives a number that nobody has had yet. */
export interface EditContext {
  readonly data: DistrictData
  readonly layout: Layout
  readonly random: Random
  number(): number
}

/** A whole number whose average is `total * rate`, so that small districts change too, only more rarely. */
export function amount(random: Random, total: number, rate: number): number {
  return Math.min(total, Math.floor(total * rate + random.next()))
}

/** Takes `count` different entries out of a list, in random order. */
export function pickSome<T>(random: Random, from: readonly T[], count: number): T[] {
  const picked = new Set<number>()
  while (picked.size < Math.min(count, from.length)) picked.add(random.integer(from.length))
  return [...picked].map((index) => from[index] as T)
}

/** Changes a record in place if it is there. */
export function update(
  data: DistrictData,
  kind: SimulatedKind,
  id: string,
  change: (record: JsonObject) => void,
): void {
  const record = data.get(kind, id)
  if (record === undefined) return
  change(record)
  data.put(kind, record)
}

export function joinSection(data: DistrictData, section: string, student: string): void {
  update(data, "section", section, (record) => {
    record.students = [...new Set([...idsIn(record.students), student])].sort()
  })
}

export function leaveSection(data: DistrictData, section: string, person: string): void {
  update(data, "section", section, (record) => {
    record.students = idsIn(record.students).filter((id) => id !== person)
    const teachers = idsIn(record.teachers).filter((id) => id !== person)
    record.teachers = teachers
    if (record.teacher === person) {
      if (teachers[0] === undefined) delete record.teacher
      else record.teacher = teachers[0]
    }
  })
}

/** Takes somebody out of the district: out of all sections, and contacts left with nobody go along. */
export function removePerson(context: EditContext, index: RosterIndex, id: string): void {
  const { data } = context
  for (const section of index.sectionsOfPerson.get(id) ?? []) leaveSection(data, section, id)
  for (const contact of index.contactsOfStudent.get(id) ?? []) {
    const record = data.get("user", contact)
    const role = record === undefined ? undefined : roleOf(record, "contact")
    if (record === undefined || role === undefined || !Array.isArray(role.student_relationships)) continue
    const left = role.student_relationships.filter((entry) => isJsonObject(entry) && entry.student !== id)
    if (left.length === 0) data.remove("user", contact)
    else {
      role.student_relationships = left
      data.put("user", record)
    }
  }
  data.remove("user", id)
}

/** A new student at a school, in some of its sections, half of the time with a contact. */
export function enrolStudent(
  context: EditContext,
  index: RosterIndex,
  schoolId: string,
  grade: string,
): string {
  const { data, layout, random } = context
  const id = data.newId()
  const at = data.now()
  data.put("user", makeStudent({ layout, random, id, number: context.number(), at, schoolId, grade }))
  for (const section of pickSome(random, index.sectionsOfSchool.get(schoolId) ?? [], 5))
    joinSection(data, section, id)
  if (random.chance(0.5)) {
    const contact = { layout, random, id: data.newId(), number: context.number(), at, studentIds: [id] }
    data.put("user", makeContact(contact))
  }
  return id
}

/** A new teacher or member of staff at a school. */
export function hire(context: EditContext, role: "teacher" | "staff", schoolId: string | undefined): string {
  const { data, layout, random } = context
  const id = data.newId()
  const make = role === "teacher" ? makeTeacher : makeStaff
  data.put("user", make({ layout, random, id, number: context.number(), at: data.now(), schoolId }))
  return id
}

/** Gives records new ids: new record, every mention of the old id replaced, old record gone. */
export function reissue(
  data: DistrictData,
  kind: SimulatedKind,
  ids: readonly string[],
): Map<string, string> {
  const renamed = new Map(ids.filter((id) => data.has(kind, id)).map((id) => [id, data.newId()]))
  const rename = (text: string): string => text.replace(/[0-9a-f]{24}/g, (id) => renamed.get(id) ?? id)
  for (const [id, newId] of renamed) {
    const record = parseObject(rename(data.texts(kind).get(id) as string))
    const at = data.now()
    if ("created" in record) record.created = at
    if ("last_modified" in record) record.last_modified = at
    data.remove(kind, id)
    data.put(kind, { ...record, id: newId })
  }
  for (const other of ["user", "section"] as const) {
    for (const [id, text] of data.texts(other)) {
      const changed = rename(text)
      if (changed !== text && !renamed.has(id)) data.put(other, parseObject(changed))
    }
  }
  return renamed
}
