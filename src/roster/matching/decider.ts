import type { School, User } from "../../models/index.ts"
import type { StoredRecord } from "../../storage/contract.ts"
import type { AccountIndex, SubjectKind } from "./account-index.ts"
import type { AnyField } from "./match-fields.ts"
import { type MatchSubject, personSubject, schoolSubject } from "./match-subject.ts"
import { type AccountMatch, type MatchBook, matchAccounts } from "./ordered-matchers.ts"
import type { ReviewBook, ReviewFinding } from "./review-book.ts"
import { type Standing, standingOf } from "./standing.ts"
import type { PersonLinks, SchoolLinks, SubjectLinks } from "./subject-links.ts"
import type { TentativeMatch, TentativeMatches } from "./tentative-matches.ts"

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
   * Decides for somebody without a link: whom a matcher leads to an account is noted, for as long as nobody else is led
   * there; what is doubtful becomes a review. Answers with what was found.
   */
  async decide(
    kind: SubjectKind,
    subject: MatchSubject,
    tentative: TentativeMatches,
  ): Promise<AccountMatch<AnyField>["state"]> {
    const { apart, formerIds } = await this.standingOf(kind, subject.id)
    const match = await matchAccounts({
      subject,
      book: this.#bookOf(kind, subject),
      decisions: { apart, isMaybeReissued: formerIds.length > 0 },
    })
    if (match.state === "ambiguous") {
      const { candidates, reason, role, field } = match
      tentative.contest(this.#accountsOf(kind, subject, apart))
      await this.#file(kind, { cleverId: subject.id, candidates, reason, role, field })
    } else if (match.state === "unique") {
      const { accountId, role, field } = match
      const account = this.#options.index.accountNumber(kind, accountId)
      if (account === undefined || field === null) return "none"
      const found = { kind, cleverId: subject.id, role, field }
      const others = this.#accountsOf(kind, subject, apart).filter((other) => other !== account)
      if (!tentative.add(account, found, others)) await this.ask(found, accountId)
    }
    return match.state
  }

  /** Takes note of the accounts that somebody is led to who is not to be decided for, unless they have one. */
  async contest(kind: SubjectKind, subject: MatchSubject, tentative: TentativeMatches): Promise<void> {
    const { districtId } = this.#options
    if (this.#accountsOf(kind, subject).length === 0) return
    if ((await this.linksOf(kind).get(districtId, subject.id)) !== undefined) return
    const { apart } = await this.standingOf(kind, subject.id)
    tentative.contest(this.#accountsOf(kind, subject, apart))
  }

  /** Asks a person about an account that others are led to as well. */
  ask({ kind, ...found }: TentativeMatch, accountId: string): Promise<void> {
    return this.#file(kind, { ...found, candidates: [accountId], reason: "several-people" })
  }

  #bookOf(kind: SubjectKind, subject: MatchSubject): MatchBook {
    const { districtId, index } = this.#options
    const links = this.linksOf(kind)
    return {
      find: (question) => {
        const accounts = index.find(kind, question).map((account) => index.accountId(account))
        return links.free(districtId, subject.id, accounts)
      },
      objection: async (question) => {
        if (index.isUnclear(kind, question)) return "account-unclear"
        return index.people(kind, question) === 1 ? undefined : "several-people"
      },
    }
  }

  /**
   * All accounts that somebody is led to, by whatever number, but those that were kept apart. What several people and
   * several accounts have, or very many accounts, leads nobody: it is a placeholder, as "0" or "N/A".
   */
  #accountsOf(kind: SubjectKind, subject: MatchSubject, apart?: ReadonlySet<string>): number[] {
    const { index } = this.#options
    const accounts = [...subject.ids, ...subject.roles.flat()].flatMap((question) => {
      const found = index.find(kind, question)
      const isPlaceholder =
        index.isFull(kind, question) || (found.length > 1 && index.people(kind, question) > 1)
      return isPlaceholder ? [] : found
    })
    return [...new Set(accounts)].filter((account) => !apart?.has(index.accountId(account)))
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
