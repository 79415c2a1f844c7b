import { type ReviewType, reviewId } from "./review.ts"
import type { ReviewBook } from "./review-book.ts"

/** What people have decided about somebody's account, and what waits for them to. */
export interface Standing {
  /** Accounts that somebody said are not theirs. */
  readonly apart: ReadonlySet<string>
  /** The candidates of an open review; undefined if there is none. */
  readonly open: readonly string[] | undefined
  /** The archived people who may be the same, while that is open (S27). */
  readonly formerIds: readonly string[]
}

/** Costs two lookups; one for a school. */
export async function standingOf(
  reviews: ReviewBook,
  subject: { districtId: string; type: Exclude<ReviewType, "reissued">; cleverId: string },
): Promise<Standing> {
  const { districtId, type, cleverId } = subject
  const [own, reissue] = await Promise.all([
    reviews.get(reviewId(districtId, type, cleverId)),
    type === "account" ? reviews.get(reviewId(districtId, "reissued", cleverId)) : undefined,
  ])
  const isUndecided = (state: string | undefined) => state === "open" || state === "linking"
  return {
    apart: new Set(own?.review.apart),
    open: isUndecided(own?.review.state) ? own?.review.candidates : undefined,
    formerIds: isUndecided(reissue?.review.state) ? (reissue?.review.candidates ?? []) : [],
  }
}
