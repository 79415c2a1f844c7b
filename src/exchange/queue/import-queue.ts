import type { ImportMode } from "../../storage/contract.ts"

/** Why an import waits: somebody asked, its time has come, or the one before failed. */
export type ImportReason = "requested" | "scheduled" | "retry"

export interface ImportJobRequest {
  districtId: string
  mode: ImportMode
  reason: ImportReason
  /** A user of the app, `cli`, or `schedule`. */
  requestedBy: string
  /** Not before then: ISO 8601 in UTC. Absent: as soon as there is room. */
  notBefore?: string | undefined
  /** How many records the district had at last: large districts never take all the room. Absent: unknown, so small. */
  records?: number | undefined
}

/** An import that waits for its turn, or has it. */
export interface ImportJob extends ImportJobRequest {
  /** The queue's own. */
  id: string
  /** ISO 8601 in UTC. */
  requestedAt: string
  state: "waiting" | "running"
}

/** Imports one district. Resolves whatever became of the run; rejects only where the job should be tried again. */
export type ImportJobHandler = (job: ImportJob, options: { signal: AbortSignal }) => Promise<void>

export interface QueueWorkOptions {
  /** How many imports at once. Default 2. */
  concurrency?: number | undefined
}

/** Work on a queue that goes on until it is stopped. */
export interface QueueWork {
  /** Takes no more jobs, asks those that run to stop at the next safe point, and waits for them. */
  stop(): Promise<void>
}

/**
 * Imports that wait for their turn: at most one waits for each district. Where several processes share the queue each
 * job is given to one of them; one whose process died is given to another.
 */
export interface ImportQueue {
  /** Puts an import on the queue. Where one waits for the district already, that one: `isNew` is then false. */
  add(request: ImportJobRequest): Promise<{ job: ImportJob; isNew: boolean }>
  /** Running ones first, then those that wait, in the order in which they will be taken. */
  list(query?: { districtId?: string | undefined }): Promise<ImportJob[]>
  /** Takes what waits for a district off the queue; false if nothing did. */
  remove(districtId: string): Promise<boolean>
  /** Handles jobs from now on. */
  work(handler: ImportJobHandler, options?: QueueWorkOptions): Promise<QueueWork>
}
