import { Cron, CronPattern } from "croner"
import { HomeroomError } from "../../errors/index.ts"
import { nodeCrypto } from "../../models/index.ts"
import type { ScheduleSettings } from "../../storage/contract.ts"
import { BlackoutDates } from "./blackout-dates.ts"
import { type CronTimes, cronTimes } from "./cron-times.ts"

/** A schedule with every setting in its place. */
export interface FullSchedule {
  readonly cron: string
  readonly timeZone: string
  readonly jitterMinutes: number
  readonly blackout: readonly (string | { from: string; to: string })[]
  readonly bulkEveryDays: number
  readonly atLeastDaily: boolean
}

/**
 * When a district is imported that says nothing of it: in the night of the United States, after districts have uploaded
 * their data, spread over four hours.
 */
const standardCron = "0 22 * * *"
const standardJitterMinutes = 240
/** Of a cron expression of one's own. */
const ownJitterMinutes = 10
const standardTimeZone = "America/New_York"
const mostJitterMinutes = 720
const mostBulkEveryDays = 365
const minuteMs = 60_000
const dayMs = 86_400_000

export interface ScheduleOptions {
  districtId: string
  /** The district's own. */
  settings?: ScheduleSettings | undefined
  /** For all districts, where one's own says nothing. */
  defaults?: ScheduleSettings | undefined
}

/**
 * When a district is imported (S29): at the times of its cron expression in its time zone, each later by the district's
 * own share of the jitter, on no blackout date, and at least once on every other day unless that is switched off.
 *
 * A time that the clocks leave out is made up for at the next one that there is; one that comes twice counts once where
 * the expression names a single time of day.
 */
export class Schedule {
  readonly settings: FullSchedule
  /** The times of day that the expression means; null where it is about anything else. */
  readonly times: CronTimes | null
  readonly #cron: Cron
  /** The first time of day of the expression, on every day. */
  readonly #daily: Cron | undefined
  readonly #jitterMs: number
  readonly #blackout: BlackoutDates

  /** Throws `SCHEDULE_INVALID`, whose `details.option` is the setting at fault. */
  constructor({ districtId, settings = {}, defaults = {} }: ScheduleOptions) {
    const full = fill(settings, defaults)
    this.settings = full
    requireNumber("jitterMinutes", full.jitterMinutes, mostJitterMinutes)
    requireNumber("bulkEveryDays", full.bulkEveryDays, mostBulkEveryDays)
    requireTimeZone(full.timeZone)
    this.#blackout = new BlackoutDates(full.blackout, full.timeZone)
    const { cron, pattern } = readCron(full.cron, full.timeZone)
    this.times = cronTimes(pattern)
    this.#cron = cron
    const firstTime = `${pattern.minute.indexOf(1)} ${pattern.hour.indexOf(1)} * * *`
    this.#daily = full.atLeastDaily ? new Cron(firstTime, cronOptions(full.timeZone)) : undefined
    this.#jitterMs = jitterOf(districtId, full.jitterMinutes)
    // The expression can't come true, as on a 30th of February: the setting at fault is itself, not the floor under it.
    if (cron.nextRun(new Date(0)) === null) throw invalid("cron", "there is no such day")
  }

  /** Throws `SCHEDULE_INVALID` for settings that no schedule can be made of. */
  static check(settings: ScheduleSettings | undefined, { districtId }: { districtId: string }): void {
    if (settings !== undefined) new Schedule({ districtId, settings })
  }

