import type { JsonObject } from "../json.ts"
import type { Random } from "../random.ts"
import type { Layout } from "./layout.ts"
import { asciiName, cities, firstNames, languages, lastNames, races, streets } from "./names.ts"

/** What every new person needs; `number` is unique within the district and role. */
export interface PersonSeed {
  layout: Layout
  random: Random
  id: string
  number: number
  /** ISO 8601; both `created` and `last_modified`. */
  at: string
}

export interface StudentSeed extends PersonSeed {
  schoolId: string
  grade: string
}

/** A student, about 900 bytes as JSON in v3.1. */
export function makeStudent(seed: StudentSeed): JsonObject {
  const { layout, random, number } = seed
  const first = random.pick(firstNames)
  const last = random.pick(lastNames)
  const middle = String.fromCharCode(65 + random.integer(26))
  const login = `${asciiName(first)}.${asciiName(last)}${number}`
  const sisId = String(100_000_000 + number * 7)
  const email = `${login}@students.${layout.domain}`
  const birthYear = layout.schoolYear - ageAt(seed.grade) - random.integer(2)
  const flag = (probability: number): string => (random.chance(probability) ? "Y" : "N")
  const student: JsonObject = {
    credentials: { district_username: login },
    dob: `${1 + random.integer(12)}/${1 + random.integer(28)}/${birthYear}`,
    ell_status: flag(0.1),
    enrollments: random.chance(0.5)
      ? []
      : [
          {
            school: seed.schoolId,
            start_date: `${layout.schoolYear}-08-15`,
            end_date: `${layout.schoolYear + 1}-06-10`,
          },
        ],
    gender: random.pick(["M", "F", "M", "F", "M", "F", "X", ""]),
    grade: seed.grade,
    graduation_year: "",
    hispanic_ethnicity: random.pick(["Y", "N", "N", ""]),
    location: {
      address: random.chance(0.5) ? `${1 + random.integer(999)} ${random.pick(streets)}` : "",
      city: random.chance(0.5) ? random.pick(cities) : "",
      state: "",
      zip: random.digits(5),
    },
    race: random.pick(races),
    school: seed.schoolId,
    schools: [seed.schoolId],
    sis_id: sisId,
    state_id: random.digits(9),
    student_number: sisId,
    email,
  }
  if (layout.apiVersion === "v3.1") {
    const [language, code] = random.pick(languages)
    Object.assign(student, {
      frl_status: random.pick(["Free", "Reduced", "Paid", ""]),
      gifted_status: flag(0.08),
      home_language: language,
      home_language_code: code,
      iep_status: flag(0.1),
      section_504_status: flag(0.05),
    })
    if (random.chance(0.1)) student.preferred_name = { first: random.pick(firstNames), last }
    if (random.chance(0.05)) {
      student.disability = {
        disability_code: "sld",
        disability_status: "Y",
        disability_type: "Specific learning disability",
      }
    }
  }
  const name = random.chance(0.8) ? { first, last, middle } : { first, last }
  return person(seed, email, name, { student })
}

function ageAt(grade: string): number {
  const number = Number(grade)
  return Number.isInteger(number) ? number + 5 : 5
}

function person(seed: PersonSeed, email: string, name: JsonObject, roles: JsonObject): JsonObject {
  const { layout, at, id } = seed
  return { created: at, district: layout.districtId, email, last_modified: at, name, id, roles }
}

/** The names of an adult: drawn first, so that a section can name its teacher without making the teacher. */
export function adultName(random: Random): { first: string; last: string } {
  return { first: random.pick(firstNames), last: random.pick(lastNames) }
}

function adult(seed: PersonSeed): { name: JsonObject; login: string; email: string } {
  const { first, last } = adultName(seed.random)
  const login = `${asciiName(first)}.${asciiName(last)}${seed.number}`
  return { name: { first, last }, login, email: `${login}@${seed.layout.domain}` }
}

/** A v2 id, as Clever gives it to every role but students. Never an id of this district. */
export function legacyId(random: Random): string {
  let text = "5a"
  while (text.length < 24) text += random.integer(16).toString(16)
  return text
}

export function makeTeacher(seed: PersonSeed & { schoolId: string | undefined }): JsonObject {
  const { random, number } = seed
  const { name, login, email } = adult(seed)
  const schools = seed.schoolId === undefined ? [] : [seed.schoolId]
  return person(
    seed,
    email,
    { ...name, middle: String.fromCharCode(65 + random.integer(26)) },
    {
      teacher: {
        credentials: { district_username: login },
        ...(seed.schoolId === undefined ? {} : { school: seed.schoolId }),
        schools,
        sis_id: String(1 + number),
        state_id: random.digits(9),
        teacher_number: random.digits(6),
        title: random.pick(["Math Teacher", "English Teacher", "Grade 4 Teacher", "Science Teacher", ""]),
        legacy_id: legacyId(random),
      },
    },
  )
}

/** The staff role of somebody at a school, as a role object. */
export function staffRole(random: Random, number: number, schoolId: string | undefined): JsonObject {
  return {
    department: random.pick(["Administration", "Library", "Counseling", ""]),
    legacy_id: legacyId(random),
    roles: [random.chance(0.2) ? "SchoolTechLead" : "PortalOnly"],
    schools: schoolId === undefined ? [] : [schoolId],
    staff_id: `staff-${number + 1}`,
    title: random.pick(["Principal", "Librarian", "Secretary", "Counselor", ""]),
  }
}

export function makeStaff(seed: PersonSeed & { schoolId: string | undefined }): JsonObject {
  const { name, login, email } = adult({ ...seed, number: 50_000 + seed.number })
  const staff = {
    credentials: { district_username: login },
    ...staffRole(seed.random, seed.number, seed.schoolId),
  }
  return person(seed, email, name, { staff })
}

export function makeDistrictAdmin(seed: PersonSeed): JsonObject {
  const { name, email } = adult({ ...seed, number: 90_000 + seed.number })
  const title = seed.random.pick(["Superintendent", "IT Director", ""])
  return person(seed, email, name, { district_admin: { title, legacy_id: legacyId(seed.random) } })
}

const relations: readonly (readonly [relationship: string, type: string])[] = [
  ["Parent", "Parent/Guardian"],
  ["Parent", "Parent/Guardian"],
  ["Grandparent", "Family"],
  ["Aunt/Uncle", "Emergency"],
  ["Other", "Other"],
]

/** A contact: the full name is in `name.last`, there is no `name.first` (as every recorded contact). */
export function makeContact(seed: PersonSeed & { studentIds: readonly string[] }): JsonObject {
  const { random, number } = seed
  const { first, last } = adultName(random)
  const hasPhone = random.chance(0.5)
  const email = `${asciiName(first)}_${asciiName(last)}${number}@families.${seed.layout.domain}`
  const contact: JsonObject = {
    phone: hasPhone ? `1-(330) 555-${random.digits(4)}` : "",
    phone_type: hasPhone ? random.pick(["Cell", "Home", "Work"]) : "Other",
    sis_id: random.chance(0.3) ? `contact-${number + 1}` : "",
    student_relationships: seed.studentIds.map((student) => {
      const [relationship, type] = random.pick(relations)
      return { relationship, student, type }
    }),
  }
  if (random.chance(0.5)) contact.legacy_id = legacyId(random)
  return person(seed, email, { last: `${first} ${last}` }, { contact })
}
