import { describe, expect, it } from "vitest"
import { type Retention, RosterSync } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import type { RosterStorage, Run } from "../../src/storage/contract.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { guardsOff } from "../support/guards-off.ts"
import { passDay, randomFrom } from "../support/random-days.ts"
import {
  codeOf,
  dayMs,
  RosterWorld,
  type StorageName,
  storageNames,
  temporaryFolder,
} from "../support/roster-world.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"
import { storedRoster } from "../support/stored-roster.ts"
import type { Roster } from "../support/truth.ts"

describe.each(storageNames)("S31 retention, on %s", (storage) => {
  const start = (retention: Retention) => new RosterWorld({ storage, roster: { retention } })

  /** One import a day. */
  async function liveFor(world: RosterWorld, days: number): Promise<Run[]> {
    const runs: Run[] = []
    for (let day = 0; day < days; day++) {
      // The clock goes on with it.
      world.district.nextDay({ intensity: 3 })
      runs.push(await world.bulk())
    }
    return runs
  }

  it("S31 purges what imports changed after each import, and says so instead of showing nothing", async () => {
    const world = start({ changesDays: 3 })
    const runs = await liveFor(world, 6)
    const [first, , , fourth] = runs as [Run, Run, Run, Run]
    expect(await codeOf(world.changes(first))).toBe("RUN_CHANGES_PURGED")
    const shown = await world.roster.run(first.id)
    expect(shown).toEqual({ ...first, changesPurgedAt: expect.stringMatching(/^2026-/) })
    expect((await world.changes(fourth)).length).toBeGreaterThan(0)
    expect(await codeOf(world.roster.undo(fourth.id, { by: "ada" }))).not.toBe("RUN_NOT_UNDOABLE")
    expect(await codeOf(world.roster.undo(first.id, { by: "ada" }))).toBe("RUN_NOT_UNDOABLE")
    const marks = (await world.history()).map(({ changesPurgedAt }) => changesPurgedAt !== undefined)
    expect(marks.filter(Boolean).length).toBe(3)
  })

  it("S31 keeps everything for ever without it", async () => {
    const world = start({})
    const runs = await liveFor(world, 5)
    world.clock.advance(10_000 * dayMs)
    await world.bulk()
    expect(await world.roster.purge({ districtId: world.districtId })).toEqual({ records: 0, contents: 0 })
    for (const run of runs) expect((await world.changes(run)).length).toBeGreaterThan(0)
  })

  it("S31 purges archived records, which come back as new ones when they are shared again", async () => {
    const world = start({ archivedDays: 2 })
    await world.bulk()
    const [gone] = world.ids("user")
    world.district.unshare({ ids: [gone as string] })
    await world.bulk()
    world.clock.advance(2 * dayMs - 2_000)
    expect(await world.roster.purge({ districtId: world.districtId })).toEqual({ records: 0, contents: 0 })
    world.clock.advance(10_000)
    expect(await world.roster.purge({ districtId: world.districtId })).toEqual({ records: 1, contents: 1 })
    expect((await world.stored()).has(`user ${gone}`)).toBe(false)
    world.district.reshare({ ids: [gone as string] })
    const run = await world.bulk()
    expect(run.counts.user).toMatchObject({ created: 1, restored: 0 })
  })

  it("S31 purges what was staged and never committed; the next import starts afresh", async () => {
    const world = start({ stagedDays: 1 })
    await world.bulk()
    world.district.nextDay({ intensity: 5 })
    const stop = new AbortController()
    world.source.beforeRequest = (name) => {
      if (name === "section 0") stop.abort()
    }
    const run = await world.bulk({ signal: stop.signal })
    world.source.beforeRequest = () => {}
    expect(await world.plain.countStaged(run.id)).not.toEqual([])
    world.clock.advance(dayMs + 1_000)
    expect((await world.roster.purge({ districtId: world.districtId })).contents).toBeGreaterThan(0)
    expect(await world.plain.countStaged(run.id)).toEqual([])
    expect(await world.roster.run(run.id)).toMatchObject({ checkpoint: null, state: "interrupted" })
    expect(await codeOf(world.changes(run))).toBe("RUN_CHANGES_PURGED")
    expect(await world.bulk()).toMatchObject({ state: "applied", resumed: 0 })
  })

  it("S31 S23 keeps what a target has not been given, whatever its age", async () => {
    const world = start({ changesDays: 1, archivedDays: 1 })
    const runs = await liveFor(world, 2)
    const place = (version: number) => ({ phase: "log", version, runId: null, step: null, done: 0 })
    const deliver = (version: number) =>
      world.plain.writeDocuments([
        {
          collection: "deliveries",
          key: `app/${world.districtId}`,
          districtId: world.districtId,
          value: { place: place(version) },
        },
      ])
    await deliver(1)
    runs.push(...(await liveFor(world, 4)))
    const purged = async () =>
      Promise.all(runs.map(async ({ id }) => (await world.roster.run(id)).changesPurgedAt !== undefined))
    // What led to version 1 it has been given.
    expect(await purged()).toEqual([true, false, false, false, false, false])
    await deliver(4)
    await world.roster.purge({ districtId: world.districtId })
    expect(await purged()).toEqual([true, true, true, true, false, false])
  })

  it("S31 an import does not fail because its purge does", async () => {
    const world = start({ changesDays: 1 })
    await liveFor(world, 2)
    world.hooks.beforeCall = (method) => {
      if (method === "purge") throw new Error("no")
    }
    const [run] = await liveFor(world, 1)
    expect(run?.state).toBe("applied")
    expect(await codeOf(world.roster.purge({ districtId: world.districtId }))).toMatchObject({
      message: "no",
    })
  })

  it("S31 S21 takes turns with imports", async () => {
    const world = start({ changesDays: 1 })
    await world.bulk()
    const { districtId } = world
    await world.plain.acquireLease({ districtId, holder: "import", ttlMs: 5_000 })
    expect(await codeOf(world.roster.purge({ districtId }))).toBe("SYNC_IN_PROGRESS")
    expect(await codeOf(world.roster.purge({ districtId, waitMs: 6_000 }))).toEqual({
      records: 0,
      contents: 0,
    })
  })

  it.each([0, -1, 1.5, Number.NaN, "7" as unknown as number])("S31 refuses %s days", (days) => {
    expect(() => start({ archivedDays: days })).toThrow(/retention\.archivedDays must be a whole number/)
  })
})

