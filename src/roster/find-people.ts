import { idPattern } from "../models/ids.ts"
import type { Name, User } from "../models/index.ts"
import { recordKeys } from "../models/record-keys.ts"
import type { RecordState, RosterStorage, StoredRecord } from "../storage/contract.ts"
import type { CompiledScope } from "./scope/compiled-scope.ts"

export interface PeopleSearch {
  /** The Clever id of the district. */
  districtId: string
  /** A Clever id, a `sis_id`, an e-mail address, or words that names begin with. */
  text: string
  /** `next` of the answer before. */
  after?: string | undefined
  /** How many at most. Default 50. */
  limit?: number | undefined
}

/** Somebody in the roster, by what people are told apart. */
export interface FoundPerson {
  id: string
  state: RecordState
  /** Null where the roster keeps no name. */
  name: string | null
  email: string | null
  roles: string[]
  sisIds: string[]
  /** Clever ids. */
  schools: string[]
}

export interface FoundPeople {
  /** In ascending Clever id; archived people as well. */
  people: FoundPerson[]
  /** Where to go on; null where nothing is left. */
  next: string | null
  /** How many people were read one by one for it; 0 where an index had the answer. */
  looked: number
}

const pageSize = 1_000
const mostLookedThrough = 20_000

/**
 * Looks people up. Clever ids and `sis_id`s come from an index; only where they name nobody is the roster read for
 * addresses and names, 20,000 people at most for one answer, which says where to go on. Sees what the scope keeps.
 */
export async function findPeople(
  storage: RosterStorage,
  { districtId, text, after, limit = 50 }: PeopleSearch,
  scope: CompiledScope | undefined,
): Promise<FoundPeople> {
  const wanted = text.trim()
  if (wanted === "") return { people: [], next: null, looked: 0 }
  if (after === undefined) {
    const records = await lookUp(storage, districtId, wanted)
    const people = records.flatMap((record) => personOf(record, scope) ?? [])
    if (people.length > 0) return { people: people.slice(0, limit), next: null, looked: 0 }
  }
  const fits = isAddress(wanted) ? byAddress(wanted) : byName(wanted)
  const found: FoundPeople = { people: [], next: null, looked: 0 }
  let last = after
  while (found.looked < mostLookedThrough) {
    const page = await storage.listRecords({ districtId, kind: "user", after: last, limit: pageSize })
    for (const record of page) {
      found.looked++
      const person = personOf(record, scope)
      if (person === undefined || !fits(person)) continue
      found.people.push(person)
      if (found.people.length === limit) return { ...found, next: person.id }
    }
    if (page.length < pageSize) return found
    last = page.at(-1)?.id
  }
  return { ...found, next: last ?? null }
}

/** Somebody by Clever id, active or archived; undefined where there is nobody, or the scope leaves them out. */
export async function findPerson(
  storage: RosterStorage,
  { districtId, id }: { districtId: string; id: string },
  scope: CompiledScope | undefined,
): Promise<FoundPerson | undefined> {
  const [record] = await storage.getRecords({ districtId, kind: "user", ids: [id] })
  return record && personOf(record, scope)
}

/** What people are told apart by; undefined for whom the scope leaves out. */
function personOf(
  { id, state, data }: Pick<StoredRecord, "id" | "state" | "data">,
  scope: CompiledScope | undefined,
): FoundPerson | undefined {
  const content: unknown = JSON.parse(data)
  const verdict = scope?.judge("user", content) ?? { state: "in", value: content }
  if (verdict.state !== "in") return undefined
  const user = verdict.value as User
  const { roles, schools, sisIds } = recordKeys("user", user)
  const found = { roles: [...roles], sisIds: [...sisIds], schools: [...schools] }
  return { id, state, name: fullName(user.name), email: user.email ?? null, ...found }
}

async function lookUp(storage: RosterStorage, districtId: string, text: string): Promise<StoredRecord[]> {
  const byId = idPattern.test(text) ? await storage.getRecords({ districtId, kind: "user", ids: [text] }) : []
  if (byId.length > 0) return byId
  const search = { districtId, filter: { kind: "user", sisId: text }, limit: 100 } as const
  const active = await storage.findRecords(search)
  const archived = await storage.findRecords({ ...search, state: "archived" })
  return [...active, ...archived].sort((one, other) => (one.id < other.id ? -1 : 1))
}

function isAddress(text: string): boolean {
  return text.includes("@")
}

function byAddress(text: string): (person: FoundPerson) => boolean {
  const address = text.toLowerCase()
  return ({ email }) => email?.toLowerCase() === address
}

/** Each word begins a word of the name, whatever the order, the case and the accents. */
function byName(text: string): (person: FoundPerson) => boolean {
  const wanted = wordsOf(text)
  return ({ name }) => {
    if (name === null) return false
    const words = wordsOf(name)
    return wanted.length > 0 && wanted.every((start) => words.some((word) => word.startsWith(start)))
  }
}

function wordsOf(text: string): string[] {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
  return plain.split(/[\s,.'’-]+/u).filter((word) => word !== "")
}

function fullName(name: Name | null | undefined): string | null {
  const parts = [name?.first, name?.middle, name?.last].filter((part) => part != null && part !== "")
  return parts.length === 0 ? null : parts.join(" ")
}
