import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { Connections, type ImportJob, nextImport, type ScheduleSettings } from "../../src/entries/exchange.ts"
import { Schedule } from "../../src/exchange/schedules/schedule.ts"
import { districtId, ExchangeWorld, minuteMs } from "../support/exchange-world.ts"
import { codeOf, dayMs, hourMs, storageNames } from "../support/roster-world.ts"

const one = districtId(1)
/** Every hour at the full hour. */
const hourly: ScheduleSettings = { cron: "0 * * * *", timeZone: "UTC", jitterMinutes: 0 }
const daily: ScheduleSettings = { cron: "0 3 * * *", timeZone: "UTC", jitterMinutes: 0 }

describe.each(storageNames)("S29 the scheduler, in %s", (name) => {
  test("puts an import on the queue when its time has come, and says when the next one is", async () => {
    const world = new ExchangeWorld(name)
    const { storage, connections, now: clock } = world
    await world.connect(one, { schedule: daily })
    await world.work()
    await world.advance(0)
    const next = async () => nextImport({ storage, clock, connection: await connections.get(one) })
    expect(await next()).toMatchObject({ state: "scheduled", at: "2026-03-03T03:00:00.000Z", lastAt: null })
    await world.advance(Date.parse("2026-03-03T02:59:59Z") - world.nowMs)
    expect(world.outcomes).toEqual([])
    await world.advance(1_000)
    // The first lists everything; the days after it only what changed, until a week is over.
    expect(world.outcomes).toMatchObject([
      { state: "done", job: { reason: "scheduled", requestedBy: "schedule", mode: "bulk", records: 0 } },
    ])
    expect(await next()).toMatchObject({
      at: "2026-03-04T03:00:00.000Z",
      lastAt: "2026-03-03T03:00:00.000Z",
      schedule: { cron: "0 3 * * *", bulkEveryDays: 7, atLeastDaily: true },
    })
    for (let day = 0; day < 7; day++) await world.advance(dayMs)
    const modes = world.outcomes.map(({ job }) => job.mode)
    expect(modes).toEqual(["bulk", "delta", "delta", "delta", "delta", "delta", "delta", "bulk"])
    expect(world.errors).toEqual([])
  })

  test("a district without a schedule of its own gets that for all, or the night's", async () => {
    const world = new ExchangeWorld(name)
    await world.connect(one)
    await world.connect(districtId(2), { schedule: { cron: "0 12 * * *", jitterMinutes: 0 } })
    const scheduler = world.anotherScheduler({ schedule: hourly })
    await scheduler.tick()
    world.nowMs = Date.parse("2026-03-02T09:00:00Z")
    await scheduler.tick()
    expect((await world.queue.list()).map(({ districtId }) => districtId)).toEqual([one])
    const plain = await nextImport({ storage: world.storage, connection: await world.connections.get(one) })
    expect(plain.schedule).toMatchObject({ cron: "0 22 * * *", timeZone: "America/New_York" })
  })

  test("times that were missed while nobody ran are made up for once", async () => {
    const world = new ExchangeWorld(name)
    await world.connect(one, { schedule: hourly })
    await world.work()
    await world.advance(0)
    await world.advance(50 * hourMs)
    expect(world.outcomes).toHaveLength(1)
    await world.advance(hourMs)
    expect(world.outcomes).toHaveLength(2)
  })

  test("leaves out whatever is not active with provisioning, and begins again with it", async () => {
    const world = new ExchangeWorld(name)
    await world.connect(one, { schedule: hourly })
    await world.work()
    await world.advance(0)
    const { connections } = world
    await connections.pause(one, { by: "ada" })
    await world.advance(3 * hourMs)
    expect(
      await nextImport({ storage: world.storage, connection: await connections.get(one) }),
    ).toMatchObject({
      state: "off",
      at: null,
    })
    await connections.activate(one, { mode: "sso", by: "ada" })
    await world.advance(3 * hourMs)
    expect(world.outcomes).toEqual([])
    await connections.activate(one, { mode: "sso+provisioning", by: "ada" })
    await world.advance(minuteMs)
    expect(world.outcomes).toHaveLength(1)
    await connections.disconnect(one, { by: "ada" })
    await world.advance(3 * hourMs)
    expect(world.outcomes).toHaveLength(1)
  })

  test("a district that is quarantined is tried at its retries alone; one that got lost is made up for", async () => {
    const world = new ExchangeWorld(name)
    await world.connect(one, { schedule: { ...hourly, blackout: [] } })
    await world.work()
    world.clever.failing.set(one, "CLEVER_TOKEN_REJECTED")
    await world.advance(0)
    for (let hour = 0; hour < 3; hour++) await world.advance(hourMs)
    expect(world.outcomes).toHaveLength(3)
    const { health } = await world.imports.status(one)
    for (let hour = 0; hour < 5; hour++) await world.advance(hourMs)
    expect(world.outcomes).toHaveLength(3)
    expect(
      await nextImport({
        storage: world.storage,
        connection: await world.connections.get(one),
        clock: world.now,
      }),
    ).toMatchObject({ state: "quarantined", at: health.quarantine?.retryAt })
    await world.imports.cancel({ districtId: one, by: "ada" })
    await world.advance(hourMs)
    expect(world.outcomes).toHaveLength(3)
    world.clever.failing.clear()
    await world.advance(hourMs)
    expect(world.outcomes.at(-1)).toMatchObject({ state: "done", job: { reason: "retry" } })
    await world.advance(hourMs)
    expect(world.outcomes.at(-1)).toMatchObject({ state: "done", job: { reason: "scheduled" } })
    expect(world.outcomes).toHaveLength(5)
  })

  test("a schedule that is changed goes from then on, without losing a time that was missed", async () => {
    const world = new ExchangeWorld(name)
    const { connections, storage, now: clock } = world
    await world.connect(one, { schedule: daily })
    await world.advance(0)
    const set = (schedule: ScheduleSettings) =>
      connections.changeSettings(one, { by: "ada", change: (settings) => ({ ...settings, schedule }) })
    const next = async () => (await nextImport({ storage, clock, connection: await connections.get(one) })).at
    await set(hourly)
    expect(await next()).toBe("2026-03-02T09:00:00.000Z")
    await world.scheduler.tick()
    expect(await next()).toBe("2026-03-02T09:00:00.000Z")
    world.nowMs += 2 * hourMs
    await set(daily)
    await world.scheduler.tick()
    expect(await world.queue.list()).toHaveLength(1)
    expect(await next()).toBe("2026-03-03T03:00:00.000Z")
  })

  test("nothing begins on a blackout date, and what was missed before it waits for its end", async () => {
    const world = new ExchangeWorld(name)
    const schedule = { ...hourly, blackout: [{ from: "2026-03-03", to: "2026-03-04" }] }
    await world.connect(one, { schedule })
    await world.work()
    await world.advance(0)
    world.nowMs = Date.parse("2026-03-03T00:30:00Z")
    await world.advance(0)
    await world.advance(20 * hourMs)
    expect(world.outcomes).toEqual([])
    world.nowMs = Date.parse("2026-03-05T00:00:00Z")
    await world.advance(0)
    expect(world.outcomes).toHaveLength(1)
  })

  test("any number of schedulers on one store put each time on the queue once", async () => {
    const world = new ExchangeWorld(name)
    const ids = Array.from({ length: 12 }, (_, index) => districtId(index))
    for (const id of ids) await world.connect(id, { schedule: hourly })
    const added: ImportJob[] = []
    const schedulers = [1, 2, 3, 4].map((number) => {
      const storage = world.openStorage()
      const { clever, now: clock } = world
      return world.anotherScheduler({
        storage,
        connections: new Connections({ storage, clever, clock }),
        queue: world.anotherQueue({ storage }),
        holder: `process ${number}`,
        onScheduled: (job) => added.push(job),
      })
    })
    for (let hour = 0; hour < 4; hour++) {
      await Promise.all(schedulers.map((scheduler) => scheduler.tick()))
      expect(added).toHaveLength(12 * hour)
      world.nowMs = Date.parse("2026-03-02T09:00:00Z") + hour * hourMs
      await Promise.all(schedulers.map((scheduler) => scheduler.tick()))
      // Done at once, so that nothing but the scheduler's own care keeps a second one away.
      for (const { districtId } of await world.queue.list()) await world.queue.remove(districtId)
    }
    expect(added).toHaveLength(48)
    expect(world.errors).toEqual([])
  })

  test("a time whose claim died with its process is taken over", async () => {
    const world = new ExchangeWorld(name)
    await world.connect(one, { schedule: hourly })
    await world.scheduler.tick()
    const failing = world.anotherScheduler({
      queue: Object.assign(world.anotherQueue(), {
        add: () => Promise.reject(new Error("The process died.")),
      }),
    })
    world.nowMs = Date.parse("2026-03-02T09:00:00Z")
    await failing.tick()
    expect(world.errors).toHaveLength(1)
    await world.scheduler.tick()
    expect(await world.queue.list()).toEqual([])
    world.nowMs += minuteMs
    await world.scheduler.tick()
    expect(await world.queue.list()).toHaveLength(1)
  })

  test("a stored schedule that is none keeps no district from its imports", async () => {
    const world = new ExchangeWorld(name)
    await world.connect(one)
    const known = await world.connections.get(one)
    await world.storage.saveConnection({ ...known, settings: { schedule: { cron: "never" } } })
    const scheduler = world.anotherScheduler({ schedule: hourly })
    await scheduler.tick()
    expect(world.errors).toMatchObject([{ code: "SCHEDULE_INVALID" }])
    world.nowMs = Date.parse("2026-03-02T09:00:00Z")
    await scheduler.tick()
    expect(await world.queue.list()).toHaveLength(1)
    const wrong = world.anotherScheduler({ schedule: { cron: "never" } })
    expect(await codeOf(wrong.start())).toBe("SCHEDULE_INVALID")
  })

  test("starts, looks again and again, and stops", async () => {
    const world = new ExchangeWorld(name)
    await world.connect(one, { schedule: hourly })
    await world.scheduler.start()
    world.nowMs = Date.parse("2026-03-02T09:00:00Z")
    world.timers.beat()
    await world.scheduler.tick()
    expect(await world.queue.list()).toHaveLength(1)
    await world.queue.remove(one)
    await world.scheduler.stop()
    world.nowMs += hourMs
    world.timers.beat()
    expect(await world.queue.list()).toEqual([])
  })
})

