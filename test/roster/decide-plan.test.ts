import { describe, expect, it } from "vitest"
import { HomeroomError } from "../../src/errors/index.ts"
import { recordKeys } from "../../src/models/record-keys.ts"
import type { Connection, Run, StagedChange } from "../../src/storage/contract.ts"
import { changedWorld, planOf } from "../support/plan-world.ts"
import { codeOf, dayMs, hourMs, RosterWorld, storageNames } from "../support/roster-world.ts"

/** The roster and what belongs to it: what a refusal must leave alone. */
async function everythingOf(world: RosterWorld) {
  return { roster: await world.stored(), head: await world.plain.getDistrict(world.districtId) }
}

function atCall(world: RosterWorld, wanted: string, work: () => unknown): void {
  world.hooks.beforeCall = async (method) => {
    if (method !== wanted) return
    world.hooks.beforeCall = undefined
    await work()
  }
}

/** Writes past the engine, as whoever meddles with a database. */
async function meddle(world: RosterWorld, run: Run, changes: readonly StagedChange[]): Promise<void> {
  const { districtId } = world
  const answer = await world.plain.acquireLease({ districtId, holder: "meddler", ttlMs: 1_000 })
  if (!answer.acquired) return expect.unreachable()
  await world.plain.stage(answer.lease, { run, changes })
  await world.plain.releaseLease(answer.lease)
}

const modes = ["bulk", "delta"] as const
const cases = storageNames.flatMap((storage) => modes.map((mode) => ({ storage, mode })))

