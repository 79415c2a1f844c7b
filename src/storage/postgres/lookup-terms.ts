import { hash } from "node:crypto"
import { type Kind, roles as knownRoles } from "../../models/kinds.ts"
import type { RosterRecord } from "../../models/parse-record.ts"
import { recordKeys } from "../../models/record-keys.ts"
import type { RecordFilter, RecordKeys } from "../contract.ts"

/** What is longer, or has a U+0000, which SQL has not, stands under its hash. */
const longest = 200

/**
 * What a record is found by, one term for each: `p` a person of a section, `s` a school, `r` a role, `q` a role at a
 * school, `i` a `sis_id`; each after the number of the district, so that a search reads nothing of other districts. The
 * database has the number of each term (`term-numbers.ts`).
 */
export function lookupTerms(district: number, kind: Kind, keys: RecordKeys, data: string): string[] {
  const terms: string[] = []
  for (const id of keys.people) terms.push(term(district, "p", id))
  for (const id of keys.schools) terms.push(term(district, "s", id))
  for (const id of keys.sisIds) terms.push(term(district, "i", id))
  if (kind === "user") addRoles(terms, district, keys, data)
  return terms
}

/** What a search asks the index of terms for. */
export type TermFilter = Exclude<RecordFilter, { sectionId: string }>

/** The term that a record has exactly if it fits. */
export function termOf(district: number, filter: TermFilter): string {
  if ("personId" in filter) return term(district, "p", filter.personId)
  if ("sisId" in filter) return term(district, "i", filter.sisId)
  if (!("schoolId" in filter)) return term(district, "r", filter.role)
  const { kind, schoolId, role } = filter
  return kind === "user" && role !== undefined
    ? term(district, "q", atSchool(role, schoolId))
    : term(district, "s", schoolId)
}

/** Whether a content fits indeed: two terms may have one number. */
export function fits(filter: TermFilter, data: string): boolean {
  const keys = recordKeys(filter.kind, JSON.parse(data) as RosterRecord)
  return lookupTerms(0, filter.kind, keys, data).includes(termOf(0, filter))
}

/**
 * Something that stands in every content that fits, unless with escapes in it: letters and digits of what is searched
 * for, which no JSON text need write otherwise.
 */
export function wordOf(filter: TermFilter): string {
  const words = searchedFor(filter).match(/[0-9A-Za-z]+/g) ?? []
  return words.reduce((longest, word) => (word.length > longest.length ? word : longest), "")
}

function searchedFor(filter: TermFilter): string {
  if ("personId" in filter) return filter.personId
  if ("sisId" in filter) return filter.sisId
  return "schoolId" in filter ? filter.schoolId : filter.role
}

/** All terms in which a text may be what a record of the district is found by. */
export function termsWith(district: number, text: string): string[] {
  const asRole = knownRoles.map((role) => term(district, "q", atSchool(role, text)))
  return [...["p", "s", "r", "i"].map((field) => term(district, field, text)), ...asRole]
}

function addRoles(terms: string[], district: number, keys: RecordKeys, data: string): void {
  const [only] = keys.roles
  if (only !== undefined && keys.roles.length === 1 && isKnown(only)) {
    terms.push(term(district, "r", only))
    for (const school of keys.schools) terms.push(term(district, "q", atSchool(only, school)))
    return
  }
  if (only === undefined) return
  // Which role has which school the keys do not tell, nor whether an unknown one is an object.
  const { roles } = JSON.parse(data) as { roles?: Record<string, unknown> | null }
  for (const [role, fields] of Object.entries(roles ?? {})) {
    if (typeof fields !== "object" || fields === null || Array.isArray(fields)) continue
    terms.push(term(district, "r", role))
    const { school, schools } = fields as { school?: unknown; schools?: unknown }
    for (const id of new Set([school, schools].flat())) {
      if (typeof id === "string" && id !== "") terms.push(term(district, "q", atSchool(role, id)))
    }
  }
}

function isKnown(role: string): boolean {
  return knownRoles.some((known) => known === role)
}

function atSchool(role: string, schoolId: string): string {
  return `${role} ${schoolId}`
}

function term(district: number, field: string, value: string): string {
  const isPlain = value.length <= longest && !value.includes("\0")
  return `${district}${field}${isPlain ? value : `#${hash("sha256", value)}`}`
}
