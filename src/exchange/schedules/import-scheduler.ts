import { tellTo } from "../../errors/index.ts"
import { processName, type Repeat, repeatWithTimer } from "../../models/index.ts"
import type { Connection, RosterStorage, ScheduleSettings } from "../../storage/contract.ts"
import { AuditLog } from "../audit-log.ts"
import type { Connections } from "../connections.ts"
import { type ImportHealth, ImportHealthBook } from "../import-health.ts"
import type { ImportJob, ImportJobRequest, ImportQueue } from "../queue/import-queue.ts"
import type { Schedule } from "./schedule.ts"
import {
  isoOrNull,
  isScheduled,
  type KeptSchedule,
  keepSchedule,
  nextTime,
  readSchedules,
  type ScheduleState,
  settingsMark,
} from "./schedule-documents.ts"
import { scheduleOf } from "./schedule-of.ts"

export interface ImportSchedulerOptions {
  storage: RosterStorage
  connections: Connections
  queue: ImportQueue
  /**
   * The schedule of districts whose connections have none of their own, part by part. Default: every night at 22:00
   * in New York, up to four hours later.
   */
  schedule?: ScheduleSettings | undefined
  /** How often it is looked what is due. Default 30,000. */
  intervalMs?: number | undefined
  /** For how many days audit entries are kept. Default 730. */
  keepAuditDays?: number | undefined
  /** Told of each import that was put on the queue. What it throws is ignored. */
  onScheduled?: ((job: ImportJob) => void) | undefined
  /** Told of what fails, and of schedules that can't be used; the others go on. What it throws is ignored. */
  onError?: ((error: unknown) => void) | undefined
  /** Who it is, for people to read. Default: host name and process id. */
  holder?: string | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
  /** How it is repeated. Default: a timer that does not keep the process alive. */
  repeat?: Repeat | undefined
}

/** How long another process leaves a time to the one that has claimed it. */
const claimMs = 60_000
/** A retry that is so late is not on the queue any more. */
const lostRetryMs = 3_600_000
const purgeEveryMs = 86_400_000

/**
 * Puts an import on the queue for each district whose time has come (S29). Any number of processes may run one on the
 * same storage: each time is claimed by one of them, and what waits or runs already is not asked for twice. A time that
 * was missed because nobody ran, is made up for once.
 *
 * Districts that are not active with provisioning are left out, and quarantined ones, which are tried again by the
 * queue. Steps of connections that nobody was told of are noticed on the way.
 */
export class ImportScheduler {
  readonly #options: ImportSchedulerOptions
  readonly #clock: () => number
  readonly #health: ImportHealthBook
  readonly #audit: AuditLog
  readonly #onError: (error: unknown) => void
  readonly #schedules = new Map<string, { of: string; schedule: Schedule }>()
  #stopRepeating: (() => void) | undefined
  #ticking: Promise<void> | undefined
  #purgedMs: number | undefined

  constructor(options: ImportSchedulerOptions) {
    const { storage, clock = Date.now, keepAuditDays: keepDays, onError } = options
    this.#options = options
    this.#clock = clock
    this.#onError = tellTo(onError)
    this.#health = new ImportHealthBook({ storage, clock })
    this.#audit = new AuditLog({ storage, keepDays, clock })
  }

  /** Looks at once, and then again and again. Rejects with `SCHEDULE_INVALID` if the schedule for all is none. */
  async start(): Promise<void> {
    const { schedule, intervalMs = 30_000, repeat = repeatWithTimer } = this.#options
    await scheduleOf({ districtId: "", settings: {} }, schedule)
    this.#stopRepeating ??= repeat(() => void this.tick(), intervalMs)
    await this.tick()
  }

  /** Waits for what is at work. */
  async stop(): Promise<void> {
    this.#stopRepeating?.()
    this.#stopRepeating = undefined
    await this.#ticking
  }

