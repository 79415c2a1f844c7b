import { describe, expect, it } from "vitest"
import { CleverClient } from "../../src/clever/index.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import type {
  DistrictHead,
  GuardSettings,
  ImportMode,
  RosterStorage,
  Run,
} from "../../src/storage/contract.ts"
import { deaths, type MortalTask } from "../support/deaths.ts"
import { guardsOff } from "../support/guards-off.ts"
import type { ChildTask } from "../support/kill-child.ts"
import type { KillDatabase } from "../support/kill-database.ts"
import { killDatabases } from "../support/kill-databases.ts"
import { carryOutOrder, type KillOrder } from "../support/kill-task.ts"
import { cleverOf, useKillWorld } from "../support/kill-world.ts"
import { seed } from "../support/seed.ts"
import { storedRoster } from "../support/stored-roster.ts"
import { type Roster, Truth } from "../support/truth.ts"

const firstMorning = new Date("2026-09-01T06:00:00Z")
/** Some may go, but not all of these at once: the archives of an import wait while the rest of it is applied. */
const riskyOnly: GuardSettings = { ...guardsOff, archivedShare: 0.05, atLeast: 1, onHold: "risky-only" }

const world = useKillWorld()

/** A database that is behind, and what it must hold before and after what is planned. */
interface Scene {
  database: KillDatabase
  simulator: Simulator
  districtId: string
  mode: ImportMode
  guards: GuardSettings
  baseUrl: string
  before: Roster
  head: DistrictHead
  after: Roster
}

/** The database as a process opens it that comes after the one that died, when its lease has run out. */
function open(
  { database, simulator, guards }: Pick<Scene, "database" | "simulator" | "guards">,
  url: string,
): { storage: RosterStorage; roster: RosterSync } {
  const clock = () => simulator.clock.now().getTime() + 60_000
  const storage = database.open(url, { clock })
  const clever = new CleverClient(cleverOf(simulator))
  return { storage, roster: new RosterSync({ clever, storage, pageSize: 25, clock, guards }) }
}

async function makeScene(options: {
  database: KillDatabase
  mode: ImportMode
  guards?: GuardSettings
}): Promise<Scene> {
  const { database, mode, guards = guardsOff } = options
  const simulator = await startSimulator({
    seed: seed(),
    users: 60,
    schools: 2,
    now: () => firstMorning,
    rateLimit: 1_000_000,
  })
  world.add(simulator)
  const [district] = simulator.districts
  if (district === undefined) return expect.unreachable()
  const truth = new Truth()
  const baseUrl = world.newUrl(database)
  const scene = { database, simulator, districtId: district.id, mode, guards, baseUrl }
  const { storage, roster } = open(scene, baseUrl)
  await roster.sync({ districtId: district.id, mode: "bulk" })
  const before = truth.observe(district)
  const head = await storage.getDistrict(district.id)
  await storage.close()
  simulator.nextDay({ intensity: 6 })
  const ids = district.records("user").slice(5, 15)
  district.unshare({ ids: ids.map(({ id }) => String(id)) })
  return { ...scene, before, head, after: truth.observe(district) }
}

/** An order, and the database to carry it out on. */
interface Work {
  order: KillOrder
  url: string
}

function workOf(scene: Scene, url: string, task: Partial<KillOrder> = {}): Work {
  const order: KillOrder = {
    ...cleverOf(scene.simulator),
    districtId: scene.districtId,
    mode: scene.mode,
    pageSize: 25,
    guards: scene.guards,
    nowMs: scene.simulator.clock.now().getTime(),
    ...task,
  }
  return { order, url }
}

/** The work as it dies in this process. */
function mortalWork({ database }: Scene, { order, url }: Work): MortalTask<undefined> {
  return world.mortal({ database, url, live: (grounds, mortal) => carryOutOrder(order, grounds.url, mortal) })
}

/** The work in a process of its own that is killed (SIGKILL); gives what it worked on. */
async function kill(
  { database }: Scene,
  { order, url }: Work,
  die: NonNullable<ChildTask["die"]>,
): Promise<string> {
  const copy = await world.copyOf(database, url)
  expect((await world.runChild({ url: copy, order, die })).wasKilled).toBe(true)
  return copy
}

async function historyOf(roster: RosterSync, districtId: string): Promise<Run[]> {
  const runs: Run[] = []
  for await (const run of roster.history({ districtId })) runs.push(run)
  return runs
}

