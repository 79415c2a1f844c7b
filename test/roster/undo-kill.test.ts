import { describe, expect, it } from "vitest"
import { Connections } from "../../src/exchange/index.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import type { RosterStorage, Run } from "../../src/storage/contract.ts"
import { countPlaces, deaths, type MortalTask } from "../support/deaths.ts"
import { guardsOff } from "../support/guards-off.ts"
import type { ChildTask } from "../support/kill-child.ts"
import type { KillDatabase } from "../support/kill-database.ts"
import { killDatabases } from "../support/kill-databases.ts"
import { carryOutOrder, type KillOrder } from "../support/kill-task.ts"
import { noClever, useKillWorld } from "../support/kill-world.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"
import { storedRoster } from "../support/stored-roster.ts"
import { type Roster, Truth } from "../support/truth.ts"

const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
const world = useKillWorld()

/** A database with an import to take back, and what it must hold before and after that. */
interface Scene {
  database: KillDatabase
  district: SimulatedDistrict
  baseUrl: string
  run: Run
  before: Roster
  after: Roster
  truth: Roster
}

/** The database as a process opens it that comes after the one that died, when its lease has run out. */
function open(
  { database, district }: Pick<Scene, "database" | "district">,
  url: string,
): { storage: RosterStorage; roster: RosterSync } {
  const now = () => clock.now().getTime() + 60_000
  const storage = database.open(url, { clock: now })
  const clever = new SimulatedSource(district)
  return { storage, roster: new RosterSync({ clever, storage, clock: now, guards: guardsOff }) }
}

async function makeScene(database: KillDatabase, users: number): Promise<Scene> {
  const district = new SimulatedDistrict({ seed: seed(), users, schools: 2, clock })
  const truth = new Truth()
  const baseUrl = world.newUrl(database)
  const { storage, roster } = open({ database, district }, baseUrl)
  const districtId = district.id
  await roster.sync({ districtId, mode: "bulk" })
  truth.observe(district)
  const step = {
    state: "active",
    mode: "sso+provisioning",
    at: "2026-09-01T06:00:00.000Z",
    by: "ada",
  } as const
  await storage.saveConnection({
    districtId,
    name: district.name,
    mode: "sso+provisioning",
    state: "active",
    steps: [step],
    settings: {},
  })
  district.nextDay({ intensity: 6 })
  const run = await roster.sync({ districtId, mode: "delta" })
  const scene = { database, district, baseUrl, run, truth: truth.observe(district) }
  const before = await storedRoster(storage, districtId)
  await storage.close()
  const undone = open(scene, await world.copyOf(database, baseUrl))
  await undone.roster.undo(run.id, { by: "ada" })
  const after = await storedRoster(undone.storage, districtId)
  await undone.storage.close()
  return { ...scene, before, after }
}

function orderOf({ district, run }: Scene): KillOrder {
  return {
    ...noClever,
    districtId: district.id,
    mode: "delta",
    pageSize: 20,
    undo: run.id,
    nowMs: clock.now().getTime(),
  }
}

/** Taking the run back, to die in this process. */
function mortalUndo(scene: Scene): MortalTask<undefined> {
  return world.mortal({
    database: scene.database,
    url: scene.baseUrl,
    live: ({ url }, mortal) => carryOutOrder(orderOf(scene), url, mortal),
  })
}

/** The same in a process of its own that is killed (SIGKILL); gives the database. */
async function kill(scene: Scene, die: NonNullable<ChildTask["die"]>): Promise<string> {
  const url = await world.copyOf(scene.database, scene.baseUrl)
  expect((await world.runChild({ url, order: orderOf(scene), die })).wasKilled).toBe(true)
  return url
}

