import type { Role } from "../../models/kinds.ts"
import { isJsonObject, type JsonObject, removePath } from "../json.ts"
import { idsIn, rolesOf, type SimulatedKind, schoolsOfUser, studentsOfContact } from "../kinds.ts"

/** What of a district to stop or resume sharing with the app. */
export interface SharingSelection {
  /** Everything but the district record itself: the token stays valid, every list is empty. */
  everything?: boolean | undefined
  /** Single records of any kind. Sections keep naming the people that they may no longer show. */
  ids?: readonly string[] | undefined
  /** Schools, with their sections, and the people who belong to no other school. */
  schools?: readonly string[] | undefined
  /** Roles: users with no other role vanish, others lose the role. */
  roles?: readonly Role[] | undefined
  /** Fields by kind, as dotted paths: `{ user: ["roles.student.dob"] }`. */
  fields?: Partial<Record<SimulatedKind, readonly string[]>> | undefined
}

/** The district's sharing rules: all is shared but what is named here. */
export class Sharing {
  #everything = true
  readonly #ids = new Set<string>()
  readonly #schools = new Set<string>()
  readonly #roles = new Set<Role>()
  readonly #fields = new Map<SimulatedKind, Set<string>>()

  /** True while nothing is withheld, so that records can be shown as they are. */
  get isComplete(): boolean {
    return (
      this.#everything && this.#ids.size + this.#schools.size + this.#roles.size + this.#fields.size === 0
    )
  }

  /** True while what is shared of one record can depend on other records. */
  get dependsOnOthers(): boolean {
    return this.#schools.size > 0
  }

  stop(selection: SharingSelection): void {
    if (selection.everything === true) this.#everything = false
    for (const id of selection.ids ?? []) this.#ids.add(id)
    for (const id of selection.schools ?? []) this.#schools.add(id)
    for (const role of selection.roles ?? []) this.#roles.add(role)
    for (const [kind, paths] of entriesOf(selection.fields)) {
      const known = this.#fields.get(kind) ?? new Set()
      for (const path of paths) known.add(path)
      this.#fields.set(kind, known)
    }
  }

  /** Resumes a selection. `everything` lifts every rule there is. */
  resume(selection: SharingSelection): void {
    if (selection.everything === true) {
      this.#everything = true
      this.#ids.clear()
      this.#schools.clear()
      this.#roles.clear()
      this.#fields.clear()
    }
    for (const id of selection.ids ?? []) this.#ids.delete(id)
    for (const id of selection.schools ?? []) this.#schools.delete(id)
    for (const role of selection.roles ?? []) this.#roles.delete(role)
    for (const [kind, paths] of entriesOf(selection.fields)) {
      const known = this.#fields.get(kind)
      for (const path of paths) known?.delete(path)
      if (known?.size === 0) this.#fields.delete(kind)
    }
  }

  /**
   * What the app sees of a record, or undefined if nothing. May change the object given.
   * `studentOf` finds a student by id, which decides for contacts.
   */
  shown(
    kind: SimulatedKind,
    record: JsonObject,
    studentOf: (id: string) => JsonObject | undefined,
  ): JsonObject | undefined {
    if (kind !== "district") {
      if (!this.#everything || this.#ids.has(String(record.id))) return undefined
      if (kind === "school" && this.#schools.has(String(record.id))) return undefined
      if (kind === "section" && this.#schools.has(String(record.school))) return undefined
      if (kind === "user" && !this.#showsUser(record, studentOf)) return undefined
    }
    for (const path of this.#fields.get(kind) ?? []) removePath(record, path)
    return record
  }

  #showsUser(user: JsonObject, studentOf: (id: string) => JsonObject | undefined): boolean {
    if (this.#hiddenBySchool(user)) return false
    const before = rolesOf(user)
    if (before.includes("contact") && this.dependsOnOthers) {
      const students = studentsOfContact(user)
      const shown = students.some((id) => {
        const student = studentOf(id)
        return student !== undefined && !this.#hiddenBySchool(student)
      })
      if (students.length > 0 && !shown) return false
    }
    if (this.#roles.size > 0 && isJsonObject(user.roles)) {
      for (const role of this.#roles) delete user.roles[role]
      if (rolesOf(user).length === 0) return false
    }
    return true
  }

  #hiddenBySchool(user: JsonObject): boolean {
    if (this.#schools.size === 0) return false
    const schools = [...schoolsOfUser(user)]
    return schools.length > 0 && schools.every((id) => this.#schools.has(id))
  }
}

function entriesOf(fields: SharingSelection["fields"]): [SimulatedKind, readonly string[]][] {
  return Object.entries(fields ?? {}).map(([kind, paths]) => [kind as SimulatedKind, idsIn(paths)])
}
