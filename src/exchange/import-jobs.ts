import { HomeroomError, isHomeroomError, tellTo } from "../errors/index.ts"
import type { AccountMatching, RosterSync } from "../roster/index.ts"
import type { ImportMode, RosterStorage, Run, ScheduleSettings } from "../storage/contract.ts"
import { AuditLog } from "./audit-log.ts"
import type { Connections } from "./connections.ts"
import { type ImportHealth, ImportHealthBook } from "./import-health.ts"
import { importDistrict, requireProvisioning } from "./imports.ts"
import type { MatchOutcome } from "./match-imported.ts"
import type { ImportJob, ImportJobHandler, ImportJobRequest, ImportQueue } from "./queue/import-queue.ts"
import type { Schedule } from "./schedules/schedule.ts"
import { scheduleOf } from "./schedules/schedule-of.ts"

/** What became of a job, as told to `onOutcome`. */
export type ImportOutcome = {
  readonly job: ImportJob
} /** The run came to an end, be it that it is held. */ & (
  | { readonly state: "done"; readonly run: Run }
  /** It failed, and that counts. */
  | { readonly state: "failed"; readonly error: unknown; readonly health: ImportHealth }
  /** It goes on the queue again, for a reason that is not the district's. */
  | { readonly state: "postponed"; readonly reason: PostponeReason; readonly until: string }
  /** The connection allows no imports (any more). */
  | { readonly state: "refused"; readonly error: unknown }
)

/** The district is being imported already, is not to be today, or the storage is away. */
export type PostponeReason = "in-progress" | "blackout" | "storage"

export interface ImportsOptions {
  storage: RosterStorage
  connections: Connections
  roster: RosterSync
  queue: ImportQueue
  /** Matches whom imports have brought to the app's accounts. Default: nobody is matched. */
  matching?: AccountMatching | undefined
  /**
   * The schedule of districts that have none of their own: its blackout dates go for retries as well. Default: that
   * of `ImportScheduler`.
   */
  schedule?: ScheduleSettings | undefined
  /** Told of each job that this process had at work. What it throws is ignored. */
  onOutcome?: ((outcome: ImportOutcome) => void) | undefined
  /** Told how that went. What it throws is ignored. */
  onMatched?: ((outcome: MatchOutcome) => void) | undefined
  /** How long a job waits for another import of its district to end before it is postponed. Default 0: not at all. */
  waitMs?: number | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
}

export interface ImportRequest {
  districtId: string
  /** Default `delta`. */
  mode?: ImportMode | undefined
  /** A user of the app, or `cli`. */
  by: string
}

/** How a district's imports stand, for the console. */
export interface ImportStatus {
  readonly running: ImportJob | null
  readonly waiting: ImportJob | null
  readonly health: ImportHealth
}

const minuteMs = 60_000
/** After how long it is looked again whether another import of the district has ended: longer than a lease lasts. */
const inProgressMs = 30_000
/** For as long as a database takes that is restarted. */
const storageMs = minuteMs / 2
/** After the first and the second failure in a row that may pass by itself. */
const retryMinutes: readonly number[] = [5, 15]

const refusals = ["CONNECTION_NOT_FOUND", "CONNECTION_NOT_ACTIVE", "CONNECTION_WITHOUT_PROVISIONING"]
const otherImports = ["SYNC_IN_PROGRESS", "LEASE_LOST"]

/**
 * Imports that are asked for now and done as soon as there is room: by the processes that work on the queue.
 *
 * A district whose imports fail three times in a row is quarantined (S29): it is tried again after 6, 12 and 24 hours,
 * then daily, until an import succeeds or somebody says {@link tryNow}. Other districts are not affected.
 *
 * Every method rejects as the queue does: with `STORAGE_…` codes, or `QUEUE_UNREACHABLE` where it is in a database of its
 * own.
 */
export class Imports {
  readonly #options: ImportsOptions
  readonly #clock: () => number
  readonly #health: ImportHealthBook
  readonly #audit: AuditLog

