import type { CronTimes, NextImport } from "../../../exchange/index.ts"
import type { ScheduleSettings } from "../../../storage/contract.ts"
import type { Visit } from "../../routing/visit.ts"
import { checkbox, selectField, textArea, textField } from "../../view/fields.ts"
import { html, type Markup } from "../../view/html.ts"
import type { Problems } from "./problems.ts"
import { clockTime } from "./schedule-words.ts"

type Preset = "standard" | "daily" | "weekdays" | "twice" | "custom"

const presets: readonly Preset[] = ["standard", "daily", "weekdays", "twice", "custom"]
const workingDays = [1, 2, 3, 4, 5]

/** When a district is imported by itself: what is saved, or what was entered where something is wrong with it. */
export function scheduleForm(
  visit: Visit,
  options: {
    readonly own: ScheduleSettings | undefined
    readonly next: NextImport
    readonly problems: Problems | undefined
  },
): Markup {
  const { own = {}, next, problems } = options
  const { text, show } = visit
  const words = text.schedule
  const entered = problems === undefined ? undefined : visit.form
  const valueFor = (name: string, saved: string) => entered?.get(name) ?? saved
  const { timeZone, jitterMinutes, bulkEveryDays, atLeastDaily, cron } = next.schedule
  const { times } = next
  const asForAll = (value: string, isOwn: boolean) => (isOwn ? undefined : words.asForAll(value))
  return html`<div class="fields">
${selectField({
  name: "preset",
  label: words.preset,
  value: valueFor("preset", own.cron === undefined ? "standard" : presetOf(times)),
  choices: presets.map((preset) => [preset, words.presets[preset]]),
})}
${textField({
  name: "time",
  label: words.time,
  type: "time",
  hint: words.timeHint,
  value: valueFor("time", clockTime(times?.hours[0] ?? 3, times?.minute ?? 0)),
  error: problems?.time,
})}
${textField({
  name: "cron",
  label: words.cron,
  hint: words.cronHint,
  value: valueFor("cron", own.cron ?? ""),
  placeholder: cron,
  error: problems?.cron,
  isCode: true,
})}
${textField({
  name: "timeZone",
  label: words.timeZone,
  hint: words.timeZoneHint,
  value: valueFor("timeZone", own.timeZone ?? ""),
  placeholder: timeZone,
  error: problems?.timeZone,
  list: "time-zones",
})}
${textField({
  name: "jitterMinutes",
  label: words.jitter,
  hint: asForAll(show.number(jitterMinutes), own.jitterMinutes !== undefined) ?? words.jitterHint,
  value: valueFor("jitterMinutes", numberText(own.jitterMinutes)),
  error: problems?.jitterMinutes,
  isNumeric: true,
})}
${textField({
  name: "bulkEveryDays",
  label: words.bulkEvery,
  hint: asForAll(show.number(bulkEveryDays), own.bulkEveryDays !== undefined) ?? words.bulkEveryHint,
  value: valueFor("bulkEveryDays", numberText(own.bulkEveryDays)),
  error: problems?.bulkEveryDays,
  isNumeric: true,
})}
</div>
<datalist id="time-zones">${Intl.supportedValuesOf("timeZone").map((zone) => html`<option>${zone}</option>`)}</datalist>
${textArea({
  name: "blackout",
  label: words.blackout,
  hint: words.blackoutHint,
  rows: 3,
  value: valueFor("blackout", (own.blackout ?? []).map(lineOf).join("\n")),
  error: problems?.blackout,
})}
${checkbox({
  name: "atLeastDaily",
  label: words.daily,
  hint: words.dailyHint,
  checked: entered === undefined ? atLeastDaily : entered.get("atLeastDaily") === "on",
})}`
}

/** What was entered, as settings; whether they make a schedule is for those to say who run it. */
export function readSchedule({ form, text, parts, connection }: Visit): {
  schedule: ScheduleSettings | undefined
  problems: Problems
} {
  const words = text.schedule
  const problems: Record<string, string> = {}
  const schedule: ScheduleSettings = {}
  const cron = readCron(form)
  if (cron === null) problems.time = words.timeWrong
  else if (cron !== undefined) schedule.cron = cron
  const timeZone = (form.get("timeZone") ?? "").trim()
  if (timeZone !== "") schedule.timeZone = timeZone
  for (const name of ["jitterMinutes", "bulkEveryDays"] as const) {
    const entered = (form.get(name) ?? "").trim()
    if (/^\d{1,6}$/.test(entered)) schedule[name] = Number(entered)
    else if (entered !== "") problems[name] = words.numberWrong
  }
  const blackout = readDays(form.get("blackout") ?? "")
  const { schedule: defaults } = parts
  // Of lists and answers that are the same as for all districts nothing is the district's own.
  if (blackout.length > 0 || connection.settings.schedule?.blackout !== undefined)
    schedule.blackout = blackout
  const atLeastDaily = form.get("atLeastDaily") === "on"
  if (atLeastDaily !== (defaults?.atLeastDaily ?? true)) schedule.atLeastDaily = atLeastDaily
  const isEmpty = Object.keys(schedule).length === 0
  return { schedule: isEmpty ? undefined : schedule, problems }
}

/** Undefined: as for all districts; null: the time is none. */
function readCron(form: URLSearchParams): string | null | undefined {
  const preset = form.get("preset") ?? "standard"
  if (preset === "standard") return undefined
  if (preset === "custom") return (form.get("cron") ?? "").trim()
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)/.exec(form.get("time") ?? "") ?? []
  if (hour === undefined) return null
  const first = Number(hour)
  const hours = preset === "twice" ? [first, (first + 12) % 24].sort((a, b) => a - b) : [first]
  return `${Number(minute)} ${hours.join(",")} * * ${preset === "weekdays" ? workingDays.join(",") : "*"}`
}

function presetOf(times: CronTimes | null): Preset {
  if (times === null) return "custom"
  const { hours, days } = times
  const [first = 0, second] = hours
  if (hours.length === 1 && days === null) return "daily"
  if (hours.length === 1 && days?.join() === workingDays.join()) return "weekdays"
  return hours.length === 2 && days === null && second === first + 12 ? "twice" : "custom"
}

function readDays(text: string): (string | { from: string; to: string })[] {
  const lines = text.split(/[\n,]/).map((line) => line.trim())
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      // A longer one is no date, and might take long to be taken apart.
      const [from = "", to] = line.length > 100 ? [line] : line.split(/\s*(?:\.\.|–|\bto\b|\s-\s)\s*/)
      return to === undefined ? from : { from, to }
    })
}

function lineOf(day: string | { from: string; to: string }): string {
  return typeof day === "string" ? day : `${day.from} to ${day.to}`
}

function numberText(value: number | undefined): string {
  return value === undefined ? "" : String(value)
}
