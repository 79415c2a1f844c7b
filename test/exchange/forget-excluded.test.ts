import { describe, expect, it } from "vitest"
import { forgetUser } from "../../src/exchange/index.ts"
import type { SyncOptions, SyncProgress } from "../../src/roster/index.ts"
import type { Run } from "../../src/storage/contract.ts"
import { ForgottenPerson } from "../support/forgotten-person.ts"
import { writeCalls } from "../support/intercepted-storage.ts"
import { RosterWorld, storageNames } from "../support/roster-world.ts"

/** A world whose person is forgotten and left out, while Clever goes on sharing them; and all that imports said since. */
class ExcludedPerson extends ForgottenPerson {
  readonly said: string[] = []
  readonly #world: RosterWorld
  #changes = 0

  constructor(world: RosterWorld) {
    super(world)
    this.#world = world
    // An event brings what a listing would.
    world.source.alterEvents = (events) =>
      events.map((event) => {
        const kind = event.type.startsWith("users.") ? "user" : "section"
        const object = event.object && world.source.alterItems(kind, [event.object])[0]
        return /^(users|sections)\./.test(event.type) ? { ...event, object } : event
      })
  }

  async forget(): Promise<void> {
    const { storage, districtId, now: clock, hooks } = this.#world
    const options = { storage, districtId, by: "ada", clock, repeat: () => () => {} }
    const { traces } = await forgetUser({ ...options, id: this.id, exclude: true })
    expect(traces).toEqual({})
    hooks.beforeCall = (method, parameters) => {
      if (writeCalls.includes(method)) this.said.push(JSON.stringify(parameters))
    }
  }

  /** The person changes at Clever, and so does a section of theirs. */
  change(): void {
    const { district } = this.#world
    this.next()
    district.edit("user", this.id, (record) => {
      record.phone = `canary-phone-${++this.#changes}`
    })
    const section = district.records("section").find((one) => JSON.stringify(one).includes(this.id))
    district.edit("section", String(section?.id), (record) => {
      record.name = `${String(record.name)} again`
    })
  }

  async import(mode: "bulk" | "delta", options: Partial<SyncOptions> = {}): Promise<Run> {
    const onProgress = (progress: SyncProgress) => void this.said.push(JSON.stringify(progress))
    const run = await this.#world[mode]({ ...options, onProgress })
    this.said.push(JSON.stringify(run))
    return run
  }

  /** Nothing that was stored, staged, logged or said has a word of the person; the id stands in the setting alone. */
  async expectNoTrace(): Promise<void> {
    const world = this.#world
    expect(await world.plain.countTraces(this.id)).toEqual({})
    const words = this.words.filter((word) => word !== this.id)
    expect((await this.found()).filter((word) => word !== this.id)).toEqual([])
    for (const word of [this.id, ...words, "canary-phone"]) {
      expect(this.said.filter((text) => text.includes(word))).toEqual([])
    }
    for (const run of await world.history()) {
      const told = JSON.stringify([await world.changes(run), await world.rejections(run)])
      for (const word of [this.id, ...words, "canary-phone"]) expect(told).not.toContain(word)
    }
    const stored = await world.stored()
    expect(stored.has(`user ${this.id}`)).toBe(false)
    expect(JSON.stringify([...stored])).not.toContain(this.id)
    // The one place, and proof that the person is still shared.
    expect((await world.plain.getConnection(world.districtId))?.settings.scope?.exclude).toEqual([this.id])
    expect(world.ids("user")).toContain(this.id)
  }
}

async function forgotten(storage: (typeof storageNames)[number]) {
  const world = new RosterWorld({ storage })
  await world.plain.open()
  const person = new ExcludedPerson(world)
  await person.leaveTraces()
  await person.forget()
  return { world, person }
}

describe.each(storageNames)("S31 S18 somebody forgotten and left out, still shared, on %s", (storage) => {
  it("S31 S18 leaves no trace through bulk and delta imports, nor when they change", async () => {
    const { world, person } = await forgotten(storage)
    await person.expectNoTrace()
    expect(await person.import("delta")).toMatchObject({ mode: "bulk", state: "applied" })
    await person.expectNoTrace()
    for (const mode of ["delta", "bulk", "delta"] as const) {
      person.change()
      world.district.nextDay({ intensity: 2 })
      expect(await person.import(mode)).toMatchObject({ mode, state: "applied" })
      await person.expectNoTrace()
    }
    world.district.unshare({ ids: [person.id] })
    await person.import("delta")
    world.district.reshare({ ids: [person.id] })
    expect(await person.import("delta")).toMatchObject({ mode: "delta" })
    await person.expectNoTrace()
    await world.roster.syncUser({ districtId: world.districtId, id: person.id })
    await person.expectNoTrace()
  })

  it("S31 S18 leaves none in what is staged, planned or rejected either", async () => {
    const { world, person } = await forgotten(storage)
    // Interrupted right behind the person's page.
    const stop = new AbortController()
    const { pageSize } = world.source
    world.source.pageSize = 1
    const behind = `user ${world.ids("user").sort().indexOf(person.id) + 1}`
    world.source.beforeRequest = (name) => {
      if (name === behind) stop.abort()
    }
    expect(await person.import("bulk", { signal: stop.signal })).toMatchObject({ state: "interrupted" })
    await person.expectNoTrace()
    world.source.beforeRequest = () => {}
    world.source.pageSize = pageSize
    expect(await person.import("bulk")).toMatchObject({ state: "applied" })
    await person.expectNoTrace()
    // Malformed in a field, then in the place where it is said whose record it is.
    const damages: ((record: Record<string, unknown>) => void)[] = [
      (record) => Object.assign((record.roles as { student: object }).student, { dob: 7 }),
      (record) => Object.assign(record, { district: { of: person.id } }),
      (record) => Object.assign(record, { roles: [record.name] }),
    ]
    for (const damage of damages) {
      person.alter = damage
      for (const mode of ["bulk", "delta"] as const) {
        person.change()
        await person.import(mode)
      }
      await person.expectNoTrace()
    }
    person.change()
    const plan = await world.roster.plan({ districtId: world.districtId, mode: "delta" })
    expect(plan.state).toBe("planned")
    await person.expectNoTrace()
  })
})
