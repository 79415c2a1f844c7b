import type { ApiVersion, Role } from "../../models/kinds.ts"
import type { JsonObject } from "../json.ts"
import { idsIn, roleOf, schoolsOfUser } from "../kinds.ts"
import type { Grant } from "./grant.ts"
import { legacyIdOf, nameParts, type Person } from "./person.ts"
import type { SimulatedApp } from "./simulated-app.ts"

/** One login as the identity endpoints tell it: who, for which app, on whose authority. */
export interface Login {
  readonly app: SimulatedApp
  readonly person: Person
  readonly grant: Grant
}

/** The name of a role in version 2 of the API. */
const legacyTypes: Readonly<Record<Role, string>> = {
  student: "student",
  teacher: "teacher",
  staff: "school_admin",
  district_admin: "district_admin",
  contact: "contact",
}

/** The body of `/me`. Without a version, as before version 3: the id and the type are those of the role. */
export function meBody(login: Login, version: ApiVersion | undefined): JsonObject {
  const { app, grant, person } = login
  const { role, authorizedBy } = grant
  const district = authorizedBy === "district" ? { district: grant.districtId } : {}
  const districtLink = (prefix: string): JsonObject[] =>
    authorizedBy === "district" ? [{ rel: "district", uri: `/${prefix}/districts/${grant.districtId}` }] : []
  if (version === undefined) {
    const type = legacyTypes[role]
    const id = legacyIdOf(person, role)
    const links = [
      { rel: "self", uri: "/me" },
      { rel: "canonical", uri: `/v2.1/${type}s/${id}` },
      ...districtLink("v2.1"),
    ]
    return { type, data: { id, ...district, type }, links }
  }
  const id = grant.personId
  if (app.meShape === "bare") return { data: { id, ...district, type: role } }
  const own = app.meShape === "role-as-type" ? { type: role, name: shownName(login) } : { type: "user" }
  return {
    type: "user",
    data: { id, ...district, ...own, authorized_by: authorizedBy },
    links: [
      { rel: "self", uri: "/me" },
      { rel: "canonical", uri: `/${version}/users/${id}` },
      ...districtLink(version),
    ],
  }
}

/** The claims of an `id_token`: dated by `now`, good for an hour. Only logins that a district authorises have one. */
export function idTokenClaims(
  login: Login,
  options: { issuer: string; nonce?: string | undefined; now: Date },
): JsonObject {
  const { app, grant } = login
  const iat = Math.floor(options.now.getTime() / 1000)
  return {
    iss: options.issuer,
    sub: grant.personId,
    aud: app.clientId,
    iat,
    exp: iat + 3600,
    ...(options.nonce === undefined ? {} : { nonce: options.nonce }),
    ...commonClaims(login),
    district: grant.districtId,
  }
}

/** The body of `/userinfo`. `name` is an object, against OpenID Connect. */
export function userinfoBody(login: Login): JsonObject {
  const { grant, person } = login
  const district =
    grant.authorizedBy === "district" ? { district_id: grant.districtId, district: grant.districtId } : {}
  const schools = grant.authorizedBy === "district" ? [...schoolsOfUser(person.record)] : []
  return {
    sub: grant.personId,
    ...commonClaims(login),
    ...district,
    name: shownName(login),
    schools,
    authorized_by: grant.authorizedBy,
  }
}

function commonClaims(login: Login): JsonObject {
  const { app, grant, person } = login
  const { first, last } = shownName(login)
  const [email] = idsIn([person.record.email])
  const showsEmail = email !== undefined && !(grant.authorizedBy === "teacher" && grant.role === "student")
  return {
    user_id: legacyIdOf(person, grant.role),
    multi_role_user_id: grant.personId,
    user_type: app.userTypeNames[grant.role] ?? grant.role,
    ...(showsEmail ? { email } : {}),
    email_verified: app.emailVerified,
    ...(first === undefined ? {} : { given_name: first }),
    ...(last === undefined ? {} : { family_name: last }),
  }
}

/** The name as this login may see it: of a student in the Library the last name's initial alone. */
function shownName({ grant, person }: Login): { first?: string; middle?: string; last?: string } {
  const { first, middle, last } = nameParts(person)
  const isLimited = grant.authorizedBy === "teacher" && grant.role === "student"
  const shown = isLimited ? { first, last: [...(last ?? "")][0] } : { first, middle, last }
  return Object.fromEntries(Object.entries(shown).filter(([, part]) => part !== undefined))
}

/**
 * A user record as a teacher-authorised token shows it: no district, no schools, nothing of rosters, and of
 * a student neither an address nor more of the last name than its initial.
 */
export function libraryUser(login: Login, record: JsonObject): JsonObject {
  const { role } = login.grant
  const roleObject = roleOf(record, role) ?? {}
  const kept = role === "teacher" ? ["legacy_id", "title"] : ["grade"]
  const shown = Object.fromEntries(Object.entries(roleObject).filter(([key]) => kept.includes(key)))
  return {
    created: record.created,
    ...(role === "teacher" && record.email !== undefined ? { email: record.email } : {}),
    last_modified: record.last_modified,
    name: shownName(login),
    id: record.id,
    roles: { [role]: shown },
  }
}
