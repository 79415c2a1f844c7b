import type { User } from "../../models/index.ts"
import {
  type AccountMatch,
  freeAccounts,
  matchAccounts,
  maxCandidates,
  personSubject,
  ReviewBook,
  standingOf,
} from "../../roster/index.ts"
import type { LinkKey, RosterStorage } from "../../storage/contract.ts"
import type { AppAccounts, LoginIdentity } from "./app-accounts.ts"
import { isUniqueInRoster } from "./roster-uniqueness.ts"

/** What a login may know of earlier decisions about a person's account. */
export interface LoginStanding {
  /** Accounts that somebody said are not theirs. */
  readonly apart: ReadonlySet<string>
  /** Accounts that somebody has yet to decide about; empty if nothing waits. */
  readonly undecided: readonly string[]
  /** True while it is open whether the person is somebody archived under a new id (S27). */
  readonly isMaybeReissued: boolean
}

export const noStanding: LoginStanding = { apart: new Set(), undecided: [], isMaybeReissued: false }

/** What people have decided about somebody, and what waits for them to. Two lookups where nothing does. */
export async function loginStanding(
  storage: RosterStorage,
  person: LinkKey & { districtId: string },
): Promise<LoginStanding> {
  const { issuer, cleverId, districtId } = person
  const reviews = new ReviewBook({ storage, clock: Date.now })
  const { apart, open = [], formerIds } = await standingOf(reviews, { districtId, type: "account", cleverId })
  const undecided = new Set(await freeAccounts(storage, person, open))
  for (const former of formerIds) {
    const link = await storage.getLink({ issuer, cleverId: former })
    if (link !== undefined) undecided.add(link.accountId)
  }
  return { apart, undecided: [...undecided].slice(0, maxCandidates), isMaybeReissued: formerIds.length > 0 }
}

/** Finds the account of somebody in the roster who logs in without a link (S26), by asking the app. */
export function matchLogin(options: {
  storage: RosterStorage
  findBy: NonNullable<AppAccounts["findBy"]>
  identity: LoginIdentity
  districtId: string
  /** The person's record in the roster of that district. */
  user: User
  matchEmail: boolean
  standing: LoginStanding
}): Promise<AccountMatch> {
  const { storage, findBy, identity, districtId, user, matchEmail, standing } = options
  const { cleverId: id, legacyIds } = identity
  return matchAccounts({
    subject: personSubject({ user: { ...user, id }, legacyIds, matchEmail }),
    book: {
      find: async (question) => freeAccounts(storage, identity, await findBy({ districtId, ...question })),
      objection: async ({ role, field, value }) => {
        // Clever's own ids need no counting.
        if (role === null || field === "clever_id" || field === "legacy_id") return undefined
        const isUnique = await isUniqueInRoster(storage, { districtId, id, role, field, value })
        return isUnique ? undefined : "several-people"
      },
    },
    decisions: standing,
  })
}
