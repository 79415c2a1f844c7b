import assert from "node:assert/strict"
import { Cron, CronPattern } from "croner"
import fc from "fast-check"
import { readDates } from "../../../src/cli/options.ts"
import { cronTimes } from "../../../src/exchange/schedules/cron-times.ts"
import { Schedule } from "../../../src/exchange/schedules/schedule.ts"
import { type Fuzzer, text } from "../engine/fuzzer.ts"
import { type Outcome, outcome } from "../engine/outcome.ts"
import { encoded } from "../support/json-inputs.ts"

const field = fc.oneof(
  fc.constantFrom(
    "*",
    "*",
    "*/5",
    "1-5",
    "0",
    "22",
    "L",
    "5#2",
    "?",
    "mon-fri",
    "jan",
    "1,15",
    "60",
    "-1",
    "*/0",
    "LW",
  ),
  fc.nat(60).map(String),
)
const zone = fc.constantFrom(
  "America/New_York",
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "UTC",
  "+02:00",
  "Etc/X",
)
const date = fc.oneof(
  fc.constantFrom(
    "2026-12-24",
    "2027-02-29",
    "2028-02-29",
    "9999-12-31",
    "0000-01-01",
    "2026-11-01",
    "2027-03-14",
  ),
  fc
    .tuple(
      fc.integer({ min: 2025, max: 2029 }),
      fc.integer({ min: 1, max: 13 }),
      fc.integer({ min: 1, max: 31 }),
    )
    .map(([year, month, day]) => `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`),
)
const blackout = fc.array(
  fc.oneof(
    date,
    fc.tuple(date, date).map(([from, to]) => `${from}..${to}`),
  ),
  { maxLength: 3 },
)

interface Entered {
  readonly cron: string
  readonly timeZone: string
  readonly blackout: (string | { from: string; to: string })[]
  readonly fromMs: number
}

/** An expression, a zone, dates and a time, each on a line of its own. */
function enteredIn(input: Uint8Array): Entered {
  const [cron = "", timeZone = "", dates = "", from = ""] = text(input).split("\n")
  // More digits than a number has are Infinity, of which nothing is left.
  const fromMs = Math.abs(Number.parseInt(from, 10)) % Date.parse("2040-01-01T00:00:00Z") || 0
  return { cron, timeZone, blackout: dates.split(",").filter(Boolean).map(rangeOf), fromMs }
}

function rangeOf(given: string): string | { from: string; to: string } {
  const [from = "", to] = given.split("..")
  return to === undefined ? from : { from, to }
}

function scheduleOf({ cron, timeZone }: Entered, more: object = {}): Outcome<Schedule> {
  const settings = { cron, timeZone, jitterMinutes: 0, atLeastDaily: false, ...more }
  const made = outcome(() => new Schedule({ districtId: "d1", settings }))
  assert.ok(made.code === undefined || made.code === "SCHEDULE_INVALID", made.code)
  return made
}

function timesOf(schedule: Schedule, fromMs: number): number[] {
  const times: number[] = []
  for (let at: number | null = fromMs; times.length < 5; times.push(at)) {
    const next: number | null = schedule.nextAfter(at)
    if (next === null) break
    assert.ok(next > at, "a time does not lie ahead")
    at = next
  }
  return times
}

export const schedules: Fuzzer = {
  name: "schedules",
  runs: 150,
  inputs: encoded(
    fc
      .tuple(
        fc.array(field, { minLength: 5, maxLength: 5 }),
        zone,
        blackout,
        fc.integer({ min: 0, max: 2_000_000_000_000 }),
      )
      .map(([cron, timeZone, dates, from]) => [cron.join(" "), timeZone, dates.join(), from].join("\n")),
  ),
  words: [
    " ",
    "\n",
    "*",
    "/",
    "-",
    ",",
    "#",
    "L",
    "W",
    "?",
    "sun",
    "0",
    "59",
    "@daily",
    "..",
    "9999-12-31",
    "2026-11-01",
    "\t",
  ],
  properties: {
    "is refused as a schedule, or goes at the times that croner has, each after the one before": (input) => {
      const entered = enteredIn(input)
      const { value: schedule } = scheduleOf(entered)
      if (schedule === undefined) return
      const cron = new Cron(entered.cron, { timezone: entered.timeZone, mode: "5-part", paused: true })
      const expected = cron.nextRuns(5, new Date(entered.fromMs)).map((time) => time.getTime())
      assert.deepEqual(timesOf(schedule, entered.fromMs), expected)
    },
    "goes at least once in every two days if it may, whatever the expression": (input) => {
      const entered = enteredIn(input)
      const { value: schedule } = scheduleOf(entered, { atLeastDaily: true, jitterMinutes: 720 })
      const next = schedule?.nextAfter(entered.fromMs)
      if (next !== undefined) assert.ok(next !== null && next - entered.fromMs <= 2 * 86_400_000)
    },
    "never goes on a date that is left out": (input) => {
      const entered = enteredIn(input)
      const { value: schedule } = scheduleOf(entered, { blackout: entered.blackout, jitterMinutes: 30 })
      if (schedule === undefined) return
      const format = new Intl.DateTimeFormat("en-CA", { timeZone: entered.timeZone, dateStyle: "short" })
      for (const time of timesOf(schedule, entered.fromMs)) {
        const day = format.format(time)
        for (const range of entered.blackout) {
          const { from, to } = typeof range === "string" ? { from: range, to: range } : range
          assert.ok(day < from || day > to, `it goes on ${day}`)
        }
      }
    },
    "means the same when it is written as times of the day": (input) => {
      const entered = enteredIn(input)
      const { value: schedule } = scheduleOf(entered)
      if (schedule === undefined) return
      const times = cronTimes(new CronPattern(entered.cron, entered.timeZone, { mode: "5-part" }))
      if (times === null) return
      const cron = `${times.minute} ${times.hours.join()} * * ${times.days?.join() ?? "*"}`
      const { value: written } = scheduleOf({ ...entered, cron })
      assert.ok(written !== undefined)
      assert.deepEqual(timesOf(written, entered.fromMs), timesOf(schedule, entered.fromMs))
    },
    "is read from a command line as dates, or refused as an argument": (input) => {
      try {
        const dates = readDates(text(input).split("\n")[2] ?? "")
        assert.ok(dates.every((entry) => (typeof entry === "string" ? entry : entry.from && entry.to) !== ""))
      } catch (error) {
        assert.equal((error as { code?: string }).code, "commander.invalidArgument")
      }
    },
  },
}
