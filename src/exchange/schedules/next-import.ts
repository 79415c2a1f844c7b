import type { Connection, RosterStorage, ScheduleSettings } from "../../storage/contract.ts"
import { ImportHealthBook } from "../import-health.ts"
import type { CronTimes } from "./cron-times.ts"
import type { FullSchedule } from "./schedule.ts"
import { isScheduled, nextTime, readKept, settingsMark } from "./schedule-documents.ts"
import { scheduleOf } from "./schedule-of.ts"

/** When a district is imported next, for people to read. */
export interface NextImport {
  /** The schedule with every setting in its place. */
  readonly schedule: FullSchedule
  /** The times of day that its cron expression means; null where it is about anything else, as days of the month. */
  readonly times: CronTimes | null
  /**
   * `scheduled`; `quarantined`: `at` is when it is tried again; `off`: the connection is not active with provisioning.
   */
  readonly state: "scheduled" | "quarantined" | "off"
  /** ISO 8601 in UTC; null if there is no time. */
  readonly at: string | null
  /** When its time last had come. */
  readonly lastAt: string | null
}

/**
 * Tells when a district is imported next by itself. `schedule`: that of districts with none of their own. Rejects with
 * `SCHEDULE_INVALID` where the schedule that goes for the district is none, and with `STORAGE_…` codes.
 */
export async function nextImport(options: {
  storage: RosterStorage
  connection: Connection
  schedule?: ScheduleSettings | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
}): Promise<NextImport> {
  const { storage, connection, schedule: defaults, clock = Date.now } = options
  const { districtId, settings } = connection
  const schedule = await scheduleOf(connection, defaults)
  const kept = await readKept(storage, districtId)
  const lastAt = kept?.state.enqueuedAt ?? null
  const about = { schedule: schedule.settings, times: schedule.times, lastAt }
  if (!isScheduled(connection)) return { ...about, state: "off", at: null }
  const { quarantine } = await new ImportHealthBook({ storage, clock }).get(districtId)
  if (quarantine !== null) return { ...about, state: "quarantined", at: quarantine.retryAt }
  const of = settingsMark(settings.schedule, defaults)
  return { ...about, state: "scheduled", at: nextTime(schedule, kept?.state, of, clock()) }
}