/** Lives through days with and without retention, and compares what must not differ. */
async function compare(options: {
  seed: number
  days: number
  users: number
  storage: StorageName
}): Promise<number> {
  const random = randomFrom(options.seed)
  const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
  const now = () => clock.now().getTime()
  const district = new SimulatedDistrict({ seed: options.seed, users: options.users, schools: 2, clock })
  const { id: districtId } = district
  const retention = { changesDays: 1 + random(5), archivedDays: 2 + random(8), stagedDays: 1 + random(3) }
  const create = (): RosterStorage =>
    options.storage === "memory"
      ? new MemoryStorage({ clock: now })
      : new SqliteStorage({ path: `${temporaryFolder()}/roster.db`, clock: now })
  const [kept, purged] = [create(), create()]
  const source = new SimulatedSource(district)
  const all = { clever: source, clock: now, guards: guardsOff }
  const keeping = new RosterSync({ ...all, storage: kept })
  const purging = new RosterSync({ ...all, storage: purged, retention })
  const archivedAt = new Map<string, number>()
  const pairs: { kept: Run; purged: Run }[] = []
  const everPurged = new Set<string>()
  for (let day = 0; day <= options.days; day++) {
    const where = `HOMEROOM_TEST_SEED=${options.seed}, day ${day}`
    if (day > 0) passDay(district, random)
    const mode = random(2) === 0 ? "bulk" : "delta"
    pairs.push({
      kept: await keeping.sync({ districtId, mode }),
      purged: await purging.sync({ districtId, mode }),
    })
    const everything = await storedRoster(kept, districtId)
    for (const [key, { state }] of everything) {
      if (state === "active") archivedAt.delete(key)
      else if (!archivedAt.has(key)) archivedAt.set(key, now())
    }
    const expected: Roster = new Map(
      [...everything].filter(
        ([key]) => (archivedAt.get(key) ?? now()) >= now() - retention.archivedDays * dayMs,
      ),
    )
    expect(await storedRoster(purged, districtId), where).toEqual(expected)
    for (const key of everything.keys()) if (!expected.has(key)) everPurged.add(key)
    for (const pair of pairs) {
      const shown = await purging.run(pair.purged.id)
      const isOld = Date.parse(pair.purged.finishedAt ?? "") < now() - retention.changesDays * dayMs
      if (isOld && pair !== pairs.at(-1)) expect(shown.changesPurgedAt, where).toBeDefined()
      else expect(shown.changesPurgedAt, where).toBeUndefined()
      if (shown.changesPurgedAt !== undefined) continue
      // Of whoever was purged nothing is left, and if they come back they are new here.
      const rest = async (roster: RosterSync, run: Run) =>
        (await logOf(roster, run)).filter(({ key }) => !everPurged.has(key))
      expect(await rest(purging, pair.purged), where).toEqual(await rest(keeping, pair.kept))
    }
  }
  // Whatever its log still tells can be taken back as if nothing had been purged.
  const young = pairs.filter(({ purged: { state, finishedAt } }) => {
    return state === "applied" && Date.parse(finishedAt ?? "") >= now() - retention.changesDays * dayMs
  })
  const pair = young[random(young.length)]
  if (pair !== undefined) {
    await keeping.undo(pair.kept.id, { by: "test" })
    await purging.undo(pair.purged.id, { by: "test" })
    const rest = async (storage: RosterStorage) =>
      [...(await storedRoster(storage, districtId))].filter(([key]) => !everPurged.has(key))
    expect(await rest(purged), `undo differs: HOMEROOM_TEST_SEED=${options.seed}`).toEqual(await rest(kept))
  }
  await kept.close()
  await purged.close()
  return everPurged.size
}

async function logOf(roster: RosterSync, run: Run): Promise<{ key: string; change: unknown }[]> {
  const log: { key: string; change: unknown }[] = []
  for await (const change of roster.changes(run.id)) log.push({ key: `${change.kind} ${change.id}`, change })
  return log
}

const extra = Number(process.env.HOMEROOM_TEST_DAYS ?? 1)

describe("S31 reference model: a roster with retention is the same as one without, but for what is purged", () => {
  it.each([
    ["memory", 4 * extra],
    ["sqlite", 2 * extra],
  ] as const)("on %s, %d districts for 25 days", { timeout: 600_000 }, async (storage, districts) => {
    let purged = 0
    for (let index = 0; index < districts; index++) {
      purged += await compare({ seed: seed() + index, days: 25, users: 40, storage })
    }
    expect(purged).toBeGreaterThan(0)
  })
})
