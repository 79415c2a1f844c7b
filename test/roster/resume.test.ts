import { describe, expect, it } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { kinds } from "../../src/models/kinds.ts"
import type { SyncProgress } from "../../src/roster/index.ts"
import type { JsonObject } from "../../src/simulator/index.ts"
import type { Run } from "../../src/storage/contract.ts"
import { hourMs, RosterWorld, storageNames } from "../support/roster-world.ts"

/** Aborts an import when it sends its n-th request; the signal is what `sync` is given. */
function abortAtRequest(world: RosterWorld, wanted: number): AbortSignal {
  const abort = new AbortController()
  let requests = 0
  world.source.beforeRequest = () => {
    if (++requests === wanted) abort.abort()
  }
  return abort.signal
}

async function interrupted(world: RosterWorld, mode: "bulk" | "delta", request: number): Promise<Run> {
  const run = await world[mode]({ signal: abortAtRequest(world, request) })
  expect(run.state).toBe("interrupted")
  world.source.beforeRequest = () => {}
  return run
}

/** A roster with changes waiting: bulk and delta alike have something to do. */
async function changedWorld(storage: (typeof storageNames)[number]): Promise<RosterWorld> {
  const world = new RosterWorld({ storage, pageSize: 12 })
  await world.bulk()
  world.truth()
  world.district.nextDay({ intensity: 8 })
  world.district.unshare({ ids: world.ids("user").slice(4, 9) })
  world.source.asked.length = 0
  return world
}

