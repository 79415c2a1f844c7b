import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { CleverClient } from "../../src/clever/index.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import type { DistrictHead, GuardSettings, ImportMode, Run } from "../../src/storage/contract.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { guardsOff } from "../support/guards-off.ts"
import type { KillOrder } from "../support/kill-child.ts"
import { runChild } from "../support/run-child.ts"
import { seed } from "../support/seed.ts"
import { storedRoster } from "../support/stored-roster.ts"
import { type Roster, Truth } from "../support/truth.ts"

const firstMorning = new Date("2026-09-01T06:00:00Z")
/** Some may go, but not all of these at once: the archives of an import wait while the rest of it is applied. */
const riskyOnly: GuardSettings = { ...guardsOff, archivedShare: 0.05, atLeast: 1, onHold: "risky-only" }

let folder = ""
let files = 0
const simulators: Simulator[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "homeroom-plan-kill-"))
})

afterAll(async () => {
  for (const simulator of simulators) await simulator.close()
  rmSync(folder, { recursive: true, force: true })
})

function newPath(): string {
  return join(folder, `${files++}.db`)
}

/** A database that is behind, and what it must hold before and after what is planned. */
interface Scene {
  simulator: Simulator
  districtId: string
  mode: ImportMode
  guards: GuardSettings
  basePath: string
  before: Roster
  head: DistrictHead
  after: Roster
}

/** The database as a process opens it that comes after the one that died, when its lease has run out. */
function open(
  { simulator, guards }: Pick<Scene, "simulator" | "guards">,
  path: string,
): { storage: SqliteStorage; roster: RosterSync } {
  const clock = () => simulator.clock.now().getTime() + 60_000
  const storage = new SqliteStorage({ path, clock })
  const { apiUrl, authUrl, clientId, clientSecret } = simulator
  const clever = new CleverClient({ apiUrl, authUrl, clientId, clientSecret })
  return { storage, roster: new RosterSync({ clever, storage, pageSize: 25, clock, guards }) }
}

async function makeScene(options: { mode: ImportMode; guards?: GuardSettings }): Promise<Scene> {
  const { mode, guards = guardsOff } = options
  const simulator = await startSimulator({
    seed: seed(),
    users: 60,
    schools: 2,
    now: () => firstMorning,
    rateLimit: 1_000_000,
  })
  simulators.push(simulator)
  const [district] = simulator.districts
  if (district === undefined) return expect.unreachable()
  const truth = new Truth()
  const basePath = newPath()
  const scene = { simulator, districtId: district.id, mode, guards, basePath }
  const { storage, roster } = open(scene, basePath)
  await roster.sync({ districtId: district.id, mode: "bulk" })
  const before = truth.observe(district)
  const head = await storage.getDistrict(district.id)
  await storage.close()
  simulator.nextDay({ intensity: 6 })
  const ids = district.records("user").slice(5, 15)
  district.unshare({ ids: ids.map(({ id }) => String(id)) })
  return { ...scene, before, head, after: truth.observe(district) }
}

function orderOf(scene: Scene, path: string, die: KillOrder["die"]): KillOrder {
  const { apiUrl, authUrl, clientId, clientSecret } = scene.simulator
  return {
    apiUrl,
    authUrl,
    clientId,
    clientSecret,
    districtId: scene.districtId,
    path,
    mode: scene.mode,
    pageSize: 25,
    guards: scene.guards,
    nowMs: scene.simulator.clock.now().getTime(),
    die,
  }
}

async function historyOf(roster: RosterSync, districtId: string): Promise<Run[]> {
  const runs: Run[] = []
  for await (const run of roster.history({ districtId })) runs.push(run)
  return runs
}

function checkFile(path: string, where: string): void {
  const database = new DatabaseSync(path)
  expect(database.prepare("PRAGMA integrity_check").get(), where).toEqual({ integrity_check: "ok" })
  expect(database.prepare("PRAGMA foreign_key_check").all(), where).toEqual([])
  const left = database.prepare(`
    SELECT count(*) AS count FROM homeroom_changes c JOIN homeroom_runs r ON r.key = c.run
    WHERE r.committed = 0 AND r.state NOT IN ('planned', 'held', 'approved')`)
  expect(left.get(), where).toEqual({ count: 0 })
  database.close()
}

function remove(path: string): void {
  for (const end of ["", "-wal", "-shm"]) if (existsSync(path + end)) rmSync(path + end)
}

/** Kills after the first write, after the second, and so on until the work gets done; tells each outcome. */
async function killEverywhere(
  scene: Scene,
  basePath: string,
  task: Partial<KillOrder>,
  check: (path: string, where: string) => Promise<string>,
): Promise<{ outcomes: string[]; commit: number }> {
  const outcomes: string[] = []
  let commit = 0
  for (let number = 1; ; number++) {
    const path = newPath()
    copyFileSync(basePath, path)
    const order = { ...orderOf(scene, path, { at: "after-call", number }), ...task }
    const { wasKilled, lines } = await runChild(order, folder)
    const outcome = await check(path, `after write ${number}, HOMEROOM_TEST_SEED=${seed()}`)
    remove(path)
    if (!wasKilled) return { outcomes, commit }
    if (lines.includes("commit") && commit === 0) commit = number
    outcomes.push(outcome)
    expect(number).toBeLessThan(60)
  }
}

