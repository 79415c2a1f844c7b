import { spawn } from "node:child_process"
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { forgetDistrict, forgetUser } from "../../src/exchange/index.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { guardsOff } from "../support/guards-off.ts"
import type { KillOrder } from "../support/kill-child.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"
import { storedRoster } from "../support/stored-roster.ts"
import type { Roster } from "../support/truth.ts"

const child = fileURLToPath(new URL("../support/kill-child.ts", import.meta.url))
const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
let folder = ""
let files = 0

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "homeroom-forget-kill-"))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function newPath(): string {
  return join(folder, `${files++}.db`)
}

/** A database with somebody to forget, and what it must hold before and after that. */
interface Scene {
  districtId: string
  otherId: string
  /** The person's id, or the district's. */
  id: string
  forget: NonNullable<KillOrder["forget"]>
  basePath: string
  before: Roster
  after: Roster
  other: Roster
}

/** The database as a process opens it that comes after the one that died, when its lease has run out. */
function open(path: string): SqliteStorage {
  return new SqliteStorage({ path, clock: () => clock.now().getTime() + 60_000 })
}

async function makeScene(whom: "user" | "district"): Promise<Scene> {
  const basePath = newPath()
  const storage = open(basePath)
  const districts = [0, 1].map(
    (index) => new SimulatedDistrict({ seed: seed(), index, users: 25, schools: 1, clock }),
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
    districtId,
    otherId,
    id: whom === "user" ? person : districtId,
    forget: whom === "user" ? { user: person, exclude: true } : "district",
    basePath,
    before,
    after: before,
    other,
  }
  const path = newPath()
  copyFileSync(basePath, path)
  const forgotten = open(path)
  await forgetHere(scene, forgotten)
  scene.after = await storedRoster(forgotten, districtId)
  await forgotten.close()
  expect(scene.after).not.toEqual(before)
  return scene
}

function forgetHere({ districtId, forget }: Scene, storage: SqliteStorage) {
  const options = { storage, districtId, by: "test" }
  return forget === "district"
    ? forgetDistrict(options)
    : forgetUser({ ...options, id: forget.user, exclude: forget.exclude })
}

/** Forgets in a process that dies on the way; what it said, and whether it was killed. */
async function forgetAndDie(scene: Scene, path: string, die: KillOrder["die"]) {
  copyFileSync(scene.basePath, path)
  const nowhere = "http://127.0.0.1:9"
  const order: KillOrder = {
    apiUrl: nowhere,
    authUrl: nowhere,
    clientId: "id",
    clientSecret: "secret",
    districtId: scene.districtId,
    path,
    mode: "delta",
    pageSize: 20,
    forget: scene.forget,
    nowMs: clock.now().getTime(),
    die,
  }
  const process_ = spawn(process.execPath, [child, JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, "cache"), NODE_OPTIONS: "" },
  })
  let [said, complaint] = ["", ""]
  process_.stdout.on("data", (bytes: Buffer) => {
    said += bytes.toString()
  })
  process_.stderr.on("data", (bytes: Buffer) => {
    complaint += bytes.toString()
  })
  const signal = await new Promise<NodeJS.Signals | null>((resolve, reject) => {
    process_.on("error", reject)
    process_.on("close", (code, by) => {
      if (code !== null && code !== 0) reject(new Error(`the child failed: ${complaint}`))
      else resolve(by)
    })
  })
  return { lines: said.trim().split("\n"), wasKilled: signal === "SIGKILL" }
}

/** All or nothing was done; done again it is complete, to the last byte. Tells which of the two it was. */
async function checkAftermath(scene: Scene, path: string, where: string): Promise<"before" | "after"> {
  const storage = open(path)
  try {
    await storage.open()
    const stored = await storedRoster(storage, scene.districtId)
    const isAfter = stored.size !== scene.before.size
    expect(stored, where).toEqual(isAfter ? scene.after : scene.before)
    const traces = await storage.countTraces(scene.id)
    const inTables = Object.keys(traces).filter((place) => place.startsWith("homeroom_"))
    if (isAfter) expect(inTables, where).toEqual([])
    else expect(inTables.length, where).toBeGreaterThan(1)
    const database = new DatabaseSync(path)
    expect(database.prepare("PRAGMA integrity_check").get(), where).toEqual({ integrity_check: "ok" })
    expect(database.prepare("PRAGMA foreign_key_check").all(), where).toEqual([])
    database.close()

    expect(await forgetHere(scene, storage), where).toMatchObject({ traces: {} })
    expect(await storedRoster(storage, scene.districtId), where).toEqual(scene.after)
    expect(await storedRoster(storage, scene.otherId), where).toEqual(scene.other)
    const settings = (await storage.getConnection(scene.districtId))?.settings
    const isExcluded = JSON.stringify(settings ?? {}).includes(scene.id) ? 1 : 0
    for (const end of ["", "-wal"]) {
      const bytes = existsSync(path + end) ? readFileSync(path + end).toString("latin1") : ""
      // Whom imports are to leave out must be named.
      expect(bytes.split(scene.id).length - 1, where).toBeLessThanOrEqual(isExcluded)
    }
    return isAfter ? "after" : "before"
  } finally {
    await storage.close()
    for (const end of ["", "-wal", "-shm"]) rmSync(path + end, { force: true })
  }
}

describe.each(["user", "district"] as const)("S31 S22 killed while forgetting a %s (SIGKILL)", (whom) => {
  it("S31 after every write to the storage: all or nothing, and repeating completes", async () => {
    const scene = await makeScene(whom)
    const outcomes: string[] = []
    let lines: string[] = []
    for (let number = 1; ; number++) {
      const path = newPath()
      const died = await forgetAndDie(scene, path, { at: "after-call", number })
      const outcome = await checkAftermath(scene, path, `after ${number}, HOMEROOM_TEST_SEED=${seed()}`)
      if (!died.wasKilled) {
        lines = died.lines
        break
      }
      outcomes.push(outcome)
      expect(number).toBeLessThan(30)
    }
    expect(lines).toEqual(["ready", "erase", "forgotten"])
    expect(outcomes.at(-1)).toBe("after")
    // Sign-in first, then everything else at once.
    expect(outcomes.indexOf("after")).toBeGreaterThanOrEqual(4)
    expect(outcomes.slice(outcomes.indexOf("after"))).not.toContain("before")
  }, 180_000)

  it("S31 at every SQL statement of the erasure: all or nothing, and repeating completes", async () => {
    const scene = await makeScene(whom)
    const outcomes: string[] = []
    for (let number = 1; ; number++) {
      const path = newPath()
      const { wasKilled } = await forgetAndDie(scene, path, { at: "commit-statement", number })
      const outcome = await checkAftermath(scene, path, `statement ${number}, HOMEROOM_TEST_SEED=${seed()}`)
      if (!wasKilled) break
      outcomes.push(outcome)
      expect(number).toBeLessThan(300)
    }
    const committed = outcomes.indexOf("after")
    expect(committed).toBeGreaterThan(15)
    // What follows cleans the files: it takes over the log, looks at the file, and rebuilds it.
    expect(outcomes.slice(committed).length).toBeGreaterThan(5)
    expect(outcomes.slice(committed)).not.toContain("before")
  }, 300_000)
})
