import type { Role } from "../../models/index.ts"
import type { AnyField, MatchField } from "./match-fields.ts"
import type { MatchQuestion, MatchSubject } from "./match-subject.ts"

/**
 * Why nothing was decided although accounts were found:
 * - `several-accounts`: more than one has the value;
 * - `several-people`: somebody else of the roster has the value, or is led to the same account by whatever value;
 * - `several-roles`: the person's roles lead to different accounts;
 * - `several-ids`: the person's present and former Clever ids lead to different accounts;
 * - `account-unclear`: the account stands twice in the app's list, or an entry that can't be used has the same value;
 * - `possibly-reissued`: the Clever id is new and somebody archived was the same before, maybe.
 */
export type UndecidedReason =
  | "several-accounts"
  | "several-people"
  | "several-roles"
  | "several-ids"
  | "account-unclear"
  | "possibly-reissued"

/** Which account of the app a person or a school has, as far as it can be told. */
export type AccountMatch<Field extends AnyField = MatchField> =
  | { readonly state: "none" }
  | {
      readonly state: "unique"
      readonly accountId: string
      readonly role: Role | null
      /** What decided; null if the app itself did. */
      readonly field: Field | null
    }
  | {
      readonly state: "ambiguous"
      readonly candidates: readonly string[]
      readonly role: Role | null
      readonly field: Field | null
      readonly reason: UndecidedReason
    }

/** Where the matchers ask. */
export interface MatchBook<Field extends AnyField = AnyField> {
  /** The accounts that have the value and are not somebody else's, each once. */
  find(question: MatchQuestion<Field>): Promise<readonly string[]>
  /** Why the one account that was found is no answer; undefined if it is one. */
  objection(
    question: MatchQuestion<Field>,
  ): Promise<Extract<UndecidedReason, "several-people" | "account-unclear"> | undefined>
}

/** What people have decided before, and what waits for them to. */
export interface FormerDecisions {
  /** Accounts that somebody said are not this subject's. */
  readonly apart: ReadonlySet<string>
  /** True while it is open whether the subject is somebody archived under a new id (S27). */
  readonly isMaybeReissued: boolean
}

/**
 * Finds the account of somebody who has no link yet (S26): by Clever's own ids, present and former, then by each
 * role's fields in order, where exactly one account and exactly one person of the district have the value. Roles that
 * lead to different accounts decide nothing.
 */
export async function matchAccounts<Field extends AnyField>(options: {
  subject: MatchSubject<Field>
  book: MatchBook<Field>
  decisions: FormerDecisions
}): Promise<AccountMatch<Field>> {
  const { subject, book, decisions } = options
  const match = await matchUndoubted(subject, book, decisions.apart)
  if (match.state !== "unique" || !decisions.isMaybeReissued) return match
  const { accountId, role, field } = match
  return { state: "ambiguous", candidates: [accountId], role, field, reason: "possibly-reissued" }
}

async function matchUndoubted<Field extends AnyField>(
  subject: MatchSubject<Field>,
  book: MatchBook<Field>,
  apart: ReadonlySet<string>,
): Promise<AccountMatch<Field>> {
  const byIds = await matchIds(subject.ids, book, apart)
  if (byIds.state !== "none") return byIds
  const found = new Map<string, Extract<AccountMatch<Field>, { state: "unique" }>>()
  let doubtful: AccountMatch<Field> = { state: "none" }
  for (const questions of subject.roles) {
    const match = await matchRole(questions, book, apart)
    if (match.state === "unique") found.set(match.accountId, match)
    else if (doubtful.state === "none") doubtful = match
  }
  const [first, second] = found.values()
  if (first === undefined) return doubtful
  if (second === undefined) return first
  return {
    state: "ambiguous",
    candidates: [...found.keys()],
    role: null,
    field: null,
    reason: "several-roles",
  }
}

/** Asks for all ids at once: different accounts under them are a conflict (R45). */
async function matchIds<Field extends AnyField>(
  questions: readonly MatchQuestion<Field>[],
  book: MatchBook<Field>,
  apart: ReadonlySet<string>,
): Promise<AccountMatch<Field>> {
  const accounts = new Set<string>()
  let first: MatchQuestion<Field> | undefined
  let objection: UndecidedReason | undefined
  for (const question of questions) {
    const found = await book.find(question)
    if (found.length === 0) continue
    for (const accountId of found) accounts.add(accountId)
    first ??= question
    objection ??= await book.objection(question)
  }
  if (first === undefined) return { state: "none" }
  return judge({ question: first, accounts: [...accounts], apart, several: "several-ids", objection })
}

/** The first matcher that decides; failing that, the first that found accounts and could not decide. */
async function matchRole<Field extends AnyField>(
  questions: readonly MatchQuestion<Field>[],
  book: MatchBook<Field>,
  apart: ReadonlySet<string>,
): Promise<AccountMatch<Field>> {
  let doubtful: AccountMatch<Field> = { state: "none" }
  for (const question of questions) {
    const accounts = await book.find(question)
    if (accounts.length === 0) continue
    const objection = accounts.length === 1 ? await book.objection(question) : undefined
    const match = judge({ question, accounts, apart, several: "several-accounts", objection })
    if (match.state === "unique") return match
    if (doubtful.state === "none") doubtful = match
  }
  return doubtful
}

/** Accounts that were kept apart are not offered, but they still speak against one that is left. */
function judge<Field extends AnyField>(options: {
  question: MatchQuestion<Field>
  accounts: readonly string[]
  apart: ReadonlySet<string>
  several: UndecidedReason
  objection: UndecidedReason | undefined
}): AccountMatch<Field> {
  const { question, accounts, apart, several, objection } = options
  const { role, field } = question
  const candidates = accounts.filter((accountId) => !apart.has(accountId))
  const [accountId] = candidates
  if (accountId === undefined) return { state: "none" }
  const reason = accounts.length > 1 ? several : objection
  return reason === undefined
    ? { state: "unique", accountId, role, field }
    : { state: "ambiguous", candidates, role, field, reason }
}
