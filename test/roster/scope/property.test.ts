import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type Kind, kinds, type Role, roles } from "../../../src/models/kinds.ts"
import type { Scope } from "../../../src/models/scope.ts"
import { type RecordChange, RosterSync } from "../../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../../src/simulator/index.ts"
import type { RosterStorage, Run } from "../../../src/storage/contract.ts"
import { MemoryStorage } from "../../../src/storage/memory/index.ts"
import { SqliteStorage } from "../../../src/storage/sqlite/index.ts"
import { guardsOff } from "../../support/guards-off.ts"
import { ScopedTruth } from "../../support/scope-model.ts"
import { seed } from "../../support/seed.ts"
import { SimulatedSource } from "../../support/simulated-source.ts"
import { storedRoster } from "../../support/stored-roster.ts"

type Random = (below: number) => number

function randomFrom(start: number): Random {
  let state = start >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const paths: Readonly<Record<Kind | Role, readonly string[]>> = {
  district: ["name", "district_contact.email", "login_methods"],
  school: ["name", "location.city", "principal.name", "ext"],
  term: ["name", "start_date"],
  course: ["name"],
  user: ["name", "name.first", "name.last", "email", "last_modified", "lms_status"],
  section: ["name", "subject", "ext", "last_modified", "lms_status.synced_in_lms"],
  student: [
    "grade",
    "dob",
    "location",
    "location.city",
    "enrollments",
    "enrollments.start_date",
    "sis_id",
    "ext",
  ],
  teacher: ["title", "sis_id", "credentials.district_username"],
  staff: ["title", "roles", "staff_id"],
  district_admin: ["title"],
  contact: ["phone", "student_relationships.type", "student_relationships"],
}

function some<T>(random: Random, list: readonly T[], share: number): T[] {
  return list.filter(() => random(100) < share)
}

/** Each dimension is set in a third of all scopes; now and then none is. */
function randomScope(random: Random, district: SimulatedDistrict): Scope {
  const scope: Scope = {}
  if (random(3) === 0) scope.kinds = some(random, kinds, 75)
  if (random(3) === 0) scope.roles = some(random, roles, 60)
  if (random(3) === 0) scope.schools = some(random, district.data.store("school").ids(), 60)
  if (random(3) === 0) {
    const named = some(random, [...kinds, ...roles], 40)
    scope.fields = Object.fromEntries(named.map((name) => [name, some(random, paths[name], 50)]))
  }
  if (random(3) === 0) {
    const ids = kinds.filter((kind) => kind !== "district").flatMap((kind) => district.data.store(kind).ids())
    scope.exclude = some(random, ids, 5)
  }
  return scope
}

function passDay(district: SimulatedDistrict, random: Random): void {
  district.nextDay({ intensity: random(4) })
  const event = random(12)
  const users = district.data.store("user").ids()
  const user = users[random(users.length)]
  const schools = district.data.store("school").ids()
  const school = schools[random(schools.length)]
  if (event === 0 && school !== undefined) district.unshare({ schools: [school] })
  if (event === 1) district.unshare({ roles: ["contact"] })
  if (event === 2) district.unshare({ fields: { user: ["roles.student.dob", "email"] } })
  if (event === 3) district.reshare({ everything: true })
  if (event === 4) district.rollover({ mode: random(2) === 0 ? "replace" : "reuse" })
  if (event < 6 && user !== undefined) district.remove("user", user)
  // Somebody moves to another school, or gets another role.
  if (event >= 6 && user !== undefined && school !== undefined) {
    district.edit("user", user, (record) => {
      for (const role of Object.values((record.roles ?? {}) as Record<string, Record<string, unknown>>)) {
        if (Array.isArray(role.schools)) Object.assign(role, { school, schools: [school] })
      }
    })
  }
}

async function logOf(roster: RosterSync, run: Run): Promise<RecordChange[]> {
  const changes: RecordChange[] = []
  for await (const change of roster.changes(run.id)) changes.push(change)
  return changes
}

async function liveThrough(
  options: { seed: number; days: number },
  create: (name: string) => RosterStorage,
): Promise<{ deltas: number; scopes: number }> {
  const random = randomFrom(options.seed)
  const clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
  const district = new SimulatedDistrict({ seed: options.seed, users: 60, schools: 3, clock })
  const source = new SimulatedSource(district)
  const truth = new ScopedTruth()
  const byDelta = create("delta")
  const byBulk = create("bulk")
  const now = () => clock.now().getTime()
  const seen = { deltas: 0, scopes: 0 }
  let scope: Scope = {}
  try {
    for (let day = 0; day <= options.days; day++) {
      if (day > 0) for (let passed = 0; passed <= random(2); passed++) passDay(district, random)
      const isNew = random(4) === 0
      if (isNew) scope = randomScope(random, district)
      if (isNew) seen.scopes++
      const where = `HOMEROOM_TEST_SEED=${options.seed}, day ${day}, ${JSON.stringify(scope)}`
      const engine = (storage: RosterStorage) =>
        new RosterSync({ clever: source, storage, clock: now, scope, guards: guardsOff })
      const [delta, bulk] = [engine(byDelta), engine(byBulk)]
      source.pageSize = 5 + random(60)
      const deltaRun = await delta.sync({ districtId: district.id, mode: "delta" })
      source.pageSize = 5 + random(60)
      const bulkRun = await bulk.sync({ districtId: district.id, mode: "bulk" })
      if (deltaRun.mode === "delta") seen.deltas++
      const expected = truth.observe(district, scope)
      expect(deltaRun.state, where).not.toBe("held")
      expect(await storedRoster(byBulk, district.id), `bulk differs from truth: ${where}`).toEqual(expected)
      expect(await storedRoster(byDelta, district.id), `delta differs from truth: ${where}`).toEqual(expected)
      expect(await logOf(delta, deltaRun), `the logs differ: ${where}`).toEqual(await logOf(bulk, bulkRun))
      // S11: what is the same writes nothing, now that every record has been looked at within the scope.
      const { version } = await byBulk.getDistrict(district.id)
      const again = await bulk.sync({ districtId: district.id, mode: "bulk" })
      expect(again.state, where).toBe("unchanged")
      expect((await byBulk.getDistrict(district.id)).version, where).toBe(version)
    }
  } finally {
    await byDelta.close()
    await byBulk.close()
  }
  return seen
}

const extra = Number(process.env.HOMEROOM_TEST_DAYS ?? 1)

describe("S18 random scopes over random days: what is stored is the truth within the scope, by delta as by bulk", () => {
  it(`S18 on MemoryStorage, ${300 * extra} days`, { timeout: 600_000 }, async () => {
    const total = { deltas: 0, scopes: 0 }
    for (let district = 0; district < 12 * extra; district++) {
      const seen = await liveThrough({ seed: seed() + district, days: 25 }, () => new MemoryStorage())
      total.deltas += seen.deltas
      total.scopes += seen.scopes
    }
    // Were every delta to fall back, or no scope ever to change, nothing would be proved.
    expect(total.deltas).toBeGreaterThan(90 * extra)
    expect(total.scopes).toBeGreaterThan(35 * extra)
  })

  it(`S18 on SqliteStorage, ${60 * extra} days`, { timeout: 600_000 }, async () => {
    for (let district = 0; district < 3 * extra; district++) {
      const folder = mkdtempSync(join(tmpdir(), "homeroom-"))
      try {
        const create = (name: string) => new SqliteStorage({ path: join(folder, `${name}.db`) })
        await liveThrough({ seed: seed() + 1_000 + district, days: 20 }, create)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
  })
})
