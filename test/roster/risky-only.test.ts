import { describe, expect, it } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import type { GuardSettings, Run } from "../../src/storage/contract.ts"
import { writeCalls } from "../support/intercepted-storage.ts"
import { type ChangedWorld, changedWorld, planOf } from "../support/plan-world.ts"
import { passDay, randomFrom } from "../support/random-days.ts"
import { codeOf, dayMs, hourMs, RosterWorld, storageNames } from "../support/roster-world.ts"
import { seed } from "../support/seed.ts"

/** Not one record may be archived without somebody's consent. */
const noArchives: GuardSettings = { archivedShare: 0, atLeast: 1, onHold: "risky-only" }

const modes = ["bulk", "delta"] as const
const cases = storageNames.flatMap((storage) => modes.map((mode) => ({ storage, mode })))

function riskyWorld(storage: (typeof storageNames)[number]): Promise<ChangedWorld> {
  return changedWorld({ storage, guards: noArchives })
}

async function waitingOf(world: RosterWorld): Promise<Run[]> {
  return (await world.history()).filter(({ state }) => ["held", "approved", "planned"].includes(state))
}

async function theOneWaiting(world: RosterWorld): Promise<Run> {
  const waiting = await waitingOf(world)
  expect(waiting).toHaveLength(1)
  return waiting[0] as Run
}

async function approveAll(world: RosterWorld): Promise<void> {
  for (const { id } of await waitingOf(world)) {
    const { hash } = await world.roster.openPlan(id)
    await world.roster.apply(id, { approve: hash, by: "ada", why: "fine" })
  }
}

