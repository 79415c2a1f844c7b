import { describe, expect, it } from "vitest"
import { valueAtPath } from "../../../src/models/field-path.ts"
import { isEmptyValue } from "../../../src/models/index.ts"
import type { Kind } from "../../../src/models/kinds.ts"
import type { Ownership } from "../../../src/models/ownership.ts"
import type { JsonObject, SimulatedDistrict } from "../../../src/simulator/index.ts"
import { removePath } from "../../../src/simulator/json.ts"
import type { Connection, FieldOverride, RosterStorage, Run } from "../../../src/storage/contract.ts"
import { guardsOff } from "../../support/guards-off.ts"
import { RosterWorld, type StorageName } from "../../support/roster-world.ts"
import { seed } from "../../support/seed.ts"

const ownership = {
  school: { name: "app" },
  user: {
    "name.first": "sticky",
    email: "app",
    "roles.student.grade": "app",
    "roles.teacher.title": "sticky",
    "roles.contact.student_relationships": "app",
  },
  section: { name: "app", students: "sticky" },
} as const satisfies Ownership

const owned = Object.entries(ownership).flatMap(([kind, fields]) =>
  Object.entries(fields).map(([path, owner]) => ({
    kind: kind as Kind,
    path,
    owner: owner as "app" | "sticky",
  })),
)
const guards = { ...guardsOff, rejectedShare: 1 }

type Random = (below: number) => number

