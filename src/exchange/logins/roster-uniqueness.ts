import { setImmediate as nextTurn } from "node:timers/promises"
import type { Role, User } from "../../models/index.ts"
import { comparable, fieldOf, type RosterField } from "../../roster/index.ts"
import type { RosterStorage, StoredRecord } from "../../storage/contract.ts"

const pageSize = 500
/** In a larger district only `sis_id` and `staff_id`, which are indexed, can be told to be unique. */
const maxScanned = 100_000

/** Somebody's value in a field of a role. */
export interface RosterValue {
  districtId: string
  /** The person's Clever id. */
  id: string
  role: Role
  field: RosterField
  value: string
}

/**
 * Whether nobody else active in the district has this value in this role's field; an e-mail address in any role (S26).
 * False as well where that can't be told: in a district with more than 100,000 people to look at.
 *
 * `sis_id` and `staff_id` are looked up. The other fields have no index: people are read page by page, once per
 * person who logs in and only when the app has one account that fits.
 */
export async function isUniqueInRoster(storage: RosterStorage, wanted: RosterValue): Promise<boolean> {
  const { id, role, field, value } = wanted
  const text = comparable(field, value)
  let after: string | undefined
  for (let scanned = 0; scanned < maxScanned; scanned += pageSize) {
    const page = await readPage(storage, wanted, after)
    const isTaken = page.some((record) => {
      if (record.id === id || !mayHold(record, field, value)) return false
      const found = fieldOf(JSON.parse(record.data) as User, role, field)
      return found !== undefined && comparable(field, found) === text
    })
    if (isTaken) return false
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) return true
    after = last.id
    await nextTurn()
  }
  return false
}

/** The next of those who may have the value. */
function readPage(
  storage: RosterStorage,
  { districtId, role, field, value }: RosterValue,
  after: string | undefined,
): Promise<StoredRecord[]> {
  const place = { districtId, after, limit: pageSize }
  if (field === "email") return storage.listRecords({ ...place, kind: "user", state: "active" })
  const isIndexed = field === "sis_id" || field === "staff_id"
  const filter = isIndexed ? ({ kind: "user", sisId: value } as const) : ({ kind: "user", role } as const)
  return storage.findRecords({ ...place, filter })
}

/** Tells most records that do not hold the value without parsing them: text without escapes holds it as it is. */
function mayHold({ data }: StoredRecord, field: RosterField, value: string): boolean {
  return field === "email" || data.includes(value) || data.includes("\\")
}
