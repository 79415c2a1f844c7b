import { describe, expect, it } from "vitest"
import { HomeroomError, isHomeroomError } from "../../src/errors/index.ts"
import { codeOf, dayMs, RosterWorld, storageNames } from "../support/roster-world.ts"
import { storedRoster } from "../support/stored-roster.ts"

describe.each(storageNames)("S21 one writer per district, on %s", (storage) => {
  it("S21 a second import is told who runs the first, and since when; the first is not disturbed", async () => {
    const world = new RosterWorld({ storage, roster: { holder: "first:1" } })
    const second = world.another({ holder: "second:2" })
    let refusal: unknown
    let since = ""
    world.source.beforePage = () => {
      since ||= world.clock.now().toISOString()
    }
    world.hooks.afterCall = async (method) => {
      if (method !== "stage" || refusal !== undefined) return
      refusal = "asking"
      world.clock.advance(5_000)
      refusal = await second.sync({ districtId: world.districtId }).catch((error: unknown) => error)
    }
    const run = await world.bulk()
    expect(refusal).toMatchObject({
      code: "SYNC_IN_PROGRESS",
      retryable: true,
      details: { districtId: world.districtId, holder: "first:1", since },
    })
    expect((refusal as Error).message).toContain(`first:1, since ${since}`)
    expect(run.state).toBe("applied")
    expect((await world.history()).length).toBe(1)
    // Once it is done the district is free.
    expect((await second.sync({ districtId: world.districtId })).state).toBe("unchanged")
  })

  it("S21 a lease that can't be given back changes nothing about how the import ended", async () => {
    const world = new RosterWorld({ storage })
    world.hooks.beforeCall = (method) => {
      if (method === "releaseLease") throw new Error("the connection is gone")
    }
    expect((await world.bulk()).state).toBe("applied")
    world.clock.advance(20_000)
    world.source.beforeRequest = () => {
      throw new HomeroomError("CLEVER_UNREACHABLE")
    }
    const failed = await world.bulk().catch((error: unknown) => error)
    const [last] = await world.history()
    expect(failed).toMatchObject({ code: "CLEVER_UNREACHABLE", details: { runId: last?.id } })
  })

  it("S21 another district is not held up", async () => {
    const world = new RosterWorld({ storage })
    const neighbour = new RosterWorld({ index: 1 })
    let other: unknown
    world.hooks.afterCall = async (method) => {
      if (method !== "stage" || other !== undefined) return
      other = "running"
      other = await world.another({ clever: neighbour.source }).sync({ districtId: neighbour.districtId })
    }
    expect((await world.bulk()).state).toBe("applied")
    expect(other).toMatchObject({ districtId: neighbour.districtId, state: "applied" })
    expect(await storedRoster(world.plain, neighbour.districtId)).toEqual(neighbour.truth())
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S21 with waitMs it waits for the other's lease to end, and gives up when the time is over", async () => {
    const world = new RosterWorld({ storage })
    await world.plain.open()
    const request = { districtId: world.districtId, holder: "other:9", ttlMs: 7_000 }
    const answer = await world.plain.acquireLease(request)
    if (!answer.acquired) return expect.unreachable()
    const from = world.now()
    expect(await codeOf(world.roster.sync({ districtId: world.districtId, waitMs: 3_000 }))).toBe(
      "SYNC_IN_PROGRESS",
    )
    expect(world.now() - from).toBe(3_000)
    const run = await world.roster.sync({ districtId: world.districtId, waitMs: 60_000 })
    expect(run.state).toBe("applied")
    expect(world.now() - from).toBe(7_000)
  })

  it("S21 a wait that is aborted ends at once with ABORTED", async () => {
    const world = new RosterWorld({ storage })
    await world.plain.open()
    await world.plain.acquireLease({ districtId: world.districtId, holder: "other:9", ttlMs: dayMs })
    const abort = new AbortController()
    abort.abort()
    const byTimer = world.another({ sleep: undefined as never })
    const waiting = byTimer.sync({ districtId: world.districtId, waitMs: 3_600_000, signal: abort.signal })
    expect(await codeOf(waiting)).toBe("ABORTED")
  })

  it("S21 heartbeats extend the lease for as long as the run lasts, and end with it", async () => {
    const beats = new Set<() => void>()
    const intervals: number[] = []
    const world = new RosterWorld({
      storage,
      roster: {
        lease: { ttlMs: 20_000, heartbeatMs: 5_000 },
        repeat: (beat, intervalMs) => {
          beats.add(beat)
          intervals.push(intervalMs)
          return () => beats.delete(beat)
        },
      },
    })
    const expiries = new Set<string | undefined>()
    let renewals = 0
    world.hooks.afterCall = async (method) => {
      if (method === "renewLease") renewals++
      if (method !== "stage") return
      // Much longer than the lease in all, but never without a heartbeat in time.
      world.clock.advance(15_000)
      const before = renewals
      for (const beat of beats) beat()
      while (renewals === before) await new Promise(setImmediate)
      const lease = await world.plain.getLease(world.districtId)
      expiries.add(lease?.expiresAt)
      expect(Date.parse(lease?.expiresAt ?? "") - world.now()).toBe(20_000)
    }
    expect((await world.bulk()).state).toBe("applied")
    expect(intervals).toEqual([5_000])
    expect(expiries.size).toBeGreaterThan(4)
    expect(beats.size).toBe(0)
    expect(await world.plain.getLease(world.districtId)).toBeUndefined()
  })

  it("S21 a heartbeat that finds the lease taken ends the run at the next page", async () => {
    let beat: () => void = () => {}
    const world = new RosterWorld({
      storage,
      roster: {
        repeat: (given) => {
          beat = given
          return () => {}
        },
      },
    })
    let staged = 0
    let renewed = 0
    world.hooks.afterCall = async (method) => {
      if (method === "renewLease") renewed++
      if (method !== "stage" || ++staged !== 2) return
      world.clock.advance(21_000)
      await world.plain.acquireLease({ districtId: world.districtId, holder: "thief", ttlMs: 20_000 })
      beat()
      while (renewed === 0) await new Promise(setImmediate)
    }
    expect(await codeOf(world.bulk())).toBe("LEASE_LOST")
    expect(staged).toBeLessThanOrEqual(3)
  })

  it("S21 whenever another takes over, before any call to the storage: either all was committed before, or nothing ever is", async () => {
    let taken = 0
    let committed = 0
    for (const mode of ["bulk", "delta"] as const) {
      for (let wanted = 1; ; wanted++) {
        const world = new RosterWorld({ storage, users: 30, schools: 1, pageSize: 15 })
        await world.bulk()
        world.truth()
        world.district.nextDay({ intensity: 8 })
        world.district.unshare({ ids: world.ids("user").slice(0, 3) })
        const before = await world.stored()
        const truth = world.truth()
        let calls = 0
        let isTaken = false
        let thief: Awaited<ReturnType<typeof world.plain.acquireLease>> | undefined
        world.hooks.beforeCall = async (method) => {
          if (method === "open" || method === "acquireLease" || ++calls !== wanted) return
          isTaken = true
          world.clock.advance(20_001)
          thief = await world.plain.acquireLease({
            districtId: world.districtId,
            holder: "thief",
            ttlMs: 20_000,
          })
        }
        const outcome = await codeOf(world[mode]())
        world.hooks.beforeCall = undefined
        if (!isTaken) break
        taken++
        const stored = await world.stored()
        if (outcome === "LEASE_LOST") {
          expect(stored).toEqual(before)
        } else {
          // The take-over came too late to stop anything.
          expect(outcome).toMatchObject({ state: "applied" })
          expect(stored).toEqual(truth)
          committed++
        }
        // Whoever took over is undisturbed, and once it is done all is well.
        if (thief?.acquired !== true) return expect.unreachable()
        expect(await world.plain.renewLease(thief.lease, 20_000)).toBe(true)
        await world.plain.releaseLease(thief.lease)
        const next = await world.bulk()
        expect(["applied", "unchanged"]).toContain(next.state)
        expect(await world.stored()).toEqual(truth)
        for (const run of await world.history()) expect(run.state).not.toMatch(/fetching|planned|applying/)
      }
    }
    // Only the release of the lease comes after the commit.
    expect(committed).toBe(2)
    expect(taken).toBeGreaterThan(25)
  })

  it("S21 a run whose lease ran out unseen goes on if nobody took over", async () => {
    const world = new RosterWorld({ storage })
    world.hooks.afterCall = (method) => {
      if (method === "stage") world.clock.advance(30_000)
    }
    expect((await world.bulk()).state).toBe("applied")
    expect(await world.stored()).toEqual(world.truth())
  })
})

it("S21 errors about the lease are Homeroom's own and can be tried again", async () => {
  const world = new RosterWorld()
  await world.plain.open()
  await world.plain.acquireLease({ districtId: world.districtId, holder: "x", ttlMs: 9_000 })
  const error: unknown = await world.bulk().catch((reason: unknown) => reason)
  expect(isHomeroomError(error) && error.httpStatus).toBe(409)
})