async function checkDatabase({ database }: Scene, url: string, where: string): Promise<void> {
  expect(await database.findDamage(url), where).toEqual([])
  expect(await database.countLeftovers(url), where).toBe(0)
}

/** Dies after the first write, after the second, and so on until the work gets done; tells each outcome. */
async function dieEverywhere(
  scene: Scene,
  work: Work,
  check: (url: string, where: string) => Promise<string>,
): Promise<{ outcomes: string[]; commit: number }> {
  const outcomes: string[] = []
  let commit = 0
  for await (const { number, url, wasKilled, lines } of deaths(mortalWork(scene, work), {
    at: "after-call",
  })) {
    const outcome = await check(url, `after write ${number}, HOMEROOM_TEST_SEED=${seed()}`)
    await scene.database.remove(url)
    if (!wasKilled) break
    if (lines.includes("commit") && commit === 0) commit = number
    outcomes.push(outcome)
    expect(number).toBeLessThan(60)
  }
  // And so it is with a process that is really killed.
  const number = Math.ceil(outcomes.length / 2)
  const url = await kill(scene, work, { at: "after-call", number })
  expect(await check(url, `killed after write ${number}`)).toBe(outcomes[number - 1])
  await scene.database.remove(url)
  return { outcomes, commit }
}

describe.each(killDatabases)("S17 S22 a plan that is killed, $name", (database) => {
  it.each(["bulk", "delta"] as const)(
    "S17 S22 by %s, after every write to the storage: the roster is as before, and the next plan is the same plan",
    async (mode) => {
      const scene = await makeScene({ database, mode })
      const { districtId, baseUrl, before, head, after } = scene
      const whole = open(scene, await world.copyOf(database, baseUrl))
      const { hash } = await whole.roster.plan({ districtId, mode })
      await whole.storage.close()
      const { outcomes, commit } = await dieEverywhere(
        scene,
        workOf(scene, baseUrl, { plan: true }),
        async (url, where) => {
          const { storage, roster } = open(scene, url)
          await storage.open()
          expect(await storedRoster(storage, districtId), where).toEqual(before)
          expect(await storage.getDistrict(districtId), where).toEqual(head)
          const [killed] = await historyOf(roster, districtId)
          const state = killed?.purpose === "plan" ? killed.state : "none"
          const plan = await roster.plan({ districtId, mode })
          expect(plan, where).toMatchObject({ state: "planned", hash })
          if (state === "interrupted" && killed?.checkpoint) expect(plan.id, where).toBe(killed.id)
          // What was done when the process died can still be applied.
          const id = state === "planned" ? (killed?.id ?? "") : plan.id
          expect((await roster.apply(id, { approve: hash })).state, where).toBe("applied")
          expect(await storedRoster(storage, districtId), where).toEqual(after)
          await storage.close()
          await checkDatabase(scene, url, where)
          return state
        },
      )
      expect(commit).toBe(0)
      expect(outcomes.slice(0, 2)).toEqual(["none", "interrupted"])
      expect(new Set(outcomes)).toEqual(new Set(["none", "interrupted", "planned"]))
      expect(outcomes.length).toBeGreaterThan(5)
    },
    300_000,
  )
})

