import { checkSettings } from "../roster/index.ts"
import type { Connection, ConnectionSettings } from "../storage/contract.ts"
import type { ExchangeApps } from "./apps/exchange-app.ts"

/**
 * Settings that a connection may have, as they are.
 *
 * Rejects with `INVALID_OPTIONS` for what is no setting and for another app that is not configured, and with
 * `SCHEDULE_INVALID`.
 */
export async function checkedSettings(
  given: ConnectionSettings,
  { connection, apps }: { connection: Connection; apps: ExchangeApps },
): Promise<ConnectionSettings> {
  const { districtId } = connection
  const settings = await checkSettings(given, { districtId })
  const isOther = settings.app !== connection.settings.app
  if (isOther && settings.app !== undefined) apps.get(settings.app)
  if (settings.schedule !== undefined) {
    const { Schedule } = await import("./schedules/schedule.ts")
    Schedule.check(settings.schedule, { districtId })
  }
  return settings
}

/** The names of the settings that are not the same, in alphabetical order. */
export function differingParts(one: ConnectionSettings, other: ConnectionSettings): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]) as Set<keyof ConnectionSettings>
  return [...names].filter((name) => !isSame(one[name], other[name])).sort()
}

/** Whether two values have the same JSON. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
