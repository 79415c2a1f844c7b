import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { ScheduleSettings } from "../../src/entries/exchange.ts"
import { Schedule } from "../../src/exchange/schedules/schedule.ts"

const id = "58a1000000000000000000aa"
const hourMs = 3_600_000
const dayMs = 24 * hourMs

function make(settings: ScheduleSettings, districtId = id): Schedule {
  return new Schedule({ districtId, settings: { jitterMinutes: 0, ...settings } })
}

/** The first times after one, in ISO 8601. */
function times(schedule: Schedule, after: string, count: number): string[] {
  const found: string[] = []
  let at: number | null = Date.parse(after)
  while (found.length < count) {
    at = schedule.nextAfter(at)
    if (at === null) break
    found.push(new Date(at).toISOString().replace(":00.000Z", "Z"))
  }
  return found
}

/** The date of a time in a zone. */
function dateIn(timeZone: string, timeMs: number): string {
  const format = new Intl.DateTimeFormat("sv", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  })
  return format.format(timeMs)
}

describe("S29 the times of a schedule", () => {
  test("are those of its expression in its time zone", () => {
    const schedule = make({ cron: "30 3 * * *", timeZone: "America/Chicago" })
    expect(times(schedule, "2026-01-10T12:00:00Z", 2)).toEqual(["2026-01-11T09:30Z", "2026-01-12T09:30Z"])
    // The time itself is past.
    expect(times(schedule, "2026-01-11T09:30:00Z", 1)).toEqual(["2026-01-12T09:30Z"])
  })

  test("that the clocks leave out come at the next time that there is", () => {
    const once = make({ cron: "30 2 * * *", timeZone: "America/New_York" })
    expect(times(once, "2026-03-07T00:00:00Z", 3)).toEqual([
      "2026-03-07T07:30Z",
      "2026-03-08T07:00Z",
      "2026-03-09T06:30Z",
    ])
    // Nothing of the hour is there, so that the day would have none.
    const often = make({ cron: "*/20 2 * * *", timeZone: "America/New_York" })
    expect(times(often, "2026-03-08T00:00:00-05:00", 2)).toEqual(["2026-03-08T07:00Z", "2026-03-09T06:00Z"])
  })

  test("that come twice count once where there is one a day", () => {
    const once = make({ cron: "30 1 * * *", timeZone: "America/New_York" })
    expect(times(once, "2026-10-31T12:00:00Z", 2)).toEqual(["2026-11-01T05:30Z", "2026-11-02T06:30Z"])
    const hourly = make({ cron: "0 * * * *", timeZone: "America/New_York" })
    expect(times(hourly, "2026-11-01T04:30:00Z", 4)).toEqual([
      "2026-11-01T05:00Z",
      "2026-11-01T06:00Z",
      "2026-11-01T07:00Z",
      "2026-11-01T08:00Z",
    ])
  })

  test("know leap days", () => {
    const leap = make({ cron: "0 4 29 2 *", timeZone: "UTC", atLeastDaily: false })
    expect(times(leap, "2026-01-01T00:00:00Z", 2)).toEqual(["2028-02-29T04:00Z", "2032-02-29T04:00Z"])
  })

  test("include one on every day, unless that is switched off", () => {
    const weekdays = { cron: "15 5 * * 1-5", timeZone: "Europe/Berlin" }
    // 2026-06-05 is a Friday.
    expect(times(make(weekdays), "2026-06-05T00:00:00Z", 4)).toEqual([
      "2026-06-05T03:15Z",
      "2026-06-06T03:15Z",
      "2026-06-07T03:15Z",
      "2026-06-08T03:15Z",
    ])
    expect(times(make({ ...weekdays, atLeastDaily: false }), "2026-06-05T00:00:00Z", 2)).toEqual([
      "2026-06-05T03:15Z",
      "2026-06-08T03:15Z",
    ])
    // On a day that the expression leaves out the first time of day will do.
    const often = make({ cron: "0 8-16/4 * * 5", timeZone: "UTC" })
    expect(times(often, "2026-06-05T00:00:00Z", 5)).toEqual([
      "2026-06-05T08:00Z",
      "2026-06-05T12:00Z",
      "2026-06-05T16:00Z",
      "2026-06-06T08:00Z",
      "2026-06-07T08:00Z",
    ])
  })

  test("avoid blackout dates, in the schedule's time zone and across the changes of clocks", () => {
    const blackout = [{ from: "2026-12-24", to: "2026-12-26" }, "2026-12-27", "2027-01-01"]
    const schedule = make({ cron: "0 23 * * *", timeZone: "America/Los_Angeles", blackout })
    expect(times(schedule, "2026-12-24T00:00:00Z", 2)).toEqual(["2026-12-24T07:00Z", "2026-12-29T07:00Z"])
    for (const [day, before] of [
      ["2026-03-08", "2026-03-08T01:00:00-08:00"],
      ["2026-11-01", "2026-11-01T00:30:00-07:00"],
    ] as const) {
      const single = make({ cron: "0 * * * *", timeZone: "America/Los_Angeles", blackout: [day] })
      const [next = ""] = times(single, before, 1)
      expect(dateIn("America/Los_Angeles", Date.parse(next))).not.toBe(day)
      expect(single.isBlackedOut(Date.parse(before))).toBe(true)
      expect(single.notBlackedOut(Date.parse(before))).toBe(Date.parse(next))
    }
  })

  test("end with a blackout that has no end", () => {
    const schedule = make({ blackout: [{ from: "2026-01-01", to: "9998-12-31" }] })
    expect(schedule.nextAfter(Date.parse("2026-06-01T00:00:00Z"))).toBeNull()
  })

  test("are later by the district's own share of the jitter, always the same", () => {
    const ids = Array.from({ length: 200 }, (_, index) => `58a1${index.toString(16).padStart(20, "0")}`)
    const at = (districtId: string): number => {
      const schedule = make({ cron: "0 3 * * *", timeZone: "UTC", jitterMinutes: 60 }, districtId)
      return (
        (schedule.nextAfter(Date.parse("2026-06-01T00:00:00Z")) ?? 0) - Date.parse("2026-06-01T03:00:00Z")
      )
    }
    const shares = ids.map(at)
    expect(ids.map(at)).toEqual(shares)
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...shares)).toBeLessThan(hourMs)
    const quarters = [0, 1, 2, 3].map((part) => shares.filter((ms) => Math.floor(ms / (hourMs / 4)) === part))
    for (const quarter of quarters) expect(quarter.length).toBeGreaterThan(25)
  })

  test("are those for all districts where one's own says nothing, and else the night's", () => {
    const defaults = { cron: "0 6 * * *", timeZone: "UTC", jitterMinutes: 0, blackout: ["2026-06-02"] }
    const plain = new Schedule({ districtId: id, defaults })
    expect(times(plain, "2026-06-01T00:00:00Z", 2)).toEqual(["2026-06-01T06:00Z", "2026-06-03T06:00Z"])
    const own = new Schedule({ districtId: id, defaults, settings: { cron: "0 7 * * *", jitterMinutes: 0 } })
    expect(times(own, "2026-06-01T00:00:00Z", 2)).toEqual(["2026-06-01T07:00Z", "2026-06-03T07:00Z"])
    const night = new Schedule({ districtId: id }).nextAfter(Date.parse("2026-06-01T12:00:00Z"))
    expect(night).toBeGreaterThanOrEqual(Date.parse("2026-06-01T22:00:00-04:00"))
    expect(night).toBeLessThan(Date.parse("2026-06-02T02:00:00-04:00"))
  })

  test("list everything once in a while", () => {
    const now = Date.parse("2026-06-10T03:00:00Z")
    const weekly = make({})
    expect(weekly.isBulkDue(now, null)).toBe(true)
    expect(weekly.isBulkDue(now, now - 6 * dayMs)).toBe(false)
    expect(weekly.isBulkDue(now, now - 7 * dayMs + hourMs)).toBe(true)
    expect(make({ bulkEveryDays: 0 }).isBulkDue(now, null)).toBe(false)
  })
})

