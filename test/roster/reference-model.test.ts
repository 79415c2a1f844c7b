import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { kinds } from "../../src/models/kinds.ts"
import { type RecordChange, RosterSync } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import type { RosterStorage, Run } from "../../src/storage/contract.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { guardsOff } from "../support/guards-off.ts"
import { hasPostgres, lendPostgres } from "../support/postgres-worlds.ts"
import { passDay, randomFrom } from "../support/random-days.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"
import { storedRoster } from "../support/stored-roster.ts"
import { Truth } from "../support/truth.ts"

async function logOf(roster: RosterSync, run: Run): Promise<RecordChange[]> {
  const changes: RecordChange[] = []
  for await (const change of roster.changes(run.id)) changes.push(change)
  return changes
}

async function liveThrough(
  options: { seed: number; days: number; users: number },
  create: (name: string) => RosterStorage,
): Promise<number> {
  const random = randomFrom(options.seed)
  const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
  const district = new SimulatedDistrict({ seed: options.seed, users: options.users, schools: 3, clock })
  const source = new SimulatedSource(district)
  const truth = new Truth()
  const byDelta = create("delta")
  const byBulk = create("bulk")
  const now = () => clock.now().getTime()
  const delta = new RosterSync({ clever: source, storage: byDelta, clock: now, guards: guardsOff })
  const bulk = new RosterSync({ clever: source, storage: byBulk, clock: now, guards: guardsOff })
  let deltas = 0
  try {
    for (let day = 0; day <= options.days; day++) {
      const where = `HOMEROOM_TEST_SEED=${options.seed}, day ${day}`
      // Weekends without a sync, so that a delta brings several batches.
      if (day > 0) for (let passed = 0; passed <= random(2); passed++) passDay(district, random)
      source.pageSize = 5 + random(60)
      const deltaRun = await delta.sync({ districtId: district.id, mode: "delta" })
      source.pageSize = 5 + random(60)
      const bulkRun = await bulk.sync({ districtId: district.id, mode: "bulk" })
      if (deltaRun.mode === "delta") deltas++
      const expected = truth.observe(district)

      expect(await storedRoster(byDelta, district.id), `delta differs from truth: ${where}`).toEqual(expected)
      expect(await storedRoster(byBulk, district.id), `bulk differs from truth: ${where}`).toEqual(expected)
      const log = await logOf(bulk, bulkRun)
      expect(await logOf(delta, deltaRun), `the logs differ: ${where}`).toEqual(log)
      for (const kind of kinds) {
        const { unchanged: _, ...changed } = bulkRun.counts[kind]
        expect(deltaRun.counts[kind], `the counts differ: ${where}`).toMatchObject(changed)
        expect(log.filter((change) => change.kind === kind).length, `counts and log differ: ${where}`).toBe(
          changed.created + changed.updated + changed.archived + changed.restored,
        )
      }
      // S11: what is the same writes nothing.
      const again = await bulk.sync({ districtId: district.id, mode: "bulk" })
      expect(again.state, where).toBe("unchanged")
    }
  } finally {
    await byDelta.close()
    await byBulk.close()
  }
  return deltas
}

const extra = Number(process.env.HOMEROOM_TEST_DAYS ?? 1)

describe("reference model: deltas, bulk imports and truth agree after every day (S1, S3, S11, S12, S13)", () => {
  it(`on MemoryStorage, ${1_500 * extra} random days`, { timeout: 600_000 }, async () => {
    let deltas = 0
    for (let district = 0; district < 25 * extra; district++) {
      const options = { seed: seed() + district, days: 60, users: 40 + (district % 3) * 30 }
      deltas += await liveThrough(options, () => new MemoryStorage())
    }
    // A model in which every delta fell back would prove nothing about events.
    expect(deltas).toBeGreaterThan(500 * extra)
  })

  it(`on SqliteStorage, ${400 * extra} random days`, { timeout: 600_000 }, async () => {
    for (let district = 0; district < 8 * extra; district++) {
      const folder = mkdtempSync(join(tmpdir(), "homeroom-"))
      const create = (name: string) => new SqliteStorage({ path: join(folder, `${name}.db`) })
      try {
        await liveThrough({ seed: seed() + 1_000 + district, days: 50, users: 50 }, create)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
  })

  it.runIf(hasPostgres)(`on PostgresStorage, ${60 * extra} random days`, { timeout: 600_000 }, async () => {
    for (let district = 0; district < 3 * extra; district++) {
      const lent: ReturnType<typeof lendPostgres>[] = []
      const create = () => {
        const one = lendPostgres()
        lent.push(one)
        return one.storage
      }
      await liveThrough({ seed: seed() + 3_000 + district, days: 20, users: 50 }, create)
      for (const { giveBack } of lent) await giveBack()
    }
  })
})
