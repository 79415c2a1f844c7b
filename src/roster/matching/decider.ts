import type { School, User } from "../../models/index.ts"
import type { StoredRecord } from "../../storage/contract.ts"
import type { AccountIndex, SubjectKind } from "./account-index.ts"
import type { AnyField } from "./match-fields.ts"
import { type MatchSubject, personSubject, schoolSubject } from "./match-subject.ts"
import { type AccountMatch, type MatchBook, matchAccounts } from "./ordered-matchers.ts"
import type { ReviewBook, ReviewFinding } from "./review-book.ts"
import { type Standing, standingOf } from "./standing.ts"
import type { PersonLinks, SchoolLinks, SubjectLinks } from "./subject-links.ts"
import type { TentativeMatches } from "./tentative-matches.ts"

export interface DeciderOptions {
  districtId: string
  index: AccountIndex
  matchEmail: boolean
  people: PersonLinks
  schools: SchoolLinks
  reviews: ReviewBook
}

/** Finds the account of one person or school among those in an index, and asks about what can't be decided (S26). */
export class Decider {
  readonly #options: DeciderOptions
  /** Reviews opened so far. */
  opened = 0

  constructor(options: DeciderOptions) {
    this.#options = options
  }

  subjectOf(kind: SubjectKind, { data }: StoredRecord): MatchSubject {
    const record = JSON.parse(data) as User & School
    return kind === "user"
      ? personSubject({ user: record, matchEmail: this.#options.matchEmail })
      : schoolSubject(record)
  }

  linksOf(kind: SubjectKind): SubjectLinks {
    return kind === "user" ? this.#options.people : this.#options.schools
  }

  standingOf(kind: SubjectKind, cleverId: string): Promise<Standing> {
    const { districtId, reviews } = this.#options
    return standingOf(reviews, { districtId, type: typeOf(kind), cleverId })
  }

  /**
   * Decides for somebody without a link: whom a matcher leads to an account is noted, with nobody else led there; what
   * is doubtful becomes a review. Answers with what was found.
   */
  async decide(
    kind: SubjectKind,
    subject: MatchSubject,
    tentative: TentativeMatches,
  ): Promise<AccountMatch<AnyField>["state"]> {
    const match = await this.#match(kind, subject)
    if (match.state === "ambiguous") {
      const { candidates, reason, role, field } = match
      await this.#file(kind, { cleverId: subject.id, candidates, reason, role, field })
    } else if (match.state === "unique") {
      const { accountId, role, field } = match
      const account = this.#options.index.accountNumber(kind, accountId)
      if (account === undefined || field === null) return "none"
      const met = tentative.add(account, { kind, cleverId: subject.id, role, field })
      const rivals = met === undefined ? [] : [{ cleverId: subject.id, role, field }, met.rival]
      for (const rival of rivals) {
        if (rival !== null) {
          await this.#file(kind, { ...rival, candidates: [accountId], reason: "several-people" })
        }
      }
    }
    return match.state
  }

  async #match(kind: SubjectKind, subject: MatchSubject): Promise<AccountMatch<AnyField>> {
    const { districtId, index } = this.#options
    const links = this.linksOf(kind)
    const book: MatchBook = {
      find: (question) => {
        const accounts = index.find(kind, question).map((account) => index.accountId(account))
        return links.free(districtId, subject.id, accounts)
      },
      objection: async (question) => {
        if (index.isUnclear(kind, question)) return "account-unclear"
        return index.people(kind, question) === 1 ? undefined : "several-people"
      },
    }
    const { apart, formerIds } = await this.standingOf(kind, subject.id)
    return matchAccounts({ subject, book, decisions: { apart, isMaybeReissued: formerIds.length > 0 } })
  }

  async #file(kind: SubjectKind, finding: Omit<ReviewFinding, "districtId" | "type">): Promise<void> {
    const { districtId, reviews } = this.#options
    const { cleverId, reason, role, field, candidates } = finding
    const type = typeOf(kind)
    if (await reviews.file({ districtId, type, cleverId, reason, role, field, candidates })) this.opened++
  }
}

function typeOf(kind: SubjectKind): "account" | "school" {
  return kind === "user" ? "account" : "school"
}