describe.each(storageNames)("S22 an interrupted run, on %s", (storage) => {
  it.each(["bulk", "delta"] as const)(
    "S22 S25 stopped at any request of a %s run it keeps what is staged, says so, and goes on with at most one page again",
    async (mode) => {
      const pageSize = mode === "bulk" ? 12 : 4
      const calm = await changedWorld(storage)
      calm.source.pageSize = pageSize
      const whole = await calm[mode]()
      expect(whole.mode).toBe(mode)
      const needed = calm.source.asked.length
      expect(needed).toBeGreaterThan(mode === "bulk" ? 10 : 4)
      let resumes = 0
      for (let request = 1; request <= needed; request++) {
        const world = await changedWorld(storage)
        world.source.pageSize = pageSize
        const before = await world.stored()
        const stopped = await interrupted(world, mode, request)
        const asked = world.source.asked.length
        // In a bulk run the first pages of the kinds up to the users are asked for ahead.
        expect(asked).toBeGreaterThanOrEqual(request)
        expect(asked).toBeLessThanOrEqual(request + (mode === "bulk" ? 4 : 0))
        expect(stopped).toMatchObject({ state: "interrupted", finishedAt: null, error: null })
        expect((await world.history())[0]).toEqual(stopped)
        expect(await world.stored()).toEqual(before)
        expect(await world.plain.getLease(world.districtId)).toBeUndefined()

        const finished = await world[mode]()
        expect(await world.stored()).toEqual(world.truth())
        if (stopped.checkpoint !== null) {
          expect(finished).toMatchObject({ id: stopped.id, state: "applied", resumed: 1, mode })
          resumes++
          expect(finished.counts).toEqual(whole.counts)
          expect(finished.startedAt).toBe(stopped.startedAt)
        }
        // What was asked for but not staged is asked for again, and nothing before it: the page at hand and the first
        // ones of four kinds. A delta also asks whether the feed has gone on meanwhile.
        expect(world.source.asked.length).toBeLessThanOrEqual(needed + (mode === "bulk" ? 5 : 2))
        expect((await world.changes(finished)).length).toBe((await calm.changes(whole)).length)
      }
      expect(resumes).toBeGreaterThanOrEqual(needed - 2)
    },
  )

  it.each(["bulk", "delta"] as const)(
    "S25 aborted over and over again a %s run still gets done",
    async (mode) => {
      const world = await changedWorld(storage)
      let run: Run | undefined
      for (let time = 0; run?.state !== "applied"; time++) {
        // Each time it gets two requests further.
        run = await world[mode]({ signal: abortAtRequest(world, 3) })
        expect(time).toBeLessThan(40)
      }
      expect(run.resumed).toBeGreaterThan(0)
      expect(await world.stored()).toEqual(world.truth())
      expect((await world.history()).length).toBe(2)
    },
  )

  it("S25 aborted before it begins, while it plans, and just before it commits: nothing is written, and it resumes", async () => {
    for (const moment of ["before", "planned", "applying"]) {
      const world = await changedWorld(storage)
      const before = await world.stored()
      const abort = new AbortController()
      if (moment === "before") abort.abort()
      world.hooks.afterCall = (method, parameters) => {
        if (method === "saveRun" && (parameters[1] as Run).state === moment) abort.abort()
      }
      const stopped = await world.bulk({ signal: abort.signal })
      world.hooks.afterCall = undefined
      if (moment === "applying") {
        // The last safe point is before the commit: after it the run is over.
        expect(stopped.state).toBe("applied")
      } else {
        expect(stopped.state).toBe("interrupted")
        expect(await world.stored()).toEqual(before)
      }
      const next = await world.bulk()
      expect(next.resumed).toBe(moment === "planned" ? 1 : 0)
      expect(await world.stored()).toEqual(world.truth())
    }
  })

  it("S22 a page asked for again may have changed meanwhile: what is new is what counts", async () => {
    const world = await changedWorld(storage)
    await interrupted(world, "bulk", 7)
    for (const kind of ["school", "user", "section"] as const) {
      for (const id of world.ids(kind)) world.district.edit(kind, id, { sis_id: "changed-while-stopped" })
    }
    world.district.remove("user", world.ids("user")[0] as string)
    const run = await world.bulk()
    expect(run.resumed).toBe(1)
    expect(await world.stored()).toEqual(world.truth())
  })

  it.each([
    { age: "just under 6 h", ms: 6 * hourMs - 2_000, resumed: 1 },
    { age: "6 h", ms: 6 * hourMs, resumed: 0 },
  ])("S22 left for $age it is taken up again $resumed times", async ({ ms, resumed }) => {
    const world = await changedWorld(storage)
    const stopped = await interrupted(world, "bulk", 8)
    world.clock.advance(ms)
    const next = await world.bulk()
    expect(next).toMatchObject({ state: "applied", resumed })
    expect(next.id === stopped.id).toBe(resumed === 1)
    expect(await world.stored()).toEqual(world.truth())
    if (resumed === 0) {
      const [, old] = await world.history()
      expect(old).toMatchObject({ id: stopped.id, state: "interrupted", checkpoint: null })
      expect(await world.plain.countStaged(stopped.id)).toEqual([])
    }
  })

  it("S22 another mode, another version of the API and a roster that has moved start afresh", async () => {
    const afresh = async (change: (world: RosterWorld, stopped: Run) => Promise<"bulk" | "delta">) => {
      const world = await changedWorld(storage)
      const stopped = await interrupted(world, "bulk", 8)
      const mode = await change(world, stopped)
      const next = await world[mode]()
      expect(next).toMatchObject({ resumed: 0, state: "applied" })
      expect(next.id).not.toBe(stopped.id)
      expect(await world.plain.countStaged(stopped.id)).toEqual([])
      expect((await world.roster.run(stopped.id)).state).toBe("interrupted")
      return world
    }
    const other = await afresh(async () => "delta")
    expect(await other.stored()).toEqual(other.truth())
    await afresh(async (world) => {
      world.source.apiVersion = "v3.0"
      return "bulk"
    })
    const moved = await afresh(async (world, stopped) => {
      // As if another import had been committed in between that is older by the clock.
      const answer = await world.plain.acquireLease({
        districtId: world.districtId,
        holder: "x",
        ttlMs: 1_000,
      })
      if (!answer.acquired) return expect.unreachable()
      const run: Run = { ...stopped, id: "older", startedAt: "2020-01-01T00:00:00.000Z", state: "applied" }
      const [id] = world.ids("user") as [string]
      await world.plain.stage(answer.lease, { run, changes: [{ action: "archive", kind: "user", id }] })
      const { version, cursor } = await world.plain.getDistrict(world.districtId)
      await world.plain.commit(answer.lease, { run, basis: version, cursor, actions: ["archive"] })
      await world.plain.releaseLease(answer.lease)
      return "bulk"
    })
    expect(await moved.stored()).toEqual(moved.truth())
  })

  it("S22 a delta that fell back to bulk resumes as the bulk run it became", async () => {
    const world = new RosterWorld({ storage, pageSize: 12 })
    const stopped = await interrupted(world, "delta", 7)
    expect(stopped).toMatchObject({ mode: "bulk", requestedMode: "delta", fallback: "no-cursor" })
    const next = await world.delta()
    expect(next).toMatchObject({
      id: stopped.id,
      resumed: 1,
      mode: "bulk",
      fallback: "no-cursor",
      state: "applied",
    })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S22 a run whose process died shows as interrupted, and not while its lease lives", async () => {
    const world = await changedWorld(storage)
    const dead = new Promise<never>(() => {})
    let staged = 0
    const died = new Promise<void>((resolve) => {
      world.hooks.afterCall = (method) => {
        if (method !== "stage" || ++staged !== 3) return undefined
        resolve()
        return dead
      }
    })
    void world.bulk()
    await died
    world.hooks.afterCall = undefined
    const [running] = await world.history()
    expect(running?.state).toBe("fetching")
    expect((await world.roster.run(running?.id ?? "")).state).toBe("fetching")
    world.clock.advance(20_001)
    expect((await world.history())[0]?.state).toBe("interrupted")
    expect((await world.roster.run(running?.id ?? "")).state).toBe("interrupted")
    const next = await world.bulk()
    expect(next).toMatchObject({ id: running?.id, resumed: 1, state: "applied" })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S22 only the newest run is taken up: older interrupted ones are dropped with what they staged", async () => {
    const world = await changedWorld(storage)
    const first = await interrupted(world, "bulk", 8)
    const second = await interrupted(world, "delta", 3)
    expect((await world.plain.countStaged(first.id)).length).toBe(0)
    const third = await world.delta()
    expect(third.id).toBe(second.id)
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S22 the time, requests and records of all its processes are added up", async () => {
    const calm = await changedWorld(storage)
    const whole = await calm.bulk()
    const world = await changedWorld(storage)
    const tick = (target: RosterWorld) => {
      target.hooks.afterCall = (method) => {
        if (method === "stage") target.clock.advance(100)
      }
    }
    tick(world)
    const stopped = await interrupted(world, "bulk", 8)
    expect(stopped.durationMs).toBeGreaterThan(0)
    const finished = await world.bulk()
    expect(finished.records).toBe(whole.records)
    expect(finished.requests).toBe(world.source.asked.length)
    expect(finished.durationMs).toBeGreaterThan(stopped.durationMs)
    expect(finished.durationMs % 100).toBe(0)
  })
})

