import type { Connection, ScheduleSettings } from "../../storage/contract.ts"
import type { Schedule } from "./schedule.ts"

/**
 * The schedule of a connection. Where its settings are no schedule, having been written past the checks, that for all
 * districts goes, and `onInvalid` is told. Rejects with `SCHEDULE_INVALID` if that is none either.
 */
export async function scheduleOf(
  { districtId, settings }: Pick<Connection, "districtId" | "settings">,
  defaults: ScheduleSettings | undefined,
  onInvalid: (error: unknown) => void = () => {},
): Promise<Schedule> {
  // What reads cron expressions is loaded with the first that there is to be read (P14).
  const { Schedule } = await import("./schedule.ts")
  try {
    return new Schedule({ districtId, settings: settings.schedule, defaults })
  } catch (error) {
    if (settings.schedule === undefined) throw error
    onInvalid(error)
    return new Schedule({ districtId, defaults })
  }
}
