import { auditText, HomeroomError } from "../../errors/index.ts"
import type { RosterStorage } from "../../storage/contract.ts"
import type { AccountSource } from "./account-entry.ts"
import type { SubjectKind } from "./account-index.ts"
import { auditTo, type MatchAuditEvent } from "./match-audit.ts"
import type { MatchOptions, MatchResult } from "./match-options.ts"
import type { MatchCounts } from "./match-pass.ts"
import { isLogPurged, matchingPosition, setMatchingPosition } from "./matching-position.ts"
import type { AccountCounts } from "./read-accounts.ts"
import { reportReissued } from "./reissued.ts"
import { type Review, type ReviewQuery, reviewId } from "./review.ts"
import { ReviewBook } from "./review-book.ts"
import { type ReviewChoice, ReviewDesk } from "./review-desk.ts"
import { PersonLinks, type SchoolLink, SchoolLinks } from "./subject-links.ts"
import { type CommitRange, everyone, newcomers, type SubjectReader } from "./subject-reader.ts"

export interface AccountMatchingOptions {
  storage: RosterStorage
  /** The accounts that the app has already. Default: none, and only older ids and re-issued people are looked for. */
  accounts?: AccountSource | undefined
  /** Whether e-mail addresses may match people with accounts (S26). Clever does not verify them. Default false. */
  matchEmail?: boolean | undefined
  /** Who issues the ids that people log in with. Default Clever. */
  issuer?: string | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
  /** Told of every link and decision once it is done, with ids alone. What it throws is ignored. */
  onAudit?: ((event: MatchAuditEvent) => void) | undefined
}

/**
 * Matches the roster to accounts that the app had before Clever came, and keeps the questions that only a person can
 * answer (S26, S27). For districts with provisioning.
 *
 * Links are exclusive: one account for a person, and nobody else's. Every matcher decides only where exactly one
 * account and exactly one person have the value; everything else is a review. Matching again changes nothing unless
 * the roster, the accounts or a decision has changed. It needs no lease and runs beside imports and logins. Every
 * method rejects with `STORAGE_…` codes.
 */
export class AccountMatching {
  readonly #options: AccountMatchingOptions
  readonly #storage: RosterStorage
  readonly #people: PersonLinks
  readonly #schools: SchoolLinks
  readonly #reviews: ReviewBook
  readonly #desk: ReviewDesk
  readonly #audit: ReturnType<typeof auditTo>

