import { rmSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { RosterSync, TargetDelivery } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import { seededRandom } from "../../src/simulator/random.ts"
import { wholeLog } from "../support/app-tables.ts"
import { countPlaces, deaths, type Grounds, type MortalTask } from "../support/deaths.ts"
import { guardsOff } from "../support/guards-off.ts"
import type { ChildTask } from "../support/kill-child.ts"
import type { KillDatabase } from "../support/kill-database.ts"
import { killDatabases } from "../support/kill-databases.ts"
import { carryOutDelivery, type KillTargetOrder } from "../support/kill-target-task.ts"
import { useKillWorld } from "../support/kill-world.ts"
import type { OnLine } from "../support/run-child.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"
import { SqliteApp } from "../support/sqlite-app.ts"
import { copyFiles } from "../support/sqlite-files.ts"
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
  const [url, appPath] = [world.newUrl(database), world.newAppPath()]
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

function orderOf({ districtId, batchSize, nowMs }: Scene): KillTargetOrder {
  return { districtId, batchSize, nowMs }
}

/** The delivery, to die in this process. */
function mortalDelivery(scene: Scene): MortalTask<undefined> {
  const { database, url, appPath } = scene
  const live: MortalTask<undefined>["live"] = (grounds, mortal) =>
    carryOutDelivery(orderOf(scene), grounds, mortal)
  return world.mortal({ database, url, appPath, live })
}

/** The same in a process of its own, on copies, until it is dead or done. */
async function runChild(
  scene: Scene,
  die: ChildTask["die"],
  onLine?: OnLine,
): Promise<Grounds & { wasKilled: boolean }> {
  const [url, appPath] = [await world.copyOf(scene.database, scene.url), world.newAppPath()]
  copyFiles(scene.appPath, appPath)
  const { wasKilled } = await world.runChild({ url, appPath, order: orderOf(scene), die }, onLine)
  return { url, appPath, wasKilled }
}

/** After a death the next process delivers the rest: every change at least once, in order. */
async function checkAftermath(scene: Scene, { url, appPath }: Grounds, where: string): Promise<number> {
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

/** Where something is checked that was killed. */
function whereOf(at: string, number: number): string {
  return `${at} ${number}, HOMEROOM_TEST_SEED=${seed()}`
}

describe.each(killDatabases)("S23 a delivery that is killed, $name", (database) => {
  it.each(scenes)(
    "S23 $name: after every write to the storage, and in and after every call of the target",
    async ({ index, begun }) => {
      const scene = await makeScene({ database, index, begun, users: 40, batchSize: 25 })
      // What is after a write is before the next call, and what is after a call is before the next write.
      const points = [
        ["before-call", [1], 0],
        ["after-call", undefined, 0],
        ["in-call", undefined, 1],
        ["after-target-call", undefined, 25],
      ] as const
      const killed: number[] = []
      for (const [at, numbers, mostAgain] of points) {
        let deadly = 0
        for await (const death of deaths(mortalDelivery(scene), { at, ...(numbers && { numbers }) })) {
          const where = whereOf(at, death.number)
          const again = await checkAftermath(scene, death, where)
          expect(again, where).toBeLessThanOrEqual(death.wasKilled ? mostAgain : 0)
          if (!death.wasKilled) expect(death.lines).toEqual(["ready", "caught-up"])
          else deadly++
        }
        killed.push(deadly)
      }
      const [befores = 0, writes = 0, begunCalls = 0, calls = 0] = killed
      expect(befores).toBe(1)
      expect(begunCalls).toBe(calls)
      expect(calls).toBeGreaterThan(5)
      expect(writes).toBeGreaterThan(calls)

      // And so it is with a process that is really killed.
      for (const [at, , mostAgain] of points.slice(2)) {
        const where = whereOf(`killed ${at}`, calls)
        const death = await runChild(scene, { at, number: calls })
        expect(death.wasKilled, where).toBe(true)
        expect(await checkAftermath(scene, death, where), where).toBeLessThanOrEqual(mostAgain)
      }
    },
    240_000,
  )

  it.each(scenes)(
    "S23 $name: in the middle of ten statements, of any",
    async ({ name, index, begun }) => {
      const random = seededRandom(seed(), `target statements ${name}`)
      const scene = await makeScene({ database, index: index + 2, begun, users: 200, batchSize: 10 })
      const task = mortalDelivery(scene)
      const count = await countPlaces(task, "in-statement")
      const numbers = new Set<number>()
      while (numbers.size < 10) numbers.add(1 + random.integer(count))
      const ascending = [...numbers].sort((a, b) => a - b)
      const places = { at: "in-statement", numbers: ascending, share: () => random.next() } as const
      let killed = 0
      for await (const death of deaths(task, places)) {
        const where = whereOf("in statement", death.number)
        expect(await checkAftermath(scene, death, where), where).toBeLessThanOrEqual(10)
        killed++
      }
      expect(killed).toBe(10)
    },
    240_000,
  )

  it("S23 two commits by a process of its own, at three random instants (SIGKILL)", async () => {
    const random = seededRandom(seed(), "target process")
    const scene = await makeScene({ database, index: 4, begun: true, users: 200, batchSize: 10 })
    let [began, ended] = [0, 0]
    await runChild(scene, null, (line) => {
      if (line === "ready") began = performance.now()
      else ended = performance.now()
    })
    for (let time = 0; time < 3; time++) {
      let timer: NodeJS.Timeout | undefined
      const death = await runChild(scene, null, (line, kill) => {
        if (line === "ready") timer = setTimeout(kill, random.next() * (ended - began))
      })
      clearTimeout(timer)
      const where = whereOf("random kill", time)
      expect(await checkAftermath(scene, death, where), where).toBeLessThanOrEqual(10)
    }
  }, 240_000)
})
