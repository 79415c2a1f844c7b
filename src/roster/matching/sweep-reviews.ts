import { isHomeroomError } from "../../errors/index.ts"
import type { RosterStorage } from "../../storage/contract.ts"
import type { MatchPass } from "./match-pass.ts"
import type { ReviewBook, ReviewEntry } from "./review-book.ts"
import type { ReviewDesk } from "./review-desk.ts"

const pageSize = 200

interface Sweep {
  storage: RosterStorage
  districtId: string
  reviews: ReviewBook
  desk: ReviewDesk
  /** A pass over everyone that has just ended. */
  pass: MatchPass
}

/**
 * Goes through a district's reviews: carries out decisions that were interrupted, and closes what has settled itself
 * or has no candidates left. Returns how many were closed.
 */
export async function sweepReviews(sweep: Sweep): Promise<number> {
  const { districtId, reviews, desk } = sweep
  let closed = 0
  let after: string | undefined
  for (;;) {
    const page = await reviews.list({ districtId, after, limit: pageSize })
    for (const entry of page) {
      const { state } = entry.review
      if (state === "linking") await desk.finish(entry).catch(ignoreConflict)
      if (state === "open" && (await isSettled(sweep, entry)) && (await reviews.close(entry))) closed++
    }
    after = page.at(-1)?.id
    if (after === undefined) return closed
  }
}

async function isSettled({ storage, districtId, desk, pass }: Sweep, entry: ReviewEntry): Promise<boolean> {
  if ((await desk.show(entry)).state === "closed") return true
  const { type, cleverId } = entry.review
  if (type === "reissued") return false
  const kind = type === "school" ? "school" : "user"
  const [record] = await storage.getRecords({ districtId, kind, ids: [cleverId] })
  return record === undefined || !(await pass.hasCandidates(kind, record))
}

/** The review is open again, for somebody to look at. */
function ignoreConflict(error: unknown): void {
  if (!isHomeroomError(error) || error.code !== "LINK_CONFLICT") throw error
}
