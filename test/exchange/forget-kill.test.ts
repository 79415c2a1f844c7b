import { describe, expect, it } from "vitest"
import { forgetDistrict, forgetUser } from "../../src/exchange/index.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import type { RosterStorage } from "../../src/storage/contract.ts"
import { guardsOff } from "../support/guards-off.ts"
import type { KillOrder } from "../support/kill-child.ts"
import type { KillDatabase } from "../support/kill-database.ts"
import { killDatabases } from "../support/kill-databases.ts"
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

/** Forgets in a process that dies on the way; what it said, and whether it was killed. */
async function forgetAndDie(scene: Scene, die: KillOrder["die"], onLine?: OnLine) {
  const url = await world.copyOf(scene.database, scene.baseUrl)
  const order: KillOrder = {
    ...noClever,
    districtId: scene.districtId,
    url,
    mode: "delta",
    pageSize: 20,
    forget: scene.forget,
    nowMs: clock.now().getTime(),
    die,
  }
  return { ...(await world.runChild(order, onLine)), url }
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

/** There are some hundred statements, and each takes two processes and two erasures. */
const step = 3

const cases = killDatabases.flatMap((database) =>
  (["user", "district"] as const).map((whom) => ({ name: database.name, database, whom })),
)

describe.each(cases)("S31 S22 killed while forgetting a $whom (SIGKILL), $name", ({ database, whom }) => {
  it("S31 after every write to the storage: all or nothing, and repeating completes", async () => {
    const scene = await makeScene(database, whom)
    const outcomes: string[] = []
    let lines: string[] = []
    for (let number = 1; ; number++) {
      const died = await forgetAndDie(scene, { at: "after-call", number })
      const outcome = await checkAftermath(scene, died.url, `after ${number}, HOMEROOM_TEST_SEED=${seed()}`)
      if (!died.wasKilled) {
        lines = died.lines
        break
      }
      outcomes.push(outcome)
      expect(number).toBeLessThan(30)
    }
    expect(lines.filter((line) => line !== "cleaning")).toEqual(["ready", "erase", "forgotten"])
    expect(outcomes.at(-1)).toBe("after")
    // Sign-in first, then everything else at once.
    expect(outcomes.indexOf("after")).toBeGreaterThanOrEqual(4)
    expect(outcomes.slice(outcomes.indexOf("after"))).not.toContain("before")
  }, 180_000)

  it("S31 at every third SQL statement of the erasure, others with another seed: all or nothing, and repeating completes", async () => {
    const scene = await makeScene(database, whom)
    const outcomes: string[] = []
    for (let number = 1 + (seed() % step); ; number += step) {
      const { url, wasKilled } = await forgetAndDie(scene, { at: "commit-statement", number })
      const outcome = await checkAftermath(scene, url, `statement ${number}, HOMEROOM_TEST_SEED=${seed()}`)
      if (!wasKilled) break
      outcomes.push(outcome)
      expect(number).toBeLessThan(300)
    }
    const committed = outcomes.filter((outcome) => outcome === "before").length
    expect(committed).toBeGreaterThan(3)
    // What follows cleans the files: it takes over the log, looks at the file, and rebuilds it.
    if (database.cleaning !== undefined) expect(outcomes.length - committed).toBeGreaterThan(1)
    expect(outcomes.slice(committed)).not.toContain("before")
  }, 300_000)

  it.runIf(database.cleaning !== undefined)(
    "S31 while the files are cleaned, at twelve instants: nobody finds it any more, and repeating completes",
    async () => {
      const scene = await makeScene(database, whom, 1_500)
      let [began, ended] = [0, 0]
      const whole = await forgetAndDie(scene, null, (line) => {
        if (line === "cleaning") began = performance.now()
        if (line === "forgotten") ended = performance.now()
      })
      expect(whole.lines).toEqual(["ready", "erase", "cleaning", "forgotten"])
      for (let time = 0; time < 12; time++) {
        let timer: NodeJS.Timeout | undefined
        const { url, lines } = await forgetAndDie(scene, null, (line, kill) => {
          if (line === "cleaning") timer = setTimeout(kill, ((ended - began) * time) / 12)
        })
        clearTimeout(timer)
        expect(lines).toContain("cleaning")
        const where = `cleaning, kill ${time}, HOMEROOM_TEST_SEED=${seed()}`
        expect(await checkAftermath(scene, url, where)).toBe("after")
      }
    },
    180_000,
  )
})
