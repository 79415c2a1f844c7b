import { type Me, readRole, type SharedUser, type UserInfo, type UserReader } from "../../clever/users.ts"
import { HomeroomError, isHomeroomError } from "../../errors/index.ts"
import { type Role, roles, type UserRoles } from "../../models/index.ts"
import { type CleverIdentity, type LoginSource, makeIdentity } from "../identity.ts"
import type { IdTokenClaims } from "./id-token.ts"
import type { Redeemed } from "./redeemed.ts"

export interface IdentifyOptions {
  readonly users: UserReader
  readonly issuer: string
  readonly redeemed: Redeemed
  readonly loginSource: LoginSource
  /** Whether the identity holds the e-mail address. */
  readonly email: boolean
  readonly signal?: AbortSignal | undefined
}

export interface Identified {
  readonly identity: CleverIdentity
  /**
   * The role that Clever names as that of this login, where it names one: a hint for which of several to show
   * first. It grants nothing; the roles are in the identity.
   */
  readonly loginRole: Role | null
}

/**
 * Who a token belongs to: `/me`, then that user's own record; for a Library login whose record can't be read,
 * `/userinfo`. What an id_token claimed must agree with all of them (R9).
 *
 * Throws `LOGIN_IDENTITY_MISMATCH`, `LOGIN_WITHOUT_ROLE`, `LOGIN_UNAUTHORIZED_USER` (403 and 404: the person is
 * not shared) and what the reader throws.
 */
export async function identify(options: IdentifyOptions): Promise<Identified> {
  const { users, issuer, redeemed, loginSource } = options
  const { accessToken, claims } = redeemed
  const request = { accessToken, signal: options.signal }
  const me = await users.me(request).catch(notShared)
  // Before anything is asked about somebody else.
  if (claims !== null) checkClaims(claims, me)

  const { districtId: claimedDistrictId = null, userType = null } = claims ?? {}
  const found = await readPerson(users, me, request)
  const { person, legacyId, role } = found
  if (person.id !== me.id) throw mismatch("id", found.source)
  const districtIds = [me.districtId, claimedDistrictId, person.districtId].filter((id) => id !== null)
  if (new Set(districtIds).size > 1) throw mismatch("district", found.source)
  const districtId = me.authorizedBy === "teacher" ? null : (districtIds[0] ?? null)
  if (me.authorizedBy === "district" && districtId === null) {
    throw new HomeroomError("CLEVER_BODY_INVALID", {
      message: "Clever names no district for a login that a district authorized.",
      details: { reason: "district is missing" },
    })
  }
  if (roles.every((name) => person.roles[name] === undefined)) throw new HomeroomError("LOGIN_WITHOUT_ROLE")

  const identity = makeIdentity({
    issuer,
    cleverId: me.id,
    otherLegacyIds: [legacyId],
    districtId,
    authorizedBy: me.authorizedBy,
    roles: person.roles,
    name: person.name,
    email: options.email ? person.email : undefined,
    loginSource,
  })
  return { identity, loginRole: role ?? readRole(userType) }
}

interface Person {
  readonly person: SharedUser
  readonly source: "users" | "userinfo"
  readonly legacyId: string | null
  readonly role: Role | null
}

async function readPerson(
  users: UserReader,
  me: Me,
  request: { readonly accessToken: string; readonly signal: AbortSignal | undefined },
): Promise<Person> {
  try {
    const person = await users.user({ ...request, id: me.id })
    return { person, source: "users", legacyId: null, role: null }
  } catch (error) {
    if (me.authorizedBy !== "teacher" || !isNotShared(error)) return notShared(error)
  }
  // Clever's own advice for Library logins (dev.clever.com/docs/the-userinfo-endpoint).
  const info = await users.userInfo(request).catch(notShared)
  if (info.multiRoleUserId !== null && info.multiRoleUserId !== info.id) {
    throw mismatch("multi_role_user_id", "userinfo")
  }
  if (info.authorizedBy !== null && info.authorizedBy !== me.authorizedBy) {
    throw mismatch("authorized_by", "userinfo")
  }
  const { id, districtId, email, name, legacyId, role } = info
  return { person: { id, districtId, email, name, roles: rolesOf(info) }, source: "userinfo", legacyId, role }
}

/** The one role that `/userinfo` names; its record can't be read. */
function rolesOf({ role }: UserInfo): UserRoles {
  return role === null ? {} : { [role]: {} }
}

function checkClaims({ subject, multiRoleUserId }: IdTokenClaims, me: Me): void {
  if (multiRoleUserId !== null && multiRoleUserId !== subject)
    throw mismatch("multi_role_user_id", "id_token")
  if (subject !== me.id) throw mismatch("id", "me")
}

/** To be caught with: somebody whom the district or a teacher does not share gets a friendly answer (R46). */
function notShared(error: unknown): never {
  if (!isNotShared(error)) throw error
  throw new HomeroomError("LOGIN_UNAUTHORIZED_USER", { cause: error })
}

function isNotShared(error: unknown): boolean {
  if (!isHomeroomError(error)) return false
  return error.code === "CLEVER_NOT_FOUND" || error.details.status === 403
}

/** Which field and which answer; the ids themselves would say who. */
function mismatch(field: string, source: string): HomeroomError {
  return new HomeroomError("LOGIN_IDENTITY_MISMATCH", { details: { field, source } })
}
