import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type RecordChange, RosterSync } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import type { GuardSettings, Rejection, RosterStorage, Run } from "../../src/storage/contract.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { guardsOff } from "../support/guards-off.ts"
import { hasPostgres, lendPostgres } from "../support/postgres-worlds.ts"
import { passDay, randomFrom } from "../support/random-days.ts"
import { hourMs } from "../support/roster-world.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"
import { storedRoster } from "../support/stored-roster.ts"

interface Outcome {
  state: string
  counts: Run["counts"]
  holds: Run["holds"]
  cursor: Run["cursor"]
  version: number | null
  archivedBySchool: Run["archivedBySchool"]
  changes: RecordChange[]
  rejections: Rejection[]
}

class Side {
  readonly storage: RosterStorage
  readonly roster: RosterSync
  readonly districtId: string

  constructor(storage: RosterStorage, roster: RosterSync, districtId: string) {
    this.storage = storage
    this.roster = roster
    this.districtId = districtId
  }

  async outcomeOf({ id }: Run): Promise<Outcome> {
    const { state, counts, holds, cursor, version, archivedBySchool } = await this.roster.run(id)
    const changes: RecordChange[] = []
    for await (const change of this.roster.changes(id)) changes.push(change)
    const rejections = await this.storage.listRejections({ runId: id, limit: 10_000 })
    return { state, counts, holds, cursor, version, archivedBySchool, changes, rejections }
  }

  async standing() {
    const { lastRunId: _, ...head } = await this.storage.getDistrict(this.districtId)
    return { head, roster: await storedRoster(this.storage, this.districtId) }
  }
}

/** Applies what waits, and imports where nothing does: what an import alone, and then its approval, would come to. */
async function planAndApply(
  side: Side,
  mode: "bulk" | "delta",
  random: (below: number) => number,
): Promise<Run> {
  const { roster, districtId } = side
  // Plans that are only looked at, and one that is stopped half-way, change nothing of it.
  if (random(3) === 0) await roster.plan({ districtId, mode: random(2) === 0 ? "bulk" : "delta" })
  if (random(3) === 0) {
    const abort = new AbortController()
    await roster.plan({ districtId, mode, signal: abort.signal, onProgress: () => abort.abort() })
  }
  const plan = await roster.plan({ districtId, mode })
  if (plan.state === "unchanged") return roster.sync({ districtId, mode })
  const announced: RecordChange[] = []
  for await (const change of plan.changes()) announced.push(change)
  const applied = await roster.apply(plan.id, { approve: plan.hash })
  const { changes, counts } = await side.outcomeOf(applied)
  expect(changes).toEqual(announced)
  expect(counts).toEqual(plan.counts)
  return applied
}

async function importAndApprove(side: Side, mode: "bulk" | "delta"): Promise<Run> {
  const { roster, districtId } = side
  const run = await roster.sync({ districtId, mode })
  if (run.state !== "held") return run
  return roster.apply(run.id, { approve: run.plan?.hash ?? "" })
}

async function liveThrough(options: {
  seed: number
  days: number
  guards: GuardSettings
  create: (name: string) => RosterStorage
  seen: Map<string, number>
}): Promise<void> {
  const { guards, days, create, seen } = options
  const random = randomFrom(options.seed)
  const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
  const now = () => clock.now().getTime()
  const district = new SimulatedDistrict({ seed: options.seed, users: 50, schools: 3, clock })
  const source = new SimulatedSource(district)
  const [imports, plans] = ["imports", "plans"].map((name) => {
    const storage = create(name)
    return new Side(storage, new RosterSync({ clever: source, storage, clock: now, guards }), district.id)
  }) as [Side, Side]
  try {
    for (let day = 0; day <= days; day++) {
      const where = `HOMEROOM_TEST_SEED=${seed()}, seed ${options.seed}, day ${day}`
      if (day > 0) passDay(district, random)
      clock.advance(random(20) * hourMs)
      if (random(8) === 0) district.setState({ state: "error" })
      else if (random(3) === 0) district.setState({ state: "running" })
      const [bad] = district.data.store("user").ids()
      if (random(4) === 0 && bad !== undefined) district.edit("user", bad, { email: 3 as never })
      const mode = random(3) === 0 ? "bulk" : "delta"
      source.pageSize = 5 + random(60)
      const imported = await importAndApprove(imports, mode)
      source.pageSize = 5 + random(60)
      const applied = await planAndApply(plans, mode, random)
      expect(await plans.outcomeOf(applied), where).toEqual(await imports.outcomeOf(imported))
      expect(await plans.standing(), where).toEqual(await imports.standing())
      for (const outcome of [imported.state, imported.mode, ...imported.holds.map(({ code }) => code)]) {
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
      }
    }
  } finally {
    await imports.storage.close()
    await plans.storage.close()
  }
}

const extra = Number(process.env.HOMEROOM_TEST_DAYS ?? 1)
const guardings: GuardSettings[] = [guardsOff, {}, { archivedShare: 0.01, atLeast: 1, updatedShare: 0.05 }]

describe("S16 S17 plan, then apply, is what an import is: roster, log, counts, cursor, version, rejections", () => {
  it(`on MemoryStorage, ${360 * extra} random days`, { timeout: 600_000 }, async () => {
    const seen = new Map<string, number>()
    for (let district = 0; district < 9 * extra; district++) {
      const guards = guardings[district % guardings.length] ?? {}
      const create = () => new MemoryStorage()
      await liveThrough({ seed: seed() + district, days: 40, guards, create, seen })
    }
    // A model in which nothing was ever held, or fell back, would prove little.
    for (const outcome of ["applied", "delta", "bulk", "archived-ratio", "updated-ratio", "district-state"]) {
      expect(seen.get(outcome) ?? 0, outcome).toBeGreaterThan(3 * extra)
    }
  })

  it(`on SqliteStorage, ${45 * extra} random days`, { timeout: 600_000 }, async () => {
    for (let district = 0; district < 3 * extra; district++) {
      const folder = mkdtempSync(join(tmpdir(), "homeroom-"))
      const create = (name: string) => new SqliteStorage({ path: join(folder, `${name}.db`) })
      const guards = guardings[district % guardings.length] ?? {}
      try {
        await liveThrough({ seed: seed() + 1_000 + district, days: 15, guards, create, seen: new Map() })
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
  })

  it.runIf(hasPostgres)(`on PostgresStorage, ${15 * extra} random days`, { timeout: 600_000 }, async () => {
    for (let district = 0; district < extra; district++) {
      const lent: ReturnType<typeof lendPostgres>[] = []
      const create = () => {
        const one = lendPostgres()
        lent.push(one)
        return one.storage
      }
      const guards = guardings[district % guardings.length] ?? {}
      await liveThrough({ seed: seed() + 3_000 + district, days: 15, guards, create, seen: new Map() })
      for (const { giveBack } of lent) await giveBack()
    }
  })
})
