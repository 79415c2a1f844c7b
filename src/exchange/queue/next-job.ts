import type { ImportJob } from "./import-queue.ts"

/** From how many records on a district is large, unless it is said otherwise. */
export const defaultLargeFrom = 100_000

/** Since when a job might be taken, in milliseconds since 1970. */
export function dueSince({ requestedAt, notBefore }: ImportJob): number {
  return Math.max(Date.parse(requestedAt), notBefore === undefined ? 0 : Date.parse(notBefore))
}

/** In the order in which they wait. */
export function byDueTime(one: ImportJob, other: ImportJob): number {
  return dueSince(one) - dueSince(other) || (one.districtId < other.districtId ? -1 : 1)
}

export interface NextJobOptions {
  nowMs: number
  /** How many imports run here at once. */
  concurrency: number
  /** How many of those that run here are large. */
  largeRunning: number
  /** From how many records on a district is large. */
  largeFrom: number
}

/**
 * The job that is next: the one that has waited longest. Large ones have half of the places at most, so that small ones
 * never wait for all of them to end; where there is one place, they take turns by waiting time.
 */
export function nextJob<Job extends ImportJob>(
  jobs: readonly Job[],
  { nowMs, concurrency, largeRunning, largeFrom }: NextJobOptions,
): Job | undefined {
  const mostLarge = Math.max(1, Math.floor(concurrency / 2))
  const isFree = (job: Job): boolean => !isLarge(job, largeFrom) || largeRunning < mostLarge
  const due = jobs.filter((job) => dueSince(job) <= nowMs && isFree(job))
  return due.sort(byDueTime)[0]
}

export function isLarge({ records = 0 }: ImportJob, largeFrom: number): boolean {
  return records >= largeFrom
}
