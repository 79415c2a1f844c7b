import { expect } from "vitest"
import { canonicalJson, type RosterRecord } from "../../src/models/index.ts"
import type { Kind } from "../../src/models/kinds.ts"
import { mergeOverrides } from "../../src/models/overrides.ts"
import {
  type DeadLetter,
  type DeliveryEvent,
  type DeliveryReport,
  TargetDelivery,
  type TargetDeliveryOptions,
} from "../../src/roster/index.ts"
import { seededRandom } from "../../src/simulator/random.ts"
import { AppTables, wholeLog } from "./app-tables.ts"
import { RosterWorld, type WorldOptions } from "./roster-world.ts"
import { seed } from "./seed.ts"
import type { Roster } from "./truth.ts"

/** A {@link RosterWorld} with an app whose tables follow. Waiting takes no time but the clock's. */
export class TargetWorld extends RosterWorld {
  readonly app: AppTables = new AppTables()
  readonly events: DeliveryEvent[] = []
  /** Every wait, in milliseconds. */
  readonly slept: number[] = []
  readonly delivery: TargetDelivery
  readonly #beats = new Set<() => void>()
  readonly #deliveryOptions: TargetDeliveryOptions

  constructor(options: WorldOptions & { delivery?: Partial<TargetDeliveryOptions> } = {}) {
    super(options)
    const random = seededRandom(seed(), "target-world")
    this.#deliveryOptions = {
      storage: this.storage,
      target: this.app,
      batchSize: 20,
      clock: this.now,
      random: () => random.next(),
      sleep: async (ms, signal) => {
        signal?.throwIfAborted()
        this.slept.push(ms)
        await this.pass(ms)
      },
      repeat: (beat) => {
        this.#beats.add(beat)
        return () => this.#beats.delete(beat)
      },
      onEvent: (event) => this.events.push(event),
      ...options.delivery,
    }
    this.delivery = new TargetDelivery(this.#deliveryOptions)
  }

  /** The delivery once more, as another process would run it. */
  anotherDelivery(options: Partial<TargetDeliveryOptions> = {}): TargetDelivery {
    return new TargetDelivery({ ...this.#deliveryOptions, ...options })
  }

  /** Lets time pass, in which whoever is at work gives signs of life. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5_000) {
      this.clock.advance(Math.min(left, 5_000))
      for (const beat of this.#beats) beat()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Makes the district one of those that are delivered without being named. */
  connect(): Promise<void> {
    const { districtId } = this
    const connection = { districtId, name: "", steps: [], settings: {} }
    return this.plain.saveConnection({ ...connection, mode: "sso+provisioning", state: "active" })
  }

  deliver(): Promise<DeliveryReport> {
    return this.delivery.deliver({ districtId: this.districtId })
  }

  /** A person's object of a role, if it has the role. */
  roleOf(id: string, role: string): unknown {
    return (this.district.record("user", id)?.roles as Record<string, unknown> | undefined)?.[role]
  }

  async letters(): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = []
    for await (const letter of this.delivery.deadLetters({ districtId: this.districtId }))
      letters.push(letter)
    return letters
  }

  eventsOf<Type extends DeliveryEvent["type"]>(type: Type): Extract<DeliveryEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<DeliveryEvent, { type: Type }> => event.type === type)
  }

  /** The tables hold the roster, and came to it in order. `archivedBefore`: when the target was added. */
  async expectFollowed(
    options: { app?: AppTables; archivedBefore?: ReadonlySet<string> } = {},
  ): Promise<void> {
    const { app = this.app, archivedBefore = new Set() } = options
    const stored = await this.stored()
    for (const key of archivedBefore) {
      if (!app.rows.has(key) && stored.get(key)?.state === "archived") stored.delete(key)
    }
    for (const [key, entry] of stored) {
      const [kind, id = ""] = key.split(" ")
      const ids = [id]
      const overrides = await this.plain.listOverrides({
        districtId: this.districtId,
        kind: kind as Kind,
        ids,
        limit: 100,
      })
      const data = entry.data as RosterRecord
      if (overrides.length > 0) entry.data = mergeOverrides(data, overrides)
    }
    expect(meaningOf(app.roster())).toEqual(meaningOf(stored))
    // An archive that was set aside is late; what its record needs is not kept back for it.
    const setAside = new Set(
      [...this.eventsOf("change-stuck"), ...this.eventsOf("change-blocked")]
        .filter(({ target, action }) => target === app.name && action === "archive")
        .map(({ kind, recordId }) => `${kind} ${recordId}`),
    )
    expect(app.enrolments).toEqual(app.expectedEnrolments())
    expect(await app.findViolations(this.plain, this.districtId, { archivedBefore, setAside })).toEqual([])
  }

  /** Every committed change after a version was written, at least once. */
  async expectAllDelivered(after = 0, app: AppTables = this.app): Promise<void> {
    const log = await wholeLog(this.plain, this.districtId)
    const missing = log.filter(({ version, changeId }) => version > after && !app.changeIds.has(changeId))
    expect(missing.map(({ changeId }) => changeId)).toEqual([])
  }
}

/** A roster without what means nothing (S11), of which a target is not told. */
export function meaningOf(roster: Roster): Map<string, string> {
  return new Map(
    [...roster]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { state, data }]) => [key, `${state} ${canonicalJson(data)}`]),
  )
}