describe.each(storageNames)("S30 progress, on %s", (storage) => {
  it("S30 tells stage, kind, records and pages after every page, the rate, and the time left where the total is known", async () => {
    const world = new RosterWorld({ storage, pageSize: 12 })
    world.hooks.afterCall = (method) => {
      if (method === "stage") world.clock.advance(200)
    }
    const told: SyncProgress[] = []
    const first = await world.bulk({ onProgress: (progress) => told.push(progress) })
    const total = kinds.reduce((sum, kind) => sum + world.district.count(kind), 0)
    const listing = told.filter(({ stage }) => stage === "listing")
    expect(new Set(told.map(({ runId }) => runId))).toEqual(new Set([first.id]))
    expect([...new Set(listing.map(({ kind }) => kind))]).toEqual([...kinds])
    for (const kind of kinds) {
      expect(listing.filter((one) => one.kind === kind).length).toBe(
        Math.ceil(world.district.count(kind) / 12),
      )
    }
    expect(listing.map(({ pages }) => pages)).toEqual(listing.map((_, index) => index + 1))
    expect(listing.at(-1)?.records).toBe(total)
    for (const { expectedRecords, remainingMs } of told)
      expect([expectedRecords, remainingMs]).toEqual([null, null])
    expect(told.slice(-2).map(({ stage, kind }) => [stage, kind])).toEqual([
      ["planning", null],
      ["applying", null],
    ])
    for (const [index, { recordsPerSecond, records }] of listing.entries()) {
      if (index > 2) expect(recordsPerSecond).toBeGreaterThan(0)
      expect(records).toBeGreaterThan(listing[index - 1]?.records ?? 0)
    }

    const again: SyncProgress[] = []
    await world.bulk({ onProgress: (progress) => again.push(progress) })
    const known = again.filter(({ stage }) => stage === "listing")
    for (const { expectedRecords } of known) expect(expectedRecords).toBe(total)
    expect(known.at(-1)?.remainingMs).toBe(0)
    const middle = known.at(-3) as SyncProgress
    expect(middle.remainingMs).toBe(Math.round(((total - middle.records) / middle.recordsPerSecond) * 1_000))

    world.district.nextDay({ intensity: 8 })
    const delta: SyncProgress[] = []
    await world.delta({ onProgress: (progress) => delta.push(progress) })
    expect(delta[0]).toMatchObject({ stage: "reading-events", kind: null, expectedRecords: null })
  })

  it("S30 a resumed run goes on counting where it was", async () => {
    const world = new RosterWorld({ storage, pageSize: 12 })
    const stopped = await interrupted(world, "bulk", 8)
    const told: SyncProgress[] = []
    const run = await world.bulk({ onProgress: (progress) => told.push(progress) })
    expect(told[0]?.runId).toBe(stopped.id)
    expect(told[0]?.records).toBeGreaterThanOrEqual(stopped.records)
    expect(run.records).toBe(kinds.reduce((sum, kind) => sum + world.district.count(kind), 0))
  })
})