/** What must be true after a kill, and of the next undo and the next import. */
async function checkAftermath(scene: Scene, url: string, where: string): Promise<"before" | "after"> {
  const { database, district, run } = scene
  const districtId = district.id
  const { storage, roster } = open(scene, url)
  try {
    await storage.open()
    const runs: Run[] = []
    for await (const one of roster.history({ districtId })) runs.push(one)
    const undos = runs.filter(({ undoes }) => undoes === run.id)
    const isAfter = undos.some(({ state }) => state === "applied")
    expect(await storedRoster(storage, districtId), where).toEqual(isAfter ? scene.after : scene.before)
    // Never undone and not paused, nor the other way round.
    expect((await storage.getConnection(districtId))?.state, where).toBe(isAfter ? "paused" : "active")
    const head = await storage.getDistrict(districtId)
    expect(head.cursor === null, where).toBe(isAfter)
    if (!isAfter) {
      for (const { state } of undos) expect(state, where).toBe("interrupted")
      expect((await roster.undo(run.id, { by: "ada" })).run.state, where).toBe("applied")
      expect(await storedRoster(storage, districtId), where).toEqual(scene.after)
    }
    const clever = { districts: () => expect.unreachable() }
    await new Connections({ storage, clever }).resume(districtId, { by: "ada" })
    const next = await roster.sync({ districtId })
    expect(next, where).toMatchObject({ state: "applied", mode: "bulk", fallback: "no-cursor" })
    expect(await storedRoster(storage, districtId), where).toEqual(scene.truth)
    expect(await database.countLeftovers(url), where).toBe(0)
    expect(await database.findDamage(url), where).toEqual([])
    return isAfter ? "after" : "before"
  } finally {
    await storage.close()
    await database.remove(url)
  }
}

/** Where something is checked that was killed. */
function whereOf(at: string, number: number): string {
  return `${at} ${number}, HOMEROOM_TEST_SEED=${seed()}`
}

describe.each(killDatabases)("S22 S24 an undo that is killed, $name", (database) => {
  it("S24 before and after every write to the storage", async () => {
    const scene = await makeScene(database, 60)
    const outcomes: string[] = []
    let commit = 0
    for await (const { number, url, wasKilled, lines } of deaths(mortalUndo(scene), { at: "after-call" })) {
      const outcome = await checkAftermath(scene, url, whereOf("after call", number))
      if (!wasKilled) break
      if (lines.includes("commit") && commit === 0) commit = number
      outcomes.push(outcome)
      expect(number).toBeLessThan(30)
    }
    // The lease, the run, what is taken back, the plan, the intention to apply it; then the commit and the lease's end.
    expect(commit).toBe(6)
    expect(outcomes).toEqual([...Array<string>(commit - 1).fill("before"), "after", "after"])
    const numbers = [1, commit]
    const befores: boolean[] = []
    for await (const { number, url, lines } of deaths(mortalUndo(scene), { at: "before-call", numbers })) {
      expect(await checkAftermath(scene, url, whereOf("before call", number))).toBe("before")
      befores.push(lines.includes("commit"))
    }
    expect(befores).toEqual([false, true])

    // And so it is with a process that is really killed.
    for (const number of [commit - 1, commit]) {
      const url = await kill(scene, { at: "after-call", number })
      const outcome = await checkAftermath(scene, url, whereOf("killed after call", number))
      expect(outcome).toBe(number < commit ? "before" : "after")
    }
  }, 300_000)

  it("S20 S24 at every SQL statement of its commit", async () => {
    const scene = await makeScene(database, 60)
    let killed = 0
    const everyStatement = deaths(mortalUndo(scene), { at: "commit-statement" })
    for await (const { number, url, wasKilled } of everyStatement) {
      const outcome = await checkAftermath(scene, url, whereOf("statement", number))
      if (!wasKilled) break
      killed++
      expect(outcome).toBe("before")
      expect(number).toBeLessThan(200)
    }
    expect(killed).toBeGreaterThan(5)
    const url = await kill(scene, { at: "commit-statement", number: killed })
    expect(await checkAftermath(scene, url, "killed at the last statement")).toBe("before")
  }, 300_000)

  it("S22 a death in this process leaves what a death by SIGKILL leaves", async () => {
    const scene = await makeScene(database, 60)
    const count = await countPlaces(mortalUndo(scene), "statement")
    expect(count).toBeGreaterThan(40)
    const numbers = [0.5, 0.8, 1].map((share) => Math.floor(count * share))
    let dead = 0
    for await (const { number, url } of deaths(mortalUndo(scene), { at: "statement", numbers })) {
      const killed = await kill(scene, { at: "statement", number })
      expect(await database.measure(url), whereOf("statement", number)).toEqual(
        await database.measure(killed),
      )
      for (const one of [url, killed]) await checkAftermath(scene, one, whereOf("statement", number))
      dead++
    }
    expect(dead).toBe(numbers.length)
  }, 120_000)
})
