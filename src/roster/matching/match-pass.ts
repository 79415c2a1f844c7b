import { HomeroomError } from "../../errors/index.ts"
import type { School, User } from "../../models/index.ts"
import type { RosterStorage, StoredRecord } from "../../storage/contract.ts"
import { throwIfAborted } from "../run-context.ts"
import type { AccountIndex, SubjectKind } from "./account-index.ts"
import type { AnyField } from "./match-fields.ts"
import { type MatchQuestion, type MatchSubject, personSubject, schoolSubject } from "./match-subject.ts"
import { type MatchBook, matchAccounts } from "./ordered-matchers.ts"
import type { ReviewBook } from "./review-book.ts"
import { standingOf } from "./standing.ts"
import type { PersonLinks, SchoolLinks, SubjectLinks } from "./subject-links.ts"
import type { SubjectReader } from "./subject-reader.ts"
import { TentativeMatches } from "./tentative-matches.ts"

/** What a pass did. */
export interface MatchCounts {
  /** People and schools that were looked at. */
  subjects: number
  /** Links made, or brought along from an older id. */
  linked: number
  /** The same by the field that decided. */
  linkedBy: Partial<Record<AnyField, number>>
  reviewsOpened: number
  reviewsClosed: number
  /** People whose older ids are linked to several accounts, or are somebody else's, too: to be unlinked by hand. */
  conflicts: number
}

export interface MatchPassOptions {
  storage: RosterStorage
  districtId: string
  index: AccountIndex
  matchEmail: boolean
  people: PersonLinks
  schools: SchoolLinks
  reviews: ReviewBook
  /** Whom to match. */
  subjects: SubjectReader
  /** All whom a value may belong to. */
  everyone: SubjectReader
  /** True if they are the same, so that links under older ids are found while all are counted. */
  isWhole: boolean
  signal: AbortSignal | undefined
  /** Told of each link. */
  onLink: (link: { kind: SubjectKind; cleverId: string; accountId: string; field: AnyField }) => void
  onProgress: (stage: "counting" | "matching" | "linking", done: number) => void
}

/** How often a pass begins again because an import was committed meanwhile. */
const maxTries = 5
const linksPerLook = 100
const kinds: readonly SubjectKind[] = ["school", "user"]

/** The roster is no longer the one whose people were counted. */
class RosterMoved extends Error {}

/**
 * One matching of people and schools to the accounts in an index (S26): counts who has which value, decides for each,
 * and makes the links that nothing speaks against. Needs no lease: it writes links and reviews alone, each by itself.
 */