  constructor(options: ImportsOptions) {
    const { storage, clock = Date.now } = options
    this.#options = options
    this.#clock = clock
    this.#health = new ImportHealthBook({ storage, clock })
    this.#audit = new AuditLog({ storage, clock })
  }

  /**
   * Puts an import on the queue and returns at once. What waits for the district already is it, unless it would list
   * less or begin later: then it is replaced (`isNew` all the same).
   *
   * Rejects with `CONNECTION_NOT_FOUND`, `CONNECTION_NOT_ACTIVE` or `CONNECTION_WITHOUT_PROVISIONING` as an import would.
   */
  async schedule({
    districtId,
    mode = "delta",
    by,
  }: ImportRequest): Promise<{ job: ImportJob; isNew: boolean }> {
    requireProvisioning(await this.#options.connections.get(districtId))
    const added = await this.#add({ districtId, mode, reason: "requested", requestedBy: by })
    await this.#audit.add({ action: "import-requested", by, districtId, details: { mode } })
    return added
  }

  /** Ends the district's quarantine, if there is one, and puts an import on the queue. Rejects as {@link schedule}. */
  async tryNow(request: ImportRequest): Promise<{ job: ImportJob; isNew: boolean }> {
    const { districtId, by } = request
    requireProvisioning(await this.#options.connections.get(districtId))
    await this.#health.release(districtId, by)
    return this.schedule(request)
  }

  /** Takes the import that waits for a district off the queue; false if none did. One that runs goes on. */
  async cancel({ districtId, by }: { districtId: string; by: string }): Promise<boolean> {
    const isRemoved = await this.#options.queue.remove(districtId)
    if (isRemoved) await this.#audit.add({ action: "import-cancelled", by, districtId, details: {} })
    return isRemoved
  }

  /** In the order in which they will be taken. */
  async waiting(): Promise<ImportJob[]> {
    return (await this.#options.queue.list()).filter(({ state }) => state === "waiting")
  }

  /** The imports that are at work, in any process. */
  async running(): Promise<ImportJob[]> {
    return (await this.#options.queue.list()).filter(({ state }) => state === "running")
  }

  /** What runs and waits for a district, and whether it is quarantined. */
  async status(districtId: string): Promise<ImportStatus> {
    const jobs = await this.#options.queue.list({ districtId })
    return {
      running: jobs.find(({ state }) => state === "running") ?? null,
      waiting: jobs.find(({ state }) => state === "waiting") ?? null,
      health: await this.#health.get(districtId),
    }
  }

  /** The districts that are quarantined, in ascending id. */
  async *quarantined(): AsyncGenerator<ImportHealth> {
    for await (const health of this.#health.list()) if (health.quarantine !== null) yield health
  }

  /**
   * Does one job: what is given to `queue.work`. Rejects only with `ABORTED`, where its signal has ended it, and when
   * the storage can't take note of what came of it: then the job is to be tried again.
   */
  readonly handle: ImportJobHandler = async (job, { signal }) => {
    tellTo(this.#options.onOutcome)(await this.#do(job, signal))
  }

  async #do(job: ImportJob, signal: AbortSignal): Promise<ImportOutcome> {
    const { connections, roster, matching, onMatched } = this.#options
    const { districtId, mode, requestedBy } = job
    const nowMs = this.#clock()
    try {
      const connection = await connections.get(districtId)
      const schedule = await scheduleOf(connection, this.#options.schedule)
      // It may have waited past midnight.
      if (job.reason !== "requested" && schedule.isBlackedOut(nowMs)) {
        return await this.#postpone(job, "blackout", schedule.notBlackedOut(nowMs))
      }
    } catch (error) {
      return this.#afterFailure(job, error, signal)
    }
    let run: Run
    try {
      run = await importDistrict({
        connections,
        roster,
        districtId,
        mode,
        by: requestedBy,
        waitMs: this.#options.waitMs ?? 0,
        signal,
        health: this.#health,
        matching,
        onMatched,
      })
    } catch (error) {
      return this.#afterFailure(job, error, signal)
    }
    if (run.state !== "interrupted") return { job, state: "done", run }
    throw new HomeroomError("ABORTED", { message: `The import ${run.id} was stopped.` })
  }

  async #afterFailure(job: ImportJob, error: unknown, signal: AbortSignal): Promise<ImportOutcome> {
    const code = isHomeroomError(error) ? error.code : "INTERNAL"
    const nowMs = this.#clock()
    if (refusals.includes(code)) return { job, state: "refused", error }
    if (signal.aborted) throw new HomeroomError("ABORTED", { cause: error })
    if (otherImports.includes(code)) return this.#postpone(job, "in-progress", nowMs + inProgressMs)
    if (code.startsWith("STORAGE_")) return this.#postpone(job, "storage", nowMs + storageMs)
    const schedule = await this.#scheduleOf(job.districtId)
    const health = await this.#health.noteFailure({
      districtId: job.districtId,
      error,
      isRetry: job.reason === "retry",
      shift: (timeMs) => schedule?.notBlackedOut(timeMs) ?? timeMs,
    })
    const retryMs = this.#retryTime(health, error, schedule)
    if (retryMs !== undefined) await this.#putAgain({ ...job, reason: "retry" }, retryMs)
    return { job, state: "failed", error, health }
  }

  /** When a district is tried again that has failed; undefined: at the next time of its schedule. */
  #retryTime(health: ImportHealth, error: unknown, schedule: Schedule | undefined): number | undefined {
    if (health.quarantine !== null) return Date.parse(health.quarantine.retryAt)
    const minutes = retryMinutes[health.failures - 1]
    const mayPass = isHomeroomError(error) && error.retryable
    if (!mayPass || minutes === undefined) return undefined
    const timeMs = this.#clock() + minutes * minuteMs
    return schedule?.notBlackedOut(timeMs) ?? timeMs
  }

  async #postpone(job: ImportJob, reason: PostponeReason, untilMs: number): Promise<ImportOutcome> {
    await this.#putAgain(job, untilMs)
    return { job, state: "postponed", reason, until: new Date(untilMs).toISOString() }
  }

  /** Where one waits already, that will do. */
  async #putAgain(job: ImportJob, notBeforeMs: number): Promise<void> {
    const { districtId, mode, reason, requestedBy, records } = job
    const notBefore = new Date(notBeforeMs).toISOString()
    await this.#options.queue.add({ districtId, mode, reason, requestedBy, records, notBefore })
  }