  /** The first time after this one, in milliseconds since 1970; null if there is none any more. */
  nextAfter(timeMs: number): number | null {
    let afterMs = Math.floor((timeMs - this.#jitterMs) / 1_000) * 1_000
    for (;;) {
      const base = earlier(this.#cron.nextRun(new Date(afterMs)), this.#daily?.nextRun(new Date(afterMs)))
      if (base === null) return null
      const atMs = base + this.#jitterMs
      const endMs = this.#blackout.endOf(atMs)
      if (endMs === undefined) return atMs
      afterMs = Math.max(base, endMs - this.#jitterMs - 1_000)
    }
  }

  /** This time, or where it is on a blackout date, the end of that. */
  notBlackedOut(timeMs: number): number {
    return this.#blackout.endOf(timeMs) ?? timeMs
  }

  /** Whether nothing that is scheduled may begin at this time. */
  isBlackedOut(timeMs: number): boolean {
    return this.#blackout.endOf(timeMs) !== undefined
  }

  /** Whether an import at this time is to list everything, the last that did being so long ago. */
  isBulkDue(timeMs: number, lastBulkMs: number | null): boolean {
    const { bulkEveryDays } = this.settings
    if (bulkEveryDays === 0) return false
    // The times of one week and the next may be a little less than a week apart.
    return lastBulkMs === null || timeMs - lastBulkMs >= bulkEveryDays * dayMs - dayMs / 2
  }
}

function fill(own: ScheduleSettings, defaults: ScheduleSettings): FullSchedule {
  const cron = own.cron ?? defaults.cron
  // How far a time may move belongs to the time.
  const jitterMinutes = own.jitterMinutes ?? (own.cron === undefined ? defaults.jitterMinutes : undefined)
  return {
    cron: cron ?? standardCron,
    timeZone: own.timeZone ?? defaults.timeZone ?? standardTimeZone,
    jitterMinutes: jitterMinutes ?? (cron === undefined ? standardJitterMinutes : ownJitterMinutes),
    blackout: own.blackout ?? defaults.blackout ?? [],
    bulkEveryDays: own.bulkEveryDays ?? defaults.bulkEveryDays ?? 7,
    atLeastDaily: own.atLeastDaily ?? defaults.atLeastDaily ?? true,
  }
}

function cronOptions(timezone: string) {
  return { timezone, mode: "5-part", paused: true } as const
}

function readCron(text: string, timeZone: string): { cron: Cron; pattern: CronPattern } {
  if (text.trim().split(/\s+/).length !== 5) {
    throw invalid("cron", "it needs five fields: minute, hour, day of the month, month, day of the week")
  }
  try {
    const pattern = new CronPattern(text, timeZone, { mode: "5-part" })
    return { cron: new Cron(text, cronOptions(timeZone)), pattern }
  } catch (error) {
    const problem = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : "it can't be read"
    throw invalid("cron", problem.replace(/\.$/, ""))
  }
}

function requireTimeZone(timeZone: string): void {
  try {
    // An offset is no zone: it knows no summer time.
    if (!/^[A-Za-z]/.test(timeZone)) throw new RangeError()
    new Intl.DateTimeFormat("en", { timeZone })
  } catch {
    throw invalid("timeZone", `"${timeZone}" is no IANA time zone, as Europe/Berlin is one`)
  }
}

function requireNumber(option: keyof ScheduleSettings, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return
  throw invalid(option, `it must be a whole number from 0 to ${most}`)
}

/** Always the same for a district, and evenly spread over districts; whole seconds. */
function jitterOf(districtId: string, jitterMinutes: number): number {
  const number = nodeCrypto().createHash("sha256").update(districtId).digest().readUInt32BE(0)
  return Math.floor(((number / 2 ** 32) * jitterMinutes * minuteMs) / 1_000) * 1_000
}

function earlier(one: Date | null, other: Date | null | undefined): number | null {
  const times = [one, other ?? null].filter((time) => time !== null).map((time) => time.getTime())
  return times.length === 0 ? null : Math.min(...times)
}

/** `problem` completes "The schedule's cron can't be used: …". */
function invalid(option: string, problem: string): HomeroomError {
  return new HomeroomError("SCHEDULE_INVALID", {
    message: `The schedule's ${option} can't be used: ${problem}.`,
    details: { option: `schedule.${option}` },
  })
}
