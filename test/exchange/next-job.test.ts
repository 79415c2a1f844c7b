import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { ImportJob } from "../../src/entries/exchange.ts"
import { isLarge, nextJob } from "../../src/exchange/queue/next-job.ts"
import { districtId, minuteMs } from "../support/exchange-world.ts"

const largeFrom = 100_000

interface Task extends ImportJob {
  /** How long it takes. */
  durationMs: number
}

function task(index: number, options: { atMs?: number; records: number; durationMs: number }): Task {
  const { atMs = 0, records, durationMs } = options
  return {
    id: String(index),
    districtId: districtId(index),
    mode: "delta",
    reason: "scheduled",
    requestedBy: "schedule",
    requestedAt: new Date(atMs).toISOString(),
    state: "waiting",
    records,
    durationMs,
  }
}

/** When each task begins, in milliseconds after it was asked for, if processes with so many places work on them. */
function waits(
  tasks: readonly Task[],
  { processes, concurrency }: { processes: number; concurrency: number },
) {
  const waiting = [...tasks]
  const places = Array.from({ length: processes }, () => [] as { task: Task; endMs: number }[])
  const found = new Map<Task, number>()
  for (let nowMs = 0; waiting.length > 0; ) {
    for (const running of places) {
      for (;;) {
        if (running.length >= concurrency) break
        const largeRunning = running.filter(({ task }) => isLarge(task, largeFrom)).length
        const next = nextJob(waiting, { nowMs, concurrency, largeRunning, largeFrom })
        if (next === undefined) break
        waiting.splice(waiting.indexOf(next), 1)
        running.push({ task: next, endMs: nowMs + next.durationMs })
        found.set(next, nowMs - Date.parse(next.requestedAt))
      }
    }
    const ends = places.flat().map(({ endMs }) => endMs)
    const begins = waiting.map(({ requestedAt }) => Date.parse(requestedAt))
    nowMs = Math.min(...[...ends, ...begins].filter((ms) => ms > nowMs))
    if (nowMs === Number.POSITIVE_INFINITY) break
    for (const [index, running] of places.entries()) {
      places[index] = running.filter(({ endMs }) => endMs > nowMs)
    }
  }
  return found
}

describe("S29 fairness between districts of all sizes", () => {
  test("a district of a million people does not starve five hundred small ones, nor they it", () => {
    // The large ones were first, and take an hour each; the small ones ten seconds.
    const large = [0, 1, 2].map((index) => task(index, { records: 1_000_000, durationMs: 60 * minuteMs }))
    const small = Array.from({ length: 500 }, (_, index) =>
      task(10 + index, { atMs: 1_000, records: 2_000, durationMs: 10_000 }),
    )
    const found = waits([...large, ...small], { processes: 1, concurrency: 4 })
    const longest = Math.max(...small.map((one) => found.get(one) ?? Number.POSITIVE_INFINITY))
    // Two places are theirs: 250 turns of ten seconds, whatever the large ones do.
    expect(longest).toBeLessThanOrEqual(250 * 10_000)
    expect(large.map((one) => (found.get(one) ?? Number.POSITIVE_INFINITY) / minuteMs)).toEqual([0, 0, 60])
  })

  test("whatever there is to do: large ones never have all places of a process, and everything is done in turn", () => {
    const anyTask = fc.record({
      records: fc.constantFrom(100, 5_000, 2_000_000),
      durationMs: fc.integer({ min: 1_000, max: 60 * minuteMs }),
      atMs: fc.integer({ min: 0, max: 120 * minuteMs }),
    })
    fc.assert(
      fc.property(
        fc.array(anyTask, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 2, max: 5 }),
        (given, processes, concurrency) => {
          const tasks = given.map((one, index) => task(index, one))
          const found = waits(tasks, { processes, concurrency })
          expect(found.size).toBe(tasks.length)
          // Of one size whoever waits longer is not behind.
          for (const size of [true, false]) {
            const begun = tasks
              .filter((one) => isLarge(one, largeFrom) === size)
              .map((one) => ({ at: Date.parse(one.requestedAt), wait: found.get(one) ?? 0 }))
              .sort((a, b) => a.at - b.at)
            for (const [index, one] of begun.entries()) {
              const next = begun[index + 1]
              if (next !== undefined) expect(next.at + next.wait).toBeGreaterThanOrEqual(one.at + one.wait)
            }
          }
          // A small one waits for small ones alone: their places are enough for them.
          const own = processes * (concurrency - Math.floor(concurrency / 2))
          const small = tasks.filter((one) => !isLarge(one, largeFrom))
          const workMs = small.reduce((sum, { durationMs }) => sum + durationMs, 0)
          const longestMs = Math.max(0, ...small.map(({ durationMs }) => durationMs))
          for (const one of small) {
            expect(found.get(one)).toBeLessThanOrEqual(workMs / own + longestMs)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
