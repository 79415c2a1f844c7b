import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { AuditLog, forgetDistrict, importDistrict, undoRun } from "../../src/entries/exchange.ts"
import { districtId, ExchangeWorld, minuteMs, until } from "../support/exchange-world.ts"
import { codeOf, hourMs, storageNames } from "../support/roster-world.ts"

const one = districtId(1)
const two = districtId(2)

async function actionsOf(world: ExchangeWorld): Promise<string[]> {
  const { entries } = await new AuditLog({ storage: world.storage }).list({ limit: 500 })
  return entries.map(({ action, by }) => `${action} by ${by}`)
}

describe.each(storageNames)("imports that are scheduled, in %s", (name) => {
  test("wait at once, are done by whoever works on the queue, and are in the history", async () => {
    const world = new ExchangeWorld(name)
    const { imports } = world
    await world.connect(one)
    const { job, isNew } = await imports.schedule({ districtId: one, mode: "bulk", by: "ada" })
    expect(isNew).toBe(true)
    expect(job).toMatchObject({ districtId: one, mode: "bulk", reason: "requested", requestedBy: "ada" })
    expect(await imports.waiting()).toEqual([job])
    expect(await imports.running()).toEqual([])
    await world.work()
    await world.settle()
    expect(world.outcomes).toEqual([
      {
        job: { ...job, state: "running" },
        state: "done",
        run: expect.objectContaining({ state: "applied" }),
      },
    ])
    const [run] = await world.storage.listRuns({ limit: 5 })
    expect(run).toMatchObject({ districtId: one, startedBy: "ada", mode: "bulk" })
    const { health, running, waiting } = await imports.status(one)
    expect({ running, waiting }).toEqual({ running: null, waiting: null })
    expect(health).toMatchObject({ failures: 0, lastBulkAt: expect.any(String), quarantine: null })
    expect((await actionsOf(world))[0]).toBe("import-requested by ada")
  })

  test("are refused as an import would be", async () => {
    const world = new ExchangeWorld(name)
    const { imports, connections } = world
    const asked = (id: string) => codeOf(imports.schedule({ districtId: id, by: "ada" }))
    expect(await asked(one)).toBe("CONNECTION_NOT_FOUND")
    await connections.connect(one, { mode: "sso", by: "cli" })
    expect(await asked(one)).toBe("CONNECTION_WITHOUT_PROVISIONING")
    await world.connect(one)
    await connections.pause(one, { by: "ada" })
    expect(await asked(one)).toBe("CONNECTION_NOT_ACTIVE")
    expect(await codeOf(imports.tryNow({ districtId: one, by: "ada" }))).toBe("CONNECTION_NOT_ACTIVE")
    expect(await imports.waiting()).toEqual([])
  })

  test("are done with when somebody calls them off, which says nothing of the district", async () => {
    const world = new ExchangeWorld(name)
    const { imports, clever, roster, storage } = world
    await world.connect(one)
    clever.beforeListing = async () => {
      const [run] = await storage.listRuns({ limit: 1 })
      await roster.cancel(run?.id ?? "", { by: "ada" })
    }
    await imports.schedule({ districtId: one, mode: "bulk", by: "ada" })
    await world.work()
    await world.settle()
    expect(world.outcomes).toMatchObject([{ state: "done", run: { state: "cancelled" } }])
    const { health, running, waiting } = await imports.status(one)
    expect({ running, waiting }).toEqual({ running: null, waiting: null })
    expect(health).toMatchObject({ failures: 0, lastSuccessAt: null, lastBulkAt: null })
  })

  test("take the place of one that would list less or begin later, and can be cancelled", async () => {
    const world = new ExchangeWorld(name)
    const { imports, queue } = world
    await world.connect(one)
    const notBefore = new Date(world.nowMs + hourMs).toISOString()
    await queue.add({ districtId: one, mode: "bulk", reason: "retry", requestedBy: "schedule", notBefore })
    const { job } = await imports.schedule({ districtId: one, mode: "delta", by: "ada" })
    expect(job).toMatchObject({ mode: "bulk", reason: "requested", requestedBy: "ada" })
    expect(job.notBefore).toBeUndefined()
    expect(await imports.schedule({ districtId: one, mode: "delta", by: "bo" })).toEqual({
      job,
      isNew: false,
    })
    expect(await imports.waiting()).toEqual([job])
    world.nowMs++
    expect(await imports.cancel({ districtId: one, by: "bo" })).toBe(true)
    expect(await imports.cancel({ districtId: one, by: "bo" })).toBe(false)
    expect(await imports.waiting()).toEqual([])
    expect((await actionsOf(world))[0]).toBe("import-cancelled by bo")
  })

  test("end without a run where the connection was paused meanwhile", async () => {
    const world = new ExchangeWorld(name)
    await world.connect(one)
    await world.imports.schedule({ districtId: one, by: "ada" })
    await world.connections.pause(one, { by: "ada" })
    await world.work()
    await world.settle()
    expect(world.outcomes).toMatchObject([{ state: "refused", error: { code: "CONNECTION_NOT_ACTIVE" } }])
    expect(await world.storage.listRuns({ limit: 5 })).toEqual([])
    expect((await world.imports.status(one)).health.failures).toBe(0)
  })

  test("wait for an import of the district that somebody else runs, which is no failure", async () => {
    const world = new ExchangeWorld(name)
    const { storage } = world
    await world.connect(one)
    const held = await storage.acquireLease({ districtId: one, holder: "another", ttlMs: 20_000 })
    await world.imports.schedule({ districtId: one, mode: "bulk", by: "ada" })
    await world.work()
    await world.settle()
    expect(world.outcomes).toMatchObject([{ state: "postponed", reason: "in-progress" }])
    expect((await world.imports.status(one)).health.failures).toBe(0)
    if (held.acquired) await storage.releaseLease(held.lease)
    await world.advance(30_000)
    expect(world.outcomes).toMatchObject([{ state: "postponed" }, { state: "done" }])
    expect(world.outcomes[1]?.job).toMatchObject({ mode: "bulk", requestedBy: "ada", reason: "requested" })
  })

  test("are put back where the process stops, and gone on with by the next", async () => {
    const world = new ExchangeWorld(name)
    await world.connect(one)
    let isListing = false
    world.clever.beforeListing = async () => {
      isListing = true
      await until(() => world.clever.failing.size > 0)
      world.clever.failing.clear()
    }
    await world.imports.schedule({ districtId: one, mode: "bulk", by: "ada" })
    const work = await world.work()
    await until(() => isListing)
    const stopped = work.stop()
    world.clever.failing.set(two, "CLEVER_UNAVAILABLE")
    await stopped
    expect(await world.imports.waiting()).toHaveLength(1)
    expect((await world.imports.status(one)).health.failures).toBe(0)
    world.clever.beforeListing = () => {}
    await world.work()
    await world.settle()
    expect(world.outcomes).toMatchObject([{ state: "done", run: { state: "applied", resumed: 1 } }])
  })

  test("note nothing of a district that is forgotten while they run", async () => {
    const world = new ExchangeWorld(name)
    const { storage } = world
    await world.connect(one)
    world.clever.failing.set(one, "CLEVER_TOKEN_REJECTED")
    await world.imports.schedule({ districtId: one, by: "ada" })
    await storage.open()
    const gone = world.anotherImports({
      roster: {
        sync: async () => {
          await forgetDistrict({ storage, districtId: one, by: "cli", clock: world.now })
          throw new Error("of an import that had no lease any more")
        },
      } as never,
    })
    await world.work({ imports: gone })
    // The queue is empty as soon as the district is forgotten, and the work on it goes on.
    await until(() => world.outcomes.length > 0)
    expect(world.outcomes).toMatchObject([{ state: "failed" }])
    expect(await storage.countTraces(one)).toEqual({})
  })
})

