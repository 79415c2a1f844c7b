import fc from "fast-check"
import { expect, test } from "vitest"
import type { CronTimes } from "../../src/entries/exchange.ts"
import { Schedule } from "../../src/exchange/schedules/schedule.ts"

function timesOf(cron: string): CronTimes | null {
  return new Schedule({ districtId: "5f0d8d3c1e2b4a6c8d9e0f10", settings: { cron } }).times
}

test.each([
  ["30 3 * * *", { minute: 30, hours: [3], days: null }],
  ["0 2,14 * * 1-5", { minute: 0, hours: [2, 14], days: [1, 2, 3, 4, 5] }],
  ["5 */6 * * MON,wed", { minute: 5, hours: [0, 6, 12, 18], days: [1, 3] }],
  ["0 8-10/2 * * 7", { minute: 0, hours: [8, 10], days: [0] }],
  ["0 3 1-31 1-12 0-7", { minute: 0, hours: [3], days: null }],
])("S29 %s means times of day", (cron, times) => {
  expect(timesOf(cron)).toEqual(times)
})

test.each([
  "* 3 * * *",
  "0,30 3 * * *",
  "0 3 1 * *",
  "0 3 L * *",
  "0 3 15W * *",
  "0 3 * 6 *",
  "0 3 * * 1#2",
  "0 3 * * FRI#L",
])("S29 %s means something else", (cron) => {
  expect(timesOf(cron)).toBeNull()
})

test("S29 whatever times of day an expression lists, it means those", () => {
  const times = fc.record({
    minute: fc.integer({ min: 0, max: 59 }),
    hours: fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 24 }),
    days: fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 6 })),
  })
  const ascending = (a: number, b: number) => a - b
  fc.assert(
    fc.property(times, ({ minute, hours, days }) => {
      const meant = { minute, hours: hours.sort(ascending), days: days?.sort(ascending) ?? null }
      expect(timesOf(`${minute} ${hours.join(",")} * * ${days?.join(",") ?? "*"}`)).toEqual(meant)
    }),
  )
})
