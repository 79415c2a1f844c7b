import type { Role, User } from "../../models/index.ts"
import type { LinkKey, LoginStore, RosterStorage } from "../../storage/contract.ts"
import type { AppAccounts, LoginIdentity, MatchField } from "./app-accounts.ts"
import { fieldOf, isUniqueInRoster, type RosterField } from "./roster-uniqueness.ts"

/** Which account of the app a person has, as far as it can be told. */
export type AccountMatch =
  | { readonly state: "none" }
  | { readonly state: "unique"; readonly accountId: string; readonly field: MatchField | null }
  | {
      readonly state: "ambiguous"
      readonly candidates: readonly string[]
      readonly field: MatchField | null
      readonly detail: "LINK_CONFLICT" | null
    }

/** What people of each role are matched by, in this order (S26). Names never decide. */
const matchers: Readonly<Record<Role, readonly RosterField[]>> = {
  student: ["sis_id", "student_number", "state_id", "email"],
  teacher: ["email", "sis_id", "teacher_number", "state_id"],
  staff: ["email", "staff_id"],
  district_admin: [],
  contact: [],
}

/** Of more accounts than this the first ones are named. */
export const maxCandidates = 20

export interface MatchOptions {
  storage: RosterStorage
  findBy: NonNullable<AppAccounts["findBy"]>
  identity: LoginIdentity
  districtId: string
  /** The person's record in the roster of that district. */
  user: User
  matchEmail: boolean
}

/**
 * Finds the account of somebody in the roster who has no link yet (S26): by Clever's own ids, present and former,
 * then by each role's fields in order, where exactly one account and exactly one person of the district have the
 * value. Roles that point to different accounts decide nothing.
 */
export async function matchAccounts(options: MatchOptions): Promise<AccountMatch> {
  const byIds = await matchIds(options)
  if (byIds.state !== "none") return byIds
  const found = new Map<string, MatchField>()
  let doubtful: AccountMatch | undefined
  for (const role of Object.keys(matchers) as Role[]) {
    const match = await matchRole(options, role)
    if (match.state === "unique" && match.field !== null) found.set(match.accountId, match.field)
    else if (match.state === "ambiguous") doubtful ??= match
  }
  const [first, second] = found
  if (first === undefined) return doubtful ?? { state: "none" }
  const [accountId, field] = first
  if (second === undefined) return { state: "unique", accountId, field }
  return { state: "ambiguous", candidates: [...found.keys()], field: null, detail: null }
}

/** Offers the person's id and every former one at once: different accounts under them are a conflict (R45). */
async function matchIds(options: MatchOptions): Promise<AccountMatch> {
  const { storage, findBy, identity, districtId } = options
  const accounts: string[] = []
  let field: MatchField = "clever_id"
  for (const value of new Set([identity.cleverId, ...identity.legacyIds])) {
    const asked: MatchField = value === identity.cleverId ? "clever_id" : "legacy_id"
    const answer = await findBy({ districtId, role: null, field: asked, value })
    if (answer.length > 0 && accounts.length === 0) field = asked
    accounts.push(...answer)
  }
  const candidates = await freeAccounts(storage, identity, accounts)
  const [accountId] = candidates
  if (accountId === undefined) return { state: "none" }
  if (candidates.length === 1) return { state: "unique", accountId, field }
  return { state: "ambiguous", candidates, field, detail: "LINK_CONFLICT" }
}

/** The first matcher that decides; failing that, the first that found accounts and could not decide. */
async function matchRole(options: MatchOptions, role: Role): Promise<AccountMatch> {
  const { storage, findBy, identity, districtId, user, matchEmail } = options
  let doubtful: AccountMatch = { state: "none" }
  for (const field of matchers[role]) {
    const value = fieldOf(user, role, field)
    if (value === undefined || (field === "email" && !matchEmail)) continue
    const answer = await findBy({ districtId, role, field, value })
    const candidates = await freeAccounts(storage, identity, answer)
    const [accountId] = candidates
    if (accountId === undefined) continue
    const isUnique =
      candidates.length === 1 &&
      (await isUniqueInRoster(storage, { districtId, id: user.id, role, field, value }))
    if (isUnique) return { state: "unique", accountId, field }
    if (doubtful.state === "none") doubtful = { state: "ambiguous", candidates, field, detail: null }
  }
  return doubtful
}

/** The accounts that are not linked to somebody else, each once. */
export async function freeAccounts(
  storage: LoginStore,
  key: LinkKey,
  accounts: readonly string[],
): Promise<string[]> {
  const free: string[] = []
  for (const accountId of new Set(accounts.slice(0, maxCandidates))) {
    const links = await storage.listLinks({ accountId, limit: 2 })
    const isFree = links.every((link) => link.issuer === key.issuer && link.cleverId === key.cleverId)
    if (isFree) free.push(accountId)
  }
  return free
}
