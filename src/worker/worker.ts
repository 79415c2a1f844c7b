import { setTimeout as delay } from "node:timers/promises"
import { isHomeroomError, tellTo } from "../errors/index.ts"
import {
  Discovery,
  type ExchangeEvent,
  type ImportOutcome,
  type ImportQueue,
  ImportScheduler,
  Imports,
  InProcessQueue,
  type QueueWork,
  type WorkerPart,
} from "../exchange/index.ts"
import type { TargetDelivery } from "../roster/index.ts"
import { BossQueue } from "./boss-queue.ts"
import { HealthServer, type WorkerHealth, type WorkerProblem, type WorkerState } from "./health-server.ts"
import { measure } from "./measure.ts"
import { tryUntilReached } from "./try-until-reached.ts"
import { checkOptions, type QueueDatabase, type WorkerOptions } from "./worker-options.ts"

/** For how long storage and queue may take to answer before the worker counts as not ready. */
const answerMs = 3_000
/** After how long a delivery that failed is begun anew. */
const restartMs = 30_000
/** As long as the lease on a district: a process that died is made up for when the district is free again. */
const holdMs = 20_000
/** A process that died holds its district a little longer than its job. */
const leaseWaitMs = 10_000
const stopSignals = ["SIGTERM", "SIGINT"] as const

/** A process's share of the work: see `startWorker`. */
export class Worker {
  /** Puts imports on the queue, and tells how they stand. */
  readonly imports: Imports
  /** Resolves when it has stopped. */
  readonly stopped: Promise<void>
  readonly #options: WorkerOptions
  readonly #queue: ImportQueue
  readonly #ownQueue: BossQueue | undefined
  readonly #scheduler: ImportScheduler
  readonly #discovery: Discovery | undefined
  readonly #deliveries: readonly TargetDelivery[]
  readonly #stopping = new AbortController()
  readonly #onSignal = (): void => void this.stop()
  /** What the last try to start failed with. */
  #away: WorkerProblem | undefined
  #state: WorkerState = "starting"
  #importing = 0
  #work: QueueWork | undefined
  #server: HealthServer | undefined
  #delivering: Promise<unknown> = Promise.resolve()
  #measuring: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #stop: Promise<void> | undefined
  #hasStopped: () => void = () => {}

