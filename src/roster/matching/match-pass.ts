import { HomeroomError, isHomeroomError } from "../../errors/index.ts"
import type { User } from "../../models/index.ts"
import type { RosterStorage, StoredRecord } from "../../storage/contract.ts"
import { throwIfAborted } from "../run-context.ts"
import type { SubjectKind } from "./account-index.ts"
import { Decider, type DeciderOptions } from "./decider.ts"
import { KeyTable } from "./key-table.ts"
import type { AnyField } from "./match-fields.ts"
import type { MatchQuestion, MatchSubject } from "./match-subject.ts"
import type { ReviewEntry } from "./review-book.ts"
import type { ReviewDesk } from "./review-desk.ts"
import type { SubjectReader } from "./subject-reader.ts"
import { TentativeMatches } from "./tentative-matches.ts"
import { TextPack } from "./text-pack.ts"

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

export interface MatchPassOptions extends DeciderOptions {
  storage: RosterStorage
  desk: ReviewDesk
  /** Whom to match. */
  subjects: SubjectReader
  /** All whom a value may belong to. */
  everyone: SubjectReader
  /** True if they are the same. */
  isWhole: boolean
  /** False if the app was not asked for accounts: then nobody's candidates are known. */
  hasAccounts: boolean
  signal: AbortSignal | undefined
  /** Told of each link. */
  onLink: (link: { kind: SubjectKind; cleverId: string; accountId: string; field: AnyField }) => void
  onProgress: (stage: "counting" | "matching" | "linking", done: number) => void
}

/** How often a pass begins again because an import was committed meanwhile. */
const maxTries = 5
/** How often the open reviews are gone through because links have taken candidates out of them. */
const maxRounds = 10
const linksPerLook = 100
const reviewsPerPage = 200
const recordsPerPage = 500
const kinds: readonly SubjectKind[] = ["school", "user"]

/** The roster is no longer the one whose people were counted. */
class RosterMoved extends Error {}

/**
 * One matching of people and schools to the accounts in an index (S26): counts who has which value, decides for each,
 * makes the links that nothing speaks against, and brings the reviews up to date. Needs no lease: it writes links and
 * reviews alone, each by itself.
 */