describe.each(storageNames)("S29 quarantine, in %s", (name) => {
  /** Lets the district fail until it is quarantined. */
  async function quarantined(): Promise<ExchangeWorld> {
    const world = new ExchangeWorld(name)
    await world.connect(one)
    await world.connect(two)
    await world.work()
    world.clever.failing.set(one, "CLEVER_UNAVAILABLE")
    await world.imports.schedule({ districtId: one, by: "ada" })
    await world.settle()
    return world
  }

  const failuresOf = (world: ExchangeWorld): number =>
    world.outcomes.filter(({ state, job }) => state === "failed" && job.districtId === one).length

  test("a failure that may pass is tried again after 5 and 15 minutes; three in a row begin it", async () => {
    const world = await quarantined()
    expect(failuresOf(world)).toBe(1)
    await world.advance(5 * minuteMs - 1)
    expect(failuresOf(world)).toBe(1)
    await world.advance(1)
    expect(failuresOf(world)).toBe(2)
    expect((await world.imports.status(one)).health.quarantine).toBeNull()
    await world.advance(15 * minuteMs)
    expect(failuresOf(world)).toBe(3)
    const { health } = await world.imports.status(one)
    expect(health).toMatchObject({
      failures: 3,
      lastFailure: { code: "CLEVER_UNAVAILABLE", runId: expect.any(String) },
      quarantine: {
        since: new Date(world.nowMs).toISOString(),
        retryAt: new Date(world.nowMs + 6 * hourMs).toISOString(),
        retries: 0,
      },
    })
    const found = []
    for await (const { districtId } of world.imports.quarantined()) found.push(districtId)
    expect(found).toEqual([one])
    // The others go on.
    await world.imports.schedule({ districtId: two, by: "ada" })
    await world.settle()
    expect(world.outcomes.at(-1)).toMatchObject({ state: "done", job: { districtId: two } })
  })

  test("it is tried again after 6, 12 and 24 hours, then daily, until an import succeeds", async () => {
    const world = await quarantined()
    await world.advance(5 * minuteMs)
    await world.advance(15 * minuteMs)
    let count = 3
    for (const hours of [6, 12, 24, 24, 24]) {
      expect((await world.imports.waiting())[0]).toMatchObject({ districtId: one, reason: "retry" })
      await world.advance(hours * hourMs - 1)
      expect(failuresOf(world)).toBe(count)
      await world.advance(1)
      expect(failuresOf(world)).toBe(++count)
    }
    world.clever.failing.clear()
    await world.advance(24 * hourMs)
    const { health, waiting } = await world.imports.status(one)
    expect(health).toMatchObject({ failures: 0, quarantine: null })
    expect(waiting).toBeNull()
    const actions = await actionsOf(world)
    expect(actions).toContain("quarantine-began by imports")
    expect(actions[0]).toBe("quarantine-ended by imports")
  })

  test("a failure that can't pass by itself is not tried again before the next scheduled time", async () => {
    const world = new ExchangeWorld(name)
    await world.connect(one)
    await world.work()
    world.clever.failing.set(one, "CLEVER_DISTRICT_NOT_CONNECTED")
    await world.imports.schedule({ districtId: one, by: "ada" })
    await world.settle()
    expect(world.outcomes).toMatchObject([{ state: "failed", health: { failures: 1 } }])
    expect(await world.imports.waiting()).toEqual([])
  })

  test("what somebody asks for in between is done, and does not put the next try off", async () => {
    const world = await quarantined()
    await world.advance(5 * minuteMs)
    await world.advance(15 * minuteMs)
    const { retryAt } = (await world.imports.status(one)).health.quarantine ?? {}
    await world.advance(hourMs)
    await world.imports.schedule({ districtId: one, by: "ada" })
    await world.settle()
    expect(failuresOf(world)).toBe(4)
    const { health, waiting } = await world.imports.status(one)
    expect(health.quarantine).toMatchObject({ retryAt, retries: 0 })
    expect(waiting).toMatchObject({ reason: "retry", notBefore: retryAt })
  })

  test("try now ends it, whatever comes of it, and an import on the command line does by its success", async () => {
    const world = await quarantined()
    await world.advance(5 * minuteMs)
    await world.advance(15 * minuteMs)
    await world.imports.tryNow({ districtId: one, by: "ada" })
    await world.settle()
    expect((await world.imports.status(one)).health).toMatchObject({ failures: 1, quarantine: null })
    expect(await actionsOf(world)).toContain("quarantine-ended by ada")
    await world.advance(5 * minuteMs)
    await world.advance(15 * minuteMs)
    expect((await world.imports.status(one)).health.quarantine).not.toBeNull()
    world.clever.failing.clear()
    const { ImportHealthBook } = await import("../../src/entries/exchange.ts")
    const { connections, roster, storage, now: clock } = world
    const health = new ImportHealthBook({ storage, clock })
    await importDistrict({ connections, roster, districtId: one, health })
    expect((await world.imports.status(one)).health).toMatchObject({ failures: 0, quarantine: null })
  })

  test("a retry waits for the end of a blackout", async () => {
    const world = new ExchangeWorld(name)
    const schedule = { timeZone: "UTC", blackout: ["2026-03-03"] }
    await world.connect(one, { schedule })
    await world.work()
    world.nowMs = Date.parse("2026-03-02T23:58:00Z")
    world.clever.failing.set(one, "CLEVER_UNAVAILABLE")
    await world.imports.schedule({ districtId: one, by: "ada" })
    await world.settle()
    expect(await world.imports.waiting()).toMatchObject([{ notBefore: "2026-03-04T00:00:00.000Z" }])
    // What waited past midnight is put off as well, unless somebody asked for it.
    await world.queue.remove(one)
    world.nowMs = Date.parse("2026-03-03T00:01:00Z")
    await world.queue.add({ districtId: one, mode: "delta", reason: "scheduled", requestedBy: "schedule" })
    world.timers.beat()
    await world.settle()
    expect(world.outcomes.at(-1)).toMatchObject({ state: "postponed", reason: "blackout" })
    world.clever.failing.clear()
    await world.imports.schedule({ districtId: one, by: "ada" })
    await world.settle()
    expect(world.outcomes.at(-1)).toMatchObject({ state: "done" })
  })
})

