import { describe, expect, it } from "vitest"
import { forgetDistrict, forgetUser } from "../../src/exchange/index.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import { seededRandom } from "../../src/simulator/random.ts"
import type { RosterStorage } from "../../src/storage/contract.ts"
import { countPlaces, deaths, type MortalTask } from "../support/deaths.ts"
import { guardsOff } from "../support/guards-off.ts"
import type { ChildTask } from "../support/kill-child.ts"
import type { KillDatabase } from "../support/kill-database.ts"
import { killDatabases } from "../support/kill-databases.ts"
import { carryOutOrder, type KillOrder } from "../support/kill-task.ts"
import { noClever, useKillWorld } from "../support/kill-world.ts"
import type { OnLine } from "../support/run-child.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"
import { storedRoster } from "../support/stored-roster.ts"
import type { Roster } from "../support/truth.ts"

const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
const world = useKillWorld()

/** A database with somebody to forget, and what it must hold before and after that. */
interface Scene {
  database: KillDatabase
  districtId: string
  otherId: string
  /** The person's id, or the district's. */
  id: string
  forget: NonNullable<KillOrder["forget"]>
  baseUrl: string
  before: Roster
  after: Roster
  other: Roster
}

/** The database as a process opens it that comes after the one that died, when its lease has run out. */
function open({ database }: Pick<Scene, "database">, url: string): RosterStorage {
  return database.open(url, { clock: () => clock.now().getTime() + 60_000 })
}

async function makeScene(database: KillDatabase, whom: "user" | "district", users = 25): Promise<Scene> {
  const baseUrl = world.newUrl(database)
  const storage = open({ database }, baseUrl)
  const districts = [0, 1].map(
    (index) => new SimulatedDistrict({ seed: seed(), index, users, schools: 1, clock }),
  )
  for (const district of districts) {
    const source = new SimulatedSource(district)
    const roster = new RosterSync({
      clever: source,
      storage,
      clock: () => clock.now().getTime(),
      guards: guardsOff,
    })
    await roster.sync({ districtId: district.id, mode: "bulk" })
    district.nextDay({ intensity: 6 })
    await roster.sync({ districtId: district.id, mode: "bulk" })
  }
  const [districtId, otherId] = districts.map(({ id }) => id) as [string, string]
  await storage.saveConnection({
    districtId,
    name: "",
    mode: "sso+provisioning",
    state: "active",
    steps: [],
    settings: {},
  })
  const sections = districts[0]?.records("section") as unknown as { students: string[] }[]
  const person = sections.flatMap(({ students }) => students)[0] as string
  const link = { issuer: "https://clever.com", cleverId: person, accountId: "a", linkedAt: "", linkedBy: "" }
  await storage.claimLink({ ...link, districtId })
  const before = await storedRoster(storage, districtId)
  const other = await storedRoster(storage, otherId)
  await storage.close()
  const scene: Scene = {
    database,
    districtId,
    otherId,
    id: whom === "user" ? person : districtId,
    forget: whom === "user" ? { user: person, exclude: true } : "district",
    baseUrl,
    before,
    after: before,
    other,
  }
  const forgotten = open(scene, await world.copyOf(database, baseUrl))
  await forgetHere(scene, forgotten)
  scene.after = await storedRoster(forgotten, districtId)
  await forgotten.close()
  expect(scene.after).not.toEqual(before)
  return scene
}

function forgetHere({ districtId, forget }: Scene, storage: RosterStorage) {
  const options = { storage, districtId, by: "test" }
  return forget === "district"
    ? forgetDistrict(options)
    : forgetUser({ ...options, id: forget.user, exclude: forget.exclude })
}

function orderOf(scene: Scene): KillOrder {
  return {
    ...noClever,
    districtId: scene.districtId,
    mode: "delta",
    pageSize: 20,
    forget: scene.forget,
    nowMs: clock.now().getTime(),
  }
}

/** Forgetting, to die in this process. */
function mortalErasure(scene: Scene): MortalTask<undefined> {
  return world.mortal({
    database: scene.database,
    url: scene.baseUrl,
    live: ({ url }, mortal) => carryOutOrder(orderOf(scene), url, mortal),
  })
}

/** The same in a process of its own, until it is dead or done; what it said, and whether it was killed. */
async function runChild(scene: Scene, die: ChildTask["die"], onLine?: OnLine) {
  const url = await world.copyOf(scene.database, scene.baseUrl)
  return { ...(await world.runChild({ url, order: orderOf(scene), die }, onLine)), url }
}

