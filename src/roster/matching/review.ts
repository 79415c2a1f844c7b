import type { Role } from "../../models/index.ts"
import type { AnyField } from "./match-fields.ts"
import type { UndecidedReason } from "./ordered-matchers.ts"

/**
 * What is to be decided:
 * - `account`: which account of the app a person has;
 * - `school`: which school of the app a school is;
 * - `reissued`: whether a person with a new Clever id is one that was archived (S27).
 */
export type ReviewType = "account" | "school" | "reissued"

/**
 * - `open`: somebody has to decide;
 * - `linked`: somebody said which one it is;
 * - `kept-apart`: somebody said that it is none of them;
 * - `closed`: it settled itself: the person was linked otherwise or archived, or no candidate is left.
 */
export type ReviewState = "open" | "linked" | "kept-apart" | "closed"

export interface ReviewDecision {
  /** Who decided: a user of the app. */
  readonly by: string
  /** ISO 8601 in UTC. */
  readonly at: string
  /** The candidate that it is; null if none. */
  readonly link: string | null
}

/** Something that matching could not decide. Holds ids and names of fields, nothing of anybody. */
export interface Review {
  readonly id: string
  readonly districtId: string
  readonly type: ReviewType
  /** The Clever id of the person or school; of a re-issue, the new one. */
  readonly cleverId: string
  readonly state: ReviewState
  readonly reason: UndecidedReason
  /** In which role, and by which field, the candidates were found first; null if by several. */
  readonly role: Role | null
  readonly field: AnyField | null
  /** At most 20 account ids; of a re-issue, Clever ids of archived people. In ascending order. */
  readonly candidates: readonly string[]
  /** ISO 8601 in UTC. */
  readonly openedAt: string
  readonly decision: ReviewDecision | null
}

export interface ReviewQuery {
  /** All districts when absent. */
  districtId?: string | undefined
  /** All when absent. */
  state?: ReviewState | undefined
  /** All when absent. */
  type?: ReviewType | undefined
  /** The id of the last review of the page before. Default: the first page. */
  after?: string | undefined
}

/** The id of the review of somebody's account, a school's, or a re-issue: there is one each at most. */
export function reviewId(districtId: string, type: ReviewType, cleverId: string): string {
  return `${districtId}:${type}:${cleverId}`
}
