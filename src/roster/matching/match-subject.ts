import type { Role, School, User } from "../../models/index.ts"
import {
  type AnyField,
  type MatchField,
  personMatchers,
  type RosterField,
  type SchoolField,
  schoolMatchers,
} from "./match-fields.ts"

/** Whose account has this value? */
export interface MatchQuestion<Field extends AnyField = AnyField> {
  /** Null for an id of Clever's, which is the person's whatever the role, and for schools. */
  readonly role: Role | null
  readonly field: Field
  readonly value: string
}

/** Somebody, or a school, with all that may lead to the account, in the order in which it is asked (S26). */
export interface MatchSubject<Field extends AnyField = AnyField> {
  /** The Clever id. */
  readonly id: string
  /** Clever's own ids, the present one first. They are offered all at once. */
  readonly ids: readonly MatchQuestion<Field>[]
  /** The matchers of each role. */
  readonly roles: readonly (readonly MatchQuestion<Field>[])[]
}

/** A person. `legacyIds` are those of Clever's API v2, in whatever role. */
export function personSubject(options: {
  user: User
  legacyIds?: readonly string[] | undefined
  matchEmail: boolean
}): MatchSubject<MatchField> {
  const { user, legacyIds = legacyIdsOf(user), matchEmail } = options
  const former = [...new Set(legacyIds)].filter((id) => id !== user.id)
  return {
    id: user.id,
    ids: [
      { role: null, field: "clever_id", value: user.id },
      ...former.map((value): MatchQuestion<MatchField> => ({ role: null, field: "legacy_id", value })),
    ],
    // The e-mail address is the user's own: without the role it would still be there.
    roles: (Object.keys(personMatchers) as Role[])
      .filter((role) => user.roles?.[role])
      .map((role) =>
        personMatchers[role]
          .filter((field) => field !== "email" || matchEmail)
          .flatMap((field) => {
            const value = fieldOf(user, role, field)
            return value === undefined ? [] : [{ role, field, value }]
          }),
      ),
  }
}

export function schoolSubject(school: School): MatchSubject<SchoolField> {
  return {
    id: school.id,
    ids: [{ role: null, field: "clever_id", value: school.id }],
    roles: [
      schoolMatchers.flatMap((field) => {
        const value = textOf(school, field)
        return value === undefined ? [] : [{ role: null, field, value }]
      }),
    ],
  }
}

/** What a user has in a field of a role; undefined if nothing. */
export function fieldOf(user: User, role: Role, field: RosterField): string | undefined {
  return textOf(field === "email" ? user : user.roles?.[role], field)
}

function legacyIdsOf(user: User): string[] {
  return Object.values(user.roles ?? {}).flatMap((role) => textOf(role, "legacy_id") ?? [])
}

function textOf(record: object | null | undefined, key: string): string | undefined {
  if (record === null || record === undefined || !Object.hasOwn(record, key)) return undefined
  const value = (record as Readonly<Record<string, unknown>>)[key]
  return typeof value === "string" && value !== "" ? value : undefined
}
