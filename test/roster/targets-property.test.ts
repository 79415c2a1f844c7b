import { describe, expect, it } from "vitest"
import type { TargetDelivery } from "../../src/roster/index.ts"
import { type Random, seededRandom } from "../../src/simulator/random.ts"
import { AppTables } from "../support/app-tables.ts"
import { type StorageName, storageNames } from "../support/roster-world.ts"
import { seed } from "../support/seed.ts"
import { TargetWorld } from "../support/target-world.ts"

/** What a target may do to its caller. Everything at random, nothing for ever. */
interface Weather {
  /** Chance that a call throws before it writes anything, half-way, or when all is written. */
  throws: number
  /** Until then every call throws. */
  downUntilMs: number
  /** Refused, alone or in a batch. */
  refused: Set<string>
  /** Chance that the process dies at a write to the storage. */
  dies: number
}

class Killed extends Error {}

/** What happens at Clever between two imports. */
function passDay(world: TargetWorld, random: Random): void {
  const { district } = world
  const some = (kind: "user" | "section" | "school") => {
    const ids = world.ids(kind)
    return ids.length === 0 ? [] : [random.pick(ids)]
  }
  district.nextDay({ intensity: random.integer(4) })
  const event = random.integer(12)
  if (event === 0) district.unshare({ ids: [...some("user"), ...some("user"), ...some("section")] })
  if (event === 1) district.unshare({ schools: some("school") })
  if (event === 2) district.unshare({ roles: ["contact"] })
  if (event === 3 || event === 4) district.reshare({ everything: true })
  if (event === 5) district.rollover({ mode: random.chance(0.5) ? "replace" : "reuse" })
  if (event === 6) for (const id of some("user")) district.remove("user", id)
  if (event === 7) district.reissueIds({ ids: some("user") })
}

function makeWeather(app: AppTables, world: TargetWorld, random: Random): Weather {
  const weather: Weather = { throws: 0, downUntilMs: 0, refused: new Set(), dies: 0 }
  const fail = () => {
    const errors = [
      new Error("no"),
      Object.assign(new Error("away"), { code: "ECONNRESET" }),
      Object.assign(new Error("later"), { retryable: true }),
    ]
    throw random.pick(errors)
  }
  app.beforeCall = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    if (world.now() < weather.downUntilMs || random.chance(weather.throws)) fail()
  }
  app.beforeChange = ({ id }) => {
    if (weather.refused.has(id))
      throw Object.assign(new Error("refused"), random.chance(0.3) ? { retryable: false } : {})
    if (random.chance(weather.throws / 10)) fail()
  }
  app.afterCall = () => {
    if (random.chance(weather.throws)) fail()
  }
  world.hooks.beforeCall = (method) => {
    if (method === "writeDocuments" && random.chance(weather.dies)) throw new Killed()
  }
  world.hooks.afterCall = world.hooks.beforeCall
  return weather
}

/** One attempt to deliver, by one or several processes at once. Who dies keeps the claim until it runs out. */
async function attempt(
  world: TargetWorld,
  deliveries: readonly TargetDelivery[],
  random: Random,
): Promise<void> {
  const { districtId } = world
  const work = deliveries.map(async (delivery) => {
    try {
      const report = random.chance(0.2)
        ? await delivery.replay({ all: true, districtId })
        : await delivery.deliver({ districtId })
      expect(["caught-up", "waiting", "busy"]).toContain(report.state)
    } catch (error) {
      if (!(error instanceof Killed)) throw error
      await world.pass(20_001)
    }
  })
  await Promise.all(work)
}

