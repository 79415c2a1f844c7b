import type { ConstructorOptions, JobWithMetadata, PgBoss, WorkOptions } from "pg-boss"
import { HomeroomError, tellTo } from "../errors/index.ts"
import {
  defaultLargeFrom,
  type ImportJob,
  type ImportJobHandler,
  type ImportJobRequest,
  type ImportQueue,
  type QueueWork,
  type QueueWorkOptions,
} from "../exchange/index.ts"

/** A pool of `pg`, or what answers like one. */
export interface QueuePoolLike {
  // biome-ignore lint/suspicious/noExplicitAny: rows are what each statement selects.
  query(text: string, values?: unknown[]): Promise<{ rows: any[] }>
}

/** Where the database is, and how it is used. One of `connectionString` and `pool` is needed. */
export interface BossQueueOptions {
  /** `postgres://user:password@host/database`: the queue opens and closes connections of its own. Default: none. */
  connectionString?: string | undefined
  /** The most connections of its own. Default 4. */
  maxConnections?: number | undefined
  /** A pool that the app has already; it is not closed. Default: none. */
  pool?: QueuePoolLike | undefined
  /** The schema in which pg-boss keeps its tables. Default `homeroom_queue`. */
  schema?: string | undefined
  /**
   * Whether pg-boss makes its schema and brings it up to date. Default true; false for a role that may not, where
   * somebody else has done it.
   */
  migrate?: boolean | undefined
  /** From how many records on a district is large, and shares half of the places with others. Default 100,000. */
  largeFrom?: number | undefined
  /** How often it is looked for jobs, in milliseconds. Default 2,000, at least 500. */
  pollMs?: number | undefined
  /** After how many milliseconds without a heartbeat a job is given to another process. Default 20,000, at least 10,000. */
  heartbeatMs?: number | undefined
  /** Told what a handler rejects with, and of the database's failures: both are tried again. What it throws is ignored. */
  onError?: ((error: unknown) => void) | undefined
}

/** What of a request is kept in the job; the rest is pg-boss's own. */
type JobData = Pick<
  ImportJobRequest,
  "districtId" | "mode" | "reason" | "requestedBy" | "records" | "notBefore"
>

const queueName = "imports"
const defaultHeartbeatMs = 20_000
const largeGroup = "large"
/** The longest that pg-boss knows. A job at work gives signs of life and is not taken away before. */
const longestSeconds = 86_400
/** Finished jobs are of no use: the history is the runs'. */
const keptSeconds = 60
const mostJobs = 100_000
/** `SQLSTATE`s of a wrong login, a database that there is not, and a missing right. */
const refusals: ReadonlySet<string> = new Set(["28000", "28P01", "3D000", "42501"])
/** What pg-boss says, without any code, of a schema that it may not migrate: none, or one of another version. */
const outdated = /^pg-boss (?:is not installed|database requires migrations)/

/**
 * The import queue on PostgreSQL, for any number of processes: pg-boss gives each job to one of them, and to another one
 * when its process has not been heard of for `heartbeatMs`. At most one job waits for a district, and at most one is
 * at work. A job whose handler rejects waits 2 s, then longer up to 60 s, and is tried again.
 *
 * The job that was added first is next, but large districts have half of a process's places at most. Every method
 * rejects with `QUEUE_UNREACHABLE` where the database does not answer, with `STORAGE_UNREADABLE` where it refuses the role,
 * with `STORAGE_SCHEMA_OUTDATED` where pg-boss's schema is not there or not of its version and `migrate` is false, and
 * with `INVALID_OPTIONS` where the package `pg-boss` is not installed.
 */
export class BossQueue implements ImportQueue {
  readonly #options: BossQueueOptions
  readonly #onError: (error: unknown) => void
  #boss: Promise<PgBoss> | undefined
  #isClosed = false

