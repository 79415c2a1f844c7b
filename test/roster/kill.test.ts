import { describe, expect, it } from "vitest"
import { CleverClient } from "../../src/clever/index.ts"
import { kinds } from "../../src/models/kinds.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { seededRandom } from "../../src/simulator/random.ts"
import type { ImportMode, RosterStorage, Run } from "../../src/storage/contract.ts"
import { guardsOff } from "../support/guards-off.ts"
import type { KillOrder } from "../support/kill-child.ts"
import type { KillDatabase } from "../support/kill-database.ts"
import { killDatabases } from "../support/kill-databases.ts"
import { cleverOf, useKillWorld } from "../support/kill-world.ts"
import type { ChildOutcome, OnLine } from "../support/run-child.ts"
import { seed } from "../support/seed.ts"
import { storedRoster } from "../support/stored-roster.ts"
import { type Roster, Truth } from "../support/truth.ts"

const firstMorning = new Date("2026-09-01T06:00:00Z")

/** A district at Clever, a database that an import is to bring up to date, and what it must hold before and after. */
interface Scene {
  database: KillDatabase
  simulator: Simulator
  districtId: string
  mode: ImportMode
  pageSize: number
  /** The database to start from, and the import that made it; empty for a first import. */
  baseUrl: string
  baseRunId: string
  before: Roster
  after: Roster
}

const world = useKillWorld()

/** The roster, by another process than the one that died, when its lease has run out. */
function reopen(scene: Scene, url: string): { storage: RosterStorage; roster: RosterSync } {
  const { simulator, pageSize } = scene
  const clock = () => simulator.clock.now().getTime() + 60_000
  const storage = scene.database.open(url, { clock })
  const clever = new CleverClient(cleverOf(simulator))
  return { storage, roster: new RosterSync({ clever, storage, pageSize, clock, guards: guardsOff }) }
}

async function makeScene(options: {
  database: KillDatabase
  mode: ImportMode
  first: boolean
  users: number
  pageSize: number
}): Promise<Scene> {
  const simulator = await startSimulator({
    seed: seed(),
    users: options.users,
    schools: 2,
    now: () => firstMorning,
    rateLimit: 1_000_000,
  })
  world.add(simulator)
  const district = simulator.districts[0]
  if (district === undefined) return expect.unreachable()
  const truth = new Truth()
  const scene: Scene = {
    database: options.database,
    simulator,
    districtId: district.id,
    mode: options.mode,
    pageSize: options.pageSize,
    baseUrl: "",
    baseRunId: "",
    before: new Map(),
    after: new Map(),
  }
  if (!options.first) {
    scene.baseUrl = world.newUrl(scene.database)
    const { storage, roster } = reopen(scene, scene.baseUrl)
    scene.baseRunId = (await roster.sync({ districtId: district.id, mode: "bulk" })).id
    await storage.close()
    scene.before = truth.observe(district)
    simulator.nextDay({ intensity: 8 })
    district.unshare({
      ids: district
        .records("user")
        .slice(5, 12)
        .map(({ id }) => String(id)),
    })
  }
  scene.after = truth.observe(district)
  return scene
}

/** Runs the child until it is dead or done; what it said, and whether it was killed. */
async function runChild(
  scene: Scene,
  die: KillOrder["die"],
  onLine?: OnLine,
): Promise<ChildOutcome & { url: string }> {
  const url = await world.copyOf(scene.database, scene.baseUrl)
  const order: KillOrder = {
    ...cleverOf(scene.simulator),
    districtId: scene.districtId,
    url,
    mode: scene.mode,
    pageSize: scene.pageSize,
    nowMs: scene.simulator.clock.now().getTime(),
    die,
  }
  return { ...(await world.runChild(order, onLine)), url }
}

async function historyOf(roster: RosterSync, districtId: string): Promise<Run[]> {
  const runs: Run[] = []
  for await (const run of roster.history({ districtId })) runs.push(run)
  return runs
}

/** Paths of data that were asked for more than once. */
function repeatedRequests(simulator: Simulator): number {
  const paths = simulator.requests.list({ path: /^\/v3/ }).map(({ path }) => path)
  return paths.length - new Set(paths).size
}

/**
 * At the beginning, the newest event, five kinds' first pages, and the second of the users; besides, what a busy
 * machine makes the client send twice.
 */
const mostRepeated = 9

/** What must be true after a kill, and what the next import must make of it. */
async function checkAftermath(scene: Scene, url: string, where: string): Promise<"before" | "after"> {
  const { database, districtId, simulator } = scene
  const { storage, roster } = reopen(scene, url)
  try {
    await storage.open()
    const stored = await storedRoster(storage, districtId)
    const head = await storage.getDistrict(districtId)
    const [last] = await historyOf(roster, districtId)
    const killed = last === undefined || last.id === scene.baseRunId ? undefined : last
    const isAfter = killed?.state === "applied"
    expect(stored, where).toEqual(isAfter ? scene.after : scene.before)
    if (killed !== undefined && !isAfter) expect(killed.state, where).toBe("interrupted")
    for (const kind of kinds) {
      const counts = { active: 0, archived: 0 }
      for (const [key, { state }] of stored) {
        if (key.startsWith(`${kind} `)) counts[state as "active" | "archived"]++
      }
      expect(head.counts[kind] ?? { active: 0, archived: 0 }, where).toEqual(counts)
    }
    expect(await database.findDamage(url), where).toEqual([])

    const next = await roster.sync({ districtId, mode: scene.mode })
    expect(next.state, where).toBe(isAfter ? "unchanged" : "applied")
    if (killed !== undefined && !isAfter && killed.checkpoint !== null) {
      expect(next, where).toMatchObject({ id: killed.id, resumed: 1, mode: scene.mode })
    }
    if (!isAfter) expect(repeatedRequests(simulator), where).toBeLessThanOrEqual(mostRepeated)
    expect(await storedRoster(storage, districtId), where).toEqual(scene.after)
    for (const { state } of await historyOf(roster, districtId)) {
      expect(["applied", "unchanged", "interrupted"], where).toContain(state)
    }
    // Nothing is left of what was staged on the way.
    expect(await database.countLeftovers(url), where).toBe(0)
    return isAfter ? "after" : "before"
  } finally {
    await storage.close()
    await database.remove(url)
  }
}