export class MatchPass {
  readonly #options: MatchPassOptions
  readonly #counts: MatchCounts = {
    subjects: 0,
    linked: 0,
    linkedBy: {},
    reviewsOpened: 0,
    reviewsClosed: 0,
    conflicts: 0,
  }
  #version = 0
  /** Without a single link there is none under an older id. */
  #hasLinks = false

  constructor(options: MatchPassOptions) {
    this.#options = options
  }

  /** Rejects with `PLAN_STALE` if the roster never stands still, with `ABORTED` and with what the storage rejects. */
  async run(): Promise<MatchCounts> {
    const { storage, districtId } = this.#options
    for (let attempt = 0; attempt < maxTries; attempt++) {
      this.#version = (await storage.getDistrict(districtId)).version
      this.#hasLinks = (await storage.listLinks({ limit: 1 })).length > 0
      this.#counts.subjects = 0
      this.#counts.conflicts = 0
      try {
        await this.#count()
        await this.#link(await this.#decide())
        return this.#counts
      } catch (error) {
        if (!(error instanceof RosterMoved)) throw error
      }
    }
    throw new HomeroomError("PLAN_STALE", {
      message: "The roster kept changing while its people were matched to accounts.",
      details: { districtId },
    })
  }

  /** Whether the matchers find any account for a record that is under review. */
  async hasCandidates(kind: SubjectKind, record: StoredRecord): Promise<boolean> {
    const subject = this.#subjectOf(kind, record)
    const standing = await this.#standingOf(kind, subject.id)
    const match = await this.#match(kind, subject, standing)
    return match.state !== "none"
  }

  // Counting who has which value

  async #count(): Promise<void> {
    const { index, subjects, everyone, isWhole, onProgress } = this.#options
    index.clearPeople()
    if (!isWhole && this.#hasLinks) {
      for await (const page of subjects("user")) {
        for (const record of page) await this.#watchOlderIds(this.#subjectOf("user", record))
      }
    }
    const hasOlderIds = isWhole && this.#hasLinks
    if (index.size === 0 && !hasOlderIds) return
    let done = 0
    for (const kind of kinds) {
      for await (const page of everyone(kind)) {
        for (const record of page) {
          const subject = this.#subjectOf(kind, record)
          if (hasOlderIds && kind === "user") await this.#watchOlderIds(subject)
          index.count(kind, this.#valuesOf(kind, subject, record))
        }
        done += page.length
        onProgress("counting", done)
      }
    }
  }

  /** Older ids that are linked are counted, too: two people with the same one get nothing. */
  async #watchOlderIds({ ids }: MatchSubject): Promise<void> {
    const { index, people, districtId } = this.#options
    for (const question of ids.slice(1)) {
      if (index.has("user", question)) continue
      if ((await people.get(districtId, question.value)) !== undefined) index.watch("user", question)
    }
  }

  /** An e-mail address counts whatever the person's roles are. */
  *#valuesOf(kind: SubjectKind, subject: MatchSubject, { data }: StoredRecord): Generator<MatchQuestion> {
    yield* subject.ids
    for (const questions of subject.roles) yield* questions
    if (kind !== "user" || !this.#options.matchEmail) return
    const { email } = JSON.parse(data) as User
    if (email) yield { role: null, field: "email", value: email }
  }

  // Deciding

  async #decide(): Promise<TentativeMatches> {
    const { subjects, onProgress } = this.#options
    const tentative = new TentativeMatches()
    let done = 0
    for (const kind of kinds) {
      for await (const page of subjects(kind)) {
        for (const record of page) await this.#decideOne(kind, this.#subjectOf(kind, record), tentative)
        this.#counts.subjects += page.length
        done += page.length
        onProgress("matching", done)
      }
    }
    return tentative
  }

  async #decideOne(kind: SubjectKind, subject: MatchSubject, tentative: TentativeMatches): Promise<void> {
    const { districtId, index } = this.#options
    const isKnown = (question: MatchQuestion) => index.has(kind, question)
    if (!subject.ids.some(isKnown) && !subject.roles.flat().some(isKnown)) return
    if ((await this.#linksOf(kind).get(districtId, subject.id)) !== undefined) return
    if (kind === "user" && (await this.#bringOlderLink(subject))) return
    const match = await this.#match(kind, subject, await this.#standingOf(kind, subject.id))
    if (match.state === "none") return
    if (match.state === "ambiguous") {
      const { candidates, reason, role, field } = match
      return this.#file(kind, subject.id, { candidates, reason, role, field })
    }
    const { accountId, role, field } = match
    const account = index.accountNumber(kind, accountId)
    if (account === undefined || field === null) return
    const met = tentative.add(account, { kind, cleverId: subject.id, role, field })
    if (met === undefined) return
    const finding = { candidates: [accountId], reason: "several-people" } as const
    await this.#file(kind, subject.id, { ...finding, role, field })
    if (met.rival !== null) {
      await this.#file(kind, met.rival.cleverId, { ...finding, role: met.rival.role, field: met.rival.field })
    }
  }

  /** Brings along what is linked under an id of API v2; true if anything was. */
  async #bringOlderLink(subject: MatchSubject): Promise<boolean> {
    const { districtId, index, people } = this.#options
    const linked: MatchQuestion[] = []
    for (const question of this.#hasLinks ? subject.ids.slice(1) : []) {
      if ((await people.get(districtId, question.value)) !== undefined) linked.push(question)
    }
    if (linked.length === 0) return false
    await this.#requireSameRoster()
    const formerIds = linked.map(({ value }) => value)
    const isShared = linked.some((question) => index.people("user", question) !== 1)
    const moved = isShared
      ? ({ state: "conflict", accountId: undefined } as const)
      : await people.move({ districtId, cleverId: subject.id, formerIds })
    if (moved.state === "conflict") this.#counts.conflicts++
    if (moved.accountId !== undefined) this.#tell("user", subject.id, moved.accountId, "legacy_id")
    return true
  }

  async #match(
    kind: SubjectKind,
    subject: MatchSubject,
    standing: { apart: ReadonlySet<string>; formerIds: readonly string[] },
  ): ReturnType<typeof matchAccounts<AnyField>> {
    const { districtId, index } = this.#options
    const links = this.#linksOf(kind)
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
    const { apart, formerIds } = standing
    return matchAccounts({ subject, book, decisions: { apart, isMaybeReissued: formerIds.length > 0 } })
  }

  // Linking

  async #link(tentative: TentativeMatches): Promise<void> {
    const { districtId, index, signal, onProgress } = this.#options
    let done = 0
    for (let account = 1; account < index.accounts; account++) {
      const match = tentative.get(account)
      if (match === undefined) continue
      if (done++ % linksPerLook === 0) {
        throwIfAborted(signal)
        await this.#requireSameRoster()
        onProgress("linking", done)
      }
      const { kind, cleverId, field } = match
      const accountId = index.accountId(account)
      // Somebody may have decided meanwhile.
      const { apart, formerIds } = await this.#standingOf(kind, cleverId)
      if (apart.has(accountId) || formerIds.length > 0) continue
      const by = `match:${field}`
      const { claimed } = await this.#linksOf(kind).claim({ districtId, cleverId, accountId, by })
      if (claimed) this.#tell(kind, cleverId, accountId, field)
    }
  }

  async #file(
    kind: SubjectKind,
    cleverId: string,
    finding: Omit<Parameters<ReviewBook["file"]>[0], "districtId" | "type" | "cleverId">,
  ): Promise<void> {
    const { districtId, reviews } = this.#options
    const type = kind === "user" ? "account" : "school"
    if (await reviews.file({ districtId, type, cleverId, ...finding })) this.#counts.reviewsOpened++
  }

  #tell(kind: SubjectKind, cleverId: string, accountId: string, field: AnyField): void {
    this.#counts.linked++
    this.#counts.linkedBy[field] = (this.#counts.linkedBy[field] ?? 0) + 1
    this.#options.onLink({ kind, cleverId, accountId, field })
  }

  async #requireSameRoster(): Promise<void> {
    const { storage, districtId } = this.#options
    if ((await storage.getDistrict(districtId)).version !== this.#version) throw new RosterMoved()
  }

  #standingOf(kind: SubjectKind, cleverId: string): ReturnType<typeof standingOf> {
    const { districtId, reviews } = this.#options
    return standingOf(reviews, { districtId, type: kind === "user" ? "account" : "school", cleverId })
  }

  #linksOf(kind: SubjectKind): SubjectLinks {
    return kind === "user" ? this.#options.people : this.#options.schools
  }

  #subjectOf(kind: SubjectKind, { data }: StoredRecord): MatchSubject {
    const record = JSON.parse(data) as User & School
    return kind === "user"
      ? personSubject({ user: record, matchEmail: this.#options.matchEmail })
      : schoolSubject(record)
  }
}