describe.each(cases)("S15 onHold risky-only, by $mode on $storage", ({ storage, mode }) => {
  it("S15 creates, updates and restores are applied at once; only the archives wait, in a run of their own", async () => {
    const { world, back, gone, edited, added } = await riskyWorld(storage)
    const before = await world.plain.getDistrict(world.districtId)
    const run = await world[mode]()
    expect(run).toMatchObject({
      state: "applied",
      mode,
      plan: null,
      archivedBySchool: {},
      version: before.version + 1,
    })
    expect(run.holds.map(({ code }) => code)).toContain("archived-ratio")
    expect(run.counts.user).toMatchObject({ created: 1, updated: 1, restored: 1, archived: 0 })
    const stored = await world.stored()
    expect(stored.get(`user ${gone}`)?.state).toBe("active")
    for (const id of [back, edited, added]) expect(stored.get(`user ${id}`)?.state).toBe("active")
    expect(stored.get(`user ${edited}`)?.data).toMatchObject({ email: "edited@d.example" })
    // What waits must be seen again.
    const cursor = mode === "delta" ? before.cursor : null
    expect(run.cursor).toEqual(cursor)
    expect((await world.plain.getDistrict(world.districtId)).cursor).toEqual(cursor)

    const held = await theOneWaiting(world)
    expect(held).toMatchObject({
      state: "held",
      purpose: "import",
      mode,
      requestedMode: mode,
      startedBy: run.startedBy,
      splitFrom: run.id,
      basis: run.version,
      holds: run.holds,
      plan: { actions: ["archive"], expiresAt: new Date(world.now() + 72 * hourMs).toISOString() },
    })
    expect(held.counts.user).toMatchObject({ created: 0, updated: 0, restored: 0, archived: 1, unchanged: 0 })
    expect(Object.values(held.archivedBySchool.user ?? {})).toEqual([1])
    expect((await world.changes(held)).map(({ id, action }) => [id, action])).toEqual([[gone, "archive"]])
  })

  it("S15 S16 once somebody agrees they are archived, and deltas go on from there", async () => {
    const { world, gone } = await riskyWorld(storage)
    const run = await world[mode]()
    const held = await theOneWaiting(world)
    const { hash } = await world.roster.openPlan(held.id)
    const applied = await world.roster.apply(held.id, { approve: hash, by: "ada", why: "they moved away" })
    expect(applied).toMatchObject({ state: "applied", version: (run.version ?? 0) + 1, counts: held.counts })
    expect(applied.cursor).not.toBeNull()
    expect((await world.stored()).get(`user ${gone}`)?.state).toBe("archived")
    expect(await world.stored()).toEqual(world.truth())
    expect(await world.delta()).toMatchObject({ mode: "delta", state: "unchanged", holds: [] })
  })

  it("S15 discarded they are found again by the next import, and wait again", async () => {
    const { world } = await riskyWorld(storage)
    await world[mode]()
    const held = await theOneWaiting(world)
    await world.roster.discard(held.id, { by: "ada", why: "not yet" })
    // There is nothing but archives now, so that the import itself waits.
    const again = await world[mode]()
    expect(again).toMatchObject({ state: "held", splitFrom: null, counts: { user: { archived: 1 } } })
    expect(again.plan?.actions).toContain("archive")
    expect((await theOneWaiting(world)).id).toBe(again.id)
    await approveAll(world)
    expect(await world.stored()).toEqual(world.truth())
    expect((await world.delta()).state).toBe("unchanged")
  })

  it("S15 expired they are found again by the next import, and wait again", async () => {
    const { world, gone } = await riskyWorld(storage)
    await world[mode]()
    const held = await theOneWaiting(world)
    world.clock.advance(72 * hourMs)
    world.district.nextDay({ intensity: 3 })
    await world.delta()
    expect((await world.plain.getRun(held.id))?.state).toBe("expired")
    const again = await theOneWaiting(world)
    expect((await world.changes(again)).map(({ id }) => id)).toContain(gone)
    await approveAll(world)
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S15 a newer held run takes the place of the older one, which says so; an approved one is left alone", async () => {
    const { world, gone, edited } = await riskyWorld(storage)
    await world[mode]()
    const first = await theOneWaiting(world)
    world.district.edit("user", edited, { email: "again@d.example" })
    const later = await world[mode]()
    expect(later).toMatchObject({ state: "applied", counts: { user: { updated: 1, archived: 0 } } })
    const second = await theOneWaiting(world)
    expect(second).toMatchObject({ splitFrom: later.id, basis: later.version })
    expect((await world.changes(second)).map(({ id }) => id)).toEqual([gone])
    const at = world.clock.now().toISOString()
    expect(await world.roster.run(first.id)).toMatchObject({
      state: "discarded",
      finishedAt: at,
      decision: { by: "homeroom", why: `Import ${second.id} took its place.`, at },
    })
    expect(await world.plain.countStaged(first.id)).toEqual([])

    await world.roster.approve(second.id, { by: "ada", why: "fine" })
    world.district.edit("user", edited, { email: "once-more@d.example" })
    await world[mode]()
    expect((await waitingOf(world)).map(({ state }) => state).toSorted()).toEqual(["approved", "held"])
    // It is stale, for the roster has moved; the newer one has it all.
    const { hash } = await world.roster.openPlan(second.id)
    expect(await codeOf(world.roster.apply(second.id, { approve: hash }))).toBe("PLAN_STALE")
    await world.roster.discard(second.id, { by: "ada", why: "stale" })
    await approveAll(world)
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S15 who came back before anybody decided is not archived, and stays", async () => {
    const { world, gone } = await riskyWorld(storage)
    await world[mode]()
    const held = await theOneWaiting(world)
    world.district.reshare({ ids: [gone] })
    const run = await world.delta()
    expect(run.holds).toEqual([])
    expect(run.cursor).not.toBeNull()
    expect(await world.stored()).toEqual(world.truth())
    // If it is approved all the same, before an import saw that: the next delta puts it right.
    const { hash } = await world.roster.openPlan(held.id)
    const answer = await codeOf(world.roster.apply(held.id, { approve: hash }))
    if (answer !== "PLAN_STALE") expect(answer).toMatchObject({ state: "applied" })
    await world.delta()
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S9 S15 what the import rejected is looked at again after the archives were approved", async () => {
    const { world } = await riskyWorld(storage)
    const [bad] = world.ids("user").slice(30) as [string]
    world.district.edit("user", bad, { email: 3 as never })
    const run = await world[mode]()
    expect(run.counts.user).toMatchObject({ rejected: 1 })
    const held = await theOneWaiting(world)
    expect(held.counts.user).toMatchObject({ rejected: 1, archived: 1 })
    await approveAll(world)
    expect(await world.rejections(await world.roster.run(held.id))).toEqual(await world.rejections(run))
    const delta = await world.delta()
    expect(delta).toMatchObject({ mode: "delta", counts: { user: { rejected: 1 } } })
  })

  it("S15 where something else than archives is held, everything waits", async () => {
    const { world } = await changedWorld({ storage, guards: { ...noArchives, rejectedShare: 0 } })
    const before = await world.stored()
    world.district.edit("school", world.ids("school")[1] as string, { name: 7 as never })
    const run = await world[mode]()
    expect(run).toMatchObject({ state: "held", splitFrom: null })
    expect(new Set(run.holds.map(({ code }) => code))).toEqual(new Set(["rejected-ratio", "archived-ratio"]))
    expect(await world.stored()).toEqual(before)
    expect(await waitingOf(world)).toHaveLength(1)
  })

  it("S15 everything, the default, holds creates and updates as well", async () => {
    const { world } = await changedWorld({ storage, guards: { archivedShare: 0, atLeast: 1 } })
    const before = await world.stored()
    const run = await world[mode]()
    expect(run).toMatchObject({ state: "held", counts: { user: { created: 1, updated: 1, archived: 1 } } })
    expect(await world.stored()).toEqual(before)
    const [head, held] = [await world.plain.getDistrict(world.districtId), await theOneWaiting(world)]
    expect(held.id).toBe(run.id)
    // Night after night it is held again, and only the last one waits.
    for (let night = 0; night < 3; night++) {
      world.clock.advance(dayMs)
      await world[mode]()
    }
    expect((await waitingOf(world)).map(({ id }) => id)).toEqual([(await world.history())[0]?.id])
    expect(await world.plain.getDistrict(world.districtId)).toEqual(head)
    await approveAll(world)
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S15 S28 what waits for the district's own state is nobody's to decide: no run of its own is made of it", async () => {
    const { world, gone, added } = await riskyWorld(storage)
    world.district.setState({ state: "error" })
    const run = await world[mode]()
    expect(run).toMatchObject({ state: "applied", holds: [{ code: "district-state", measured: "error" }] })
    expect(await waitingOf(world)).toEqual([])
    expect((await world.stored()).get(`user ${gone}`)?.state).toBe("active")
    expect((await world.stored()).get(`user ${added}`)?.state).toBe("active")
    world.district.setState({ state: "running" })
    await world.delta()
    const held = await theOneWaiting(world)
    expect((await world.changes(held)).map(({ id }) => id)).toEqual([gone])
    await approveAll(world)
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S15 a district emptied at Clever keeps everybody, and gets whoever is new", async () => {
    const world = new RosterWorld({
      storage,
      roster: { guards: { archivedShare: 0.1, mayEmpty: false, maySchoolsGo: false, onHold: "risky-only" } },
    })
    await world.bulk()
    const before = await world.stored()
    world.district.unshare({ everything: true })
    world.district.edit("district", world.districtId, { name: "Emptied" })
    const run = await world[mode]()
    expect(run.state).toBe("applied")
    const codes = new Set(run.holds.map(({ code }) => code))
    expect(codes).toContain("kind-emptied")
    const after = await world.stored()
    expect(after.get(`district ${world.districtId}`)?.data).toMatchObject({ name: "Emptied" })
    expect(after.size).toBe(before.size)
    expect([...after.values()].every(({ state }) => state === "active")).toBe(true)
    world.district.reshare({ everything: true })
    const again = await world[mode]()
    expect(again.holds).toEqual([])
    const truth = world.truth()
    expect(await world.stored()).toEqual(truth)
  })
})