  /** Throws `INVALID_OPTIONS` unless there is either a `connectionString` or a `pool`. */
  constructor(options: BossQueueOptions) {
    if ((options.connectionString === undefined) === (options.pool === undefined)) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "BossQueue needs either a connectionString or a pool.",
      })
    }
    this.#options = options
    this.#onError = tellTo(options.onError)
  }

  /** Begins, and makes pg-boss's schema if it is not there. Every other method does so by itself. */
  async open(): Promise<void> {
    await this.#use(async () => {})
  }

  /** Rejects with `QUEUE_UNREACHABLE` unless the database answers. */
  async check(): Promise<void> {
    await this.#use((boss) => boss.schemaVersion())
  }

  add(request: ImportJobRequest): Promise<{ job: ImportJob; isNew: boolean }> {
    const { districtId, mode, reason, requestedBy, notBefore, records } = request
    const data: JobData = { districtId, mode, reason, requestedBy, notBefore, records }
    const isLarge = (records ?? 0) >= (this.#options.largeFrom ?? defaultLargeFrom)
    return this.#use(async (boss) => {
      for (;;) {
        // A job that is to be tried again waits as well, and pg-boss would let another one wait beside it.
        const [known] = await boss.findJobs<JobData>(queueName, { key: districtId, queued: true, limit: 1 })
        if (known !== undefined) return { job: jobOf(known), isNew: false }
        const id = await boss.send(queueName, data, {
          singletonKey: districtId,
          ...(notBefore !== undefined && { startAfter: new Date(notBefore) }),
          ...(isLarge && { group: { id: largeGroup } }),
        })
        if (id === null) continue
        return { job: { ...data, id, requestedAt: new Date().toISOString(), state: "waiting" }, isNew: true }
      }
    })
  }

  list({ districtId }: { districtId?: string | undefined } = {}): Promise<ImportJob[]> {
    return this.#use(async (boss) => {
      const key = districtId === undefined ? {} : { key: districtId }
      const jobs = await boss.findJobs<JobData>(queueName, { ...key, limit: mostJobs })
      return jobs.filter(isOpen).sort(inOrder).map(jobOf)
    })
  }

  remove(districtId: string): Promise<boolean> {
    return this.#use(async (boss) => {
      const jobs = await boss.findJobs<JobData>(queueName, { key: districtId, queued: true })
      let isRemoved = false
      for (const { id } of jobs) {
        // One that has just been taken ends as soon as its heartbeat finds it cancelled.
        const { affected } = (await boss.cancel(queueName, id)) as { affected: number }
        isRemoved ||= affected > 0
      }
      return isRemoved
    })
  }

  work(handler: ImportJobHandler, { concurrency = 2 }: QueueWorkOptions = {}): Promise<QueueWork> {
    const { pollMs = 2_000, heartbeatMs = defaultHeartbeatMs } = this.#options
    return this.#use(async (boss) => {
      const stopping = new AbortController()
      const id = await boss.work<JobData, void, WorkOptions & { includeMetadata: true }>(
        queueName,
        {
          includeMetadata: true,
          localConcurrency: concurrency,
          localGroupConcurrency: Math.max(1, Math.floor(concurrency / 2)),
          pollingIntervalSeconds: pollMs / 1_000,
          burstWhenReadyExceeds: 1,
          heartbeatRefreshSeconds: heartbeatMs / 4_000,
        },
        async ([job]) => {
          if (job === undefined) return
          const signal = AbortSignal.any([stopping.signal, job.signal])
          try {
            await handler(jobOf(job), { signal })
          } catch (error) {
            if (!signal.aborted) this.#onError(error)
            throw error
          }
        },
      )
      return {
        stop: async () => {
          stopping.abort()
          await boss.offWork(queueName, { id, wait: true })
        },
      }
    })
  }

  /** Ends all of it, and frees the connections. To be called after the work has stopped. */
  async close(): Promise<void> {
    this.#isClosed = true
    const starting = this.#boss
    this.#boss = undefined
    const boss = await starting?.catch(() => undefined)
    await boss?.stop({ graceful: false })
  }

  async #use<Result>(work: (boss: PgBoss) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw unreachable(new Error("the queue is closed"))
    this.#boss ??= this.#start().catch((error: unknown) => {
      this.#boss = undefined
      throw error
    })
    try {
      return await work(await this.#boss)
    } catch (error) {
      throw error instanceof HomeroomError ? error : asQueueError(error)
    }
  }

  async #start(): Promise<PgBoss> {
    const { connectionString, pool, maxConnections = 4 } = this.#options
    const { schema = "homeroom_queue", migrate = true } = this.#options
    const { PgBoss } = await import("pg-boss").catch((cause: unknown) => {
      const message =
        "The import queue needs the package pg-boss, which is not installed: npm install pg-boss"
      throw new HomeroomError("INVALID_OPTIONS", { message, cause })
    })
    const options: ConstructorOptions = {
      ...(pool === undefined
        ? {
            connectionString: connectionString as string,
            max: maxConnections,
            application_name: "homeroom-queue",
          }
        : { db: { executeSql: (text: string, values?: unknown[]) => pool.query(text, values) } }),
      schema,
      migrate,
      createSchema: migrate,
      // Schedules are the connections' own.
      schedule: false,
      supervise: true,
      superviseIntervalSeconds: 2,
      monitorIntervalSeconds: 2,
      queueCacheIntervalSeconds: 2,
      maintenanceIntervalSeconds: keptSeconds,
      registerInstance: false,
    }
    const boss = new PgBoss(options)
    boss.on("error", this.#onError)
    try {
      await boss.start()
      hearConnections(boss)
      await boss.createQueue(queueName, { policy: "stately", ...this.#jobOptions() })
      await boss.updateQueue(queueName, this.#jobOptions())
    } catch (error) {
      // What has begun of it would go on beside the next one.
      await boss.stop({ graceful: false }).catch(() => {})
      throw error
    }
    return boss
  }

  #jobOptions() {
    return {
      expireInSeconds: longestSeconds,
      heartbeatSeconds: (this.#options.heartbeatMs ?? defaultHeartbeatMs) / 1_000,
      deleteAfterSeconds: keptSeconds,
      // Whoever dies, and whatever is thrown: an import is only taken off the queue by being made.
      retryLimit: 1_000_000,
      retryDelay: 2,
      retryBackoff: true,
      retryDelayMax: 60,
    }
  }
}

interface Emitter {
  on(event: string, listener: (value: Emitter) => void): unknown
}

/**
 * Hears the errors of pg-boss's own connections for as long as they live. Between two users nobody does, and a server that
 * ends a connection then, or while a process slept, would end the process.
 */
function hearConnections(boss: PgBoss): void {
  const { pool } = boss.getDb() as { pool?: Emitter & { _clients?: Emitter[] } }
  const hear = (client: Emitter): void => void client.on("error", () => {})
  pool?.on("connect", hear)
  for (const client of pool?._clients ?? []) hear(client)
}

function isOpen({ state }: JobWithMetadata<JobData>): boolean {
  return state === "created" || state === "retry" || state === "active"
}

/** Those at work first, then in the order in which they are taken. */
function inOrder(one: JobWithMetadata<JobData>, other: JobWithMetadata<JobData>): number {
  const [first, second] = [one.state === "active", other.state === "active"]
  return first === second ? dueSince(one) - dueSince(other) : first ? -1 : 1
}

function dueSince({ createdOn, startAfter }: JobWithMetadata<JobData>): number {
  return Math.max(createdOn.getTime(), startAfter.getTime())
}

function jobOf({ id, data, state, createdOn }: JobWithMetadata<JobData>): ImportJob {
  return {
    ...data,
    id,
    requestedAt: createdOn.toISOString(),
    state: state === "active" ? "running" : "waiting",
  }
}

/** A login, a database or a schema that there is not stays so; anything else may be over soon. */
function asQueueError(error: unknown): HomeroomError {
  const { code, message = "" } = error as { code?: unknown; message?: string }
  if (outdated.test(message)) {
    return new HomeroomError("STORAGE_SCHEMA_OUTDATED", {
      message: `The schema of the import queue is not the one that this pg-boss needs, and it is not to be migrated here (migrate: false): ${message}.`,
      cause: error,
    })
  }
  if (typeof code !== "string" || !refusals.has(code)) return unreachable(error)
  return new HomeroomError("STORAGE_UNREADABLE", {
    message: `PostgreSQL refused the import queue: ${message}.`,
    details: { sqlState: code },
    cause: error,
  })
}

function unreachable(cause: unknown): HomeroomError {
  return new HomeroomError("QUEUE_UNREACHABLE", { cause })
}