describe.each(cases)("S16 applying a plan, by $mode on $storage", ({ storage, mode }) => {
  it("S16 applies exactly the plan: counts, log, cursor and version are those of the import it stands for", async () => {
    const { world } = await changedWorld({ storage })
    const twin = await changedWorld({ storage })
    const plan = await planOf(world, { mode })
    const imported = await twin.world[mode]()
    const applied = await world.roster.apply(plan.id, { approve: plan.hash, by: "ada", why: "as expected" })
    expect(applied).toMatchObject({
      id: plan.id,
      state: "applied",
      purpose: "plan",
      counts: imported.counts,
      cursor: imported.cursor,
      version: imported.version,
      finishedAt: world.clock.now().toISOString(),
      approval: { hash: plan.hash, by: "ada", why: "as expected", at: world.clock.now().toISOString() },
      plan: { hash: plan.hash },
    })
    expect(await world.roster.run(plan.id)).toEqual(applied)
    expect(await world.changes(applied)).toEqual(await twin.world.changes(imported))
    expect(await world.stored()).toEqual(world.truth())
    const [mine, theirs] = [await everythingOf(world), await everythingOf(twin.world)]
    expect({ ...mine.head, lastRunId: "" }).toEqual({ ...theirs.head, lastRunId: "" })
    expect(await world.plain.countStaged(plan.id)).toEqual([])
    expect((await world.delta()).state).toBe("unchanged")
  })

  it("S16 what happened since comes with the next delta, from the plan's own cursor", async () => {
    const { world, edited } = await changedWorld({ storage })
    const plan = await planOf(world, { mode })
    world.district.edit("user", edited, { email: "again@d.example" })
    world.district.unshare({ ids: [world.ids("user")[20] as string] })
    const applied = await world.roster.apply(plan.id, { approve: plan.hash })
    expect(applied.cursor).toEqual(plan.run.plan?.cursor)
    expect(await world.delta()).toMatchObject({
      mode: "delta",
      counts: { user: { updated: 1, archived: 1 } },
    })
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S16 an import that moved only the cursor since does not make it stale, and nothing is lost by the older cursor", async () => {
    const world = new RosterWorld({ storage })
    // A new time alone would be written, and move the roster's version.
    const timeless = (text: string) => JSON.stringify({ ...JSON.parse(text), last_modified: undefined })
    world.source.alterItems = (_, items) => items.map(timeless)
    world.source.alterEvents = (events) =>
      events.map((event) =>
        event.object === undefined ? event : { ...event, object: timeless(event.object) },
      )
    await world.bulk()
    const [id] = world.ids("school") as [string]
    const nameOf = async () => {
      const [stored] = await world.plain.getRecords({
        districtId: world.districtId,
        kind: "school",
        ids: [id],
      })
      return (JSON.parse(stored?.data ?? "") as { name: string }).name
    }
    const before = await nameOf()
    world.district.edit("school", id, { name: "For a day" })
    const plan = await planOf(world, { mode })
    world.district.edit("school", id, { name: before })
    expect((await world.delta()).state).toBe("unchanged")
    const moved = await world.plain.getDistrict(world.districtId)
    expect(moved.version).toBe(plan.run.basis)
    expect(moved.cursor).not.toEqual(plan.run.plan?.cursor)

    await world.roster.apply(plan.id, { approve: plan.hash })
    expect(await nameOf()).toBe("For a day")
    expect((await world.plain.getDistrict(world.districtId)).cursor).toEqual(plan.run.plan?.cursor)
    expect(await world.delta()).toMatchObject({ mode: "delta", counts: { school: { updated: 1 } } })
    expect(await nameOf()).toBe(before)
  })

  it("S9 S16 what the plan rejected is looked at again by the next delta", async () => {
    const { world } = await changedWorld({ storage })
    const [bad] = world.ids("user").slice(30) as [string]
    world.district.edit("user", bad, { email: 3 as never })
    const plan = await planOf(world, { mode })
    expect(plan.counts.user.rejected).toBe(1)
    const applied = await world.roster.apply(plan.id, { approve: plan.hash })
    expect(await world.rejections(applied)).toMatchObject([{ kind: "user", id: bad }])
    expect((await world.delta()).counts.user.rejected).toBe(1)
  })

  it("S16 PLAN_STALE once anything moved the roster: an import, a login, another plan; nothing is lost", async () => {
    const { world, added } = await changedWorld({ storage })
    const [plan, other] = [await planOf(world, { mode }), await planOf(world, { mode })]
    const refuse = async () => {
      const before = await everythingOf(world)
      const [approved] = [await world.roster.run(plan.id)]
      expect(await codeOf(world.roster.apply(plan.id, { approve: plan.hash }))).toBe("PLAN_STALE")
      expect(await codeOf(world.roster.approve(plan.id, { by: "ada", why: "late" }))).toBe("PLAN_STALE")
      expect(await world.roster.run(plan.id)).toEqual(approved)
      expect(await everythingOf(world)).toEqual(before)
    }
    expect((await world.roster.syncUser({ districtId: world.districtId, id: added })).state).toBe("applied")
    await refuse()
    const third = await planOf(world, { mode })
    await world.roster.apply(third.id, { approve: third.hash })
    await refuse()
    world.district.nextDay({ intensity: 3 })
    await world[mode]()
    await refuse()
    expect(await world.stored()).toEqual(world.truth())
    // The other one is as stale; both are still to be looked at, or to be discarded.
    expect(await codeOf(world.roster.apply(other.id, { approve: other.hash }))).toBe("PLAN_STALE")
    expect((await world.roster.discard(other.id, { by: "ada", why: "stale" })).state).toBe("discarded")
  })

  it("S16 PLAN_HASH_MISMATCH for another plan's hash, whether applied or approved", async () => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world, { mode })
    world.district.edit("school", world.ids("school")[1] as string, { name: "Second thoughts" })
    const other = await planOf(world, { mode })
    const before = await everythingOf(world)
    for (const hash of [other.hash, "", plan.hash.toUpperCase()]) {
      expect(await codeOf(world.roster.apply(plan.id, { approve: hash }))).toBe("PLAN_HASH_MISMATCH")
      expect(await codeOf(world.roster.approve(plan.id, { hash, by: "ada", why: "" }))).toBe(
        "PLAN_HASH_MISMATCH",
      )
    }
    expect(await everythingOf(world)).toEqual(before)
    expect((await world.roster.run(plan.id)).state).toBe("planned")
    expect((await world.roster.apply(plan.id, { approve: plan.hash })).state).toBe("applied")
  })

  it.each([
    {
      title: "a change more",
      change: (id: string): StagedChange => ({ action: "archive", kind: "user", id }),
    },
    { title: "a change turned into another", change: (): StagedChange | undefined => undefined },
  ])("S16 PLAN_ALTERED where what is staged is not what was hashed: $title", async ({ change }) => {
    const { world, gone } = await changedWorld({ storage })
    const plan = await planOf(world, { mode })
    const before = await everythingOf(world)
    const untouched = world.ids("user")[25] as string
    const altered = change(untouched) ?? { action: "unchanged" as const, kind: "user" as const, id: gone }
    await meddle(world, plan.run, [altered])
    expect(await codeOf(world.roster.apply(plan.id, { approve: plan.hash }))).toBe("PLAN_ALTERED")
    expect(await everythingOf(world)).toEqual(before)
    // A person who agreed to it agreed to what was hashed.
    await world.roster.approve(plan.id, { by: "ada", why: "looks good" })
    expect(await codeOf(world.roster.apply(plan.id, { approve: plan.hash }))).toBe("PLAN_ALTERED")
    expect(await everythingOf(world)).toEqual(before)
  })

  it("S16 PLAN_ALTERED where a content is not what its fingerprints name", async () => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world, { mode })
    const before = await everythingOf(world)
    const runId = plan.id
    const [staged] = await world.plain.listChanges({ runId, actions: ["update"], limit: 1 })
    if (staged === undefined || staged.after === null) return expect.unreachable()
    const { kind, id, after: data } = staged
    const entries = await world.plain.listStaged({ runId, kind, limit: 1_000 })
    const { raw, canonical } = entries.find((entry) => entry.id === id) ?? {}
    if (!raw || !canonical) return expect.unreachable()
    const content = { raw, canonical, keys: recordKeys(kind, JSON.parse(data)) }
    for (const altered of [data.replace(/}$/, ',"nickname":"Mallory"}'), data.slice(0, -1), "null"]) {
      await meddle(world, plan.run, [{ action: "update", kind, id, data: altered, ...content }])
      expect(await codeOf(world.roster.apply(runId, { approve: plan.hash }))).toBe("PLAN_ALTERED")
      expect(await everythingOf(world)).toEqual(before)
    }
    await meddle(world, plan.run, [{ action: "update", kind, id, data, ...content }])
    expect((await world.roster.apply(runId, { approve: plan.hash })).state).toBe("applied")
  })

  it("S16 PLAN_ALTERED where the plan's record was rewritten: its cursor, its actions", async () => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world, { mode })
    const { run } = plan
    if (run.plan === null || run.plan.cursor === null) return expect.unreachable()
    const before = await everythingOf(world)
    for (const forged of [
      { ...run.plan, actions: run.plan.actions.filter((action) => action !== "archive") },
      { ...run.plan, cursor: null },
      { ...run.plan, cursor: { ...run.plan.cursor, eventId: "f".repeat(24) } },
    ]) {
      await meddle(world, { ...run, plan: forged }, [])
      expect(await codeOf(world.roster.apply(plan.id, { approve: plan.hash }))).toBe("PLAN_ALTERED")
    }
    expect(await everythingOf(world)).toEqual(before)
    await meddle(world, run, [])
    expect((await world.roster.apply(plan.id, { approve: plan.hash })).state).toBe("applied")
  })

  it("S16 a held import is applied as it was held, once somebody agrees", async () => {
    const { world } = await changedWorld({ storage, guards: { archivedShare: 0, atLeast: 1 } })
    const before = await everythingOf(world)
    const held = await world[mode]()
    expect(held).toMatchObject({ state: "held", purpose: "import" })
    expect(held.holds.map(({ code }) => code)).toContain("archived-ratio")
    expect(await everythingOf(world)).toEqual(before)
    const { hash } = await world.roster.openPlan(held.id)
    const applied = await world.roster.apply(held.id, { approve: hash, by: "ada", why: "they left" })
    expect(applied).toMatchObject({ id: held.id, state: "applied", purpose: "import", counts: held.counts })
    expect(applied.holds).toEqual(held.holds)
    expect(await world.stored()).toEqual(world.truth())
    // Approval never changes a threshold: the next one is held as this one was.
    world.clock.advance(2 * dayMs)
    world.district.unshare({ ids: world.ids("user").slice(3, 4) })
    expect((await world[mode]()).state).toBe("held")
  })
})

