import { HomeroomError } from "../errors/index.ts"
import type { PurgeRequest, RosterStorage } from "../storage/contract.ts"
import { unmatchedFrom } from "./matching/matching-position.ts"
import { isoTime } from "./run-context.ts"
import { undeliveredFrom } from "./targets/delivery-documents.ts"

/** For how long what is no longer needed is kept, in whole days; what is absent is kept for ever (S31). */
export interface Retention {
  /** What each import changed, counted from its end: details, not counts. No import older than that can be undone. */
  changesDays?: number | undefined
  /** Archived records, counted from when they were archived. */
  archivedDays?: number | undefined
  /** What imports had found that were begun and never committed. */
  stagedDays?: number | undefined
}

const dayMs = 24 * 60 * 60 * 1_000

/** The retention as it is. Throws `INVALID_OPTIONS`. */
export function checkRetention(retention: Retention): Retention {
  for (const [name, days] of Object.entries(retention)) {
    if (days === undefined || (Number.isInteger(days) && days >= 1)) continue
    throw new HomeroomError("INVALID_OPTIONS", {
      message: `retention.${name} must be a whole number of days, 1 or more.`,
      details: { option: `retention.${name}` },
    })
  }
  return retention
}

/** What of a district has outlived its time; undefined if everything is kept for ever. */
export function purgeRequest(
  districtId: string,
  { changesDays, archivedDays, stagedDays }: Retention,
  nowMs: number,
): PurgeRequest | undefined {
  const daysAgo = (days: number | undefined) =>
    days === undefined ? undefined : isoTime(nowMs - days * dayMs)
  const [changesBefore, archivedBefore, stagedBefore] = [changesDays, archivedDays, stagedDays].map(daysAgo)
  if (changesBefore === undefined && archivedBefore === undefined && stagedBefore === undefined)
    return undefined
  return { districtId, changesBefore, archivedBefore, stagedBefore }
}

/**
 * The lowest version of a district whose change log somebody still needs, whatever its age: a target that has not been
 * given it (S23), or the matching of newcomers that has not looked at it (S26). Undefined if nobody does.
 */
export async function neededFrom(storage: RosterStorage, districtId: string): Promise<number | undefined> {
  const versions = [await undeliveredFrom(storage, districtId), await unmatchedFrom(storage, districtId)]
  const needed = versions.filter((version) => version !== undefined)
  return needed.length === 0 ? undefined : Math.min(...needed)
}