describe.concurrent("S17 S22 a plan that is killed (SIGKILL)", () => {
  it.each(["bulk", "delta"] as const)(
    "S17 S22 by %s, after every write to the storage: the roster is as before, and the next plan is the same plan",
    async (mode) => {
      const scene = await makeScene({ mode })
      const { districtId, basePath, before, head, after } = scene
      const untouched = newPath()
      copyFileSync(basePath, untouched)
      const whole = open(scene, untouched)
      const { hash } = await whole.roster.plan({ districtId, mode })
      await whole.storage.close()
      const { outcomes, commit } = await killEverywhere(
        scene,
        basePath,
        { plan: true },
        async (path, where) => {
          const { storage, roster } = open(scene, path)
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
          checkFile(path, where)
          return state
        },
      )
      expect(commit).toBe(0)
      expect(outcomes.slice(0, 2)).toEqual(["none", "interrupted"])
      expect(new Set(outcomes)).toEqual(new Set(["none", "interrupted", "planned"]))
      expect(outcomes.length).toBeGreaterThan(5)
    },
    120_000,
  )
})

describe.concurrent("S16 S20 an application that is killed (SIGKILL)", () => {
  async function plannedScene(): Promise<Scene & { plannedPath: string; planId: string; hash: string }> {
    const scene = await makeScene({ mode: "delta" })
    const plannedPath = newPath()
    copyFileSync(scene.basePath, plannedPath)
    const { storage, roster } = open(scene, plannedPath)
    const { id, hash } = await roster.plan({ districtId: scene.districtId, mode: scene.mode })
    await storage.close()
    return { ...scene, plannedPath, planId: id, hash }
  }

  /** Never lost, never half: applied, or as before and still to be applied. */
  async function checkAftermath(
    scene: Awaited<ReturnType<typeof plannedScene>>,
    path: string,
    where: string,
  ): Promise<string> {
    const { districtId, planId, hash, before, after, head } = scene
    const { storage, roster } = open(scene, path)
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
      checkFile(path, where)
      return state
    } finally {
      await storage.close()
    }
  }

  it("S16 S20 after every write to the storage, and before the commit", async () => {
    const scene = await plannedScene()
    const { planId, hash, plannedPath } = scene
    const apply = { planId, hash }
    const { outcomes, commit } = await killEverywhere(scene, plannedPath, { apply }, (path, where) =>
      checkAftermath(scene, path, where),
    )
    // The lease, the approval, the intention to apply it; then the commit and the lease's end.
    expect(outcomes).toEqual(["planned", "approved", "approved", "applied", "applied"])
    expect(commit).toBe(4)
    const path = newPath()
    copyFileSync(plannedPath, path)
    await runChild({ ...orderOf(scene, path, { at: "before-call", number: commit }), apply }, folder)
    expect(await checkAftermath(scene, path, "before the commit")).toBe("approved")
  }, 120_000)

  it("S16 S20 at every SQL statement of the commit", async () => {
    const scene = await plannedScene()
    const { planId, hash, plannedPath } = scene
    let killed = 0
    for (let number = 1; ; number++) {
      const path = newPath()
      copyFileSync(plannedPath, path)
      const order = orderOf(scene, path, { at: "commit-statement", number })
      const { wasKilled } = await runChild({ ...order, apply: { planId, hash } }, folder)
      const where = `statement ${number}, HOMEROOM_TEST_SEED=${seed()}`
      const outcome = await checkAftermath(scene, path, where)
      remove(path)
      if (!wasKilled) break
      killed++
      expect(outcome, where).toBe("approved")
      expect(number).toBeLessThan(200)
    }
    expect(killed).toBeGreaterThan(5)
  }, 120_000)
})

describe.concurrent("S15 an import under risky-only that is killed (SIGKILL)", () => {
  it.each(["bulk", "delta"] as const)(
    "S15 S20 S22 by %s, after every write to the storage: nobody is archived unasked, and nothing is lost",
    async (mode) => {
      const scene = await makeScene({ mode, guards: riskyOnly })
      const { districtId, basePath, before, after } = scene
      const rest = new Map(
        [...after].map(([key, entry]) =>
          entry.state === "archived" && before.get(key)?.state === "active"
            ? [key, before.get(key) as { state: string; data: unknown }]
            : [key, entry],
        ),
      )
      const { outcomes, commit } = await killEverywhere(scene, basePath, {}, async (path, where) => {
        const { storage, roster } = open(scene, path)
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
        checkFile(path, where)
        return waits ? "waits" : isCommitted ? "rest" : "before"
      })
      expect(new Set(outcomes)).toEqual(new Set(["before", "rest", "waits"]))
      expect(outcomes.slice(0, commit - 1).every((outcome) => outcome === "before")).toBe(true)
      expect(outcomes.slice(commit - 1)).toEqual(["rest", "waits", "waits"])
    },
    120_000,
  )
})