describe.each(storageNames)("S16 decisions, on %s", (storage) => {
  it("S16 an approval says who and why, names the hash, and can be applied by somebody else", async () => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world)
    const before = await everythingOf(world)
    world.clock.advance(hourMs)
    const approved = await world.roster.approve(plan.id, {
      by: "ada",
      why: "the school moved",
      hash: plan.hash,
    })
    expect(approved).toMatchObject({
      state: "approved",
      approval: { hash: plan.hash, by: "ada", why: "the school moved", at: world.clock.now().toISOString() },
      finishedAt: null,
    })
    expect(await world.roster.run(plan.id)).toEqual(approved)
    expect(await everythingOf(world)).toEqual(before)
    expect(await codeOf(world.roster.approve(plan.id, { by: "bob", why: "" }))).toBe("RUN_TRANSITION_INVALID")
    const applied = await world.roster.apply(plan.id, { approve: plan.hash, by: "bob", why: "at night" })
    expect(applied).toMatchObject({ state: "applied", approval: { by: "ada", why: "the school moved" } })
  })

  it("S16 a discarded plan says who and why, and nothing of it is kept; the next import finds the same again", async () => {
    const { world } = await changedWorld({ storage, guards: { archivedShare: 0, atLeast: 1 } })
    const held = await world.bulk()
    const before = await everythingOf(world)
    const discarded = await world.roster.discard(held.id, { by: "ada", why: "wrong file" })
    expect(discarded).toMatchObject({
      state: "discarded",
      decision: { by: "ada", why: "wrong file", at: world.clock.now().toISOString() },
      finishedAt: world.clock.now().toISOString(),
      approval: null,
    })
    expect(await world.roster.run(held.id)).toEqual(discarded)
    expect(await world.plain.countStaged(held.id)).toEqual([])
    expect(await everythingOf(world)).toEqual(before)
    expect((await world.bulk()).counts).toEqual(held.counts)
  })

  it("S16 what was approved can be discarded as well", async () => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world)
    await world.roster.approve(plan.id, { by: "ada", why: "fine" })
    const discarded = await world.roster.discard(plan.id, { by: "bob", why: "on second thoughts" })
    expect(discarded).toMatchObject({ state: "discarded", approval: { by: "ada" }, decision: { by: "bob" } })
    expect(await codeOf(world.roster.apply(plan.id, { approve: plan.hash }))).toBe("PLAN_NOT_APPLICABLE")
  })

  it("S16 PLAN_NOT_APPLICABLE for a run that does not wait, RUN_NOT_FOUND for none", async () => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world)
    await world.roster.apply(plan.id, { approve: plan.hash })
    const applied = plan.id
    const unchanged = (await planOf(world)).id
    world.source.beforeRequest = () => {
      throw new HomeroomError("CLEVER_UNAVAILABLE")
    }
    await codeOf(planOf(world))
    world.source.beforeRequest = () => {}
    const [failed] = await world.history()
    for (const id of [applied, unchanged, failed?.id ?? ""]) {
      const before = await world.roster.run(id)
      for (const work of [
        () => world.roster.apply(id, { approve: plan.hash }),
        () => world.roster.approve(id, { by: "ada", why: "" }),
        () => world.roster.discard(id, { by: "ada", why: "" }),
      ]) {
        expect(await codeOf(work())).toBe("PLAN_NOT_APPLICABLE")
      }
      expect(await world.roster.run(id)).toEqual(before)
    }
    expect(await codeOf(world.roster.apply("nobody", { approve: "" }))).toBe("RUN_NOT_FOUND")
    expect(await codeOf(world.roster.approve("nobody", { by: "", why: "" }))).toBe("RUN_NOT_FOUND")
    expect(await codeOf(world.roster.discard("nobody", { by: "", why: "" }))).toBe("RUN_NOT_FOUND")
  })

  it("S21 nobody decides while an import runs; with waitMs the decision waits for its end", async () => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world, { mode: "bulk" })
    let answers: unknown[] = []
    world.hooks.afterCall = async (method) => {
      if (method !== "stage" || answers.length > 0) return
      answers = ["asking"]
      const other = world.another()
      answers = [
        await codeOf(other.apply(plan.id, { approve: plan.hash })),
        await codeOf(other.approve(plan.id, { by: "ada", why: "" })),
        await codeOf(other.discard(plan.id, { by: "ada", why: "" })),
      ]
    }
    await planOf(world, { mode: "delta" })
    world.hooks.afterCall = undefined
    expect(answers).toEqual(["SYNC_IN_PROGRESS", "SYNC_IN_PROGRESS", "SYNC_IN_PROGRESS"])
    await world.plain.acquireLease({ districtId: world.districtId, holder: "other", ttlMs: 5_000 })
    expect(await codeOf(world.roster.apply(plan.id, { approve: plan.hash, waitMs: 1_000 }))).toBe(
      "SYNC_IN_PROGRESS",
    )
    expect((await world.roster.apply(plan.id, { approve: plan.hash, waitMs: 60_000 })).state).toBe("applied")
  })

  it("S16 nothing is applied through a connection that is not active; a paused one can be planned for", async () => {
    const { world } = await changedWorld({ storage })
    const connection: Connection = {
      districtId: world.districtId,
      name: "",
      mode: "sso+provisioning",
      state: "paused",
      steps: [],
      settings: {},
    }
    await world.plain.saveConnection(connection)
    const plan = await planOf(world)
    expect(plan.state).toBe("planned")
    expect(await codeOf(world.roster.apply(plan.id, { approve: plan.hash }))).toBe("CONNECTION_NOT_ACTIVE")
    expect((await world.roster.run(plan.id)).state).toBe("planned")
    await world.plain.saveConnection({ ...connection, state: "disconnected" })
    expect(await codeOf(planOf(world))).toBe("CONNECTION_NOT_ACTIVE")
    await world.plain.saveConnection({ ...connection, state: "active" })
    expect((await world.roster.apply(plan.id, { approve: plan.hash })).state).toBe("applied")
  })
})

