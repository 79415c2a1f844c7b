import { join } from "node:path"
import { onTestFinished } from "vitest"
import {
  type Connection,
  Connections,
  type DistrictDirectory,
  type ImportOutcome,
  ImportScheduler,
  type ImportSchedulerOptions,
  Imports,
  type ImportsOptions,
  InProcessQueue,
  type InProcessQueueOptions,
  type QueueWork,
} from "../../src/entries/exchange.ts"
import type { ErrorCode, FeedEvent, RosterSource, RosterStorage } from "../../src/index.ts"
import { HomeroomError, RosterSync } from "../../src/index.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { lendPostgres } from "./postgres-worlds.ts"
import { type StorageName, temporaryFolder } from "./roster-world.ts"

export const minuteMs = 60_000

/** Districts at Clever whose only record is their own; each request may be made to fail. */
export class SmallClever implements RosterSource, DistrictDirectory {
  readonly apiVersion = "v3.1"
  /** What the requests for a district fail with. */
  readonly failing = new Map<string, ErrorCode>()
  /** Runs before the listing of a district is answered. */
  beforeListing: (districtId: string) => Promise<void> | void = () => {}
  /** How many listings and event feeds were begun, by district. */
  readonly reads = new Map<string, number>()

  async *recordPages({ districtId, kind }: Parameters<RosterSource["recordPages"]>[0]) {
    if (kind !== "district") return
    this.reads.set(districtId, (this.reads.get(districtId) ?? 0) + 1)
    await this.beforeListing(districtId)
    this.#requireUp(districtId)
    const text = `{"id":"${districtId}","name":"District"}`
    const body = Buffer.from(text)
    yield {
      body,
      ids: [districtId],
      starts: Uint32Array.of(0),
      ends: Uint32Array.of(body.length),
      count: 1,
      next: null,
    }
  }

  async newestEvent({ districtId }: { districtId: string }): Promise<FeedEvent> {
    this.#requireUp(districtId)
    return { id: "58a2", type: "districts.created", created: "2026-03-01T00:00:00Z", object: undefined }
  }

  async *eventPages({ districtId }: { districtId: string }): AsyncGenerator<never> {
    this.#requireUp(districtId)
    yield* []
  }

  async recordText(): Promise<undefined> {}

  async *districts({ districtId }: { districtId: string }) {
    this.#requireUp(districtId)
    yield { id: districtId, name: "District" }
  }

  #requireUp(districtId: string): void {
    const code = this.failing.get(districtId)
    if (code !== undefined) throw new HomeroomError(code, { details: { districtId } })
  }
}

/** Timers that go off when they are told to. */
export class HandTimers {
  readonly #beats = new Set<() => void>()

  readonly repeat = (beat: () => void): (() => void) => {
    // Each has its own life, were it the same function.
    const own = (): void => beat()
    this.#beats.add(own)
    return () => this.#beats.delete(own)
  }

