import { type AuthorizedBy, isUserId, type PersonName } from "../clever/users.ts"
import {
  type ContactRole,
  type DistrictAdminRole,
  type Role,
  roles,
  type StaffRole,
  type StudentRole,
  type TeacherRole,
  type UserRoles,
} from "../models/index.ts"

/** Where a login began: in the app, or at Clever (Portal, Instant Login, Library). */
export type LoginSource = "app" | "clever"

/** A person's roles, those they have and no others. There is no main one. */
export interface IdentityRoles {
  readonly student?: StudentRole
  readonly teacher?: TeacherRole
  readonly staff?: StaffRole
  readonly district_admin?: DistrictAdminRole
  readonly contact?: ContactRole
}

/**
 * Who logged in, as Clever says.
 *
 * The key of an account is `issuer` and `cleverId` together (R10); no other field is fit for one. Roles hold ids,
 * schools, grade and job titles, and nothing more of what Clever knows about a person (R54). No token is in it.
 */
export interface CleverIdentity {
  /** `https://clever.com`. */
  readonly issuer: string
  /** The user's id in API v3. */
  readonly cleverId: string
  /** The person's ids in API v2, of every role: for moving older accounts once (R45). */
  readonly legacyIds: readonly string[]
  /** Null for a Library login. */
  readonly districtId: string | null
  readonly authorizedBy: AuthorizedBy
  readonly roles: IdentityRoles
  readonly name: PersonName
  /** Only there when asked for. As the district wrote it: never verified, perhaps no address, often null. */
  readonly email?: string | null
  readonly loginSource: LoginSource
}

/** What an identity is made of. */
export interface IdentityParts {
  readonly issuer: string
  readonly cleverId: string
  /** Ids in API v2 known besides those in the roles. */
  readonly otherLegacyIds: readonly (string | null)[]
  readonly districtId: string | null
  readonly authorizedBy: AuthorizedBy
  readonly roles: UserRoles
  readonly name: PersonName
  /** Undefined when e-mail was not asked for. */
  readonly email: string | null | undefined
  readonly loginSource: LoginSource
}

/** The identity of these parts; what of a role is not listed in `keptFields` stays behind. */
export function makeIdentity(parts: IdentityParts): CleverIdentity {
  const { issuer, cleverId, districtId, authorizedBy, name, email, loginSource } = parts
  return Object.freeze({
    issuer,
    cleverId,
    legacyIds: Object.freeze(legacyIdsOf(parts)),
    districtId,
    authorizedBy,
    roles: Object.freeze(keepFields(parts.roles)),
    name: Object.freeze({ first: name.first, middle: name.middle, last: name.last }),
    ...(email === undefined ? {} : { email }),
    loginSource,
  })
}

/** What an identity holds of each role: what says which account it is and what it may do, nothing else. */
const keptFields: { readonly [R in Role]: readonly (keyof NonNullable<UserRoles[R]> & string)[] } = {
  student: ["school", "schools", "grade", "sis_id", "state_id", "student_number", "legacy_id"],
  teacher: ["school", "schools", "title", "sis_id", "state_id", "teacher_number", "legacy_id"],
  staff: ["schools", "roles", "title", "department", "staff_id", "legacy_id"],
  district_admin: ["title", "legacy_id"],
  contact: ["sis_id", "student_relationships", "legacy_id"],
}

function keepFields(given: UserRoles): IdentityRoles {
  const kept: Record<string, Record<string, unknown>> = {}
  for (const role of roles) {
    const fields = given[role] as Readonly<Record<string, unknown>> | null | undefined
    if (fields === null || fields === undefined) continue
    kept[role] = Object.fromEntries(
      keptFields[role].filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]),
    )
  }
  return kept
}

function legacyIdsOf({ cleverId, otherLegacyIds, roles: given }: IdentityParts): string[] {
  const ids = [...roles.map((role) => given[role]?.legacy_id), ...otherLegacyIds]
  // A student's id is the same in both versions.
  const old = ids.filter((id): id is string => isUserId(id) && id !== cleverId)
  return [...new Set(old)]
}
