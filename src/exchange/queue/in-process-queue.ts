import { tellTo } from "../../errors/index.ts"
import { nodeCrypto, processName, type Repeat, repeatWithTimer } from "../../models/index.ts"
import type { RosterStorage } from "../../storage/contract.ts"
import type {
  ImportJob,
  ImportJobHandler,
  ImportJobRequest,
  ImportQueue,
  QueueWork,
  QueueWorkOptions,
} from "./import-queue.ts"
import { byDueTime, defaultLargeFrom } from "./next-job.ts"
import {
  queueCollection,
  readDistrict,
  readQueue,
  readWaiting,
  waitingKey,
  waitingWrite,
} from "./queue-documents.ts"
import { QueueWorker } from "./queue-worker.ts"

export interface InProcessQueueOptions {
  /** Where the jobs are kept: they outlive the process if it is durable. */
  storage: RosterStorage
  /** From how many records on a district is large, and shares half of the places with others. Default 100,000. */
  largeFrom?: number | undefined
  /** How often it is looked for jobs of other processes, and whose time has come. Default 2,000. */
  pollMs?: number | undefined
  /** How long a job waits whose handler has rejected. Default 30,000. */
  retryMs?: number | undefined
  /** After how long without a heartbeat a job is given to another process. Default 60,000; a beat is a quarter of it. */
  holdMs?: number | undefined
  /** Who works on jobs, for people to read. Default: host name and process id. */
  holder?: string | undefined
  /** Told what a handler rejects with, and of the storage's failures: both are tried again. What it throws is ignored. */
  onError?: ((error: unknown) => void) | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
  /** How polls and heartbeats are repeated. Default: timers that do not keep the process alive. */
  repeat?: Repeat | undefined
}

/**
 * An import queue without a server: jobs are documents of the roster's own storage. Several processes on one database
 * share it; compare-and-set gives each job to one of them, and a process that is not heard of for a minute loses its
 * jobs to the others. At most one job waits for a district, and at most one is at work.
 *
 * The job that has waited longest is next, but large districts have half of a process's places at most. Every method
 * rejects with `STORAGE_…` codes.
 */
export class InProcessQueue implements ImportQueue {
  readonly #options: InProcessQueueOptions
  readonly #clock: () => number
  readonly #workers = new Set<QueueWorker>()

  constructor(options: InProcessQueueOptions) {
    this.#options = options
    this.#clock = options.clock ?? Date.now
  }

  async add(request: ImportJobRequest): Promise<{ job: ImportJob; isNew: boolean }> {
    const { storage } = this.#options
    await storage.open()
    const requestedAt = new Date(this.#clock()).toISOString()
    const job: ImportJob = { ...request, id: nodeCrypto().randomUUID(), requestedAt, state: "waiting" }
    for (;;) {
      const known = await readWaiting(storage, request.districtId)
      if (known !== undefined) return { job: known.job, isNew: false }
      if (await storage.writeDocuments([waitingWrite(job)])) break
    }
    for (const worker of this.#workers) worker.wake()
    return { job, isNew: true }
  }

  async list({ districtId }: { districtId?: string | undefined } = {}): Promise<ImportJob[]> {
    await this.#options.storage.open()
    const { storage } = this.#options
    const entries = await (districtId === undefined ? readQueue(storage) : readDistrict(storage, districtId))
    return entries
      .map(({ job }) => job)
      .sort((a, b) => (a.state === b.state ? byDueTime(a, b) : a.state === "running" ? -1 : 1))
  }

  async remove(districtId: string): Promise<boolean> {
    const { storage } = this.#options
    await storage.open()
    const known = await readWaiting(storage, districtId)
    if (known === undefined) return false
    const key = waitingKey(districtId)
    return storage.writeDocuments([
      { collection: queueCollection, key, delete: true, expect: known.revision },
    ])
  }

  async work(handler: ImportJobHandler, { concurrency = 2 }: QueueWorkOptions = {}): Promise<QueueWork> {
    const { storage, pollMs = 2_000, retryMs = 30_000, holdMs = 60_000, onError } = this.#options
    await storage.open()
    const worker: QueueWorker = new QueueWorker({
      storage,
      handler,
      concurrency,
      pollMs,
      retryMs,
      ttlMs: holdMs,
      heartbeatMs: holdMs / 4,
      largeFrom: this.#options.largeFrom ?? defaultLargeFrom,
      holder: this.#options.holder ?? processName(),
      repeat: this.#options.repeat ?? repeatWithTimer,
      clock: this.#clock,
      onError: tellTo(onError),
      onStopped: () => this.#workers.delete(worker),
    })
    this.#workers.add(worker)
    return worker
  }
}
