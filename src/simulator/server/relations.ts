import type { DistrictData } from "../district/district-data.ts"
import { type JsonObject, parseObject } from "../json.ts"
import { idsIn, roleOf, rolesOf, type SimulatedKind, schoolsOfUser, studentsOfContact } from "../kinds.ts"

/** The records on the other end of a relation: one record, or a list of ids. */
export type Related =
  | { shape: "one"; kind: SimulatedKind; id: string | undefined }
  | { shape: "list"; kind: SimulatedKind; ids: readonly string[] }

type Relation = (data: DistrictData, record: JsonObject, query: URLSearchParams) => Related

const one =
  (kind: SimulatedKind, field: string): Relation =>
  (_data, record) => ({ shape: "one", kind, id: idsIn([record[field]])[0] })

const list = (kind: SimulatedKind, ids: readonly string[]): Related => ({ shape: "list", kind, ids })

/** Those of the ids that the app may see, ascending and each once. */
function shownIds(data: DistrictData, kind: SimulatedKind, ids: Iterable<string>): string[] {
  const store = data.store(kind)
  return [...new Set(ids)].filter((id) => store.get(id) !== undefined).sort()
}

function where(
  data: DistrictData,
  kind: SimulatedKind,
  id: string,
  name: string,
  condition: (record: JsonObject) => boolean,
): readonly string[] {
  return data.store(kind).idsWhere(`${name}:${id}`, condition, id)
}

function records(data: DistrictData, kind: SimulatedKind, ids: readonly string[]): JsonObject[] {
  return ids.flatMap((id) => {
    const text = data.store(kind).get(id)
    return text === undefined ? [] : [parseObject(text)]
  })
}

function withRole(data: DistrictData, ids: readonly string[], role: string | null): readonly string[] {
  if (role === null || role === "") return ids
  return ids.filter((id) =>
    records(data, "user", [id]).some((user) => rolesOf(user).some((own) => own === role)),
  )
}

const sectionsOfUser = (data: DistrictData, user: JsonObject): readonly string[] => {
  const id = String(user.id)
  return where(data, "section", id, "person", (section) =>
    [...idsIn(section.students), ...idsIn(section.teachers)].includes(id),
  )
}

const sectionsWith =
  (field: "course" | "term_id" | "school") =>
  (data: DistrictData, record: JsonObject): readonly string[] =>
    where(data, "section", String(record.id), field, (section) => section[field] === record.id)

const listOfSections =
  (find: (data: DistrictData, record: JsonObject) => readonly string[]): Relation =>
  (data, record) =>
    list("section", find(data, record))

/** What the sections of a record name in a field: the courses of a school, the schools of a term. */
const throughSections =
  (
    kind: SimulatedKind,
    find: (data: DistrictData, record: JsonObject) => readonly string[],
    name: (section: JsonObject) => readonly string[],
  ): Relation =>
  (data, record) =>
    list(kind, shownIds(data, kind, records(data, "section", find(data, record)).flatMap(name)))

const named =
  (field: string) =>
  (section: JsonObject): readonly string[] =>
    idsIn([section[field]])

/** Content is handed out by course here: a resource belongs to every section of one course. */
const sectionsOfResource = (data: DistrictData, resource: JsonObject): readonly string[] => {
  const courses = data.store("course").ids()
  const place = data.store("resource").ids().indexOf(String(resource.id))
  const course = courses[place % Math.max(1, courses.length)]
  return course === undefined ? [] : sectionsWith("course")(data, { id: course })
}

const resourcesOf =
  (find: (data: DistrictData, record: JsonObject) => readonly string[]): Relation =>
  (data, record) => {
    const sections = new Set(find(data, record))
    const ids = data
      .store("resource")
      .ids()
      .filter((id) => {
        const [resource] = records(data, "resource", [id])
        return (
          resource !== undefined &&
          sectionsOfResource(data, resource).some((section) => sections.has(section))
        )
      })
    return list("resource", ids)
  }

