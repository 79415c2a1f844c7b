import { afterAll, beforeAll, expect, test } from "vitest"
import { CleverClient } from "../../src/clever/index.ts"
import { RosterSync, TargetDelivery } from "../../src/roster/index.ts"
import { type Simulator, startSimulator } from "../../src/simulator/index.ts"
import { seededRandom } from "../../src/simulator/random.ts"
import type { ImportMode, RosterStorage } from "../../src/storage/contract.ts"
import { PostgresStorage } from "../../src/storage/postgres/index.ts"
import { BossQueue } from "../../src/worker/index.ts"
import { OwnPostgres } from "../support/own-postgres.ts"
import { PostgresApp } from "../support/postgres-app.ts"
import { seed } from "../support/seed.ts"
import { storedRoster } from "../support/stored-roster.ts"
import { Truth } from "../support/truth.ts"
import { WorkerProcess } from "../support/worker-process.ts"

/** The whole size takes minutes: `HOMEROOM_CLUSTER=whole`. */
const isWhole = process.env.HOMEROOM_CLUSTER === "whole"
const districtCount = isWhole ? 300 : 24
const workerCount = isWhole ? 6 : 3
/** How often a worker is killed or frozen, in each of two rounds. */
const mishaps = isWhole ? 20 : 4
const requestsPerMinute = 120

let postgres: OwnPostgres
let simulator: Simulator
let storage: RosterStorage
let queue: BossQueue
let app: PostgresApp

beforeAll(async () => {
  postgres = await OwnPostgres.start()
  simulator = await startSimulator({
    seed: seed(),
    districts: districtCount,
    users: 12,
    schools: 1,
    rateLimit: requestsPerMinute,
  })
  storage = new PostgresStorage({ connectionString: postgres.url })
  await storage.open()
  queue = new BossQueue({ connectionString: postgres.url, heartbeatMs: 10_000 })
  app = new PostgresApp(postgres.url)
  await app.makeTables()
}, 120_000)

afterAll(async () => {
  await queue?.close()
  await app?.close()
  await storage?.close()
  await simulator?.close()
  await postgres?.stop()
})

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The worker processes, one of which meets with a mishap now and then. */
class Cluster {
  readonly #random = seededRandom(seed(), "cluster")
  readonly #workers: WorkerProcess[] = []
  readonly #frozen = new Set<WorkerProcess>()
  readonly gone: WorkerProcess[] = []
  #isEnding = false

  constructor() {
    for (let number = 0; number < workerCount; number++) this.#start()
  }