describe("S29 what is no schedule is refused, with the setting's name", () => {
  test.each<[keyof ScheduleSettings, ScheduleSettings]>([
    ["cron", { cron: "" }],
    ["cron", { cron: "@daily" }],
    ["cron", { cron: "0 0 3 * * *" }],
    ["cron", { cron: "60 3 * * *" }],
    ["cron", { cron: "a b c d e" }],
    ["cron", { cron: "0 3 30 2 *" }],
    ["timeZone", { timeZone: "Mars/Base" }],
    ["timeZone", { timeZone: "+02:00" }],
    ["timeZone", { timeZone: "" }],
    ["blackout", { blackout: ["2026-02-29"] }],
    ["blackout", { blackout: ["24.12.2026"] }],
    ["blackout", { blackout: [{ from: "2026-12-26", to: "2026-12-24" }] }],
    ["jitterMinutes", { jitterMinutes: -1 }],
    ["jitterMinutes", { jitterMinutes: 721 }],
    ["bulkEveryDays", { bulkEveryDays: 1.5 }],
  ])("%s: %j", (option, settings) => {
    expect(() => Schedule.check(settings, { districtId: id })).toThrow(
      expect.objectContaining({ code: "SCHEDULE_INVALID", details: { option: `schedule.${option}` } }),
    )
  })
})

