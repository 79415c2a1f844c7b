import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { forgetUser } from "../../src/entries/exchange.ts"
import { kinds } from "../../src/models/kinds.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import type { RosterStorage } from "../../src/storage/contract.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { guardsOff } from "../support/guards-off.ts"
import { hasPostgres, lendPostgres } from "../support/postgres-worlds.ts"
import { passDay, randomFrom } from "../support/random-days.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"
import { storedRoster } from "../support/stored-roster.ts"
import { Truth } from "../support/truth.ts"

/** Counts what the roster should count. */
function countsOf(
  stored: Map<string, { state: string }>,
): Record<string, { active: number; archived: number }> {
  const counts: Record<string, { active: number; archived: number }> = {}
  for (const kind of kinds) {
    const own = [...stored].filter(([key]) => key.startsWith(`${kind} `)).map(([, { state }]) => state)
    const active = own.filter((state) => state === "active").length
    if (own.length > 0) counts[kind] = { active, archived: own.length - active }
  }
  return counts
}

async function liveThrough(
  options: { seed: number; days: number; users: number },
  storage: RosterStorage,
): Promise<number> {
  const random = randomFrom(options.seed)
  const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
  const now = () => clock.now().getTime()
  const district = new SimulatedDistrict({ seed: options.seed, users: options.users, schools: 2, clock })
  const { id: districtId } = district
  const source = new SimulatedSource(district)
  const roster = new RosterSync({ clever: source, storage, clock: now, guards: guardsOff })
  const truth = new Truth()
  let forgotten = 0
  let before = 0
  for (let day = 0; day <= options.days; day++) {
    const where = `HOMEROOM_TEST_SEED=${options.seed}, day ${day}`
    if (day > 0) passDay(district, random)
    source.pageSize = 5 + random(60)
    if (random(2) === 0) await roster.sync({ districtId, mode: "delta" })
    // A delta brings back only those of whom an event tells, a bulk import everybody who is shared.
    if (forgotten > before || random(2) === 0) await roster.sync({ districtId, mode: "bulk" })
    else await roster.sync({ districtId, mode: "delta" })
    before = forgotten
    const expected = truth.observe(district)
    expect(await storedRoster(storage, districtId), `differs from truth: ${where}`).toEqual(expected)
    expect((await roster.sync({ districtId, mode: "bulk" })).state, where).toBe("unchanged")
    for (let turn = random(3); turn > 0; turn--) {
      // Whoever is or was there, shared or not.
      const ids = [...expected.keys()].filter((key) => key.startsWith("user ")).map((key) => key.slice(5))
      const id = ids[random(ids.length)]
      if (id === undefined) continue
      const { traces } = await forgetUser({
        storage,
        districtId,
        id,
        by: "test",
        clock: now,
        repeat: () => () => {},
      })
      expect(traces, where).toEqual({})
      forgotten++
      const left = truth.forget(id)
      const stored = await storedRoster(storage, districtId)
      expect(stored, `forgetting differs: ${where}`).toEqual(left)
      expect((await storage.getDistrict(districtId)).counts, where).toEqual(countsOf(stored))
    }
  }
  return forgotten
}

const extra = Number(process.env.HOMEROOM_TEST_DAYS ?? 1)

describe("S31 reference model: random people are forgotten on random days, and imports still converge to truth", () => {
  it(`on MemoryStorage, ${240 * extra} random days`, { timeout: 600_000 }, async () => {
    let forgotten = 0
    for (let district = 0; district < 6 * extra; district++) {
      const storage = new MemoryStorage()
      forgotten += await liveThrough(
        { seed: seed() + district, days: 40, users: 40 + (district % 3) * 20 },
        storage,
      )
      await storage.close()
    }
    expect(forgotten).toBeGreaterThan(80 * extra)
  })

  it(`on SqliteStorage, ${60 * extra} random days`, { timeout: 600_000 }, async () => {
    for (let district = 0; district < 3 * extra; district++) {
      const folder = mkdtempSync(join(tmpdir(), "homeroom-"))
      const storage = new SqliteStorage({ path: join(folder, "roster.db") })
      try {
        await liveThrough({ seed: seed() + 1_000 + district, days: 20, users: 50 }, storage)
      } finally {
        await storage.close()
        rmSync(folder, { recursive: true, force: true })
      }
    }
  })

  it.runIf(hasPostgres)("on PostgresStorage, 20 random days", { timeout: 600_000 }, async () => {
    const { storage, giveBack } = lendPostgres()
    try {
      await liveThrough({ seed: seed() + 3_000, days: 20, users: 50 }, storage)
    } finally {
      await storage.close()
      await giveBack()
    }
  })
})
