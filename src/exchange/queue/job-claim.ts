import type { DocumentWrite, RosterStorage } from "../../storage/contract.ts"
import type { ImportJob } from "./import-queue.ts"
import {
  type JobHold,
  type QueueEntry,
  queueCollection,
  runningKey,
  runningWrite,
  waitingKey,
  waitingWrite,
} from "./queue-documents.ts"

export interface JobClaimOptions {
  storage: RosterStorage
  holder: string
  /** After how long without a word another process takes the job over. */
  ttlMs: number
  clock: () => number
}

/**
 * The right to work on a job. Every write names the revision that the last one made, so that of two processes that take
 * themselves for the holder one alone gets further; the district's lease keeps them apart meanwhile.
 */
export class JobClaim {
  readonly job: ImportJob
  readonly #options: JobClaimOptions
  readonly #lost = new AbortController()
  #revision: number
  #isEnded = false
  /** Writes follow each other: each needs the revision of the one before. */
  #writing: Promise<void> = Promise.resolve()

  private constructor(options: JobClaimOptions, job: ImportJob, revision: number) {
    this.#options = options
    this.job = job
    this.#revision = revision
  }

  /** Takes a job that waits, or one whose holder is not heard of any more; undefined if somebody else was faster. */
  static async take(options: JobClaimOptions, entry: QueueEntry): Promise<JobClaim | undefined> {
    const job: ImportJob = { ...entry.job, state: "running" }
    const { districtId } = job
    const taken = entry.hold === null ? 0 : entry.revision
    const writes: DocumentWrite[] = [runningWrite(job, holdOf(options), taken)]
    if (entry.hold === null) {
      const key = waitingKey(districtId)
      writes.push({ collection: queueCollection, key, delete: true, expect: entry.revision })
    }
    const isTaken = await options.storage.writeDocuments(writes)
    return isTaken ? new JobClaim(options, job, taken + 1) : undefined
  }

  /** Aborts when another process has taken the job over. */
  get signal(): AbortSignal {
    return this.#lost.signal
  }

  /** Says that the work goes on. */
  renew(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isEnded || this.#lost.signal.aborted) return
      const write = runningWrite(this.job, holdOf(this.#options), this.#revision)
      if (await this.#options.storage.writeDocuments([write])) this.#revision++
      else this.#lost.abort()
    })
  }

  /** The job is done. Does nothing if it is somebody else's by now. */
  finish(): Promise<void> {
    return this.#end([])
  }

  /** The job waits again, unless another one does by now. */
  async putBack(notBefore: string | undefined): Promise<void> {
    await this.#end([waitingWrite({ ...this.job, notBefore })])
  }

  #end(extras: readonly DocumentWrite[]): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isEnded) return
      this.#isEnded = true
      const { storage } = this.#options
      const key = runningKey(this.job.districtId)
      const done = { collection: queueCollection, key, delete: true, expect: this.#revision } as const
      if (!(await storage.writeDocuments([done, ...extras])) && extras.length > 0) {
        await storage.writeDocuments([done])
      }
    })
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#writing.then(work)
    this.#writing = result.catch(() => {})
    return result
  }
}

function holdOf({ holder, ttlMs, clock }: JobClaimOptions): JobHold {
  return { holder, untilMs: clock() + ttlMs }
}