const usersOfSchool: Relation = (data, school, query) => {
  const id = String(school.id)
  const role = query.get("role")
  const primary = query.get("primary") === "true"
  const ids = where(data, "user", id, `users-${role ?? ""}-${primary}`, (user) =>
    (["student", "teacher", "staff"] as const).some((own) => {
      if (role !== null && role !== "" && own !== role) return false
      const object = roleOf(user, own)
      return object?.school === id || (!primary && idsIn(object?.schools).includes(id))
    }),
  )
  return list("user", ids)
}

const usersOfSection: Relation = (data, section, query) => {
  const role = query.get("role")
  const ids = [
    ...(role === "teacher" ? [] : idsIn(section.students)),
    ...(role === "student" ? [] : idsIn(section.teachers)),
  ]
  return list("user", shownIds(data, "user", ids))
}

const studentsOfUser: Relation = (data, user) => {
  const taught = records(data, "section", sectionsOfUser(data, user))
    .filter((section) => idsIn(section.teachers).includes(String(user.id)))
    .flatMap((section) => idsIn(section.students))
  return list("user", shownIds(data, "user", [...taught, ...studentsOfContact(user)]))
}

const contactsOfUser: Relation = (data, user) => {
  const id = String(user.id)
  return list(
    "user",
    where(data, "user", id, "contacts", (other) => studentsOfContact(other).includes(id)),
  )
}

const usersOfResource: Relation = (data, resource, query) => {
  const role = query.get("role")
  const sections = records(data, "section", sectionsOfResource(data, resource))
  const ids = sections.flatMap((section) => [...idsIn(section.students), ...idsIn(section.teachers)])
  return list("user", withRole(data, shownIds(data, "user", ids), role))
}

const district = one("district", "district")

/** Every relation of Clever's definitions, by kind and by the last part of the address in lower case. */
export const relations: Readonly<Partial<Record<SimulatedKind, Readonly<Record<string, Relation>>>>> = {
  school: {
    district,
    users: usersOfSchool,
    sections: listOfSections(sectionsWith("school")),
    courses: throughSections("course", sectionsWith("school"), named("course")),
    terms: throughSections("term", sectionsWith("school"), named("term_id")),
  },
  term: {
    district,
    sections: listOfSections(sectionsWith("term_id")),
    schools: throughSections("school", sectionsWith("term_id"), named("school")),
  },
  course: {
    district,
    sections: listOfSections(sectionsWith("course")),
    schools: throughSections("school", sectionsWith("course"), named("school")),
    resources: resourcesOf(sectionsWith("course")),
  },
  section: {
    district,
    school: one("school", "school"),
    course: one("course", "course"),
    term: one("term", "term_id"),
    users: usersOfSection,
    resources: resourcesOf((_data, section) => [String(section.id)]),
  },
  user: {
    district,
    schools: (data, user) => list("school", shownIds(data, "school", schoolsOfUser(user))),
    sections: listOfSections(sectionsOfUser),
    mystudents: studentsOfUser,
    myteachers: throughSections("user", sectionsOfUser, (section) => idsIn(section.teachers)),
    mycontacts: contactsOfUser,
    resources: resourcesOf(sectionsOfUser),
  },
  resource: {
    users: usersOfResource,
    sections: listOfSections(sectionsOfResource),
    courses: throughSections("course", sectionsOfResource, named("course")),
  },
}

/** The relations that a single record's answer links to, in Clever's spelling (recorded). */
export function linkedRelations(kind: SimulatedKind, record: JsonObject): readonly string[] {
  if (kind === "school") return ["district", "users", "sections", "courses", "terms"]
  if (kind === "section") return ["district", "school", "term", "course", "users"]
  if (kind === "course" || kind === "term") return ["district", "sections", "schools"]
  if (kind !== "user") return []
  const held = rolesOf(record)
  if (held.includes("student")) return ["district", "sections", "myContacts", "myTeachers", "schools"]
  if (held.includes("contact")) return ["district", "myStudents"]
  return held.includes("teacher")
    ? ["district", "sections", "myStudents", "schools"]
    : ["district", "schools"]
}