const scenes = [
  { name: "a first bulk import", mode: "bulk", first: true },
  { name: "a bulk import with changes", mode: "bulk", first: false },
  { name: "a delta", mode: "delta", first: false },
] as const

describe.concurrent.each(killDatabases)("S22 killed at a named point (SIGKILL), $name", (database) => {
  it.each(scenes)(
    "S20 S22 $name: before and after every write to the storage",
    async ({ mode, first }) => {
      const scene = await makeScene({ database, mode, first, users: 60, pageSize: mode === "bulk" ? 45 : 12 })
      const killAt = async (at: "before-call" | "after-call", number: number) => {
        scene.simulator.requests.clear()
        const { url, wasKilled, lines } = await runChild(scene, { at, number })
        const outcome = await checkAftermath(scene, url, `${at} ${number}, HOMEROOM_TEST_SEED=${seed()}`)
        return { outcome, wasKilled, hasCommitted: lines.includes("commit") }
      }
      expect(await killAt("before-call", 1)).toMatchObject({ outcome: "before", wasKilled: true })
      // What is after one call is before the next, too.
      const outcomes: string[] = []
      let commit = 0
      for (let number = 1; ; number++) {
        const { outcome, wasKilled, hasCommitted } = await killAt("after-call", number)
        if (!wasKilled) break
        if (hasCommitted && commit === 0) commit = number
        outcomes.push(outcome)
        expect(number).toBeLessThan(60)
      }
      // The lease, the run, pages, the plan, the intention to apply it; then the commit and the lease's end.
      expect(commit).toBeGreaterThanOrEqual(6)
      expect(outcomes).toEqual([...Array<string>(commit - 1).fill("before"), "after", "after"])
      expect(await killAt("before-call", commit)).toMatchObject({ outcome: "before", hasCommitted: true })
    },
    300_000,
  )

  it("S20 S22 at every SQL statement of the commit", async () => {
    const scene = await makeScene({ database, mode: "bulk", first: false, users: 60, pageSize: 1_000 })
    let killed = 0
    for (let number = 1; ; number++) {
      scene.simulator.requests.clear()
      const { url, wasKilled } = await runChild(scene, { at: "commit-statement", number })
      const outcome = await checkAftermath(scene, url, `statement ${number}, HOMEROOM_TEST_SEED=${seed()}`)
      if (!wasKilled) break
      killed++
      // Even before its last statement, COMMIT, nothing of it counts.
      expect(outcome).toBe("before")
      expect(number).toBeLessThan(200)
    }
    expect(killed).toBeGreaterThan(5)
  }, 300_000)
})

describe.concurrent.each(killDatabases)("S22 killed at a random instant (SIGKILL), $name", (database) => {
  it.each(scenes)(
    "S20 S22 $name, twelve times",
    async ({ name, mode, first }) => {
      const random = seededRandom(seed(), name)
      const scene = await makeScene({ database, mode, first, users: 200, pageSize: 20 })
      const began = performance.now()
      const whole = await runChild(scene, null)
      expect(whole).toMatchObject({ wasKilled: false, lines: ["ready", "commit", "applied"] })
      const lasts = performance.now() - began
      for (let time = 0; time < 12; time++) {
        scene.simulator.requests.clear()
        // Some while it starts, most while it works, a few after its end.
        const instant = random.next() * lasts
        let timer: NodeJS.Timeout | undefined
        const { url } = await runChild(scene, null, (line, kill) => {
          if (line === "ready") timer = setTimeout(kill, instant / 2)
        })
        clearTimeout(timer)
        await checkAftermath(scene, url, `random kill ${time}, HOMEROOM_TEST_SEED=${seed()}`)
      }
    },
    300_000,
  )

  it("S20 S22 in the commit of a larger district, four times", async () => {
    const random = seededRandom(seed(), "commit")
    const scene = await makeScene({ database, mode: "bulk", first: true, users: 8_000, pageSize: 2_000 })
    for (let time = 0; time < 4; time++) {
      scene.simulator.requests.clear()
      const delay = time === 0 ? 0 : random.next() * 60
      let timer: NodeJS.Timeout | undefined
      const { url } = await runChild(scene, null, (line, kill) => {
        if (line !== "commit") return
        if (delay === 0) kill()
        else timer = setTimeout(kill, delay)
      })
      clearTimeout(timer)
      await checkAftermath(scene, url, `commit kill ${time}, HOMEROOM_TEST_SEED=${seed()}`)
    }
  }, 300_000)
})
