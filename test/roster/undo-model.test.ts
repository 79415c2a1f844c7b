import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { Connections } from "../../src/exchange/index.ts"
import { canonicalJson, type Kind, kinds, type Section } from "../../src/models/index.ts"
import { RosterSync } from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import type { DistrictHead, RosterStorage } from "../../src/storage/contract.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { guardsOff } from "../support/guards-off.ts"
import { hasPostgres, lendPostgres } from "../support/postgres-worlds.ts"
import { passDay, randomFrom } from "../support/random-days.ts"
import { seed } from "../support/seed.ts"
import { SimulatedSource } from "../support/simulated-source.ts"
import { storedRecords, storedRoster } from "../support/stored-roster.ts"
import { type Roster, Truth } from "../support/truth.ts"

const by = "ada"

/** Everything a host can see of a roster: states, what contents mean, who is in which class, counts. */
interface View {
  records: Map<string, { kind: Kind; state: string; content: string }>
  classes: Map<string, string[]>
  counts: DistrictHead["counts"]
}

async function view(storage: RosterStorage, districtId: string): Promise<View> {
  const records: View["records"] = new Map()
  const classes: View["classes"] = new Map()
  for await (const { kind, id, state, data } of storedRecords(storage, districtId)) {
    const record = JSON.parse(data) as Section
    records.set(`${kind} ${id}`, { kind, state, content: canonicalJson(record) })
    if (kind !== "section") continue
    const filter = { kind: "user", sectionId: id } as const
    const people = await storage.findRecords({ districtId, filter, limit: 1_000 })
    classes.set(
      id,
      people.map((person) => person.id),
    )
  }
  return { records, classes, counts: (await storage.getDistrict(districtId)).counts }
}

/** What an undo of the run between two views must leave: what it created stays, archived. */
function undone(before: View, after: View): View {
  const records = new Map(before.records)
  const classes = new Map(before.classes)
  const counts = structuredClone(before.counts)
  for (const [key, record] of after.records) {
    if (before.records.has(key)) continue
    records.set(key, { ...record, state: "archived" })
    const of = counts[record.kind] ?? { active: 0, archived: 0 }
    counts[record.kind] = { ...of, archived: of.archived + 1 }
    if (record.kind === "section") classes.set(key.slice("section ".length), [])
  }
  return { records: new Map([...records].sort()), classes: new Map([...classes].sort()), counts }
}

const sorted = ({ records, classes, counts }: View): View => ({
  records: new Map([...records].sort()),
  classes: new Map([...classes].sort()),
  counts,
})

/** What is shared, and that the rest is archived; with which content, depends on what was undone before it went. */
function shared(roster: Roster): Roster {
  return new Map(
    [...roster].map(([key, record]) => [key, record.state === "active" ? record : { ...record, data: null }]),
  )
}

async function liveThrough(
  options: { seed: number; days: number; users: number },
  storage: RosterStorage,
): Promise<{ undos: number; archives: number; restores: number }> {
  const random = randomFrom(options.seed)
  const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
  const district = new SimulatedDistrict({ seed: options.seed, users: options.users, schools: 3, clock })
  const source = new SimulatedSource(district)
  const truth = new Truth()
  const now = () => clock.now().getTime()
  const roster = new RosterSync({ clever: source, storage, clock: now, guards: guardsOff })
  const connections = new Connections({
    storage,
    clever: { districts: () => expect.unreachable() },
    clock: now,
  })
  const districtId = district.id
  const seen = { undos: 0, archives: 0, restores: 0 }
  try {
    await storage.open()
    for (let day = 0; day <= options.days; day++) {
      const where = `HOMEROOM_TEST_SEED=${options.seed}, day ${day}`
      if (day > 0) passDay(district, random)
      source.pageSize = 5 + random(60)
      const before = sorted(await view(storage, districtId))
      const run = await roster.sync({ districtId, mode: random(2) === 0 ? "delta" : "bulk" })
      expect(shared(await storedRoster(storage, districtId)), `import differs from truth: ${where}`).toEqual(
        shared(truth.observe(district)),
      )
      if (run.state !== "applied" || random(3) === 0) continue

      const after = sorted(await view(storage, districtId))
      const expected = undone(before, after)
      let last = await roster.undo(run.id, { by })
      expect(last, where).toMatchObject({ skipped: 0, run: { state: "applied" } })
      expect(sorted(await view(storage, districtId)), `undo differs from before: ${where}`).toEqual(expected)
      seen.undos++
      for (const kind of kinds) {
        seen.archives += last.run.counts[kind].archived
        seen.restores += last.run.counts[kind].restored
      }
      for (let again = random(3); again > 0; again--) {
        last = await roster.undo(last.run.id, { by })
        expect(sorted(await view(storage, districtId)), `undo of undo differs from after: ${where}`).toEqual(
          after,
        )
        last = await roster.undo(last.run.id, { by })
        expect(sorted(await view(storage, districtId)), `undo of undo of undo: ${where}`).toEqual(expected)
      }
      // Life goes on at Clever while somebody looks.
      if (random(2) === 0) passDay(district, random)
      await connections.resume(districtId, { by })
      const next = await roster.sync({ districtId, mode: "delta" })
      expect(next.mode, where).toBe("bulk")
      expect(shared(await storedRoster(storage, districtId)), `does not converge: ${where}`).toEqual(
        shared(truth.observe(district)),
      )
    }
  } finally {
    await storage.close()
  }
  return seen
}

describe("S24 model: an undo equals before, an undo of it equals after, and then all converges to truth", () => {
  it("on MemoryStorage, 240 random days", { timeout: 600_000 }, async () => {
    const sum = { undos: 0, archives: 0, restores: 0 }
    for (let index = 0; index < 8; index++) {
      const options = { seed: seed() + index, days: 30, users: 40 + (index % 3) * 30 }
      const { undos, archives, restores } = await liveThrough(options, new MemoryStorage())
      sum.undos += undos
      sum.archives += archives
      sum.restores += restores
    }
    // A model in which nothing was undone would prove nothing.
    expect(sum.undos).toBeGreaterThan(80)
    expect(sum.archives).toBeGreaterThan(200)
    expect(sum.restores).toBeGreaterThan(200)
  })

  it("on SqliteStorage, 60 random days", { timeout: 600_000 }, async () => {
    let undos = 0
    for (let index = 0; index < 4; index++) {
      const folder = mkdtempSync(join(tmpdir(), "homeroom-"))
      try {
        const storage = new SqliteStorage({ path: join(folder, "roster.db") })
        undos += (await liveThrough({ seed: seed() + 2_000 + index, days: 15, users: 50 }, storage)).undos
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
    expect(undos).toBeGreaterThan(20)
  })

  it.runIf(hasPostgres)("on PostgresStorage, 20 random days", { timeout: 600_000 }, async () => {
    const { storage, giveBack } = lendPostgres()
    const { undos } = await liveThrough({ seed: seed() + 4_000, days: 20, users: 50 }, storage)
    await giveBack()
    expect(undos).toBeGreaterThan(4)
  })
})