  /** Looks once; while it does, the same look. Never rejects: `onError` is told. */
  tick(): Promise<void> {
    this.#ticking ??= this.#tick().finally(() => {
      this.#ticking = undefined
    })
    return this.#ticking
  }

  async #tick(): Promise<void> {
    const { storage, connections } = this.#options
    await this.#try(() => connections.notice())
    await this.#try(() => this.#purge())
    await this.#try(async () => {
      const kept = await readSchedules(storage)
      const health = new Map<string, ImportHealth>()
      for await (const one of this.#health.list()) health.set(one.districtId, one)
      for (const connection of await storage.listConnections()) {
        const { districtId } = connection
        if (!isScheduled(connection)) continue
        await this.#try(() => this.#look(connection, kept.get(districtId), health.get(districtId)))
      }
    })
  }

  async #look(
    connection: Connection,
    kept: KeptSchedule | undefined,
    health: ImportHealth | undefined,
  ): Promise<void> {
    const { storage } = this.#options
    const { districtId } = connection
    const nowMs = this.#clock()
    const { of, schedule } = await this.#scheduleOf(connection)
    const nextAt = nextTime(schedule, kept?.state, of, nowMs)
    const state: ScheduleState = { enqueuedAt: null, claim: null, ...kept?.state, nextAt, of }
    if (health?.quarantine) await this.#makeUpForRetry(districtId, health.quarantine.retryAt)
    if (nextAt === null || Date.parse(nextAt) > nowMs) {
      if (kept?.state.of === of && kept.state.nextAt === nextAt) return
      await keepSchedule(storage, districtId, state, kept?.revision ?? 0)
      return
    }
    if (state.claim !== null && state.claim.untilMs > nowMs) return
    const holder = this.#options.holder ?? processName()
    const claim = { holder, untilMs: nowMs + claimMs }
    const revision = kept?.revision ?? 0
    if (!(await keepSchedule(storage, districtId, { ...state, claim }, revision))) return
    const isPassedOver = health?.quarantine != null || schedule.isBlackedOut(nowMs)
    if (!isPassedOver) await this.#enqueue(districtId, schedule.isBulkDue(nowMs, lastBulkMs(health)))
    const enqueuedAt = isPassedOver ? state.enqueuedAt : isoOrNull(nowMs)
    const next = { ...state, nextAt: isoOrNull(schedule.nextAfter(nowMs)), enqueuedAt, claim: null }
    await keepSchedule(storage, districtId, next, revision + 1)
  }

  async #enqueue(districtId: string, isBulkDue: boolean): Promise<void> {
    const mode = isBulkDue ? "bulk" : "delta"
    await this.#add({ districtId, mode, reason: "scheduled", requestedBy: "schedule" })
  }

  /** A retry is put on the queue by what failed before it; this one was taken off, or got lost. */
  async #makeUpForRetry(districtId: string, retryAt: string): Promise<void> {
    if (Date.parse(retryAt) + lostRetryMs > this.#clock()) return
    await this.#add({ districtId, mode: "delta", reason: "retry", requestedBy: "schedule" })
  }

  async #add(request: ImportJobRequest): Promise<void> {
    const { storage, queue, onScheduled } = this.#options
    const { districtId } = request
    if ((await queue.list({ districtId })).length > 0) return
    const { counts } = await storage.getDistrict(districtId)
    const records = Object.values(counts).reduce((sum, { active, archived }) => sum + active + archived, 0)
    const { job, isNew } = await queue.add({ ...request, records })
    if (isNew) tellTo(onScheduled)(job)
  }

  async #scheduleOf(connection: Connection): Promise<{ of: string; schedule: Schedule }> {
    const { schedule: defaults } = this.#options
    const of = settingsMark(connection.settings.schedule, defaults)
    const known = this.#schedules.get(connection.districtId)
    if (known?.of === of) return known
    const made = { of, schedule: await scheduleOf(connection, defaults, this.#onError) }
    this.#schedules.set(connection.districtId, made)
    return made
  }

  async #purge(): Promise<void> {
    const nowMs = this.#clock()
    if (this.#purgedMs !== undefined && nowMs - this.#purgedMs < purgeEveryMs) return
    await this.#audit.purge()
    this.#purgedMs = nowMs
  }

  async #try(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#onError(error)
    }
  }
}

function lastBulkMs(health: ImportHealth | undefined): number | null {
  const at = health?.lastBulkAt ?? null
  return at === null ? null : Date.parse(at)
}