  get told(): WorkerProcess["messages"] {
    return [...this.gone, ...this.#workers].flatMap(({ messages }) => messages)
  }

  /** Kills a worker, and starts another; or freezes one for longer or shorter than its leases last. */
  async mishap(): Promise<void> {
    await pause(500 + this.#random.integer(2_000))
    const awake = this.#workers.filter((worker) => !this.#frozen.has(worker))
    const victim = awake[this.#random.integer(awake.length)]
    if (victim === undefined) return
    if (this.#random.integer(2) === 0) {
      victim.kill("SIGKILL")
      this.#workers.splice(this.#workers.indexOf(victim), 1)
      this.gone.push(victim)
      this.#start()
      return
    }
    victim.kill("SIGSTOP")
    this.#frozen.add(victim)
    setTimeout(() => this.#wake(victim), 1_000 + this.#random.integer(14_000))
  }

  /** Everybody is awake, and told to stop; rejects if one failed. */
  async end(): Promise<void> {
    this.#isEnding = true
    for (const worker of this.#frozen) this.#wake(worker)
    for (const worker of this.#workers) worker.kill("SIGTERM")
    for (const worker of this.#workers) {
      const outcome = await worker.gone
      // One that had only just been started had not yet begun to listen for the signal.
      if (outcome === "SIGTERM" && worker.of("ready").length === 0) continue
      if (outcome !== "0") throw new Error(`a worker ended with ${outcome}: ${worker.complaint}`)
    }
  }

  #start(): void {
    const { apiUrl, authUrl, clientId, clientSecret } = simulator
    const worker = new WorkerProcess({
      client: { apiUrl, authUrl, clientId, clientSecret },
      storage: postgres.url,
      target: postgres.url,
      leaseMs: 4_000,
      pageSize: 10,
      requestsPerMinute,
    })
    this.#workers.push(worker)
    // One that begins while the server is away gives up; whoever watches over it starts it anew.
    void worker.gone.then(() => {
      const place = this.#workers.indexOf(worker)
      if (this.#isEnding || place < 0 || worker.of("ready").length > 0) return
      this.#workers.splice(place, 1)
      this.#start()
    })
  }

  #wake(worker: WorkerProcess): void {
    this.#frozen.delete(worker)
    worker.kill("SIGCONT")
  }
}

/** Again, while the server is away. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries >= 40) throw error
      await pause(500)
    }
  }
}

async function importAll(mode: ImportMode): Promise<void> {
  for (const { id } of simulator.districts) {
    await patiently(() => queue.add({ districtId: id, mode, reason: "requested", requestedBy: "test" }))
  }
}

/** Waits until nothing is left on the queue. */
async function drained(): Promise<void> {
  while ((await patiently(() => queue.list())).length > 0) await pause(500)
}

/** Waits until the target has all of every district. */
async function delivered(): Promise<void> {
  const delivery = new TargetDelivery({ storage, target: app })
  for (const { id: districtId } of simulator.districts) {
    while ((await patiently(() => delivery.lag({ districtId }))).commits > 0) await pause(500)
  }
}

test("S20 S21 S22 S23 workers that are killed and frozen, and a server that is restarted, lose nothing and do nothing twice", {
  timeout: isWhole ? 1_200_000 : 300_000,
}, async () => {
  const { districts } = simulator
  for (const { id: districtId } of districts) {
    const connection = { districtId, name: "", steps: [], settings: {} }
    await storage.saveConnection({ ...connection, mode: "sso+provisioning", state: "active" })
  }
  const truths = new Map(districts.map((district) => [district.id, new Truth()]))
  const observe = () => districts.map((district) => truths.get(district.id)?.observe(district))
  const cluster = new Cluster()
  try {
    observe()
    await importAll("bulk")
    for (let number = 0; number < mishaps; number++) {
      await cluster.mishap()
      if (number === Math.floor(mishaps / 2)) await postgres.restart()
    }
    await drained()

    // From here on the target gets every change, archives included: nothing of it is a snapshot.
    await delivered()
    simulator.nextDay({ intensity: 8 })
    observe()
    await importAll("delta")
    for (let number = 0; number < mishaps; number++) await cluster.mishap()
    await drained()

    await delivered()
    const clever = new CleverClient({ districtToken: "none", apiUrl: simulator.apiUrl })
    const roster = new RosterSync({ clever, storage })
    for (const { id: districtId } of districts) {
      const truth = truths.get(districtId)
      const district = districts.find(({ id }) => id === districtId)
      const expected = district && truth?.observe(district)
      const stored = await storedRoster(storage, districtId)
      expect(stored).toEqual(expected)
      const rows = await app.rows(districtId)
      expect([...rows.keys()].sort()).toEqual([...stored.keys()].sort())
      for (const [key, { state }] of stored) expect([key, rows.get(key)?.state]).toEqual([key, state])

      // Each commit is a run of its own, and no run has two.
      const { version } = await storage.getDistrict(districtId)
      const commits = await storage.listCommits({ districtId, limit: 1_000 })
      expect(commits.map((commit) => commit.version)).toEqual(
        Array.from({ length: version }, (_, at) => at + 1),
      )
      const applied: string[] = []
      for await (const run of roster.history({ districtId })) if (run.version !== null) applied.push(run.id)
      expect(commits.map(({ runId }) => runId).sort()).toEqual(applied.sort())
    }
    expect(simulator.requests.count({ status: 429 })).toBe(0)
  } finally {
    await cluster.end()
  }
  const { told } = cluster
  const count = (type: string) => told.filter((message) => message.type === type).length
  const changes = await app.changes()
  process.stdout.write(
    `cluster: ${districtCount} districts, ${workerCount} workers, ${cluster.gone.length} killed, ` +
      `${count("run-ended")} runs ended, ${count("run-lost")} lost, ` +
      `${told.filter(({ type, resumed }) => type === "run-started" && resumed !== 0).length} gone on with, ` +
      `${changes.all} changes delivered, ${changes.repeated} of them more than once, ` +
      `${simulator.requests.total} requests\n`,
  )
  expect(count("run-ended")).toBeGreaterThanOrEqual(districtCount)
})
