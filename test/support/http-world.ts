import { onTestFinished } from "vitest"
import { CleverClient, type CleverClientOptions } from "../../src/clever/index.ts"
import { RosterSync, type RosterSyncOptions, type SyncOptions } from "../../src/roster/index.ts"
import { type SimulatedDistrict, type Simulator, startSimulator } from "../../src/simulator/index.ts"
import type { RosterStorage, Run } from "../../src/storage/contract.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { guardsOff } from "./guards-off.ts"
import { seed } from "./seed.ts"
import { storedRoster } from "./stored-roster.ts"
import { type Roster, Truth } from "./truth.ts"

/** A simulated Clever on a port, the real client, and the engine: waits are written down instead of waited out. */
export class HttpWorld {
  readonly simulator: Simulator
  readonly district: SimulatedDistrict
  readonly storage: RosterStorage
  readonly roster: RosterSync
  /** Every wait of the client, in milliseconds. */
  readonly waits: number[]
  readonly #truth = new Truth()

  private constructor(
    simulator: Simulator,
    district: SimulatedDistrict,
    options: Partial<CleverClientOptions>,
    roster: Partial<RosterSyncOptions>,
  ) {
    const now = () => simulator.clock.now().getTime()
    const waits: number[] = []
    this.simulator = simulator
    this.district = district
    this.waits = waits
    this.storage = new MemoryStorage({ clock: now })
    const { apiUrl, authUrl, clientId, clientSecret } = simulator
    const clever = new CleverClient({
      apiUrl,
      authUrl,
      clientId,
      clientSecret,
      clock: now,
      random: () => 1,
      sleep: async (ms) => {
        waits.push(ms)
      },
      ...options,
    })
    this.roster = new RosterSync({
      clever,
      storage: this.storage,
      clock: now,
      pageSize: 20,
      guards: guardsOff,
      ...roster,
    })
  }

  static async start(
    options: Partial<CleverClientOptions> = {},
    roster: Partial<RosterSyncOptions> = {},
  ): Promise<HttpWorld> {
    const now = () => new Date("2026-09-01T06:00:00Z")
    const simulator = await startSimulator({
      seed: seed(),
      users: 100,
      schools: 2,
      now,
      wallClock: now,
      rateLimit: 1_000_000,
    })
    onTestFinished(() => simulator.close())
    const [district] = simulator.districts
    if (district === undefined) throw new Error("a simulator without a district")
    return new HttpWorld(simulator, district, options, roster)
  }

  sync(mode: "bulk" | "delta", options: Partial<SyncOptions> = {}): Promise<Run> {
    this.simulator.clock.advance(1_000)
    return this.roster.sync({ districtId: this.district.id, mode, ...options })
  }

  stored(): Promise<Roster> {
    return storedRoster(this.storage, this.district.id)
  }

  truth(): Roster {
    return this.#truth.observe(this.district)
  }

  async history(): Promise<Run[]> {
    const runs: Run[] = []
    for await (const run of this.roster.history({ districtId: this.district.id })) runs.push(run)
    return runs
  }
}
