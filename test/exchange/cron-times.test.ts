import { Cron } from "croner"
import fc from "fast-check"
import { expect, test } from "vitest"
import { readCronTimes, writeCronTimes } from "../../src/exchange/index.ts"

test.each([
  ["30 3 * * *", { minute: 30, hours: [3], days: null }],
  ["0 2,14 * * 1-5", { minute: 0, hours: [2, 14], days: [1, 2, 3, 4, 5] }],
  ["5 */6 * * MON,wed", { minute: 5, hours: [0, 6, 12, 18], days: [1, 3] }],
  ["0 8-10/2 * * 7", { minute: 0, hours: [8, 10], days: [0] }],
  ["0 20/2 * * 0-7", { minute: 0, hours: [20, 22], days: null }],
])("%s is read as times of day", (cron, times) => {
  expect(readCronTimes(cron)).toEqual(times)
})

test.each([
  "* 3 * * *",
  "0 3 1 * *",
  "0 3 * 6 *",
  "0 3 * * 1#2",
  "0 24 * * *",
  "0 3 * *",
  "@daily",
  "0 3 * * */0",
  "",
])("%s is none", (cron) => {
  expect(readCronTimes(cron)).toBeUndefined()
})

test("what is written is read as the same, and means those times to whoever runs it", () => {
  const times = fc.record({
    minute: fc.integer({ min: 0, max: 59 }),
    hours: fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 24 }),
    days: fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 6 })),
  })
  const ascending = (a: number, b: number) => a - b
  fc.assert(
    fc.property(times, ({ minute, hours, days }) => {
      const meant = { minute, hours: hours.sort(ascending), days: days?.sort(ascending) ?? null }
      const cron = writeCronTimes(meant)
      expect(readCronTimes(cron)).toEqual(meant)
      const next = new Cron(cron, { timezone: "UTC", paused: true }).nextRun(new Date("2026-03-02T00:00:00Z"))
      expect(next?.getUTCMinutes()).toBe(minute)
      expect(meant.hours).toContain(next?.getUTCHours())
      if (meant.days !== null) expect(meant.days).toContain(next?.getUTCDay())
    }),
  )
})
