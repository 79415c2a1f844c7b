import type { Thresholds } from "./thresholds.ts"

/** Some records of which a run archives a part: a kind's, a role's, or a school's of a kind. */
export interface ArchivedPart {
  /** How many of them the run archives; at least one. */
  readonly archived: number
  /** How many of them were archived within the last day. */
  readonly recent: number
}

/** False if the part is no cause for a hold, however many records there are. */
export function mayExceed(
  { archived, recent }: ArchivedPart,
  { archivedShare, atLeast }: Thresholds,
): boolean {
  const gone = archived + recent
  return gone / Math.max(gone, atLeast) > archivedShare
}

/** So many active records are enough for the share to stay within its limit: no more need be counted. */
export function enoughToDecide(
  { archived, recent }: ArchivedPart,
  { archivedShare }: Thresholds,
): number | undefined {
  if (archivedShare === 0) return undefined
  // One more than the quotient, lest a rounded one should be a record short.
  return Math.floor((archived + recent) / archivedShare) - recent + 1
}

/**
 * The share, unless there are too few records to say; `active` is how many are active now, this run's archives included.
 */
export function archivedShare(
  { archived, recent }: ArchivedPart,
  active: number,
  { atLeast }: Thresholds,
): number | undefined {
  const base = active + recent
  return base < atLeast ? undefined : (archived + recent) / base
}

/** The share, if it exceeds its limit. */
export function exceededShare(
  part: ArchivedPart,
  active: number,
  thresholds: Thresholds,
): number | undefined {
  const measured = archivedShare(part, active, thresholds)
  return measured !== undefined && measured > thresholds.archivedShare ? measured : undefined
}