function randomFrom(start: number): Random {
  let state = start >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** A value of the field's own type. */
function randomValue(path: string, random: Random): unknown {
  if (random(6) === 0) return null
  if (path.endsWith("students")) return [`student-${random(100)}`]
  if (path.endsWith("relationships")) return [{ student: `student-${random(100)}`, type: "Other" }]
  return `the app's ${random(1_000)}`
}

function passDay(district: SimulatedDistrict, random: Random): void {
  district.nextDay({ intensity: 1 + random(4) })
  const users = district.data.store("user").ids()
  const user = users[random(users.length)]
  const event = random(8)
  if (event === 0) district.unshare({ roles: ["contact"] })
  if (event === 1) district.unshare({ fields: { user: ["email", "roles.student.grade"] } })
  if (event === 2 && user !== undefined) district.unshare({ ids: [user] })
  if (event === 3 || event === 4) district.reshare({ everything: true })
  if (event === 5) district.rollover({ mode: "reuse" })
  if (event === 6 && user !== undefined) {
    const roles = { teacher: { title: `T${random(9)}` }, student: { grade: String(random(9)) } }
    district.edit("user", user, (record) => {
      record.roles = random(2) === 0 ? { teacher: roles.teacher } : { student: roles.student }
      record.email = `moved${random(99)}@d.example`
    })
  }
}

/** What the app sees of each owned field, told as a story: Clever gives a first value, the app may set and clear it. */
class OwnedFields {
  readonly #seen = new Map<string, unknown>()
  readonly #set = new Map<string, unknown>()

  /** Clever's record as of an import. */
  told(kind: Kind, id: string, record: JsonObject): void {
    for (const { path, owner } of owned.filter((field) => field.kind === kind)) {
      const key = `${kind} ${id} ${path}`
      const [first = "", role = ""] = path.split(".")
      if (first === "roles" && valueAtPath(record, [first, role]) === undefined) continue
      if (owner === "app" && this.#seen.has(key)) continue
      this.#seen.set(key, valueAtPath(record, path.split(".")))
    }
  }

  set(kind: Kind, id: string, path: string, value: unknown): void {
    this.#set.set(`${kind} ${id} ${path}`, value)
  }

  clear(kind: Kind, id: string, path: string, current: unknown): void {
    this.#set.delete(`${kind} ${id} ${path}`)
    this.#seen.set(`${kind} ${id} ${path}`, current)
  }

  view(kind: Kind, id: string, path: string): unknown {
    const key = `${kind} ${id} ${path}`
    const value = this.#set.has(key) ? this.#set.get(key) : this.#seen.get(key)
    return isEmptyValue(value) ? null : value
  }
}

function withoutOwned(kind: Kind, record: unknown): unknown {
  const copy = structuredClone(record) as JsonObject
  for (const { path } of owned.filter((field) => field.kind === kind)) removePath(copy, path)
  return copy
}

async function overridesOf(storage: RosterStorage, districtId: string): Promise<FieldOverride[]> {
  const found: FieldOverride[] = []
  for (const kind of ["school", "user", "section"] as const) {
    found.push(...(await storage.listOverrides({ districtId, kind, limit: 10_000 })))
  }
  return found
}

/** The app's own fields as the app sees them, where the record can have them at all. */
async function appsView(world: RosterWorld): Promise<Map<string, unknown>> {
  const view = new Map<string, unknown>()
  for (const { kind, path } of owned.filter(({ owner }) => owner === "app")) {
    const { districtId } = world
    for await (const { id, data } of world.roster.records({ districtId, kind, state: "all" })) {
      const keys = path.split(".")
      if (keys[0] === "roles" && valueAtPath(data, keys.slice(0, 2)) === undefined) continue
      const value = valueAtPath(data, keys)
      view.set(`${kind} ${id} ${path}`, isEmptyValue(value) ? null : value)
    }
  }
  return view
}

/** Takes a run back, which leaves the app's fields as they are, and lets the next import do it again. */
async function undoAndRedo(world: RosterWorld, run: Run, where: string): Promise<void> {
  const before = await appsView(world)
  const { undone } = await world.roster.undo(run.id, { by: "test" })
  expect(undone, where).toBeGreaterThan(0)
  const after = await appsView(world)
  for (const [key, value] of after) {
    // A role that was taken back brings its own first values when it comes again.
    if (before.has(key)) expect(value, `undo: ${key}, ${where}`).toEqual(before.get(key))
  }
  const connection = await world.plain.getConnection(world.districtId)
  await world.plain.saveConnection({ ...(connection as Connection), state: "active" })
  await world.bulk()
}

async function liveThrough(
  storage: StorageName,
  index: number,
  days: number,
): Promise<{ pins: number; sets: number; undos: number }> {
  const random = randomFrom(seed() + index)
  const world = new RosterWorld({ storage, users: 50, schools: 2, index, roster: { ownership, guards } })
  const { districtId, roster, plain } = world
  const model = new OwnedFields()
  const pins = new Map<string, FieldOverride>()
  const seen = { pins: 0, sets: 0, undos: 0 }
  await plain.open()
  for (let day = 0; day <= days; day++) {
    const where = `HOMEROOM_TEST_SEED=${seed()}, district ${index}, day ${day}`
    if (day > 0) passDay(world.district, random)
    const before = await overridesOf(plain, districtId)
    world.clock.advance(1_000)
    const run = random(2) === 0 ? await world.bulk() : await world.delta()
    expect(run.state, where).toMatch(/applied|unchanged/)
    const truth = world.truth()
    if (run.state === "applied" && random(4) === 0) {
      await undoAndRedo(world, run, where)
      seen.undos++
    }
    for (const [key, { state, data }] of truth) {
      const [kind, id] = key.split(" ") as [Kind, string]
      if (state === "active") model.told(kind, id, data as JsonObject)
    }
    // An import makes overrides where it must, and changes and removes none.
    const after = await overridesOf(plain, districtId)
    expect(after, where).toEqual(expect.arrayContaining(before))
    for (const override of after.filter(({ by }) => by === "creation")) {
      const key = `${override.kind} ${override.id} ${override.path}`
      if (!pins.has(key)) seen.pins++
      expect(pins.get(key) ?? override, where).toEqual(override)
      pins.set(key, override)
    }
    const resync = await world.bulk()
    expect(resync.state, where).toBe("unchanged")
    expect(await overridesOf(plain, districtId), where).toEqual(after)

    // Clever's copy is the truth; what the app sees is the story of its fields.
    expect(await world.stored(), where).toEqual(truth)
    for (const kind of ["school", "user", "section"] as const) {
      for await (const { id, state, data } of roster.records({ districtId, kind, state: "all" })) {
        const { data: clever, state: wanted } = truth.get(`${kind} ${id}`) ?? {}
        expect(state, where).toBe(wanted)
        expect(withoutOwned(kind, data), where).toEqual(withoutOwned(kind, clever))
        for (const { path } of owned.filter((field) => field.kind === kind)) {
          const [first = "", role = ""] = path.split(".")
          if (first === "roles" && valueAtPath(clever, [first, role]) === undefined) {
            expect(valueAtPath(data, [first, role]), where).toBeUndefined()
            continue
          }
          const value = valueAtPath(data, path.split("."))
          expect(isEmptyValue(value) ? null : value, `${kind} ${id} ${path}, ${where}`).toEqual(
            model.view(kind, id, path),
          )
        }
      }
    }

    // The app sets and clears some fields, of archived records as well.
    for (const [key, { data }] of truth) {
      const [kind, id] = key.split(" ") as [Kind, string]
      for (const { path } of owned.filter((field) => field.kind === kind)) {
        const [first = "", role = ""] = path.split(".")
        if (random(25) > 0 || (first === "roles" && valueAtPath(data, [first, role]) === undefined)) continue
        const pinned = `${kind} ${id} ${path}`
        if (random(4) === 0) {
          await roster.clearOverrides({ districtId, kind, id, path })
          model.clear(kind, id, path, valueAtPath(data, path.split(".")))
        } else {
          const value = randomValue(path, random)
          await roster.override({ districtId, kind, id, path, value, by: "test" })
          model.set(kind, id, path, value)
          seen.sets++
        }
        pins.delete(pinned)
      }
    }
  }
  return seen
}

describe("S19 random overrides over random days: the app sees its own values, and Clever's copy is the truth", () => {
  it("S19 on MemoryStorage, 120 days", { timeout: 300_000 }, async () => {
    const total = { pins: 0, sets: 0, undos: 0 }
    for (let district = 0; district < 6; district++) {
      const { pins, sets, undos } = await liveThrough("memory", district, 20)
      total.pins += pins
      total.sets += sets
      total.undos += undos
    }
    expect(total.pins).toBeGreaterThan(50)
    expect(total.sets).toBeGreaterThan(500)
    expect(total.undos).toBeGreaterThan(5)
  })

  it("S19 on SqliteStorage, 20 days", { timeout: 300_000 }, async () => {
    await liveThrough("sqlite", 100, 20)
  })
})