  constructor(options: AccountMatchingOptions) {
    const { storage, clock = Date.now, issuer = "https://clever.com" } = options
    this.#options = options
    this.#storage = storage
    this.#audit = auditTo({ listener: options.onAudit, clock })
    this.#people = new PersonLinks({ storage, issuer, clock })
    this.#schools = new SchoolLinks({ storage, clock })
    this.#reviews = new ReviewBook({ storage, clock })
    this.#desk = new ReviewDesk({
      storage,
      reviews: this.#reviews,
      people: this.#people,
      schools: this.#schools,
      onLink: (link) => this.#audit({ type: "link", ...link }),
    })
  }

  /**
   * Matches everyone in a district who has no link yet, and reports who was possibly re-issued since the last matching.
   *
   * Reads the app's accounts once and the district's people twice; an account with four values costs some 160 bytes of
   * memory. Change logs are not kept for it: see {@link matchNewcomers}. Rejects with `ACCOUNTS_UNREADABLE` and with
   * what the source throws, before anything is matched; with `PLAN_STALE` if imports never let it come to an end; with
   * `ABORTED` and `STORAGE_…`.
   */
  async match(options: MatchOptions): Promise<MatchResult> {
    await this.#storage.open()
    return this.#matchEveryone(options, { isFollowed: false })
  }

  /**
   * The same of those alone whom imports, undos and logins have created or restored since the last matching: what to
   * call after an import. The first time it matches everyone, and so it does where the change logs since were purged. A
   * call that fails is made up for by the next.
   *
   * Rejects as {@link match} does. Once it has been called, `retention` keeps the change logs that the next call needs,
   * whatever their age. Who does not call it any more ends that with {@link match}.
   */
  async matchNewcomers(options: MatchOptions): Promise<MatchResult> {
    await this.#storage.open()
    const { districtId } = options
    const position = await matchingPosition(this.#storage, districtId)
    const isFollowed = true
    if (position === undefined) return this.#matchEveryone(options, { isFollowed })
    const { version: after } = position
    if (await isLogPurged(this.#storage, { districtId, after })) {
      return this.#matchEveryone(options, { isFollowed })
    }
    const { version } = await this.#storage.getDistrict(districtId)
    const reissued = await this.#reportReissued(options, version)
    const subjects = newcomers(this.#range(options, { after, upTo: version }))
    const matched = await this.#run(options, { subjects, isWhole: false })
    await setMatchingPosition(this.#storage, districtId, { version, isFollowed })
    return { districtId, scope: "newcomers", reissued, ...matched }
  }

  /**
   * The questions for people, in ascending id, as they stand at the moment: a review whose person has been linked or
   * archived since is `closed`. Costs up to 22 lookups for each that is open.
   */
  async *reviews(query: ReviewQuery = {}): AsyncIterable<Review> {
    await this.#storage.open()
    yield* this.#desk.list(query)
  }

  /** One review as it stands now. Rejects with `REVIEW_NOT_FOUND`. */
  async review(reviewId: string): Promise<Review> {
    await this.#storage.open()
    const entry = await this.#reviews.get(reviewId)
    if (entry === undefined) throw new HomeroomError("REVIEW_NOT_FOUND", { details: { reviewId } })
    return this.#desk.show(entry)
  }

  /**
   * Decides a review: `link` names the candidate that it is, `keepApart` says that it is none of them, for good. In a
   * review of a re-issue, `link` brings the account of the archived person to the new Clever id. `by` says who decides.
   *
   * Of two who decide at once, one does. Rejects with `REVIEW_NOT_FOUND`; with `REVIEW_NOT_OPEN` if it is decided or
   * has settled itself; with `INVALID_OPTIONS` for what is no candidate; with `LINK_CONFLICT` if the account, or the
   * person, was linked otherwise a moment ago.
   */
  async decide(reviewId: string, choice: ReviewChoice): Promise<Review> {
    await this.#storage.open()
    if (typeof choice.by !== "string" || choice.by === "") {
      throw new HomeroomError("INVALID_OPTIONS", { message: "A decision needs to say by whom it is." })
    }
    if ((choice.keepApart === true) === (typeof choice.link === "string")) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "A decision either links a candidate or keeps all of them apart.",
      })
    }
    const by = auditText(choice.by)
    const review = await this.#desk.decide(reviewId, { ...choice, by })
    const { districtId, decision } = review
    this.#audit({ type: "review-decided", districtId, reviewId, by, link: decision?.link ?? null })
    return review
  }

  /**
   * Remembers that an account is not this person's (or school's), so that no matcher offers it again. Does not remove
   * a link: `LoginResolver.unlinkAccount` does, and {@link unlinkSchool}. Rejects with `STORAGE_BUSY` if others never
   * cease to change the same review.
   */
  async keepApart(options: {
    districtId: string
    kind?: SubjectKind | undefined
    cleverId: string
    accountId: string
    by: string
  }): Promise<void> {
    await this.#storage.open()
    const { districtId, kind = "user", cleverId, accountId: candidate } = options
    const type = kind === "user" ? "account" : "school"
    const by = auditText(options.by)
    await this.#reviews.keepApart({ districtId, type, cleverId }, { candidate, by })
    const id = reviewId(districtId, type, cleverId)
    this.#audit({ type: "kept-apart", districtId, reviewId: id, accountId: candidate, by })
  }

  /** Which schools of the app are which at Clever, in ascending Clever id. */
  async *schoolLinks({ districtId }: { districtId: string }): AsyncIterable<SchoolLink> {
    await this.#storage.open()
    let after: string | undefined
    for (;;) {
      const page = await this.#schools.list({ districtId, after, limit: 500 })
      yield* page
      after = page.at(-1)?.schoolId
      if (after === undefined) return
    }
  }

  /** Removes the link of a school; false if there is none. `by` says who did it. */
  async unlinkSchool(options: { districtId: string; schoolId: string; by: string }): Promise<boolean> {
    await this.#storage.open()
    const { districtId, schoolId: cleverId, by } = options
    const accountId = await this.#schools.get(districtId, cleverId)
    if (accountId === undefined || !(await this.#schools.remove(districtId, cleverId))) return false
    this.#audit({
      type: "unlink",
      kind: "school",
      districtId,
      cleverId,
      accountId,
      by: auditText(by),
      from: null,
    })
    return true
  }

  async #matchEveryone(options: MatchOptions, { isFollowed }: { isFollowed: boolean }): Promise<MatchResult> {
    const { districtId } = options
    const { version } = await this.#storage.getDistrict(districtId)
    const reissued = await this.#reportReissued(options, version)
    const subjects = this.#everyone(options)
    const matched = await this.#run(options, { subjects, isWhole: true })
    await setMatchingPosition(this.#storage, districtId, { version, isFollowed })
    return { districtId, scope: "everyone", reissued, ...matched }
  }

  async #run(
    options: MatchOptions,
    whom: { subjects: SubjectReader; isWhole: boolean },
  ): Promise<MatchCounts & { accounts: AccountCounts }> {
    const { districtId } = options
    // What reads and compares accounts takes a while to load: with the first matching, not with the app (P14).
    const { runMatching } = await import("../later.ts")
    return runMatching({
      ...whom,
      storage: this.#storage,
      match: options,
      accounts: this.#options.accounts,
      matchEmail: this.#options.matchEmail ?? false,
      everyone: this.#everyone(options),
      people: this.#people,
      schools: this.#schools,
      reviews: this.#reviews,
      desk: this.#desk,
      onLink: ({ field, ...link }) =>
        this.#audit({ type: "link", districtId, by: `match:${field}`, from: null, ...link }),
    })
  }

  async #reportReissued(options: MatchOptions, upTo: number): Promise<number> {
    const after = (await matchingPosition(this.#storage, options.districtId))?.version ?? 0
    return reportReissued(this.#range(options, { after, upTo }), this.#reviews)
  }

  #range(
    { districtId, signal }: MatchOptions,
    { after, upTo }: { after: number; upTo: number },
  ): CommitRange {
    return { storage: this.#storage, districtId, after, upTo, signal }
  }

  #everyone({ districtId, signal }: MatchOptions): SubjectReader {
    return everyone({ storage: this.#storage, districtId, signal })
  }
}