it("S25 an abort that meets a failure is an interruption, not a failure", async () => {
  const world = new RosterWorld()
  const abort = new AbortController()
  world.source.beforeRequest = (name) => {
    if (name !== "user 1") return
    abort.abort()
    throw new HomeroomError("CLEVER_UNREACHABLE")
  }
  expect((await world.bulk({ signal: abort.signal })).state).toBe("interrupted")
  world.source.beforeRequest = () => {}
  expect((await world.bulk()).resumed).toBe(1)
  const roster = await world.stored()
  const [user] = [...roster.values()]
    .map(({ data }) => data as JsonObject)
    .filter(({ roles }) => roles !== undefined)
  expect(user).toBeDefined()
  expect(roster).toEqual(world.truth())
})

it.each(storageNames)(
  "S22 S31 what a dead import staged goes, however many logins came after it, on %s",
  async (storage) => {
    const world = await changedWorld(storage)
    const dead = await interrupted(world, "bulk", 9)
    const staged = async () => (await world.plain.countStaged(dead.id)).length
    expect(await staged()).toBeGreaterThan(0)
    world.clock.advance(7 * hourMs)
    for (let login = 0; login < 21; login++) {
      world.clock.advance(1_000)
      const id = world.district.add("user", { roles: { student: { sis_id: `new-${login}` } } })
      const { state } = await world.roster.syncUser({ districtId: world.districtId, id })
      expect(state).toBe("applied")
    }
    await world.bulk()
    expect(await staged()).toBe(0)
  },
)