test("S29 whatever fails when: three in a row begin a quarantine, and it is tried at its times and no other", async () => {
  const step = fc.record({ hours: fc.integer({ min: 1, max: 30 }), isUp: fc.boolean(), asks: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      const world = new ExchangeWorld("memory")
      await world.connect(one)
      const work = await world.work()
      let failures = 0
      let seen = 0
      let last: { retryAt: string; retries: number } | null = null
      const check = async (): Promise<void> => {
        const { health } = await world.imports.status(one)
        for (const { state, job } of world.outcomes.slice(seen)) {
          failures = state === "failed" ? failures + 1 : 0
          // Nothing but a request comes before the time.
          if (last !== null && job.reason !== "requested") {
            expect(job.notBefore).toBe(last.retryAt)
          }
        }
        seen = world.outcomes.length
        expect(health.failures).toBe(failures)
        expect(health.quarantine !== null).toBe(failures >= 3)
        if (health.quarantine !== null) {
          const { retryAt, retries } = health.quarantine
          const { waiting } = await world.imports.status(one)
          expect(waiting).toMatchObject({ reason: "retry", notBefore: retryAt })
          if (last !== null && last.retryAt !== retryAt) {
            const hours = [6, 12, 24][Math.min(retries, 2)] ?? 24
            expect(Date.parse(retryAt) - world.nowMs).toBe(hours * hourMs)
          }
        }
        last = health.quarantine
      }
      for (const { hours, isUp, asks } of steps) {
        if (isUp) world.clever.failing.clear()
        else world.clever.failing.set(one, "CLEVER_UNAVAILABLE")
        if (asks) {
          await world.imports.schedule({ districtId: one, by: "ada" })
          await world.settle()
          await check()
        }
        for (let hour = 0; hour < hours; hour++) {
          world.nowMs += hourMs
          world.timers.beat()
          await world.settle()
          await check()
        }
      }
      await work.stop()
      expect(world.errors).toEqual([])
    }),
    { numRuns: 25 },
  )
})

test("the pause that an undo makes is told to the hook at once", async () => {
  const world = new ExchangeWorld("memory")
  const { Connections } = await import("../../src/entries/exchange.ts")
  const told: string[] = []
  const connections = new Connections({
    storage: world.storage,
    clever: world.clever,
    clock: world.now,
    onStep: ({ step }) => told.push(`${step.state} by ${step.by}`),
  })
  await connections.connect(one, { mode: "sso+provisioning", by: "cli" })
  const run = await importDistrict({ connections, roster: world.roster, districtId: one, mode: "bulk" })
  world.nowMs++
  const audit = new AuditLog({ storage: world.storage, clock: world.now })
  const { undone } = await undoRun({ connections, audit, roster: world.roster, runId: run.id, by: "ada" })
  expect(undone).toBe(1)
  expect(told.at(-1)).toBe("paused by ada")
  expect((await actionsOf(world)).slice(0, 2).sort()).toEqual([
    "connection-paused by ada",
    "run-undone by ada",
  ])
})
