import { copyFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Connections } from "../../src/exchange/index.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import type { Run } from "../../src/storage/contract.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { guardsOff } from "../support/guards-off.ts"
import type { KillOrder } from "../support/kill-child.ts"
import { runChild } from "../support/run-child.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"
import { storedRoster } from "../support/stored-roster.ts"
import { type Roster, Truth } from "../support/truth.ts"

const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
let folder = ""
let files = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "homeroom-undo-kill-"))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function newPath(): string {
  return join(folder, `${files++}.db`)
}

/** A database with an import to take back, and what it must hold before and after that. */
interface Scene {
  district: SimulatedDistrict
  basePath: string
  run: Run
  before: Roster
  after: Roster
  truth: Roster
}

/** The database as a process opens it that comes after the one that died, when its lease has run out. */
function open(district: SimulatedDistrict, path: string): { storage: SqliteStorage; roster: RosterSync } {
  const now = () => clock.now().getTime() + 60_000
  const storage = new SqliteStorage({ path, clock: now })
  const clever = new SimulatedSource(district)
  return { storage, roster: new RosterSync({ clever, storage, clock: now, guards: guardsOff }) }
}

async function makeScene(users: number): Promise<Scene> {
  const district = new SimulatedDistrict({ seed: seed(), users, schools: 2, clock })
  const truth = new Truth()
  const basePath = newPath()
  const { storage, roster } = open(district, basePath)
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
  const scene = { district, basePath, run, truth: truth.observe(district) }
  const before = await storedRoster(storage, districtId)
  await storage.close()
  const path = newPath()
  copyFileSync(basePath, path)
  const undone = open(district, path)
  await undone.roster.undo(run.id, { by: "ada" })
  const after = await storedRoster(undone.storage, districtId)
  await undone.storage.close()
  return { ...scene, before, after }
}

/** Takes the run back in a process that dies on the way; what it said, and whether it was killed. */
async function undoAndDie(scene: Scene, path: string, die: KillOrder["die"]) {
  copyFileSync(scene.basePath, path)
  const nowhere = "http://127.0.0.1:9"
  const order: KillOrder = {
    apiUrl: nowhere,
    authUrl: nowhere,
    clientId: "id",
    clientSecret: "secret",
    districtId: scene.district.id,
    path,
    mode: "delta",
    pageSize: 20,
    undo: scene.run.id,
    nowMs: clock.now().getTime(),
    die,
  }
  const { wasKilled, lines } = await runChild(order, folder)
  return { wasKilled, hasCommitted: lines.includes("commit") }
}

/** What must be true after a kill, and of the next undo and the next import. */
async function checkAftermath(scene: Scene, path: string, where: string): Promise<"before" | "after"> {
  const { district, run } = scene
  const districtId = district.id
  const { storage, roster } = open(district, path)
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
    const database = new DatabaseSync(path)
    const left = database.prepare(`
      SELECT count(*) AS count FROM homeroom_changes c JOIN homeroom_runs r ON r.key = c.run
      WHERE r.committed = 0`)
    expect(left.get(), where).toEqual({ count: 0 })
    expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" })
    database.close()
    return isAfter ? "after" : "before"
  } finally {
    await storage.close()
  }
}

describe("S22 S24 an undo that is killed (SIGKILL)", () => {
  it("S24 before and after every write to the storage", async () => {
    const scene = await makeScene(60)
    const killAt = async (at: "before-call" | "after-call", number: number) => {
      const path = newPath()
      const { wasKilled, hasCommitted } = await undoAndDie(scene, path, { at, number })
      const outcome = await checkAftermath(scene, path, `${at} ${number}, HOMEROOM_TEST_SEED=${seed()}`)
      return { outcome, wasKilled, hasCommitted }
    }
    expect(await killAt("before-call", 1)).toMatchObject({ outcome: "before", wasKilled: true })
    const outcomes: string[] = []
    let commit = 0
    for (let number = 1; ; number++) {
      const { outcome, wasKilled, hasCommitted } = await killAt("after-call", number)
      if (!wasKilled) break
      if (hasCommitted && commit === 0) commit = number
      outcomes.push(outcome)
      expect(number).toBeLessThan(30)
    }
    // The lease, the run, what is taken back, the plan, the intention to apply it; then the commit and the lease's end.
    expect(commit).toBe(6)
    expect(outcomes).toEqual([...Array<string>(commit - 1).fill("before"), "after", "after"])
    expect(await killAt("before-call", commit)).toMatchObject({ outcome: "before", hasCommitted: true })
  }, 120_000)

  it("S20 S24 at every SQL statement of its commit", async () => {
    const scene = await makeScene(60)
    let killed = 0
    for (let number = 1; ; number++) {
      const path = newPath()
      const { wasKilled } = await undoAndDie(scene, path, { at: "commit-statement", number })
      const outcome = await checkAftermath(scene, path, `statement ${number}, HOMEROOM_TEST_SEED=${seed()}`)
      if (!wasKilled) break
      killed++
      expect(outcome).toBe("before")
      expect(number).toBeLessThan(200)
    }
    expect(killed).toBeGreaterThan(5)
  }, 120_000)
})
