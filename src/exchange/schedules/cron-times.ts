import type { CronPattern } from "croner"

/** A cron expression that says at which times of day, and on which days of the week: most do. */
export interface CronTimes {
  readonly minute: number
  /** In ascending order. */
  readonly hours: readonly number[]
  /** 0 is Sunday, in ascending order; null: every day. */
  readonly days: readonly number[] | null
}

/** A day of the week in every week of the month, as croner marks it: a bit for each week, and one for the last. */
const everyWeek = 0b111111

/** The times that a pattern means; null where it is about anything else: days of the month, several minutes. */
export function cronTimes(pattern: CronPattern): CronTimes | null {
  const { minute, hour, day, month, dayOfWeek, lastDayOfMonth } = pattern
  const isEveryDate = [...day, ...month].every((one) => one === 1) && !lastDayOfMonth
  const isEveryWeek = dayOfWeek.every((weeks) => weeks === 0 || weeks === everyWeek)
  const [first, second] = chosen(minute)
  if (!isEveryDate || !isEveryWeek || first === undefined || second !== undefined) return null
  const days = chosen(dayOfWeek)
  return { minute: first, hours: chosen(hour), days: days.length === 7 ? null : days }
}

function chosen(field: readonly number[]): number[] {
  return field.flatMap((mark, value) => (mark === 0 ? [] : [value]))
}
