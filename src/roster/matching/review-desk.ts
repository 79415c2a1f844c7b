import { HomeroomError } from "../../errors/index.ts"
import type { RosterStorage, StoredRecord } from "../../storage/contract.ts"
import type { Review, ReviewQuery, ReviewState } from "./review.ts"
import type { KeptReview, ReviewBook, ReviewEntry } from "./review-book.ts"
import type { PersonLinks, SchoolLinks, SubjectLinks } from "./subject-links.ts"

export interface ReviewDeskOptions {
  storage: RosterStorage
  reviews: ReviewBook
  people: PersonLinks
  schools: SchoolLinks
  /** Told of each link that a decision made. */
  onLink: (link: {
    kind: "user" | "school"
    districtId: string
    cleverId: string
    accountId: string
    by: string
    /** The Clever id that the account was linked under before. */
    from: string | null
  }) => void
}

export type ReviewChoice = { readonly by: string } & (
  | { readonly link: string; readonly keepApart?: undefined }
  | { readonly keepApart: true; readonly link?: undefined }
)

const pageSize = 200

/**
 * Shows reviews as they stand now, and carries out what people decide.
 *
 * A decision is written down first, by compare-and-set: of two who decide at once, one comes first. Then the link is
 * made; if the process dies in between, whoever looks next makes it.
 */
export class ReviewDesk {
  readonly #options: ReviewDeskOptions

  constructor(options: ReviewDeskOptions) {
    this.#options = options
  }

  /** In ascending id. One page in memory. */
  async *list({ districtId, state, type, after }: ReviewQuery): AsyncGenerator<Review> {
    const { reviews } = this.#options
    const prefix = districtId !== undefined && type !== undefined ? `${districtId}:${type}:` : undefined
    let last = after
    for (;;) {
      const page = await reviews.list({ districtId, prefix, after: last, limit: pageSize })
      for (const entry of page) {
        if (type !== undefined && entry.review.type !== type) continue
        const review = await this.show(entry)
        if (state === undefined || review.state === state) yield review
      }
      last = page.at(-1)?.id
      if (last === undefined || page.length < pageSize) return
    }
  }

  /** The review as it stands now, whoever has linked, archived or restored somebody since it was written. */
  async show(entry: ReviewEntry): Promise<Review> {
    const { id, districtId, review } = entry
    const { apart: _, ...told } = review
    if (review.state !== "open" && review.state !== "linking") {
      return { ...told, id, districtId, state: review.state }
    }
    const candidates = await this.#presentCandidates(entry)
    const isSettled = candidates.length === 0 || (await this.isSettled(entry))
    if (!isSettled) return { ...told, id, districtId, candidates, state: "open" }
    return { ...told, id, districtId, state: review.state === "linking" ? "open" : "closed" }
  }

  /** Whether an open review has settled itself: its subject is linked, or no longer in the roster. */
  async isSettled({ districtId, review }: ReviewEntry): Promise<boolean> {
    const kind = kindOf(review)
    const record = await this.#record(districtId, kind, review.cleverId)
    if (record?.state !== "active") return true
    return (await this.#linksOf(review).get(districtId, review.cleverId)) !== undefined
  }

  /** Rejects with `REVIEW_NOT_FOUND`, `REVIEW_NOT_OPEN`, `INVALID_OPTIONS` and `LINK_CONFLICT`. */
  async decide(id: string, choice: ReviewChoice): Promise<Review> {
    const { reviews } = this.#options
    const entry = await this.#open(id)
    const review = await this.show(entry)
    if (review.state !== "open") throw notOpen(id, review.state)
    const { by, link = null } = choice
    if (link !== null && !review.candidates.includes(link)) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "What a review links to must be one of its candidates.",
        details: { reviewId: id },
      })
    }
    const state = link === null ? "kept-apart" : "linking"
    if (!(await reviews.decide(entry, { state, by, link }))) throw notOpen(id, "written meanwhile")
    return this.show(link === null ? await this.#get(id) : await this.finish(await this.#get(id)))
  }

  /** Makes the link that was decided on. Rejects with `LINK_CONFLICT`, and the review is open again. */
  async finish(entry: ReviewEntry): Promise<ReviewEntry> {
    const { reviews } = this.#options
    const { id, districtId, review } = entry
    const { type, cleverId, decision } = review
    if (review.state !== "linking" || decision === null || decision.link === null) return entry
    const { link, by } = decision
    const made =
      type === "reissued"
        ? await this.#moveLink(entry, { from: link, by })
        : await this.#claimLink(entry, { accountId: link, by })
    await reviews.end(entry, made ? "linked" : "open")
    if (made) return this.#get(id)
    throw new HomeroomError("LINK_CONFLICT", { details: { reviewId: id, districtId, cleverId } })
  }

  async #claimLink(
    { districtId, review }: ReviewEntry,
    { accountId, by }: { accountId: string; by: string },
  ): Promise<boolean> {
    const { cleverId } = review
    const wanted = { districtId, cleverId, accountId, by: `review:${by}` }
    const answer = await this.#linksOf(review).claim(wanted)
    const kind = kindOf(review)
    if (answer.claimed) this.#options.onLink({ kind, districtId, cleverId, accountId, by, from: null })
    return answer.accountId === accountId
  }

  /** Nothing to move is no conflict: the roster's records are the accounts then. */
  async #moveLink(
    { districtId, review }: ReviewEntry,
    { from, by }: { from: string; by: string },
  ): Promise<boolean> {
    const { people, onLink } = this.#options
    const { cleverId } = review
    const before = await people.get(districtId, from)
    const { state, accountId } = await people.move({ districtId, cleverId, formerIds: [from] })
    if (state === "linked" && accountId !== undefined && before !== undefined) {
      onLink({ kind: "user", districtId, cleverId, accountId, by, from })
    }
    return state !== "conflict"
  }

  /** A review whose last decision is carried out. */
  async #open(id: string): Promise<ReviewEntry> {
    const entry = await this.#get(id)
    return entry.review.state === "linking" ? this.finish(entry) : entry
  }

  async #get(id: string): Promise<ReviewEntry> {
    const entry = await this.#options.reviews.get(id)
    if (entry === undefined) throw new HomeroomError("REVIEW_NOT_FOUND", { details: { reviewId: id } })
    return entry
  }

  /** Of a re-issue, those who are still archived; of others, the accounts that nobody has meanwhile. */
  async #presentCandidates({ districtId, review }: ReviewEntry): Promise<string[]> {
    const { storage } = this.#options
    const { type, cleverId, candidates } = review
    if (type !== "reissued") return this.#linksOf(review).free(districtId, cleverId, candidates)
    const records = await storage.getRecords({ districtId, kind: "user", ids: candidates })
    return records.filter(({ state }) => state === "archived").map(({ id }) => id)
  }

  async #record(districtId: string, kind: "user" | "school", id: string): Promise<StoredRecord | undefined> {
    const [record] = await this.#options.storage.getRecords({ districtId, kind, ids: [id] })
    return record
  }

  #linksOf({ type }: KeptReview): SubjectLinks {
    return type === "school" ? this.#options.schools : this.#options.people
  }
}

function kindOf({ type }: KeptReview): "user" | "school" {
  return type === "school" ? "school" : "user"
}

function notOpen(id: string, state: ReviewState | "written meanwhile"): HomeroomError {
  return new HomeroomError("REVIEW_NOT_OPEN", { details: { reviewId: id, state } })
}