describe.each(storageNames)("S16 what nobody decides on expires, on %s", (storage) => {
  const almost = 72 * hourMs - 1

  it("S16 a plan after 72 h: shown so at once, refused, and stored so by the district's next run", async () => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world)
    const { expiresAt } = plan.run.plan ?? {}
    world.clock.advance(almost)
    expect((await world.roster.run(plan.id)).state).toBe("planned")
    world.clock.advance(1)
    const shown = await world.roster.run(plan.id)
    expect(shown).toMatchObject({
      state: "expired",
      finishedAt: expiresAt,
      decision: { by: "homeroom", why: "Nobody approved it in time.", at: expiresAt },
    })
    expect((await world.history())[0]).toEqual(shown)
    expect((await world.roster.openPlan(plan.id)).state).toBe("expired")
    // Nothing was written yet; the next run does that.
    expect((await world.plain.getRun(plan.id))?.state).toBe("planned")
    expect((await world.plain.countStaged(plan.id)).length).toBeGreaterThan(0)
    await world.delta()
    expect(await world.plain.getRun(plan.id)).toEqual(shown)
    expect(await world.plain.countStaged(plan.id)).toEqual([])
  })

  it("S16 PLAN_EXPIRED for whatever is asked of it; it is stored as expired on the occasion", async () => {
    const { world } = await changedWorld({ storage })
    for (const decide of [
      (id: string, approve: string) => world.roster.apply(id, { approve }),
      (id: string) => world.roster.approve(id, { by: "ada", why: "" }),
      (id: string) => world.roster.discard(id, { by: "ada", why: "" }),
    ]) {
      const plan = await planOf(world)
      const before = await everythingOf(world)
      world.clock.advance(72 * hourMs)
      expect(await codeOf(decide(plan.id, plan.hash))).toBe("PLAN_EXPIRED")
      expect((await world.plain.getRun(plan.id))?.state).toBe("expired")
      expect(await world.plain.countStaged(plan.id)).toEqual([])
      expect(await codeOf(decide(plan.id, plan.hash))).toBe("PLAN_EXPIRED")
      expect(await everythingOf(world)).toEqual(before)
    }
  })

  it("S16 an approval lasts 72 h from when it was given, however old the plan", async () => {
    const { world } = await changedWorld({ storage })
    const [plan, late] = [await planOf(world, { mode: "bulk" }), await planOf(world, { mode: "delta" })]
    world.clock.advance(70 * hourMs)
    for (const { id } of [plan, late]) await world.roster.approve(id, { by: "ada", why: "fine" })
    world.clock.advance(almost)
    expect((await world.roster.run(late.id)).state).toBe("approved")
    world.clock.advance(1)
    expect(await world.roster.run(late.id)).toMatchObject({
      state: "expired",
      decision: { why: "It was not applied in time." },
      approval: { by: "ada" },
    })
    expect(await codeOf(world.roster.apply(late.id, { approve: late.hash }))).toBe("PLAN_EXPIRED")
  })

  it("S16 a held import expires as a plan does, and the next import finds the same again", async () => {
    const { world } = await changedWorld({ storage, guards: { archivedShare: 0, atLeast: 1 } })
    const held = await world.delta()
    world.clock.advance(72 * hourMs)
    expect((await world.roster.run(held.id)).state).toBe("expired")
    const again = await world.delta()
    expect(again).toMatchObject({ state: "held", counts: held.counts })
    expect(await world.plain.getRun(held.id)).toMatchObject({
      state: "expired",
      decision: { by: "homeroom" },
    })
  })

  it("S16 how long is adjustable, and whatever expired of many is stored so", async () => {
    const world = new RosterWorld({ storage, roster: { limits: { planExpiresAfterMs: hourMs } } })
    await world.bulk()
    world.district.nextDay({ intensity: 4 })
    const plans = []
    for (let count = 0; count < 120; count++) plans.push(await planOf(world))
    world.clock.advance(hourMs - 60_000)
    const last = await planOf(world, { mode: "bulk" })
    for (const { id } of plans) {
      const { state } = (await world.plain.getRun(id)) ?? {}
      const { expiresAt } = (await world.roster.openPlan(id)).run.plan ?? {}
      expect(state).toBe(Date.parse(expiresAt ?? "") <= world.now() ? "expired" : "planned")
    }
    const states = new Set((await world.history()).map(({ state }) => state))
    expect(states).toEqual(new Set(["applied", "expired", "planned"]))
    world.clock.advance(hourMs)
    await world.bulk()
    for (const { id } of [...plans, last]) expect((await world.plain.getRun(id))?.state).toBe("expired")
    expect(await world.plain.listRuns({ states: ["planned"], limit: 9 })).toEqual([])
  })
})

