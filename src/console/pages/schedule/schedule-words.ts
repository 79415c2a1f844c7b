import type { NextImport } from "../../../exchange/index.ts"
import type { ConsoleText } from "../../text/english.ts"

/** A Sunday. */
const aSundayMs = Date.parse("2026-03-01T00:00:00Z")
const dayMs = 86_400_000

/** When a schedule's time comes, in words. */
export function scheduleInWords(text: ConsoleText, { schedule, times }: NextImport): string {
  const words = text.schedule
  const { cron, timeZone } = schedule
  if (times === null) return words.wordsOther(cron, timeZone)
  const list = new Intl.ListFormat(text.language)
  const clockTimes = times.hours.map((hour) => clockTime(hour, times.minute))
  return words.words(daysInWords(text, times.days, list), list.format(clockTimes), timeZone)
}

/** `03:30`. */
export function clockTime(hour: number, minute: number): string {
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`
}

function daysInWords(text: ConsoleText, days: readonly number[] | null, list: Intl.ListFormat): string {
  if (days === null) return text.schedule.everyDay
  if (days.join() === "1,2,3,4,5") return text.schedule.weekdays
  const weekday = new Intl.DateTimeFormat(text.language, { weekday: "long", timeZone: "UTC" })
  return text.schedule.onDays(list.format(days.map((day) => weekday.format(aSundayMs + day * dayMs))))
}
