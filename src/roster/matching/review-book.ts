import { HomeroomError } from "../../errors/index.ts"
import type { Role } from "../../models/index.ts"
import type { DocumentStore, StoredDocument } from "../../storage/contract.ts"
import { maxCandidates } from "./free-accounts.ts"
import type { AnyField } from "./match-fields.ts"
import type { UndecidedReason } from "./ordered-matchers.ts"
import { type Review, type ReviewState, type ReviewType, reviewId } from "./review.ts"

const collection = "reviews"

/** How often a review is looked at again because somebody else wrote it meanwhile. */
const maxTries = 5

/** A review as it is kept. `linking`: it was said who it is, and the link is being made. */
export interface KeptReview extends Omit<Review, "id" | "districtId" | "state"> {
  readonly state: ReviewState | "linking"
  /** What was ever kept apart: never offered again. */
  readonly apart: readonly string[]
}

export interface ReviewEntry {
  readonly id: string
  readonly districtId: string
  readonly revision: number
  readonly review: KeptReview
}

/** A question for a person, as a pass finds it. */
export interface ReviewFinding {
  districtId: string
  type: ReviewType
  cleverId: string
  reason: UndecidedReason
  role: Role | null
  field: AnyField | null
  candidates: readonly string[]
}

/** Keeps the reviews: one document each, changed by compare-and-set, so that one of two who decide at once comes first. */
export class ReviewBook {
  readonly #storage: DocumentStore
  readonly #clock: () => number

  constructor(options: { storage: DocumentStore; clock: () => number }) {
    this.#storage = options.storage
    this.#clock = options.clock
  }

  async get(id: string): Promise<ReviewEntry | undefined> {
    const document = await this.#storage.getDocument(collection, id)
    return document === undefined ? undefined : entryOf(document)
  }

  /** In ascending id. */
  async list(query: {
    districtId?: string | undefined
    prefix?: string | undefined
    after?: string | undefined
    limit: number
  }): Promise<ReviewEntry[]> {
    return (await this.#storage.listDocuments({ collection, ...query })).map(entryOf)
  }

  /** Opens a review, or brings an open one up to date; tells whether it was opened. Writes nothing that is the same. */
  async file(finding: ReviewFinding): Promise<boolean> {
    const { districtId, type, cleverId, reason, role, field } = finding
    let isNew = false
    await this.#update({ districtId, type, cleverId }, (known, now) => {
      const apart = known?.apart ?? []
      // That two people are one was said for good; an account may be unlinked again.
      const settled = type === "reissued" && known?.state === "linked" ? known.candidates : []
      const candidates = [...new Set(finding.candidates)].filter(
        (candidate) => !apart.includes(candidate) && !settled.includes(candidate),
      )
      if (known?.state === "linking" || candidates.length === 0) return undefined
      isNew = known?.state !== "open"
      const review: KeptReview = {
        type,
        cleverId,
        state: "open",
        reason,
        role,
        field,
        candidates: candidates.sort().slice(0, maxCandidates),
        openedAt: known === undefined || isNew ? now : known.openedAt,
        decision: null,
        apart,
      }
      return known !== undefined && isSame(known, review) ? undefined : review
    })
    return isNew
  }

  /** Closes an open review; false if somebody has written it meanwhile. */
  close(entry: ReviewEntry): Promise<boolean> {
    return this.#change(entry, { state: "closed", decision: null })
  }

  /** Writes down what somebody decided; false if somebody has written the review meanwhile. */
  decide(
    entry: ReviewEntry,
    decision: { state: "linking" | "kept-apart"; by: string; link: string | null },
  ): Promise<boolean> {
    const { state, by, link } = decision
    const { apart, candidates } = entry.review
    return this.#change(entry, {
      state,
      decision: { by, link, at: this.#now() },
      apart: state === "linking" ? apart : [...new Set([...apart, ...candidates])].sort(),
    })
  }

  /** Ends what {@link decide} began: the link is made, or it could not be and the question is open again. */
  end(entry: ReviewEntry, state: "linked" | "open" | "closed"): Promise<boolean> {
    return this.#change(entry, state === "linked" ? { state } : { state, decision: null })
  }

  /** Remembers that somebody is not this one, whatever is asked. */
  async keepApart(
    subject: { districtId: string; type: ReviewType; cleverId: string },
    { candidate, by }: { candidate: string; by: string },
  ): Promise<void> {
    const { type, cleverId } = subject
    await this.#update(subject, (known, now) => {
      const apart = [...new Set([...(known?.apart ?? []), candidate])].sort()
      const candidates = (known?.candidates ?? []).filter((other) => other !== candidate)
      if (known?.state === "open" && candidates.length > 0) return { ...known, candidates, apart }
      return {
        type,
        cleverId,
        state: "kept-apart",
        reason: known?.reason ?? "several-accounts",
        role: known?.role ?? null,
        field: known?.field ?? null,
        candidates: [candidate],
        openedAt: known?.openedAt ?? now,
        decision: { by, link: null, at: now },
        apart,
      }
    })
  }

  /** Changes a review, from what it is now; undefined leaves it. Rejects with `STORAGE_BUSY` if others never cease to. */
  async #update(
    subject: { districtId: string; type: ReviewType; cleverId: string },
    change: (known: KeptReview | undefined, now: string) => KeptReview | undefined,
  ): Promise<void> {
    const { districtId, type, cleverId } = subject
    const id = reviewId(districtId, type, cleverId)
    for (let attempt = 0; attempt < maxTries; attempt++) {
      const known = await this.get(id)
      const review = change(known?.review, this.#now())
      if (review === undefined) return
      if (await this.#write(id, districtId, known?.revision ?? 0, review)) return
    }
    throw new HomeroomError("STORAGE_BUSY", { details: { reviewId: id } })
  }

  #change(entry: ReviewEntry, fields: Partial<KeptReview>): Promise<boolean> {
    return this.#write(entry.id, entry.districtId, entry.revision, { ...entry.review, ...fields })
  }

  #write(id: string, districtId: string, expect: number, review: KeptReview): Promise<boolean> {
    const { type, cleverId, candidates, apart } = review
    const subjects = type === "reissued" ? [cleverId, ...new Set([...candidates, ...apart])] : [cleverId]
    return this.#storage.writeDocuments([
      { collection, key: id, districtId, subjects, value: review, expect },
    ])
  }

  #now(): string {
    return new Date(this.#clock()).toISOString()
  }
}

function entryOf({ key, districtId, revision, value }: StoredDocument): ReviewEntry {
  return { id: key, districtId: districtId ?? "", revision, review: value as KeptReview }
}

function isSame(one: KeptReview, other: KeptReview): boolean {
  const told = ({ state, reason, role, field, candidates }: KeptReview) =>
    JSON.stringify([state, reason, role, field, candidates])
  return told(one) === told(other)
}
