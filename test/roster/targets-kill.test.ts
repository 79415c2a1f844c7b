import { copyFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { RosterSync, TargetDelivery } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import { seededRandom } from "../../src/simulator/random.ts"
import { wholeLog } from "../support/app-tables.ts"
import { guardsOff } from "../support/guards-off.ts"
import type { KillDatabase } from "../support/kill-database.ts"
import { killDatabases } from "../support/kill-databases.ts"
import type { KillTargetOrder } from "../support/kill-target-child.ts"
import { useKillWorld } from "../support/kill-world.ts"
import type { OnLine } from "../support/run-child.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"
import { SqliteApp } from "../support/sqlite-app.ts"
import { storedRoster } from "../support/stored-roster.ts"
import { meaningOf } from "../support/target-world.ts"

/** A roster of several commits, and an app's tables that have got none of it, or the first. */
interface Scene {
  database: KillDatabase
  districtId: string
  url: string
  appPath: string
  batchSize: number
  nowMs: number
  /** Changes that must be delivered one by one: those after this version. */
  after: number
}

const world = useKillWorld()
let folder = ""
let files = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "homeroom-kill-target-"))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A file for the tables of an app. */
function newPath(): string {
  return join(folder, `${files++}.db`)
}

async function makeScene(options: {
  database: KillDatabase
  index: number
  begun: boolean
  users: number
  batchSize: number
}): Promise<Scene> {
  const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
  const now = () => clock.now().getTime()
  const { database, index, users, batchSize } = options
  const district = new SimulatedDistrict({ seed: seed(), index, users, schools: 2, clock })
  const [url, appPath] = [world.newUrl(database), newPath()]
  const storage = database.open(url, { clock: now })
  const clever = new SimulatedSource(district)
  const roster = new RosterSync({ clever, storage, clock: now, guards: guardsOff })
  const app = new SqliteApp(appPath)
  const { id: districtId } = district
  await roster.sync({ districtId, mode: "bulk" })
  if (options.begun) {
    await new TargetDelivery({ storage, target: app, clock: now }).deliver({ districtId })
    for (let day = 0; day < 2; day++) {
      district.nextDay({ intensity: 3 })
      if (day === 0) district.unshare({ schools: [String(district.records("school")[0]?.id)] })
      if (day === 1) district.reshare({ everything: true })
      await roster.sync({ districtId, mode: "delta" })
    }
  }
  app.close()
  await storage.close()
  return { database, districtId, url, appPath, batchSize, nowMs: now(), after: 1 }
}

/** Runs the child on copies until it is dead or done; what it said. */
async function runChild(
  scene: Scene,
  die: KillTargetOrder["die"],
  onLine?: OnLine,
): Promise<{ url: string; appPath: string; wasKilled: boolean; said: string }> {
  const { database, districtId, batchSize, nowMs } = scene
  const [url, appPath] = [await world.copyOf(database, scene.url), newPath()]
  copyFileSync(scene.appPath, appPath)
  const order: KillTargetOrder = { url, appPath, districtId, batchSize, nowMs, die }
  const { lines, wasKilled } = await world.runProgram("kill-target-child.ts", order, onLine)
  return { url, appPath, wasKilled, said: lines.join(" ") }
}

/** After a death the next process delivers the rest: every change at least once, in order. */
async function checkAftermath(
  scene: Scene,
  { url, appPath }: { url: string; appPath: string },
  where: string,
): Promise<number> {
  const { database, districtId, batchSize, nowMs } = scene
  const clock = () => nowMs + 60_000
  const storage = database.open(url, { clock })
  const app = new SqliteApp(appPath)
  try {
    const delivery = new TargetDelivery({ storage, target: app, batchSize, clock })
    const report = await delivery.deliver({ districtId })
    expect(report, where).toMatchObject({ state: "caught-up", stuck: 0, blocked: 0, lag: { commits: 0 } })
    const stored = await storedRoster(storage, districtId)
    expect(meaningOf(app.roster()), where).toEqual(meaningOf(stored))
    const replayed = await app.replayed()
    expect(await replayed.findViolations(storage, districtId), where).toEqual([])
    expect(replayed.enrolments, where).toEqual(replayed.expectedEnrolments())
    const log = await wholeLog(storage, districtId)
    const missing = log.filter(
      ({ version, changeId }) => version > scene.after && !replayed.changeIds.has(changeId),
    )
    expect(missing, where).toEqual([])
    expect(await database.findDamage(url), where).toEqual([])
    // How much was written more than once: one batch, at most.
    return replayed.written.length - replayed.changeIds.size
  } finally {
    app.close()
    await storage.close()
    await database.remove(url)
    for (const end of ["", "-wal", "-shm"]) rmSync(appPath + end, { force: true })
  }
}

const scenes = [
  { name: "the roster as it is", index: 0, begun: false },
  { name: "two commits", index: 1, begun: true },
] as const

describe.concurrent.each(killDatabases)("S23 a delivery that is killed (SIGKILL), $name", (database) => {
  it.each(scenes)(
    "S23 $name: after every write to the storage, and in and after every call of the target",
    async ({ index, begun }) => {
      const scene = await makeScene({ database, index, begun, users: 40, batchSize: 25 })
      const whole = await runChild(scene, null)
      const [, writes = 0, calls = 0] = /caught-up (\d+) (\d+)/.exec(whole.said)?.map(Number) ?? []
      expect(calls).toBeGreaterThan(5)
      expect(writes).toBeGreaterThan(calls)
      expect(await checkAftermath(scene, whole, "not killed")).toBe(0)
      // What is after a write is before the next call, and what is after a call is before the next write.
      const points = [
        ["before-write", 1, 0],
        ["after-write", writes, 0],
        ["in-call", calls, 1],
        ["after-call", calls, 25],
      ] as const
      for (const [at, count, mostAgain] of points) {
        for (let number = 1; number <= count; number++) {
          const where = `${at} ${number}, HOMEROOM_TEST_SEED=${seed()}`
          const killed = await runChild(scene, { at, number })
          expect(killed.wasKilled, where).toBe(true)
          expect(await checkAftermath(scene, killed, where), where).toBeLessThanOrEqual(mostAgain)
        }
      }
    },
    240_000,
  )

  it.each(scenes)(
    "S23 $name: at a random instant, ten times",
    async ({ name, index, begun }) => {
      const random = seededRandom(seed(), `target ${name}`)
      const scene = await makeScene({ database, index: index + 2, begun, users: 200, batchSize: 10 })
      const started = performance.now()
      let lasts = 0
      await runChild(scene, null, (line) => {
        if (line === "ready") lasts = performance.now()
      })
      lasts = performance.now() - Math.max(lasts, started)
      for (let time = 0; time < 10; time++) {
        let timer: NodeJS.Timeout | undefined
        const killed = await runChild(scene, null, (line, kill) => {
          if (line === "ready") timer = setTimeout(kill, random.next() * lasts)
        })
        clearTimeout(timer)
        const where = `random kill ${time}, HOMEROOM_TEST_SEED=${seed()}`
        expect(await checkAftermath(scene, killed, where), where).toBeLessThanOrEqual(10)
      }
    },
    240_000,
  )
})