async function liveThrough(storage: StorageName, run: number): Promise<{ letters: number; undos: number }> {
  const name = `targets ${storage} ${run}`
  const random = seededRandom(seed(), name)
  const world = new TargetWorld({
    storage,
    index: run,
    users: 30 + random.integer(40),
    schools: 1 + random.integer(3),
    delivery: { batchSize: 1 + random.integer(30), maxRetries: random.integer(4) },
  })
  const where = `HOMEROOM_TEST_SEED=${seed()}, ${name}`
  await world.bulk()
  await overrideSome(world, random)
  const late = new AppTables("late")
  const lateDay = 2 + random.integer(4)
  const archivedAt = new Map<number, Set<string>>()
  const weather = [makeWeather(world.app, world, random), makeWeather(late, world, random)]
  const runs: string[] = []
  let letters = 0
  let undos = 0
  world.hooks.afterCall = undefined
  await world.deliver()
  for (let day = 0; day < 12; day++) {
    passDay(world, random)
    const run =
      random.chance(0.15) && runs.length > 0
        ? (await world.roster.undo(random.pick(runs), { by: "test" }).catch(() => undefined))?.run
        : await (random.chance(0.8) ? world.delta() : world.bulk())
    if (run?.state === "applied") {
      runs.push(run.id)
      if (run.mode === "undo") undos++
    }
    await reactivate(world)
    const { version } = await world.plain.getDistrict(world.districtId)
    const archived = [...(await world.stored())].filter(([, { state }]) => state === "archived")
    archivedAt.set(version, new Set(archived.map(([key]) => key)))
    for (const each of weather) {
      each.throws = random.pick([0, 0, 0.05, 0.3])
      each.dies = random.pick([0, 0, 0.03, 0.1])
      each.downUntilMs = random.chance(0.3) ? world.now() + random.integer(3_600_000) : 0
      if (random.chance(0.3))
        each.refused.add(random.pick([...world.ids("user"), ...world.ids("section"), ...world.ids("school")]))
      if (random.chance(0.2)) each.refused.clear()
    }
    for (let time = 0; time < 1 + random.integer(3); time++) {
      const loops = Array.from({ length: 1 + random.integer(2) }, () => world.anotherDelivery())
      await attempt(world, loops, random)
      if (day >= lateDay) await attempt(world, [world.anotherDelivery({ target: late })], random)
      world.clock.advance(random.integer(60_000))
      expect(world.app.violations, where).toEqual([])
    }
    letters += (await world.letters()).length
  }

  // In the end the weather clears, and somebody looks after what was set aside.
  for (const each of weather) Object.assign(each, { throws: 0, dies: 0, downUntilMs: 0, refused: new Set() })
  world.hooks.beforeCall = undefined
  world.clock.advance(3_600_000)
  for (const target of [world.app, late]) {
    const delivery = world.anotherDelivery({ target })
    for (let time = 0; time < 2; time++) {
      const report = await delivery.replay({ all: true, districtId: world.districtId })
      expect(report, where).toMatchObject({
        state: "caught-up",
        stuck: 0,
        blocked: 0,
        lag: { commits: 0, changes: 0 },
      })
    }
  }
  await world.expectAllDelivered(1)
  await world.expectFollowed()
  // The version that the late one began with is that of its first change.
  const from = late.written[0]?.version ?? 0
  await world.expectAllDelivered(from, late)
  await world.expectFollowed({ app: late, archivedBefore: archivedAt.get(from) ?? new Set() })
  return { letters, undos }
}

/** The app's own addresses for some, from before the first delivery. */
async function overrideSome(world: TargetWorld, random: Random): Promise<void> {
  const { districtId } = world
  const [at, by] = ["2026-09-01T00:00:00.000Z", "app"]
  for (const id of world.ids("user").filter(() => random.chance(0.1))) {
    await world.plain.override({
      districtId,
      kind: "user",
      id,
      path: "email",
      value: `${id}@app.example`,
      at,
      by,
    })
  }
}

/** An undo pauses the connection; the story goes on. */
async function reactivate(world: TargetWorld): Promise<void> {
  const connection = await world.plain.getConnection(world.districtId)
  if (connection?.state === "paused") await world.plain.saveConnection({ ...connection, state: "active" })
}

const extra = Number(process.env.HOMEROOM_TEST_DAYS ?? 1)

describe("S23 whatever a target does: every change at least once, in order, and in the end the roster", () => {
  it.each(storageNames)("S23 on %s", { timeout: 600_000 }, async (storage) => {
    const stories = storage === "memory" ? 16 : 4
    const all = { letters: 0, undos: 0 }
    for (let run = 0; run < stories * extra; run++) {
      const { letters, undos } = await liveThrough(storage, run)
      all.letters += letters
      all.undos += undos
    }
    // Without any of them the stories would be too kind; a few on a slower storage may be.
    if (storage !== "memory") return
    expect(all.letters).toBeGreaterThan(20)
    expect(all.undos).toBeGreaterThan(0)
  })
})
