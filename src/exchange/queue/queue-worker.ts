import type { Repeat } from "../../models/index.ts"
import type { ImportJobHandler, QueueWork } from "./import-queue.ts"
import { JobClaim, type JobClaimOptions } from "./job-claim.ts"
import { isLarge, nextJob } from "./next-job.ts"
import { type QueueEntry, readQueue } from "./queue-documents.ts"

export interface QueueWorkerOptions extends JobClaimOptions {
  handler: ImportJobHandler
  concurrency: number
  heartbeatMs: number
  /** How often it is looked for jobs that other processes have added, or whose time has come. */
  pollMs: number
  /** How long a job waits whose handler has rejected. */
  retryMs: number
  largeFrom: number
  repeat: Repeat
  onError: (error: unknown) => void
  /** Told once it has stopped. */
  onStopped: () => void
}

/** Takes jobs off the queue and hands them to the handler, some at a time, until it is stopped. */
export class QueueWorker implements QueueWork {
  readonly #options: QueueWorkerOptions
  readonly #stopping = new AbortController()
  readonly #running = new Map<JobClaim, Promise<void>>()
  readonly #stopPolling: () => void
  #filling: Promise<void> | undefined
  #isAskedAgain = false

  constructor(options: QueueWorkerOptions) {
    this.#options = options
    this.#stopPolling = options.repeat(() => this.wake(), options.pollMs)
    this.wake()
  }

  /** There may be something to do. */
  wake(): void {
    this.#isAskedAgain = true
    this.#filling ??= this.#fill()
      .catch(this.#options.onError)
      .finally(() => {
        this.#filling = undefined
        if (this.#isAskedAgain && !this.#stopping.signal.aborted) this.wake()
      })
  }

  async stop(): Promise<void> {
    this.#stopPolling()
    this.#stopping.abort()
    await this.#filling
    await Promise.all(this.#running.values())
    this.#options.onStopped()
  }

  async #fill(): Promise<void> {
    while (this.#isAskedAgain && !this.#stopping.signal.aborted) {
      this.#isAskedAgain = false
      while (await this.#takeOne());
    }
  }

  /** Whether it is worth looking once more. */
  async #takeOne(): Promise<boolean> {
    const { storage, concurrency } = this.#options
    if (this.#stopping.signal.aborted || this.#running.size >= concurrency) return false
    const entry = this.#choose(await readQueue(storage))
    if (entry === undefined) return false
    const claim = await JobClaim.take(this.#options, entry)
    // Somebody else was faster: there may be another.
    if (claim === undefined) return true
    const work = this.#run(claim).finally(() => {
      this.#running.delete(claim)
      this.wake()
    })
    this.#running.set(claim, work)
    return true
  }

  #choose(entries: readonly QueueEntry[]): QueueEntry | undefined {
    const { concurrency, largeFrom, clock } = this.#options
    const nowMs = clock()
    const atWork = new Set(entries.filter(({ hold }) => hold !== null).map(({ job }) => job.districtId))
    const free = entries.filter(({ job, hold }) =>
      hold === null ? !atWork.has(job.districtId) : hold.untilMs <= nowMs,
    )
    const largeRunning = [...this.#running.keys()].filter(({ job }) => isLarge(job, largeFrom)).length
    const jobs = free.map((entry) => ({ ...entry.job, entry }))
    return nextJob(jobs, { nowMs, concurrency, largeRunning, largeFrom })?.entry
  }

  /** Never rejects. */
  async #run(claim: JobClaim): Promise<void> {
    const { handler, heartbeatMs, retryMs, repeat, clock, onError } = this.#options
    const signal = AbortSignal.any([this.#stopping.signal, claim.signal])
    // A heartbeat that fails is made up for by the next one, or somebody takes over.
    const stopBeating = repeat(() => void claim.renew().catch(() => {}), heartbeatMs)
    try {
      try {
        await handler({ ...claim.job }, { signal })
        await claim.finish()
      } catch (error) {
        const isStopped = this.#stopping.signal.aborted
        if (!isStopped) onError(error)
        await claim.putBack(isStopped ? claim.job.notBefore : new Date(clock() + retryMs).toISOString())
      }
    } catch (error) {
      // The storage is away: the hold runs out, and the job is taken up again.
      onError(error)
    } finally {
      stopBeating()
    }
  }
}
