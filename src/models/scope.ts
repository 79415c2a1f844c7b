import type { Kind, Role } from "./kinds.ts"

/**
 * What of a district is kept at all (S18). Whatever lies outside is never stored: not staged, not logged, not in the
 * list of rejected records. Absent: everything.
 */
export interface Scope {
  /** The kinds that are kept. The district's own record always is. */
  kinds?: readonly Kind[] | undefined
  /** The roles that are kept. A person without any of them is left out; of others only these roles are kept. */
  roles?: readonly Role[] | undefined
  /** The schools (Clever ids) that are kept, with who and what belongs to them. */
  schools?: readonly string[] | undefined
  /**
   * For a kind, or for a role of a person, the fields that are kept: `{ user: ["name.first"], student: ["grade"] }`.
   * Ids and references are always kept: without them a record is nobody's.
   */
  fields?: Partial<Record<Kind | Role, readonly string[]>> | undefined
  /** Clever ids that are left out, wherever they stand: their records, and mentions of them in other records. */
  exclude?: readonly string[] | undefined
}
