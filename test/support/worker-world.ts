import { join } from "node:path"
import { onTestFinished } from "vitest"
import { Connections, InProcessQueue } from "../../src/entries/exchange.ts"
import { CleverClient, RosterSync } from "../../src/index.ts"
import { type SimulatedDistrict, type Simulator, startSimulator } from "../../src/simulator/index.ts"
import type { ImportMode, RosterStorage, Run } from "../../src/storage/contract.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { guardsOff } from "./guards-off.ts"
import { temporaryFolder } from "./roster-world.ts"
import { seed } from "./seed.ts"
import { storedRoster } from "./stored-roster.ts"
import { type Roster, Truth } from "./truth.ts"
import type { WorkerOrder } from "./worker-child.ts"
import { WorkerProcess } from "./worker-process.ts"

/** A simulated Clever and a SQLite database for workers in processes of their own. */
export class WorkerWorld {
  readonly simulator: Simulator
  readonly folder: string
  readonly storage: RosterStorage
  readonly connections: Connections
  readonly queue: InProcessQueue
  readonly roster: RosterSync
  readonly #truth = new Truth()

  private constructor(simulator: Simulator, folder: string) {
    this.simulator = simulator
    this.folder = folder
    this.storage = new SqliteStorage({ path: join(folder, "roster.db") })
    const clever = new CleverClient(this.client)
    this.connections = new Connections({ storage: this.storage, clever })
    this.queue = new InProcessQueue({ storage: this.storage })
    this.roster = new RosterSync({ clever, storage: this.storage, guards: guardsOff, pageSize: 50 })
  }

  static async start({ users = 300, districts = 1 } = {}): Promise<WorkerWorld> {
    const simulator = await startSimulator({ seed: seed(), districts, users, schools: 2 })
    onTestFinished(() => simulator.close())
    const world = new WorkerWorld(simulator, temporaryFolder())
    onTestFinished(() => world.storage.close())
    await world.connections.connect(world.district.id, { mode: "sso+provisioning", by: "test" })
    return world
  }

  get district(): SimulatedDistrict {
    const [district] = this.simulator.districts
    if (district === undefined) throw new Error("a simulator without a district")
    return district
  }

  get client(): WorkerOrder["client"] {
    const { apiUrl, authUrl, clientId, clientSecret } = this.simulator
    return { apiUrl, authUrl, clientId, clientSecret }
  }

  /** A worker that takes over from others two seconds after they were heard of last. */
  worker(order: Partial<WorkerOrder> = {}): WorkerProcess {
    const worker = new WorkerProcess({
      client: this.client,
      storage: `sqlite:${join(this.folder, "roster.db")}`,
      leaseMs: 2_000,
      ...order,
    })
    onTestFinished(() => worker.end())
    return worker
  }

  async ask(mode: ImportMode): Promise<void> {
    await this.queue.add({ districtId: this.district.id, mode, reason: "requested", requestedBy: "test" })
  }

  stored(): Promise<Roster> {
    return storedRoster(this.storage, this.district.id)
  }

  truth(): Roster {
    return this.#truth.observe(this.district)
  }

  async runs(): Promise<Run[]> {
    const runs: Run[] = []
    for await (const run of this.roster.history({ districtId: this.district.id })) runs.push(run)
    return runs
  }
}