describe.each(killDatabases)("S16 S20 an application that is killed, $name", (database) => {
  async function plannedScene(): Promise<Scene & { plannedUrl: string; planId: string; hash: string }> {
    const scene = await makeScene({ database, mode: "delta" })
    const plannedUrl = await world.copyOf(database, scene.baseUrl)
    const { storage, roster } = open(scene, plannedUrl)
    const { id, hash } = await roster.plan({ districtId: scene.districtId, mode: scene.mode })
    await storage.close()
    return { ...scene, plannedUrl, planId: id, hash }
  }

  /** Never lost, never half: applied, or as before and still to be applied. */
  async function checkAftermath(
    scene: Awaited<ReturnType<typeof plannedScene>>,
    url: string,
    where: string,
  ): Promise<string> {
    const { districtId, planId, hash, before, after, head } = scene
    const { storage, roster } = open(scene, url)
    try {
      await storage.open()
      const { state, approval } = await roster.run(planId)
      const isAfter = state === "applied"
      expect(await storedRoster(storage, districtId), where).toEqual(isAfter ? after : before)
      if (!isAfter) {
        expect(["planned", "approved"], where).toContain(state)
        expect(approval?.by, where).toBe(state === "approved" ? "child" : undefined)
        expect(await storage.getDistrict(districtId), where).toEqual(head)
        // The next run of the district does not take it away, and sets down how it stands.
        expect((await roster.plan({ districtId, mode: "bulk" })).state, where).toBe("planned")
        expect((await storage.getRun(planId))?.state, where).toBe(state)
        expect((await roster.apply(planId, { approve: hash })).state, where).toBe("applied")
        expect(await storedRoster(storage, districtId), where).toEqual(after)
      }
      expect((await roster.sync({ districtId })).state, where).toBe("unchanged")
      await storage.close()
      await checkDatabase(scene, url, where)
      return state
    } finally {
      await storage.close()
    }
  }

  it("S16 S20 after every write to the storage, and before the commit", async () => {
    const scene = await plannedScene()
    const { planId, hash, plannedUrl } = scene
    const work = workOf(scene, plannedUrl, { apply: { planId, hash } })
    const { outcomes, commit } = await dieEverywhere(scene, work, (url, where) =>
      checkAftermath(scene, url, where),
    )
    // The lease, the approval, the intention to apply it; then the commit and the lease's end.
    expect(outcomes).toEqual(["planned", "approved", "approved", "applied", "applied"])
    expect(commit).toBe(4)
    const before: string[] = []
    for await (const { url } of deaths(mortalWork(scene, work), { at: "before-call", numbers: [commit] })) {
      before.push(await checkAftermath(scene, url, "before the commit"))
    }
    expect(before).toEqual(["approved"])
  }, 300_000)

  it("S16 S20 at every SQL statement of the commit", async () => {
    const scene = await plannedScene()
    const { planId, hash, plannedUrl } = scene
    const work = workOf(scene, plannedUrl, { apply: { planId, hash } })
    let killed = 0
    const everyStatement = deaths(mortalWork(scene, work), { at: "commit-statement" })
    for await (const { number, url, wasKilled } of everyStatement) {
      const where = `statement ${number}, HOMEROOM_TEST_SEED=${seed()}`
      const outcome = await checkAftermath(scene, url, where)
      await database.remove(url)
      if (!wasKilled) break
      killed++
      expect(outcome, where).toBe("approved")
      expect(number).toBeLessThan(200)
    }
    expect(killed).toBeGreaterThan(5)
    const url = await kill(scene, work, { at: "commit-statement", number: killed })
    expect(await checkAftermath(scene, url, "killed at the last statement")).toBe("approved")
  }, 300_000)
})

describe.each(killDatabases)("S15 an import under risky-only that is killed, $name", (database) => {
  it.each(["bulk", "delta"] as const)(
    "S15 S20 S22 by %s, after every write to the storage: nobody is archived unasked, and nothing is lost",
    async (mode) => {
      const scene = await makeScene({ database, mode, guards: riskyOnly })
      const { districtId, baseUrl, before, after } = scene
      const rest = new Map(
        [...after].map(([key, entry]) =>
          entry.state === "archived" && before.get(key)?.state === "active"
            ? [key, before.get(key) as { state: string; data: unknown }]
            : [key, entry],
        ),
      )
      const { outcomes, commit } = await dieEverywhere(scene, workOf(scene, baseUrl), async (url, where) => {
        const { storage, roster } = open(scene, url)
        await storage.open()
        const stored = await storedRoster(storage, districtId)
        const history = await historyOf(roster, districtId)
        const isCommitted = history.some(({ state, holds }) => state === "applied" && holds.length > 0)
        expect(stored, where).toEqual(isCommitted ? rest : before)
        const waits = history.some(({ state }) => state === "held")
        if (waits) expect(isCommitted, where).toBe(true)

        await roster.sync({ districtId, mode })
        expect(await storedRoster(storage, districtId), where).toEqual(rest)
        const held = (await historyOf(roster, districtId)).filter(({ state }) => state === "held")
        expect(held, where).toHaveLength(1)
        const { id, hash } = await roster.openPlan(held[0]?.id ?? "")
        await roster.apply(id, { approve: hash })
        expect(await storedRoster(storage, districtId), where).toEqual(after)
        expect((await roster.sync({ districtId })).state, where).toBe("unchanged")
        await storage.close()
        await checkDatabase(scene, url, where)
        return waits ? "waits" : isCommitted ? "rest" : "before"
      })
      expect(new Set(outcomes)).toEqual(new Set(["before", "rest", "waits"]))
      expect(outcomes.slice(0, commit - 1).every((outcome) => outcome === "before")).toBe(true)
      expect(outcomes.slice(commit - 1)).toEqual(["rest", "waits", "waits"])
    },
    300_000,
  )
})