describe.each(storageNames)("S15 what takes the place of what, on %s", (storage) => {
  it("S15 a held bulk import finds all again that waits; a held delta only what deltas held", async () => {
    const { world } = await changedWorld({ storage, guards: { archivedShare: 0, atLeast: 1 } })
    const states = async (...runs: Run[]) => {
      const found: string[] = []
      for (const { id } of runs) found.push((await world.roster.run(id)).state)
      return found
    }
    const plan = await planOf(world, { mode: "bulk" })
    expect(plan.state).toBe("held")
    const delta = await world.delta()
    const bulk = await world.bulk()
    expect(await states(delta, bulk)).toEqual(["discarded", "held"])
    // A delta does not see what the events leave out.
    const later = await world.delta()
    expect(await states(bulk, later)).toEqual(["held", "held"])
    const last = await world.delta()
    expect(await states(bulk, later, last)).toEqual(["held", "discarded", "held"])
    const whole = await world.bulk()
    expect(await states(bulk, last, whole)).toEqual(["discarded", "discarded", "held"])
    // A plan was made to be looked at, and no import takes it away, held or not.
    expect(await states(plan.run)).toEqual(["held"])
    await planOf(world, { mode: "bulk" })
    expect(await states(plan.run, whole)).toEqual(["held", "held"])
  })

  it("S15 S20 what can't be tidied up after the end of an import does not make a failure of it", async () => {
    const { world } = await riskyWorld(storage)
    await world.delta()
    const first = await theOneWaiting(world)
    let isOver = false
    world.hooks.afterCall = (method) => {
      if (method === "commit") isOver = true
    }
    world.hooks.beforeCall = (method) => {
      if (isOver && method === "saveRun") throw new HomeroomError("STORAGE_FULL")
    }
    world.district.edit("user", world.ids("user")[9] as string, { email: "more@d.example" })
    const run = await world.delta()
    world.hooks.beforeCall = undefined
    world.hooks.afterCall = undefined
    expect(run.state).toBe("applied")
    expect(await world.roster.run(run.id)).toEqual(run)
    // The next run makes up for it.
    await planOf(world)
    const split = (await world.history()).find(({ splitFrom }) => splitFrom === run.id)
    expect(split?.state).toBe("held")
    expect((await world.roster.run(first.id)).state).toBe("discarded")
    await world.roster.apply(split?.id ?? "", { approve: split?.plan?.hash ?? "" })
    expect(await world.stored()).toEqual(world.truth())
  })
})