export class MatchPass {
  readonly #options: MatchPassOptions
  readonly #decider: Decider
  readonly #counts: Omit<MatchCounts, "reviewsOpened"> = {
    subjects: 0,
    linked: 0,
    linkedBy: {},
    reviewsClosed: 0,
    conflicts: 0,
  }
  #version = 0
  /** Without a single link there is none under an older id. */
  #hasLinks = false
  /** Unless everyone is matched: whoever has a number that an account has, by Clever id. */
  #sharers: Readonly<Record<SubjectKind, TextPack>> = { school: new TextPack(), user: new TextPack() }

  constructor(options: MatchPassOptions) {
    this.#options = options
    this.#decider = new Decider(options)
  }

  /** Rejects with `PLAN_STALE` if the roster never stands still, with `ABORTED` and with what the storage rejects. */
  async run(): Promise<MatchCounts> {
    const { storage, districtId, isWhole } = this.#options
    for (let attempt = 0; attempt < maxTries; attempt++) {
      this.#version = (await storage.getDistrict(districtId)).version
      this.#hasLinks = (await storage.listLinks({ limit: 1 })).length > 0
      this.#counts.subjects = 0
      this.#counts.conflicts = 0
      try {
        await this.#count()
        await this.#link(await this.#decide())
        if (isWhole) await this.#settle()
        return { ...this.#counts, reviewsOpened: this.#decider.opened }
      } catch (error) {
        if (!(error instanceof RosterMoved)) throw error
      }
    }
    throw new HomeroomError("PLAN_STALE", {
      message: "The roster kept changing while its people were matched to accounts.",
      details: { districtId },
    })
  }

  // Counting who has which value

  async #count(): Promise<void> {
    const { index, subjects, everyone, isWhole, onProgress } = this.#options
    index.clearPeople()
    this.#sharers = { school: new TextPack(), user: new TextPack() }
    if (!isWhole && this.#hasLinks) {
      for await (const page of subjects("user")) {
        for (const record of page) await this.#watchOlderIds(this.#decider.subjectOf("user", record))
      }
    }
    const mayHaveOlderIds = isWhole && this.#hasLinks
    if (index.size === 0 && !mayHaveOlderIds) return
    let done = 0
    for (const kind of kinds) {
      for await (const page of everyone(kind)) {
        for (const record of page) {
          const subject = this.#decider.subjectOf(kind, record)
          if (mayHaveOlderIds && kind === "user") await this.#watchOlderIds(subject)
          index.count(kind, this.#valuesOf(kind, subject, record))
          if (!isWhole && this.#isKnown(kind, subject)) this.#sharers[kind].add(record.id)
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
    const { districtId, subjects, onProgress } = this.#options
    const tentative = new TentativeMatches()
    const decided = new KeyTable()
    let done = 0
    for (const kind of kinds) {
      const links = this.#decider.linksOf(kind)
      for await (const page of subjects(kind)) {
        for (const record of page) {
          const subject = this.#decider.subjectOf(kind, record)
          if (!this.#isKnown(kind, subject)) continue
          decided.add(`${kind} ${subject.id}`)
          if ((await links.get(districtId, subject.id)) !== undefined) continue
          if (kind === "user" && (await this.#bringOlderLink(subject))) continue
          await this.#decider.decide(kind, subject, tentative)
        }
        done += page.length
        this.#counts.subjects = done
        onProgress("matching", done)
      }
    }
    await this.#contest(tentative, decided)
    return tentative
  }

  #isKnown(kind: SubjectKind, { ids, roles }: MatchSubject): boolean {
    const isKnown = (question: MatchQuestion) => this.#options.index.has(kind, question)
    return ids.some(isKnown) || roles.some((questions) => questions.some(isKnown))
  }

  /** Newcomers get no account that somebody else is led to, who was there before and has none (S26). */
  async #contest(tentative: TentativeMatches, decided: KeyTable): Promise<void> {
    const { storage, districtId, signal } = this.#options
    for (const kind of kinds) {
      const sharers = this.#sharers[kind]
      for (let from = 0; from < sharers.size; from += recordsPerPage) {
        throwIfAborted(signal)
        const ids: string[] = []
        for (let number = from; number < Math.min(from + recordsPerPage, sharers.size); number++) {
          const id = sharers.get(number)
          if (decided.find(`${kind} ${id}`) === undefined) ids.push(id)
        }
        if (ids.length === 0) continue
        for (const record of await storage.getRecords({ districtId, kind, ids })) {
          await this.#decider.contest(kind, this.#decider.subjectOf(kind, record), tentative)
        }
      }
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

  // Linking

  /** Makes the links of those to whose account nobody else is led, asks about the others, and returns how many. */
  async #link(tentative: TentativeMatches): Promise<number> {
    const { districtId, index, signal, onProgress } = this.#options
    let done = 0
    let made = 0
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
      if (tentative.isContested(account)) {
        await this.#decider.ask(match, accountId)
        continue
      }
      // Somebody may have decided meanwhile.
      const { apart, formerIds } = await this.#decider.standingOf(kind, cleverId)
      if (apart.has(accountId) || formerIds.length > 0) continue
      const wanted = { districtId, cleverId, accountId, by: `match:${field}` }
      const { claimed } = await this.#decider.linksOf(kind).claim(wanted)
      if (!claimed) continue
      made++
      this.#tell(kind, cleverId, accountId, field)
    }
    return made
  }

  #tell(kind: SubjectKind, cleverId: string, accountId: string, field: AnyField): void {
    this.#counts.linked++
    this.#counts.linkedBy[field] = (this.#counts.linkedBy[field] ?? 0) + 1
    this.#options.onLink({ kind, cleverId, accountId, field })
  }

  // Settling

  /**
   * Carries out decisions that were interrupted, closes reviews that have settled themselves or have no candidates
   * left, and decides the others once more: an account that was linked is no longer anybody else's candidate, which
   * may leave one.
   */
  async #settle(): Promise<void> {
    for (let round = 0; round < maxRounds; round++) {
      const tentative = new TentativeMatches()
      await this.#reconsider(tentative)
      if ((await this.#link(tentative)) === 0) return
    }
  }

  async #reconsider(tentative: TentativeMatches): Promise<void> {
    const { districtId, reviews, desk, signal } = this.#options
    let after: string | undefined
    for (;;) {
      throwIfAborted(signal)
      const page = await reviews.list({ districtId, after, limit: reviewsPerPage })
      for (const entry of page) {
        const { state } = entry.review
        if (state === "linking") await desk.finish(entry).catch(ignoreConflict)
        if (state !== "open" || !(await this.#isSettled(entry, tentative))) continue
        if (await reviews.close(entry)) this.#counts.reviewsClosed++
      }
      after = page.at(-1)?.id
      if (after === undefined) return
    }
  }

  async #isSettled(entry: ReviewEntry, tentative: TentativeMatches): Promise<boolean> {
    const { storage, districtId, desk, hasAccounts } = this.#options
    const { type, cleverId } = entry.review
    if (type === "reissued" || !hasAccounts) return (await desk.show(entry)).state === "closed"
    // Whose candidates are gone may have others, by another field.
    if (await desk.isSettled(entry)) return true
    const kind = type === "school" ? "school" : "user"
    const [record] = await storage.getRecords({ districtId, kind, ids: [cleverId] })
    if (record === undefined) return true
    const found = await this.#decider.decide(kind, this.#decider.subjectOf(kind, record), tentative)
    return found === "none"
  }

  async #requireSameRoster(): Promise<void> {
    const { storage, districtId } = this.#options
    if ((await storage.getDistrict(districtId)).version !== this.#version) throw new RosterMoved()
  }
}

/** The review is open again, for somebody to look at. */
function ignoreConflict(error: unknown): void {
  if (!isHomeroomError(error) || error.code !== "LINK_CONFLICT") throw error
}