const field = (least: number, most: number): fc.Arbitrary<string> => {
  const number = fc.integer({ min: least, max: most })
  return fc.oneof(
    { weight: 3, arbitrary: number.map(String) },
    { weight: 2, arbitrary: fc.constant("*") },
    fc.uniqueArray(number, { minLength: 1, maxLength: 3 }).map((list) => list.join(",")),
    fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.integer({ min: 2, max: 6 }).map((step) => `*/${step}`),
  )
}

const minutes = fc.oneof(
  fc
    .uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 3 })
    .map((list) => list.join(",")),
  fc.constant("*/20"),
)

const zones = [
  "America/New_York",
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "America/St_Johns",
  "Asia/Kolkata",
  "UTC",
]
const date = fc
  .integer({ min: 0, max: 800 })
  .map((day) => new Date(Date.UTC(2026, 0, 1) + day * dayMs).toISOString().slice(0, 10))

const anySchedule = fc.record({
  cron: fc
    .tuple(minutes, field(0, 23), field(1, 28), field(1, 12), field(0, 6))
    .map((parts) => parts.join(" ")),
  timeZone: fc.constantFrom(...zones),
  jitterMinutes: fc.constantFrom(0, 10, 240, 720),
  blackout: fc.array(
    fc.oneof(
      date,
      fc
        .tuple(date, date)
        .map((ends) => ends.sort())
        .map(([from, to]) => ({ from, to }))
        .filter(({ from, to }) => Date.parse(to) - Date.parse(from) < 40 * dayMs),
    ),
    { maxLength: 4 },
  ),
})

test("S29 whatever the schedule: on every day one import or more, none on a blackout date, always onwards", () => {
  fc.assert(
    fc.property(anySchedule, fc.integer({ min: 0, max: 700 }), (settings, day) => {
      const schedule = make(settings)
      const { timeZone } = settings
      const fromMs = Date.UTC(2026, 0, 1) + day * dayMs + 17 * 60_000
      const untilMs = fromMs + 12 * dayMs
      const days = new Set<string>()
      let atMs: number | null = fromMs
      for (let count = 0; count < 3_000; count++) {
        const next: number | null = schedule.nextAfter(atMs)
        if (next === null || next > untilMs) break
        expect(next).toBeGreaterThan(atMs)
        expect(schedule.isBlackedOut(next)).toBe(false)
        days.add(dateIn(timeZone, next))
        atMs = next
      }
      for (let ms = fromMs + 2 * dayMs; ms < untilMs - 2 * dayMs; ms += dayMs) {
        if (!schedule.isBlackedOut(ms)) expect(days).toContain(dateIn(timeZone, ms))
      }
    }),
    { numRuns: 150 },
  )
})
