import { type Role, roles } from "../../models/kinds.ts"
import type { SimulatedDistrict } from "../district/simulated-district.ts"
import { isJsonObject, type JsonObject, parseObject } from "../json.ts"
import { idsIn, loginNamesOf, roleOf, rolesOf } from "../kinds.ts"

/** A person of a district who may log in to Clever, shared with apps or not. */
export interface Person {
  readonly id: string
  readonly district: SimulatedDistrict
  readonly record: JsonObject
  /** In the order of permissions, the least first: the first is the one that a login begins with. */
  readonly roles: readonly Role[]
}

const byPermission: readonly Role[] = ["student", "contact", "teacher", "staff", "district_admin"]

/** A person out of a record's text. */
export function personOf(district: SimulatedDistrict, text: string): Person {
  const record = parseObject(text)
  const held = rolesOf(record)
  return {
    id: String(record.id),
    district,
    record,
    roles: byPermission.filter((role) => held.includes(role)),
  }
}

/** The person with this id, whatever the district, or undefined. */
export function findPerson(districts: readonly SimulatedDistrict[], id: string): Person | undefined {
  for (const district of districts) {
    const text = district.data.texts("user").get(id)
    if (text !== undefined) return personOf(district, text)
  }
  return undefined
}

/** The person of one of these roles who logs in with this user name, e-mail address, number or id. */
export function personByLogin(
  district: SimulatedDistrict,
  options: { login: string; among: readonly Role[] },
): Person | undefined {
  const wanted = options.login.trim().toLowerCase()
  if (wanted === "") return undefined
  const quoted = JSON.stringify(wanted)
  for (const text of district.data.texts("user").values()) {
    if (!text.toLowerCase().includes(quoted)) continue
    const person = personOf(district, text)
    if (!hasRole(person, options.among)) continue
    if (loginNamesOf(person.record).some((own) => own.toLowerCase() === wanted)) return person
  }
  return undefined
}

/** People of a district, at most `limit`, whose name or user names contain every word of the search. */
export function searchPeople(
  district: SimulatedDistrict,
  options: {
    search: string
    limit: number
    among?: readonly Role[] | undefined
    where?: ((person: Person) => boolean) | undefined
  },
): Person[] {
  const { search, limit, among = roles, where = () => true } = options
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const found: Person[] = []
  for (const text of district.data.texts("user").values()) {
    if (found.length >= limit) break
    const person = personOf(district, text)
    if (!hasRole(person, among)) continue
    const told = `${nameOf(person)} ${loginNamesOf(person.record).join(" ")}`.toLowerCase()
    if (words.every((word) => told.includes(word)) && where(person)) found.push(person)
  }
  return found
}

/** True for a person who has one of the roles. */
export function hasRole(person: Person, among: readonly Role[]): boolean {
  return person.roles.some((role) => among.includes(role))
}

/** The parts of a person's name that there are. */
export function nameParts(person: Person): {
  first: string | undefined
  middle: string | undefined
  last: string | undefined
} {
  const name = isJsonObject(person.record.name) ? person.record.name : {}
  const part = (key: string): string | undefined => idsIn([name[key]])[0]
  return { first: part("first"), middle: part("middle"), last: part("last") }
}

/** A person's name on one line; the id if there is none. */
export function nameOf(person: Person): string {
  const { first, last } = nameParts(person)
  return [first, last].filter(Boolean).join(" ") || person.id
}

/** What a person types to log in: their user name, else e-mail address, else id. */
export function userNameOf(person: Person): string {
  return loginNamesOf(person.record)[0] as string
}

/** The id that version 2 of the API had for this person in this role: for students the same as today's. */
export function legacyIdOf(person: Person, role: Role): string {
  return idsIn([roleOf(person.record, role)?.legacy_id])[0] ?? person.id
}

/** A role as people write it. */
export function roleName(role: Role): string {
  return role.replace("_", " ")
}

/** What tells people of one name apart: roles and user name. */
export function describe(person: Person): string {
  return [...person.roles.map(roleName), userNameOf(person)].join(", ")
}
