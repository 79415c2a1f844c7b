/**
 * What sign-in keeps: whose account is whose, what was used once, and which sessions are over. It belongs to no
 * import: no method needs a lease, and all of them answer while an import runs. Every method rejects with `STORAGE_…`
 * codes, as all of a storage do.
 */
export interface LoginStore {
  // Links: one account for a Clever id

  /** The link of an identity. */
  getLink(key: LinkKey): Promise<AccountLink | undefined>
  /** All links, or those of one district or account, in ascending issuer, then Clever id. */
  listLinks(query: LinkQuery): Promise<AccountLink[]>
  /**
   * Adds the link unless its issuer and Clever id have one already, which is then the answer. Atomic across
   * processes: of many who claim at once, one succeeds and all get the same link. With `exclusive` an account
   * that is linked under another id is refused as well, and that link is the answer.
   */
  claimLink(link: AccountLink, options?: { exclusive?: boolean | undefined }): Promise<LinkClaim>
  /** Brings what is linked under older ids of a person under the present one, in one step: see {@link LinkMove}. */
  moveLink(move: LinkMove): Promise<LinkMoved>
  /** Removes a person's link, an account's or a district's; tells how many. */
  deleteLinks(links: LinkSelection): Promise<number>

  // What may be used once

  /**
   * True for the first caller with this key, over all processes, until the time given (milliseconds since 1970);
   * false for every other one, and for everybody if that time is over already. Afterwards the key is forgotten:
   * expired keys go whenever one is added. `subjects` say whom it concerns, for {@link forgetConsumed}.
   */
  consumeOnce(key: string, expiresAtMs: number, subjects?: readonly string[]): Promise<boolean>
  /** True while the key is consumed. */
  isConsumed(key: string): Promise<boolean>
  /** Forgets the keys that concern a subject; tells how many. */
  forgetConsumed(subject: string): Promise<number>

  // Session epochs: a session older than its person's or district's epoch is over

  /** The epoch of each subject (`user:ISSUER:ID`, `district:ID`), in their order; 0 where there is none. */
  getSessionEpochs(subjects: readonly string[]): Promise<number[]>
  /**
   * Gives the subject a new epoch and returns it: one more than the last, or the present time in milliseconds if
   * that is more, so that it is higher than any before, forgotten ones included. It may be forgotten at
   * `expiresAtMs`, if every call for it has named a time; the latest counts.
   */
  raiseSessionEpoch(subject: string, expiresAtMs?: number): Promise<number>
}

/** Who somebody is at Clever. The id alone is not enough: Clever may not be the only issuer. */
export interface LinkKey {
  /** `https://clever.com` */
  issuer: string
  cleverId: string
}

/** Whose account of the app a Clever id is. One for each issuer and Clever id; an account may have several. */
export interface AccountLink extends LinkKey {
  /** The app's own id of the account. */
  accountId: string
  /** Null for somebody who came through the Clever Library alone. */
  districtId: string | null
  /** ISO 8601 in UTC. */
  linkedAt: string
  /** Who or what linked them, for people to read; no name and no address. */
  linkedBy: string
}

/** At most one of district and account. */
export interface LinkQuery {
  districtId?: string | undefined
  accountId?: string | undefined
  after?: LinkKey | undefined
  limit: number
}

export type LinkSelection = LinkKey | { accountId: string } | { districtId: string }

export type LinkClaim =
  | { readonly claimed: true; readonly link: AccountLink }
  /** `link` is the one that stands in the way. */
  | { readonly claimed: false; readonly link: AccountLink }

/**
 * A person's present Clever id and those of before. If all links under any of them name one account, that account
 * ends up linked under the present id alone; else nothing changes. Of several such links the one under the present
 * id is kept, failing that the oldest. The link gets `districtId`, unless that is null.
 */
export interface LinkMove extends LinkKey {
  legacyIds: readonly string[]
  districtId: string | null
}

export type LinkMoved =
  /** Nothing is linked under any of the ids. */
  | { readonly state: "none" }
  /** `from` are the older ids that were linked: empty if nothing had to move. */
  | { readonly state: "linked"; readonly link: AccountLink; readonly from: readonly string[] }
  /** Two accounts, or two districts: `links` as they still stand, in ascending Clever id. */
  | { readonly state: "conflict"; readonly links: readonly AccountLink[] }
