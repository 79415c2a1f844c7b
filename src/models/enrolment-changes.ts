/** A person in a section. */
export interface Enrolment {
  /** User id. */
  readonly id: string
  readonly role: "student" | "teacher"
}

/** Who joined and who left a section. */
export interface EnrolmentChanges {
  readonly joined: Enrolment[]
  readonly left: Enrolment[]
}

/** What of a section names its people; values that are no ids are passed over. */
export interface SectionPeople {
  readonly students?: unknown
  readonly teachers?: unknown
  readonly teacher?: unknown
}

/**
 * Who joined and who left between two states of a section, teachers first, in the section's order.
 *
 * `before` is undefined for a new section, `after` for an archived one. The first teacher counts once, although
 * Clever names them both in `teacher` and in `teachers`.
 */
export function enrolmentChanges(
  before: SectionPeople | null | undefined,
  after: SectionPeople | null | undefined,
): EnrolmentChanges {
  const joined: Enrolment[] = []
  const left: Enrolment[] = []
  for (const role of ["teacher", "student"] as const) {
    const earlier = members(before, role)
    const later = members(after, role)
    for (const id of later) if (!earlier.has(id)) joined.push({ id, role })
    for (const id of earlier) if (!later.has(id)) left.push({ id, role })
  }
  return { joined, left }
}

function members(section: SectionPeople | null | undefined, role: Enrolment["role"]): Set<string> {
  const ids = new Set<string>()
  const list = role === "student" ? section?.students : section?.teachers
  const values = role === "teacher" ? [section?.teacher, ...asList(list)] : asList(list)
  for (const value of values) if (typeof value === "string" && value !== "") ids.add(value)
  return ids
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