describe.each(storageNames)("S16 an application that is cut short, on %s", (storage) => {
  it("S16 S20 a storage that fails at the commit leaves the plan approved: it can be applied again", async () => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world)
    const before = await everythingOf(world)
    atCall(world, "commit", () => {
      throw new HomeroomError("STORAGE_FULL")
    })
    expect(await codeOf(world.roster.apply(plan.id, { approve: plan.hash, by: "ada" }))).toBe("STORAGE_FULL")
    expect(await everythingOf(world)).toEqual(before)
    expect(await world.roster.run(plan.id)).toMatchObject({ state: "approved", approval: { by: "ada" } })
    expect((await world.roster.apply(plan.id, { approve: plan.hash })).state).toBe("applied")
    expect(await world.stored()).toEqual(world.truth())
  })

  it("S16 an aborted signal stops it before anything is written", async () => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world)
    const abort = new AbortController()
    abort.abort()
    const before = await everythingOf(world)
    const { signal } = abort
    expect(await codeOf(world.roster.apply(plan.id, { approve: plan.hash, signal }))).toBe("ABORTED")
    expect(await everythingOf(world)).toEqual(before)
    expect(await world.roster.run(plan.id)).toMatchObject({ state: "planned", approval: null })
  })

  it("S16 while it is applied it shows as applying; a district's other runs wait", async () => {
    const { world } = await changedWorld({ storage })
    const plan = await planOf(world)
    let shown: unknown
    atCall(world, "commit", async () => {
      shown = [
        (await world.another().run(plan.id)).state,
        await codeOf(world.another().sync({ districtId: world.districtId })),
      ]
    })
    await world.roster.apply(plan.id, { approve: plan.hash })
    expect(shown).toEqual(["applying", "SYNC_IN_PROGRESS"])
  })

  it("S16 S21 whenever another takes over, before any call to the storage: all was applied before, or nothing is and it still can be", async () => {
    let taken = 0
    const outcomes = new Set<string>()
    for (let wanted = 1; ; wanted++) {
      const { world } = await changedWorld({ storage, users: 30 })
      const plan = await planOf(world)
      const before = await everythingOf(world)
      let calls = 0
      let isTaken = false
      let thief: Awaited<ReturnType<typeof world.plain.acquireLease>> | undefined
      world.hooks.beforeCall = async (method) => {
        if (["open", "getRun", "getLease", "acquireLease"].includes(method) || ++calls !== wanted) return
        isTaken = true
        world.clock.advance(20_001)
        const { districtId } = world
        thief = await world.plain.acquireLease({ districtId, holder: "thief", ttlMs: 20_000 })
      }
      const outcome = await codeOf(world.roster.apply(plan.id, { approve: plan.hash }))
      world.hooks.beforeCall = undefined
      if (!isTaken) break
      taken++
      if (thief?.acquired !== true) return expect.unreachable()
      const { state } = await world.roster.run(plan.id)
      outcomes.add(state)
      if (outcome === "LEASE_LOST") {
        expect(await everythingOf(world)).toEqual(before)
        expect(["planned", "approved"]).toContain(state)
        await world.plain.releaseLease(thief.lease)
        // The next run of the district sets its record right, and does not take it away.
        const [another] = [await planOf(world)]
        expect(another.hash).toBe(plan.hash)
        expect((await world.plain.getRun(plan.id))?.state).toBe(state)
        await world.roster.apply(plan.id, { approve: plan.hash })
      } else {
        expect(outcome).toMatchObject({ state: "applied" })
        await world.plain.releaseLease(thief.lease)
      }
      expect(await world.stored()).toEqual(world.truth())
    }
    expect(outcomes).toEqual(new Set(["planned", "approved", "applied"]))
    expect(taken).toBeGreaterThan(8)
  })
})
