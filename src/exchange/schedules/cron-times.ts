/** A cron expression that says at which times of day, and on which days of the week: most do. */
export interface CronTimes {
  readonly minute: number
  /** In ascending order. */
  readonly hours: readonly number[]
  /** 0 is Sunday, in ascending order; null: every day. */
  readonly days: readonly number[] | null
}

const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

/** The times that an expression means; undefined where it is about anything else: days of the month, several minutes. */
export function readCronTimes(cron: string): CronTimes | undefined {
  const [minute = "", hour = "", dayOfMonth, month, dayOfWeek = "", ...others] = cron.trim().split(/\s+/)
  if (others.length > 0 || dayOfMonth !== "*" || month !== "*") return undefined
  const minutes = readField(minute, 0, 59)
  const hours = readField(hour, 0, 23)
  const named = dayOfWeek.toLowerCase().replace(/[a-z]{3}/g, (name) => String(dayNames.indexOf(name)))
  const days = readField(named, 0, 7)?.map((day) => day % 7)
  if (minutes?.length !== 1 || hours === undefined || days === undefined) return undefined
  const week = [...new Set(days)].sort((a, b) => a - b)
  return { minute: minutes[0] ?? 0, hours, days: week.length === 7 ? null : week }
}

/** The expression for such times. */
export function writeCronTimes({ minute, hours, days }: CronTimes): string {
  return `${minute} ${hours.join(",")} * * ${days === null ? "*" : days.join(",")}`
}

/** The values of a field, in ascending order: lists, ranges and steps. */
function readField(field: string, least: number, most: number): number[] | undefined {
  const values = new Set<number>()
  for (const part of field.split(",")) {
    const [, all, from, to, step = "1"] =
      /^(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part) ?? []
    if (all === undefined && from === undefined) return undefined
    const first = all === undefined ? Number(from) : least
    // A single value with a step goes on to the end.
    const only = part.includes("/") ? most : first
    const last = all !== undefined ? most : to === undefined ? only : Number(to)
    if (Number(step) < 1 || first < least || last > most || first > last) return undefined
    for (let value = first; value <= last; value += Number(step)) values.add(value)
  }
  return [...values].sort((a, b) => a - b)
}
