import { CronDate } from "croner"
import { HomeroomError } from "../../errors/index.ts"
import type { ScheduleSettings } from "../../storage/contract.ts"

interface DateRange {
  readonly from: string
  readonly to: string
}

/** Days of a time zone on which nothing scheduled begins. */
export class BlackoutDates {
  /** In ascending order; none touches the next. */
  readonly #ranges: readonly DateRange[]
  readonly #timeZone: string
  readonly #format: Intl.DateTimeFormat

  /** Throws `SCHEDULE_INVALID` for what is no date, and for a last day before the first. */
  constructor(dates: NonNullable<ScheduleSettings["blackout"]>, timeZone: string) {
    this.#ranges = merge(dates.map(readRange))
    this.#timeZone = timeZone
    this.#format = new Intl.DateTimeFormat("en", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    })
  }

  /** When the blackout that this time is in ends, in milliseconds since 1970; undefined if it is in none. */
  endOf(timeMs: number): number | undefined {
    if (this.#ranges.length === 0) return undefined
    const date = this.#dateOf(timeMs)
    const range = this.#ranges.find(({ from, to }) => from <= date && date <= to)
    if (range === undefined) return undefined
    const end = new CronDate(`${dayAfter(range.to)}T00:00:00`, this.#timeZone).getDate().getTime()
    // Where clocks are put back at midnight, the day ends a second time.
    return end > timeMs ? end : end + 3_600_000
  }

  #dateOf(timeMs: number): string {
    const parts = new Map(this.#format.formatToParts(timeMs).map(({ type, value }) => [type, value]))
    return `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`
  }
}

function readRange(entry: string | { from: string; to: string }): DateRange {
  const range = typeof entry === "string" ? { from: entry, to: entry } : entry
  for (const date of [range.from, range.to]) {
    if (!isDate(date)) throw invalidDates(`"${date}" is no date, as 2026-12-24 is one`)
  }
  if (range.from > range.to) throw invalidDates(`${range.to} lies before ${range.from}`)
  return range
}

/** Ranges that overlap or follow each other become one. */
function merge(ranges: readonly DateRange[]): DateRange[] {
  const merged: DateRange[] = []
  for (const range of [...ranges].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = merged.at(-1)
    if (last !== undefined && range.from <= dayAfter(last.to)) {
      const later = last.to > range.to ? last : range
      merged[merged.length - 1] = { from: last.from, to: later.to }
    } else {
      merged.push(range)
    }
  }
  return merged
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

function dayAfter(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
}

function invalidDates(problem: string): HomeroomError {
  return new HomeroomError("SCHEDULE_INVALID", {
    message: `The schedule's blackout can't be used: ${problem}.`,
    details: { option: "schedule.blackout" },
  })
}