  /**
   * Throws `INVALID_OPTIONS` for no app to `discover` by, or two of the same name, and for a `queue` without a database.
   */
  constructor(options: WorkerOptions) {
    const { storage, connections, roster, queue, schedule, matching, deliveries = [] } = options
    this.#options = options
    this.#deliveries = deliveries
    const onError = (part: WorkerPart) => (error: unknown) => this.#fail(part, error)
    if (queue === undefined) this.#queue = new InProcessQueue({ storage, holdMs, onError: onError("queue") })
    else if (isQueue(queue)) this.#queue = queue
    else this.#queue = this.#ownQueue = new BossQueue({ ...queue, onError: onError("queue") })
    this.imports = new Imports({
      storage,
      connections,
      roster,
      queue: this.#queue,
      matching,
      schedule,
      waitMs: leaseWaitMs,
      onOutcome: (outcome) => this.#tellOutcome(outcome),
    })
    this.#scheduler = new ImportScheduler({
      storage,
      connections,
      queue: this.#queue,
      schedule,
      onError: onError("scheduler"),
    })
    if (options.discover !== undefined) {
      this.#discovery = new Discovery({
        storage,
        connections,
        apps: options.discover,
        onEvent: ({ type, districtId }) => this.#tell({ type, districtId }),
        onReport: ({ error }) => error !== null && this.#fail("discovery", error),
      })
    }
    this.stopped = new Promise((resolve) => {
      this.#hasStopped = resolve
    })
  }

  /** Where it answers `/health` and `/ready`; null if nowhere. */
  get url(): string | null {
    return this.#server?.url ?? null
  }

  /**
   * Begins, as soon as storage and queue answer. Resolves as well if it is stopped before. Rejects with
   * `INVALID_OPTIONS`, `SCHEDULE_INVALID`, and as storage and queue do with `STORAGE_…` codes and `QUEUE_UNREACHABLE`; it
   * is then stopped.
   */
  async start(): Promise<void> {
    const { port, host = "127.0.0.1", measureMs = 15_000, startTimeoutMs = 300_000 } = this.#options
    try {
      checkOptions(this.#options)
      this.#listen()
      if (port !== undefined) {
        const [health, ready] = [() => this.health(), () => this.ready()]
        this.#server = await HealthServer.start({ port, host, health, ready })
      }
      await tryUntilReached(() => this.#begin(), {
        timeoutMs: startTimeoutMs,
        signal: this.#stopping.signal,
        onAway: (error) => {
          const part = error.code === "QUEUE_UNREACHABLE" ? "queue" : "storage"
          this.#away = { part, code: error.code }
          this.#fail(part, error)
        },
      })
    } catch (error) {
      const isStopped = this.#stopping.signal.aborted
      await this.stop()
      if (isStopped) return
      throw error
    }
    this.#delivering = Promise.all(this.#deliveries.map((delivery) => this.#deliver(delivery)))
    void this.#discovery?.start()
    // This timer keeps the process alive until it is told to stop.
    this.#timer = setInterval(() => this.#measure(), measureMs)
    this.#measure()
    this.#state = "running"
    this.#tell({ type: "worker-state", state: "running" })
  }

  /**
   * Takes no more work, asks imports and deliveries to stop at the next safe point and waits for them: runs become
   * `interrupted`, and another process goes on with them (S25). Never rejects; calling it again waits for the same.
   */
  stop(): Promise<void> {
    this.#stop ??= this.#end()
    return this.#stop
  }

  /** How it stands, without asking anybody. */
  health(problems: readonly WorkerProblem[] = []): WorkerHealth {
    const own = this.#state === "running" ? [] : [{ part: "worker", code: this.#state } as const]
    const all = [...own, ...problems]
    return { ready: all.length === 0, state: this.#state, importing: this.#importing, problems: all }
  }

  /** How it stands, after asking storage and queue. Never rejects. */
  async ready(): Promise<WorkerHealth> {
    const { storage } = this.#options
    // Nothing is open yet that could be asked.
    if (this.#state === "starting") return this.health(this.#away === undefined ? [] : [this.#away])
    const queue = this.#queue
    const problems = await Promise.all([
      this.#ask("storage", () => storage.getConnection("ready")),
      this.#ask("queue", () => ("check" in queue ? (queue as BossQueue).check() : Promise.resolve())),
    ])
    return this.health(problems.filter((problem) => problem !== undefined))
  }

  #listen(): void {
    const { signals = true, signal } = this.#options
    if (signals) for (const name of stopSignals) process.on(name, this.#onSignal)
    signal?.addEventListener("abort", this.#onSignal, { once: true })
    if (signal?.aborted) this.#onSignal()
  }

  /** Opens storage and queue, and takes the first work. After a failure it can be called again. */
  async #begin(): Promise<void> {
    const { storage, concurrency = 2 } = this.#options
    const { signal } = this.#stopping
    await storage.open()
    signal.throwIfAborted()
    await this.#scheduler.start()
    signal.throwIfAborted()
    const work = await this.#queue.work((job, options) => this.#import(job, options), { concurrency })
    this.#work = work
    // Whoever stopped it meanwhile did not find this.
    if (signal.aborted) await work.stop()
  }

  async #end(): Promise<void> {
    this.#state = "stopping"
    this.#tell({ type: "worker-state", state: "stopping" })
    this.#stopping.abort()
    clearInterval(this.#timer)
    for (const end of [
      () => this.#scheduler.stop(),
      () => this.#discovery?.stop(),
      () => this.#work?.stop(),
      () => this.#delivering,
      () => this.#measuring,
      () => this.#ownQueue?.close(),
      () => this.#server?.close(),
    ]) {
      try {
        await end()
      } catch (error) {
        this.#fail("queue", error)
      }
    }
    for (const name of stopSignals) process.off(name, this.#onSignal)
    this.#options.signal?.removeEventListener("abort", this.#onSignal)
    this.#state = "stopped"
    this.#tell({ type: "worker-state", state: "stopped" })
    this.#hasStopped()
  }

  async #import(...[job, options]: Parameters<Imports["handle"]>): Promise<void> {
    this.#importing++
    try {
      await this.imports.handle(job, options)
    } finally {
      this.#importing--
    }
  }

  /** Delivers until it is told to stop; whatever it fails with, it is begun anew. */
  async #deliver(delivery: TargetDelivery): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        await delivery.run({ signal })
      } catch (error) {
        this.#fail("delivery", error)
        await delay(restartMs, undefined, { signal }).catch(() => {})
      }
    }
  }

  #measure(): void {
    const { storage, onEvent } = this.#options
    if (onEvent === undefined || this.#measuring !== undefined) return
    const deliveries = this.#deliveries
    const tell = (event: ExchangeEvent) => this.#tell(event)
    this.#measuring = measure({ storage, imports: this.imports, deliveries, onEvent: tell, clock: Date.now })
      .catch((error: unknown) => this.#fail("measuring", error))
      .finally(() => {
        this.#measuring = undefined
      })
  }

  async #ask(
    part: "storage" | "queue",
    question: () => Promise<unknown>,
  ): Promise<WorkerProblem | undefined> {
    const timeout = new AbortController()
    const late = delay(answerMs, "late", { signal: timeout.signal, ref: false })
    try {
      const answer = await Promise.race([question(), late])
      return answer === "late" ? { part, code: "TIMEOUT" } : undefined
    } catch (error) {
      return { part, code: codeOf(error) }
    } finally {
      timeout.abort()
      late.catch(() => {})
    }
  }

  #tellOutcome(outcome: ImportOutcome): void {
    const { districtId } = outcome.job
    if (outcome.state === "postponed") {
      const { reason, until } = outcome
      this.#tell({ type: "import-postponed", districtId, reason, until })
    } else if (outcome.state === "refused") {
      this.#tell({ type: "import-refused", districtId, reason: codeOf(outcome.error), until: null })
    } else if (outcome.state === "failed" && outcome.health.quarantine !== null) {
      const { retryAt: until } = outcome.health.quarantine
      this.#tell({ type: "import-quarantined", districtId, reason: codeOf(outcome.error), until })
    }
  }

  #fail(part: WorkerPart, error: unknown): void {
    // A handler that was told to stop says so.
    if (codeOf(error) !== "ABORTED") this.#tell({ type: "worker-failed", part, code: codeOf(error) })
  }

  #tell(event: ExchangeEvent): void {
    tellTo(this.#options.onEvent)(event)
  }
}

function codeOf(error: unknown): string {
  return isHomeroomError(error) ? error.code : "INTERNAL"
}

function isQueue(queue: QueueDatabase | ImportQueue): queue is ImportQueue {
  return "work" in queue
}