  /** All of them go off once. */
  beat(): void {
    for (const beat of [...this.#beats]) beat()
  }
}

/** Connections, the queue, imports and the scheduler on one storage and one clock that moves when it is told to. */
export class ExchangeWorld {
  nowMs: number = Date.parse("2026-03-02T08:00:00Z")
  readonly now: () => number = () => this.nowMs
  readonly clever: SmallClever = new SmallClever()
  readonly timers: HandTimers = new HandTimers()
  readonly path: string
  readonly #isPostgres: boolean
  readonly storage: RosterStorage
  readonly connections: Connections
  readonly roster: RosterSync
  readonly queue: InProcessQueue
  readonly imports: Imports
  readonly scheduler: ImportScheduler
  readonly outcomes: ImportOutcome[] = []
  readonly errors: unknown[] = []
  readonly #works: QueueWork[] = []

  constructor(storage: StorageName = "memory") {
    this.#isPostgres = storage === "postgres"
    this.path = storage === "sqlite" ? join(temporaryFolder(), "roster.db") : ""
    this.storage = this.openStorage()
    this.connections = new Connections({ storage: this.storage, clever: this.clever, clock: this.now })
    this.roster = this.anotherRoster()
    this.queue = this.anotherQueue()
    this.imports = this.anotherImports()
    this.scheduler = this.anotherScheduler()
    onTestFinished(async () => {
      await Promise.all(this.#works.map((work) => work.stop()))
    })
  }

  /** The store once more, as another process opens it; of a store in memory or on PostgreSQL the same one. */
  openStorage(): RosterStorage {
    if (this.path === "" && this.storage !== undefined) return this.storage
    if (this.#isPostgres) return lentStorage(this.now)
    const storage =
      this.path === ""
        ? new MemoryStorage({ clock: this.now })
        : new SqliteStorage({ path: this.path, clock: this.now })
    onTestFinished(() => storage.close())
    return storage
  }

  anotherRoster(storage: RosterStorage = this.storage): RosterSync {
    const { clever, now: clock } = this
    return new RosterSync({ clever, storage, clock, repeat: () => () => {} })
  }

  anotherQueue(options: Partial<InProcessQueueOptions> = {}): InProcessQueue {
    const { storage, now: clock, timers } = this
    const onError = (error: unknown): void => void this.errors.push(error)
    return new InProcessQueue({ storage, clock, repeat: timers.repeat, onError, ...options })
  }

  anotherImports(options: Partial<ImportsOptions> = {}): Imports {
    const { storage, connections, roster, queue, now: clock } = this
    const onOutcome = (outcome: ImportOutcome): void => void this.outcomes.push(outcome)
    return new Imports({ storage, connections, roster, queue, clock, onOutcome, ...options })
  }

  anotherScheduler(options: Partial<ImportSchedulerOptions> = {}): ImportScheduler {
    const { storage, connections, queue, now: clock, timers } = this
    const onError = (error: unknown): void => void this.errors.push(error)
    return new ImportScheduler({
      storage,
      connections,
      queue,
      clock,
      onError,
      repeat: timers.repeat,
      ...options,
    })
  }

  /** A district that is connected with provisioning. */
  async connect(districtId: string, settings: Connection["settings"] = {}): Promise<void> {
    await this.connections.connect(districtId, { mode: "sso+provisioning", by: "cli" })
    await this.connections.changeSettings(districtId, { by: "cli", change: () => settings })
    // What comes next in a log comes later.
    this.nowMs++
  }

  /** Works on the queue from now on, until the test ends or it is stopped. */
  async work(
    options: { queue?: InProcessQueue; imports?: Imports; concurrency?: number } = {},
  ): Promise<QueueWork> {
    const { queue = this.queue, imports = this.imports, concurrency } = options
    const work = await queue.work(imports.handle, { concurrency })
    this.#works.push(work)
    return work
  }

  /** Moves the clock, lets all timers go off, and waits until nothing is left to do. */
  async advance(ms: number): Promise<void> {
    this.nowMs += ms
    await this.scheduler.tick()
    this.timers.beat()
    await this.settle()
  }

  /** Waits until no job is at work and none is due. */
  async settle(): Promise<void> {
    await until(async () => {
      const jobs = await this.queue.list()
      return jobs.every(
        ({ state, notBefore }) =>
          state === "waiting" && notBefore !== undefined && Date.parse(notBefore) > this.nowMs,
      )
    })
  }
}

/** A schema of PostgreSQL for as long as the test runs. */
function lentStorage(clock: () => number): RosterStorage {
  const { storage, giveBack } = lendPostgres({ clock })
  onTestFinished(async () => {
    await storage.close()
    await giveBack()
  })
  return storage
}

/** Waits until the condition holds, looking again whenever everything at hand is done. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 60_000
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error("Waited in vain")
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

/** The id of the test's nth district. */
export function districtId(index: number): string {
  return `58a1${index.toString(16).padStart(20, "0")}`
}
