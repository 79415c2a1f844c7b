import { describe, expect, it } from "vitest"
import { CleverClient } from "../../src/clever/index.ts"
import { kinds } from "../../src/models/kinds.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { seededRandom } from "../../src/simulator/random.ts"
import type { ImportMode, RosterStorage, Run } from "../../src/storage/contract.ts"
import { countPlaces, deaths, type MortalTask } from "../support/deaths.ts"
import { guardsOff } from "../support/guards-off.ts"
import type { ChildTask } from "../support/kill-child.ts"
import type { KillDatabase } from "../support/kill-database.ts"
import { killDatabases } from "../support/kill-databases.ts"
import { carryOutOrder, type KillOrder } from "../support/kill-task.ts"
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

function orderOf(scene: Scene): KillOrder {
  return {
    ...cleverOf(scene.simulator),
    districtId: scene.districtId,
    mode: scene.mode,
    pageSize: scene.pageSize,
    nowMs: scene.simulator.clock.now().getTime(),
  }
}

/** The import of a scene, to die in this process. */
function mortalImport(scene: Scene): MortalTask<string[]> {
  return world.mortal({
    database: scene.database,
    url: scene.baseUrl,
    live: ({ url }, mortal) => carryOutOrder(orderOf(scene), url, mortal),
    mark: () => askedOf(scene),
  })
}

/** The same in a process of its own, until it is dead or done; what it said, and whether it was killed. */
async function runChild(
  scene: Scene,
  die: ChildTask["die"],
  onLine?: OnLine,
): Promise<ChildOutcome & { url: string; mark: string[] }> {
  const url = await world.copyOf(scene.database, scene.baseUrl)
  const outcome = await world.runChild({ url, order: orderOf(scene), die }, onLine)
  return { ...outcome, url, mark: askedOf(scene) }
}

async function historyOf(roster: RosterSync, districtId: string): Promise<Run[]> {
  const runs: Run[] = []
  for await (const run of roster.history({ districtId })) runs.push(run)
  return runs
}

/** The paths of data that Clever was asked for. */
function askedOf({ simulator }: Scene): string[] {
  return simulator.requests.list({ path: /^\/v3/ }).map(({ path }) => path)
}

/**
 * How many requests of a death and what followed it were made more than once: at the beginning, the newest event, five
 * kinds' first pages, and the second of the users; besides, one that was under way at the death and what a busy machine
 * makes the client send twice.
 */
const mostRepeated = 9