/** All or nothing was done; done again it is complete, to the last byte. Tells which of the two it was. */
async function checkAftermath(scene: Scene, url: string, where: string): Promise<"before" | "after"> {
  const { database } = scene
  const storage = open(scene, url)
  try {
    await storage.open()
    const stored = await storedRoster(storage, scene.districtId)
    const isAfter = stored.size !== scene.before.size
    expect(stored, where).toEqual(isAfter ? scene.after : scene.before)
    const traces = await storage.countTraces(scene.id)
    const inTables = Object.keys(traces).filter((place) => !place.includes(".db"))
    if (isAfter) expect(inTables, where).toEqual([])
    else expect(inTables.length, where).toBeGreaterThan(1)
    expect(await database.findDamage(url), where).toEqual([])

    expect(await forgetHere(scene, storage), where).toMatchObject({ traces: {} })
    expect(await storedRoster(storage, scene.districtId), where).toEqual(scene.after)
    expect(await storedRoster(storage, scene.otherId), where).toEqual(scene.other)
    const settings = (await storage.getConnection(scene.districtId))?.settings
    const isExcluded = JSON.stringify(settings ?? {}).includes(scene.id) ? 1 : 0
    // Whom imports are to leave out must be named.
    expect(await database.countInFiles(url, scene.id), where).toBeLessThanOrEqual(isExcluded)
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

const cases = killDatabases.flatMap((database) =>
  (["user", "district"] as const).map((whom) => ({ name: database.name, database, whom })),
)

describe.each(cases)("S31 S22 killed while forgetting a $whom, $name", ({ database, whom }) => {
  it("S31 after every write to the storage: all or nothing, and repeating completes", async () => {
    const scene = await makeScene(database, whom)
    const outcomes: string[] = []
    let lines: string[] = []
    for await (const death of deaths(mortalErasure(scene), { at: "after-call" })) {
      const outcome = await checkAftermath(scene, death.url, whereOf("after", death.number))
      lines = death.lines
      if (!death.wasKilled) break
      outcomes.push(outcome)
      expect(death.number).toBeLessThan(30)
    }
    expect(lines.filter((line) => line !== "cleaning")).toEqual(["ready", "erase", "forgotten"])
    expect(outcomes.at(-1)).toBe("after")
    // Sign-in first, then everything else at once.
    const erased = outcomes.indexOf("after")
    expect(erased).toBeGreaterThanOrEqual(4)
    expect(outcomes.slice(erased)).not.toContain("before")

    // And so it is with a process that is really killed.
    const { url, wasKilled } = await runChild(scene, { at: "after-call", number: erased })
    expect(wasKilled).toBe(true)
    expect(await checkAftermath(scene, url, whereOf("killed after", erased))).toBe("before")
  }, 180_000)

  it("S31 at every SQL statement of the erasure: all or nothing, and repeating completes", async () => {
    const scene = await makeScene(database, whom)
    const outcomes: string[] = []
    for await (const death of deaths(mortalErasure(scene), { at: "commit-statement" })) {
      const outcome = await checkAftermath(scene, death.url, whereOf("statement", death.number))
      if (!death.wasKilled) break
      outcomes.push(outcome)
      expect(death.number).toBeLessThan(300)
    }
    const committed = outcomes.filter((outcome) => outcome === "before").length
    expect(committed).toBeGreaterThan(9)
    // What follows cleans the files: it takes over the log, looks at the file, and rebuilds it.
    if (database.cleaning !== undefined) expect(outcomes.length - committed).toBeGreaterThan(3)
    expect(outcomes.slice(committed)).not.toContain("before")
    for (const number of [committed, outcomes.length]) {
      const { url, wasKilled } = await runChild(scene, { at: "commit-statement", number })
      expect(wasKilled).toBe(true)
      const outcome = await checkAftermath(scene, url, whereOf("killed at statement", number))
      expect(outcome).toBe(outcomes[number - 1])
    }
  }, 300_000)

  it.runIf(database.cleaning !== undefined)(
    "S31 in the middle of the statements that clean the files, early and late: nobody finds it any more, and repeating completes",
    async () => {
      const random = seededRandom(seed(), "cleaning")
      const scene = await makeScene(database, whom, 200)
      const task = mortalErasure(scene)
      const count = await countPlaces(task, "in-statement")
      // All of it is done in the last of them.
      const numbers = Array.from({ length: 8 }, (_, at) => count - 7 + at)
      let cleaning = 0
      for (const part of [0, 1, 2]) {
        const places = { at: "in-statement", numbers, share: () => (part + random.next()) / 3 } as const
        for await (const { url, number, lines } of deaths(task, places)) {
          expect(await checkAftermath(scene, url, whereOf("in statement", number))).toBe("after")
          if (lines.includes("cleaning")) cleaning++
        }
      }
      expect(cleaning).toBeGreaterThanOrEqual(9)
    },
    180_000,
  )

  it.runIf(database.cleaning !== undefined)(
    "S31 while the files are cleaned, at four instants of a process of its own (SIGKILL)",
    async () => {
      const scene = await makeScene(database, whom, 1_500)
      let [began, ended] = [0, 0]
      const whole = await runChild(scene, null, (line) => {
        if (line === "cleaning") began = performance.now()
        if (line === "forgotten") ended = performance.now()
      })
      expect(whole.lines).toEqual(["ready", "erase", "cleaning", "forgotten"])
      for (let time = 0; time < 4; time++) {
        let timer: NodeJS.Timeout | undefined
        const { url, lines } = await runChild(scene, null, (line, kill) => {
          if (line === "cleaning") timer = setTimeout(kill, ((ended - began) * time) / 4)
        })
        clearTimeout(timer)
        expect(lines).toContain("cleaning")
        expect(await checkAftermath(scene, url, whereOf("cleaning, kill", time))).toBe("after")
      }
    },
    180_000,
  )
})