describe.each(storageNames)("S15 risky-only where the process dies, on %s", (storage) => {
  it("S15 S20 S22 dead after any write to the storage: what is committed is whole, nothing is lost, and nothing wrong can be approved", async () => {
    const seen = { before: 0, rest: 0 }
    let isFinished = false
    for (const mode of modes) {
      isFinished = false
      for (let wanted = 1; !isFinished; wanted++) {
        const { world, gone, added } = await riskyWorld(storage)
        const before = await world.stored()
        let writes = 0
        let isDead = false
        world.hooks.beforeCall = () => {
          if (isDead) throw new HomeroomError("STORAGE_UNREADABLE")
        }
        world.hooks.afterCall = (method) => {
          if (writeCalls.includes(method) && ++writes === wanted) isDead = true
        }
        await codeOf(world[mode]())
        isFinished = !isDead
        world.hooks.beforeCall = undefined
        world.hooks.afterCall = undefined
        world.clock.advance(20_001)

        const stored = await world.stored()
        const isCommitted = stored.has(`user ${added}`)
        if (isCommitted) seen.rest++
        else seen.before++
        // Nobody is archived, and all the rest is there or nothing.
        expect(stored.get(`user ${gone}`)?.state).toBe("active")
        if (!isCommitted) expect(stored).toEqual(before)
        // Archives whose rest was never committed can't be approved, now or after whatever comes.
        const trial = async () => {
          for (const { id, splitFrom, plan, state } of await world.history()) {
            if (splitFrom === null || state === "held" || plan === null) continue
            expect(await codeOf(world.roster.apply(id, { approve: plan.hash }))).toBe("PLAN_NOT_APPLICABLE")
          }
        }
        await trial()
        if (!isCommitted && wanted % 2 === 0) {
          // Somebody logs in between, which moves the roster to the very version that the archives would be of.
          await world.roster.syncUser({ districtId: world.districtId, id: added })
          await trial()
        }
        await world[mode]()
        await trial()
        for (const { state } of await world.history()) expect(state).not.toMatch(/fetching|planned|applying/)
        await approveAll(world)
        if ((await world.delta()).state === "held") await approveAll(world)
        expect(await world.stored()).toEqual(world.truth())
        expect((await world.delta()).state).toBe("unchanged")
        // Nothing is left of what was staged on the way.
        for (const { id, state } of await world.history()) {
          if (!["applied", "unchanged"].includes(state)) expect(await world.plain.countStaged(id)).toEqual([])
        }
      }
    }
    expect(seen.before).toBeGreaterThan(8)
    expect(seen.rest).toBeGreaterThan(4)
  }, 120_000)

  it("S15 archives whose process died after the commit wait for a person after the district's next run, whatever it is", async () => {
    const { world, gone } = await riskyWorld(storage)
    let isDead = false
    world.hooks.beforeCall = () => {
      if (isDead) throw new HomeroomError("STORAGE_UNREADABLE")
    }
    world.hooks.afterCall = (method) => {
      if (method === "commit") isDead = true
    }
    // The rest is committed, so that the import is a success; that its lease can't be ended is another matter.
    await codeOf(world.bulk())
    world.hooks.beforeCall = undefined
    world.hooks.afterCall = undefined
    world.clock.advance(20_001)
    const runs = await world.history()
    const split = runs.find(({ splitFrom }) => splitFrom !== null)
    const run = runs.find(({ id }) => id === split?.splitFrom)
    expect(run?.state).toBe("applied")
    expect(split?.state).toBe("interrupted")
    await planOf(world, { mode: "bulk" })
    const held = (await world.history()).find(({ id }) => id === split?.id)
    expect(held).toMatchObject({ state: "held", basis: run?.version })
    const { hash } = await world.roster.openPlan(held?.id ?? "")
    await world.roster.apply(held?.id ?? "", { approve: hash })
    expect((await world.stored()).get(`user ${gone}`)?.state).toBe("archived")
    expect(await world.stored()).toEqual(world.truth())
  })
})