/** What must be true after a kill, and what the next import must make of it. */
async function checkAftermath(
  scene: Scene,
  { url, mark }: { url: string; mark: string[] },
  where: string,
): Promise<"before" | "after"> {
  const { database, districtId, simulator } = scene
  simulator.requests.clear()
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
    const asked = [...mark, ...askedOf(scene)]
    if (!isAfter) expect(asked.length - new Set(asked).size, where).toBeLessThanOrEqual(mostRepeated)
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

/** Where something is checked that was killed. */
function whereOf(at: string, number: number): string {
  return `${at} ${number}, HOMEROOM_TEST_SEED=${seed()}`
}

describe.each(killDatabases)("S22 killed at a named point, $name", (database) => {
  it.each(scenes)(
    "S20 S22 $name: before and after every write to the storage",
    async ({ mode, first }) => {
      const scene = await makeScene({ database, mode, first, users: 60, pageSize: mode === "bulk" ? 45 : 12 })
      // What is after one call is before the next, too.
      const outcomes: string[] = []
      let commit = 0
      scene.simulator.requests.clear()
      for await (const death of deaths(mortalImport(scene), { at: "after-call" })) {
        const outcome = await checkAftermath(scene, death, whereOf("after call", death.number))
        scene.simulator.requests.clear()
        if (!death.wasKilled) break
        if (death.lines.includes("commit") && commit === 0) commit = death.number
        outcomes.push(outcome)
        expect(death.number).toBeLessThan(60)
      }
      // The lease, the run, pages, the plan, the intention to apply it; then the commit and the lease's end.
      expect(commit).toBeGreaterThanOrEqual(6)
      expect(outcomes).toEqual([...Array<string>(commit - 1).fill("before"), "after", "after"])
      const numbers = [1, commit]
      let befores = 0
      for await (const death of deaths(mortalImport(scene), { at: "before-call", numbers })) {
        expect(await checkAftermath(scene, death, whereOf("before call", death.number))).toBe("before")
        scene.simulator.requests.clear()
        expect(death.lines.includes("commit")).toBe(death.number === commit)
        befores++
      }
      expect(befores).toBe(numbers.length)

      // And so it is with a process that is really killed.
      const death = await runChild(scene, { at: "after-call", number: commit })
      expect(death.wasKilled).toBe(true)
      expect(await checkAftermath(scene, death, "killed after the commit")).toBe("after")
    },
    300_000,
  )

  it("S20 S22 at every SQL statement of the commit", async () => {
    const scene = await makeScene({ database, mode: "bulk", first: false, users: 60, pageSize: 1_000 })
    let killed = 0
    scene.simulator.requests.clear()
    for await (const death of deaths(mortalImport(scene), { at: "commit-statement" })) {
      const outcome = await checkAftermath(scene, death, whereOf("statement", death.number))
      scene.simulator.requests.clear()
      if (!death.wasKilled) break
      killed++
      // Even before its last statement, COMMIT, nothing of it counts.
      expect(outcome).toBe("before")
      expect(death.number).toBeLessThan(200)
    }
    expect(killed).toBeGreaterThan(5)
    for (const number of [Math.ceil(killed / 2), killed]) {
      scene.simulator.requests.clear()
      const death = await runChild(scene, { at: "commit-statement", number })
      expect(death.wasKilled).toBe(true)
      expect(await checkAftermath(scene, death, whereOf("killed at statement", number))).toBe("before")
    }
  }, 300_000)
})

describe.each(killDatabases)("S22 killed at a random instant, $name", (database) => {
  it.each(scenes)(
    "S20 S22 $name, in the middle of twelve statements",
    async ({ name, mode, first }) => {
      const random = seededRandom(seed(), `statements of ${name}`)
      const scene = await makeScene({ database, mode, first, users: 200, pageSize: 20 })
      const task = mortalImport(scene)
      const count = await countPlaces(task, "in-statement")
      expect(count).toBeGreaterThan(50)
      const numbers = new Set<number>()
      while (numbers.size < 12) numbers.add(1 + random.integer(count))
      const ascending = [...numbers].sort((a, b) => a - b)
      scene.simulator.requests.clear()
      let killed = 0
      const places = { at: "in-statement", numbers: ascending, share: () => random.next() } as const
      for await (const death of deaths(task, places)) {
        await checkAftermath(scene, death, whereOf("in statement", death.number))
        scene.simulator.requests.clear()
        killed++
      }
      expect(killed).toBe(12)
    },
    300_000,
  )

  it("S20 S22 a bulk import with changes in a process of its own, four times (SIGKILL)", async () => {
    const random = seededRandom(seed(), "process")
    const scene = await makeScene({ database, mode: "bulk", first: false, users: 200, pageSize: 20 })
    let [began, ended] = [0, 0]
    const whole = await runChild(scene, null, (line) => {
      if (line === "ready") began = performance.now()
      else ended = performance.now()
    })
    expect(whole).toMatchObject({ wasKilled: false, lines: ["ready", "commit", "applied"] })
    for (let time = 0; time < 4; time++) {
      scene.simulator.requests.clear()
      // Most while it works, some after its end.
      const instant = random.next() * (ended - began)
      let timer: NodeJS.Timeout | undefined
      const death = await runChild(scene, null, (line, kill) => {
        if (line === "ready") timer = setTimeout(kill, instant)
      })
      clearTimeout(timer)
      await checkAftermath(scene, death, whereOf("random kill", time))
    }
  }, 300_000)

  it("S20 S22 in the commit of a larger district, four times (SIGKILL)", async () => {
    const random = seededRandom(seed(), "commit")
    const scene = await makeScene({ database, mode: "bulk", first: true, users: 2_000, pageSize: 500 })
    for (let time = 0; time < 4; time++) {
      scene.simulator.requests.clear()
      const delay = time === 0 ? 0 : random.next() * 25
      let timer: NodeJS.Timeout | undefined
      const death = await runChild(scene, null, (line, kill) => {
        if (line !== "commit") return
        if (delay === 0) kill()
        else timer = setTimeout(kill, delay)
      })
      clearTimeout(timer)
      await checkAftermath(scene, death, whereOf("commit kill", time))
    }
  }, 300_000)
})