  async #add(request: ImportJobRequest): Promise<{ job: ImportJob; isNew: boolean }> {
    const { queue } = this.#options
    const asked = { ...request, records: await this.#recordsOf(request.districtId) }
    const added = await queue.add(asked)
    if (added.isNew || !isLess(added.job, asked)) return added
    // Both what the one lists and when the other begins is kept.
    await queue.remove(request.districtId)
    const mode = added.job.mode === "bulk" ? "bulk" : asked.mode
    return queue.add({ ...asked, mode })
  }

  async #recordsOf(districtId: string): Promise<number> {
    const { counts } = await this.#options.storage.getDistrict(districtId)
    return Object.values(counts).reduce((sum, { active, archived }) => sum + active + archived, 0)
  }

  async #scheduleOf(districtId: string): Promise<Schedule | undefined> {
    const connection = await this.#options.connections.get(districtId).catch(() => undefined)
    return connection === undefined ? undefined : scheduleOf(connection, this.#options.schedule)
  }
}

/** Whether what waits is less than what is asked for: fewer records are looked at, or it begins later. */
function isLess(waiting: ImportJob, asked: ImportJobRequest): boolean {
  if (waiting.mode === "delta" && asked.mode === "bulk") return true
  return waiting.notBefore !== undefined && (asked.notBefore ?? "") < waiting.notBefore
}