describe.each(storageNames)("S15 risky-only over many days, on %s", (storage) => {
  it("S15 whatever is approved, discarded, left or late, an approval at the end brings the roster to the truth", async () => {
    const outcomes = new Map<string, number>()
    for (let district = 0; district < (storage === "memory" ? 12 : 3); district++) {
      const random = randomFrom(seed() + district)
      const world = new RosterWorld({
        storage,
        index: district,
        users: 40,
        roster: {
          guards: {
            archivedShare: 0.02,
            atLeast: 1,
            mayEmpty: false,
            maySchoolsGo: false,
            onHold: "risky-only",
          },
        },
      })
      await world.bulk()
      world.truth()
      for (let day = 0; day < 25; day++) {
        const where = `district ${district}, day ${day}, HOMEROOM_TEST_SEED=${seed()}`
        world.clock.advance(random(30) * hourMs)
        // Without a day in between there may be nothing but archives, for which the import itself waits.
        if (random(3) > 0) passDay(world.district, random)
        const run = await world[random(4) === 0 ? "bulk" : "delta"]()
        const truth = world.truth()
        const outcome = run.state === "applied" && run.holds.length > 0 ? "split" : run.state
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        // Whoever is shared is there and up to date, but where the run as a whole is held; nobody is lost.
        const stored = await world.stored()
        if (run.state !== "held") {
          for (const [key, entry] of truth)
            if (entry.state === "active") expect(stored.get(key), where).toEqual(entry)
        }
        for (const { id } of await waitingOf(world)) {
          const choice = random(4)
          if (choice === 0) await world.roster.discard(id, { by: "ada", why: "no" })
          if (choice !== 1) continue
          const { hash } = await world.roster.openPlan(id)
          const answer = await codeOf(world.roster.apply(id, { approve: hash, by: "ada", why: "yes" }))
          if (answer === "PLAN_STALE") continue
          expect(answer, where).toMatchObject({ state: "applied" })
          outcomes.set("approved", (outcomes.get("approved") ?? 0) + 1)
          if (id === (await world.history())[0]?.id) expect(await world.stored(), where).toEqual(truth)
        }
        // They do not pile up: one of bulk runs, one of deltas.
        expect(
          (await waitingOf(world)).filter(({ state }) => state === "held").length,
          where,
        ).toBeLessThanOrEqual(2)
      }
      await world.bulk()
      const truth = world.truth()
      for (const { id } of await waitingOf(world)) {
        const { hash } = await world.roster.openPlan(id)
        await codeOf(world.roster.apply(id, { approve: hash }))
      }
      expect(await world.stored(), `district ${district}, HOMEROOM_TEST_SEED=${seed()}`).toEqual(truth)
      expect((await world.delta()).state).toBe("unchanged")
    }
    // A model in which nothing was ever held would prove nothing.
    if (storage === "memory") {
      for (const outcome of ["held", "split", "applied", "approved"])
        expect(outcomes.get(outcome) ?? 0).toBeGreaterThan(10)
    }
  }, 120_000)
})
