import { HomeroomError } from "../errors/index.ts"
import { idPattern, type Role, roles, type UserRoles } from "../models/index.ts"

/** Who let the person use the app: their district, or (Clever Library) a teacher. */
export type AuthorizedBy = "district" | "teacher"

/** What `/me` says. */
export interface Me {
  /** The user's Clever id, of the version that was asked. */
  readonly id: string
  /** Null for a Library login. */
  readonly districtId: string | null
  readonly authorizedBy: AuthorizedBy
}

/** A person's name as far as Clever has it. A contact has all of it in `last`. */
export interface PersonName {
  readonly first: string | null
  readonly middle: string | null
  readonly last: string | null
}

/** A user's record as their own token reads it. */
export interface SharedUser {
  readonly id: string
  /** Null where Clever leaves it out, as in a Library login. */
  readonly districtId: string | null
  /** As the district wrote it: not verified, perhaps no address at all. */
  readonly email: string | null
  readonly name: PersonName
  /** Only roles that Homeroom knows; none is null. */
  readonly roles: UserRoles
}

/** What `/userinfo` says (dev.clever.com/docs/the-userinfo-endpoint). */
export interface UserInfo {
  /** `sub`: the user's Clever id. */
  readonly id: string
  /** `multi_role_user_id`: the same id again. */
  readonly multiRoleUserId: string | null
  /** `user_id`: the id in Clever's API v2. */
  readonly legacyId: string | null
  readonly districtId: string | null
  /** The role of this login, one of perhaps several. */
  readonly role: Role | null
  readonly authorizedBy: AuthorizedBy | null
  readonly email: string | null
  readonly name: PersonName
}

/**
 * Reads `/me`, in any of the shapes seen: with or without `authorized_by`, `links`, a name, a role for a type.
 * `type` is not read, since a role can't be told from it. Throws `CLEVER_BODY_INVALID`.
 */
export function readMe(body: unknown, path: string): Me {
  const data = readData(body, path)
  const districtId = readId(data.district, "district", path)
  return { id: readOwnId(data.id, "id", path), districtId, authorizedBy: readAuthorizedBy(data, path) }
}

/** Reads `/users/{id}`; fields of a wrong type count, in ids, roles and districts. Throws `CLEVER_BODY_INVALID`. */
export async function readUser(body: unknown, path: string): Promise<SharedUser> {
  const data = readData(body, path)
  const id = readOwnId(data.id, "id", path)
  const districtId = readId(data.district, "district", path)
  return {
    id,
    districtId,
    email: readText(data.email),
    name: readName(data.name),
    roles: await readRoles(data.roles, path),
  }
}

/** Reads `/userinfo`, whose `name` is an object although OpenID Connect wants a text. Throws `CLEVER_BODY_INVALID`. */
export function readUserInfo(body: unknown, path: string): UserInfo {
  const data = readObject(body, path)
  const { given_name: first, family_name: last } = data
  const name = typeof data.name === "object" && data.name !== null ? data.name : { first, last }
  const districtId = readId(data.district, "district", path)
  const otherDistrictId = readId(data.district_id, "district_id", path)
  if (districtId !== null && otherDistrictId !== null && districtId !== otherDistrictId) {
    throw new HomeroomError("LOGIN_IDENTITY_MISMATCH", { details: { field: "district", source: path } })
  }
  return {
    id: readOwnId(data.sub, "sub", path),
    multiRoleUserId: readId(data.multi_role_user_id, "multi_role_user_id", path),
    legacyId: readId(data.user_id, "user_id", path),
    districtId: districtId ?? otherDistrictId,
    role: readRole(data.user_type),
    authorizedBy: isNothing(data.authorized_by) ? null : readAuthorizedBy(data, path),
    email: readText(data.email),
    name: readName(name),
  }
}

/**
 * The role that a `user_type` means, in any of Clever's spellings: `district admin`, and `school_admin` for what
 * became `staff` in v3. Null for an unknown one: no role is ever assumed.
 */
export function readRole(userType: unknown): Role | null {
  if (typeof userType !== "string") return null
  const word = userType
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_")
  if (word === "school_admin") return "staff"
  return roles.find((role) => role === word) ?? null
}

/** Whether a value can be a user's or district's id, which becomes part of an address and a key. */
export function isUserId(value: unknown): value is string {
  // Ids come from others: idPattern alone lets `__proto__` pass (R60).
  return typeof value === "string" && idPattern.test(value) && /^[A-Za-z0-9]/.test(value)
}

type Fields = Readonly<Record<string, unknown>>

/** The object in `data`, where Clever puts it, or the body itself if that is the object. */
function readData(body: unknown, path: string): Fields {
  const fields = readObject(body, path)
  return fields.data === undefined && fields.id !== undefined ? fields : readObject(fields.data, path)
}

function readObject(value: unknown, path: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields
  throw invalid(path, "the object is missing")
}

function readOwnId(value: unknown, field: string, path: string): string {
  const id = readId(value, field, path)
  if (id === null) throw invalid(path, `${field} is missing`)
  return id
}

function readId(value: unknown, field: string, path: string): string | null {
  if (isNothing(value)) return null
  if (isUserId(value)) return value
  throw invalid(path, `${field} is no id`)
}

function readAuthorizedBy(data: Fields, path: string): AuthorizedBy {
  const { authorized_by: authorizedBy, district } = data
  if (authorizedBy === "district" || authorizedBy === "teacher") return authorizedBy
  // Only a district's own logins carry its id, and older answers have nothing else.
  if (isNothing(authorizedBy) && !isNothing(district)) return "district"
  throw invalid(path, "authorized_by is missing or unknown")
}

async function readRoles(value: unknown, path: string): Promise<UserRoles> {
  const { parseRecord } = await import("../models/parse-record.ts")
  const result = parseRecord(
    "user",
    { id: "id", district: "district", roles: value },
    { districtId: "district" },
  )
  if (!result.ok) throw invalid(path, `${result.path}: ${result.reason}`)
  const given = result.record.roles ?? {}
  return Object.fromEntries(
    roles.filter((role) => !isNothing(given[role])).map((role) => [role, given[role]]),
  )
}

function readName(value: unknown): PersonName {
  const { first, middle, last } = (typeof value === "object" && value !== null ? value : {}) as Fields
  return { first: readText(first), middle: readText(middle), last: readText(last) }
}

function readText(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === ""
}

function invalid(path: string, reason: string): HomeroomError {
  return new HomeroomError("CLEVER_BODY_INVALID", {
    message: `Clever's answer to ${path} is not as it must be: ${reason}.`,
    details: { reason, path },
  })
}