const anyDistrict = fc.record({
  cron: fc
    .tuple(
      fc.integer({ min: 0, max: 59 }),
      fc.constantFrom("3", "1,13", "*/6", "22"),
      fc.constantFrom("*", "1", "1-7"),
      fc.constantFrom("*", "1-5", "0", "6"),
    )
    .map(([minute, hour, day, weekday]) => `${minute} ${hour} ${day} * ${weekday}`),
  timeZone: fc.constantFrom("UTC", "America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe"),
  jitterMinutes: fc.constantFrom(0, 45),
  blackout: fc.subarray(["2026-03-08", "2026-03-09", "2026-03-29", "2026-04-05"]),
})

const anyStep = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ type: fc.constant("wait"), minutes: fc.integer({ min: 5, max: 300 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom("pause", "resume"), district: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("down"), minutes: fc.integer({ min: 60, max: 4_000 }) }),
  },
)

test("S29 random schedules over weeks: one job a district, one a day unless paused, none on a blackout date", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyDistrict, { minLength: 4, maxLength: 4 }),
      fc.array(anyStep, { minLength: 20, maxLength: 50 }),
      async (schedules, steps) => {
        const world = new ExchangeWorld("memory")
        const ids = schedules.map((_, index) => districtId(index))
        for (const [index, schedule] of schedules.entries()) {
          await world.connect(ids[index] as string, { schedule })
        }
        const work = await world.work({ concurrency: 3 })
        // A district's days count from when it was first seen.
        await world.scheduler.tick()
        const rulesOf = new Map(
          ids.map((id, index) => [id, new Schedule({ districtId: id, settings: schedules[index] })] as const),
        )
        const active = new Map(ids.map((id) => [id, world.nowMs]))
        const lastMs = new Map<string, number>()
        const excusedMs = new Map<string, number>()
        let seen = 0
        const check = (until: number): void => {
          for (const outcome of world.outcomes.slice(seen)) {
            const id = outcome.job.districtId
            expect(outcome.state).toBe("done")
            expect(rulesOf.get(id)?.isBlackedOut(until)).toBe(false)
            expect(active.has(id)).toBe(true)
            lastMs.set(id, until)
          }
          seen = world.outcomes.length
        }
        for (const step of steps) {
          if (step.type === "wait" || step.type === "down") {
            // While nobody runs, time passes in one go.
            const parts = step.type === "wait" ? Math.ceil((step as { minutes: number }).minutes / 30) : 1
            for (let part = 0; part < parts; part++) {
              await world.advance(((step as { minutes: number }).minutes / parts) * minuteMs)
              const ran = world.outcomes.slice(seen).map(({ job }) => job.districtId)
              expect(new Set(ran).size).toBe(ran.length)
              check(world.nowMs)
              for (const [id, since] of active) {
                // What nobody was there to begin can't be made up for on a blackout date.
                const isExcused = step.type === "down" && rulesOf.get(id)?.isBlackedOut(world.nowMs)
                if (isExcused) excusedMs.set(id, world.nowMs)
                const fromMs = Math.max(since, lastMs.get(id) ?? 0, excusedMs.get(id) ?? 0)
                let allowedMs = 0
                if (world.nowMs - fromMs <= dayMs + hourMs) continue
                for (let ms = fromMs; ms < world.nowMs; ms += 30 * minuteMs) {
                  if (rulesOf.get(id)?.isBlackedOut(ms) === false) allowedMs += 30 * minuteMs
                }
                // A day has 25 hours at most; and it is looked every half hour.
                expect(allowedMs).toBeLessThanOrEqual(dayMs + 2 * hourMs)
              }
            }
          } else {
            const id = ids[(step as { district: number }).district] as string
            if (step.type === "pause" && active.delete(id)) await world.connections.pause(id, { by: "ada" })
            if (step.type === "resume" && !active.has(id)) {
              await world.connections.resume(id, { by: "ada" })
              active.set(id, world.nowMs)
            }
          }
        }
        await work.stop()
        expect(world.errors).toEqual([])
      },
    ),
    { numRuns: 8 },
  )
}, 120_000)
