import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { isHomeroomError } from "../../src/errors/index.ts"
import type { Kind } from "../../src/models/kinds.ts"
import {
  type RecordChange,
  RosterSync,
  type RosterSyncOptions,
  type SyncOptions,
} from "../../src/roster/index.ts"
import { Clock, SimulatedDistrict } from "../../src/simulator/index.ts"
import type { Rejection, RosterStorage, Run } from "../../src/storage/contract.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { guardsOff } from "./guards-off.ts"
import { type Interceptor, interceptStorage } from "./intercepted-storage.ts"
import { hasPostgres, lendPostgres } from "./postgres-worlds.ts"
import { RunWatch } from "./run-watch.ts"
import { ScriptedSource } from "./scripted-source.ts"
import { seed } from "./seed.ts"
import { storedRoster } from "./stored-roster.ts"
import { type Roster, Truth } from "./truth.ts"

export type StorageName = "memory" | "sqlite" | "postgres"
/** PostgreSQL where a server runs. */
export const storageNames: readonly StorageName[] = hasPostgres
  ? ["memory", "sqlite", "postgres"]
  : ["memory", "sqlite"]

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "homeroom-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface WorldOptions {
  storage?: StorageName
  users?: number
  schools?: number
  /** Which of the seed's districts. Default 0. */
  index?: number
  pageSize?: number
  roster?: Partial<RosterSyncOptions>
}

/**
 * A small simulated district, a storage and the engine between them, on one clock that moves by a second before each
 * import and otherwise when told to. Closes with the test. Every run written must keep to the table of transitions, or
 * the call that writes it fails. Guards are off, but for rejected records and where `roster` has others.
 */
export class RosterWorld {
  readonly clock: Clock = new Clock(() => new Date("2026-09-01T06:00:00Z"))
  readonly district: SimulatedDistrict
  readonly source: ScriptedSource
  /** The path of SQLite's file; of another storage, empty. */
  readonly path: string
  /** The storage itself, past every hook. */
  readonly plain: RosterStorage
  readonly storage: RosterStorage
  readonly hooks: Interceptor = {}
  readonly watch: RunWatch = new RunWatch()
  readonly roster: RosterSync
  readonly #truth = new Truth()
  readonly #rosterOptions: RosterSyncOptions

  constructor(options: WorldOptions = {}) {
    const { storage = "memory", users = 60, schools = 2, index = 0, pageSize = 20 } = options
    this.district = new SimulatedDistrict({ seed: seed(), index, users, schools, clock: this.clock })
    this.source = new ScriptedSource(this.district)
    this.source.pageSize = pageSize
    this.path = storage === "sqlite" ? join(temporaryFolder(), "roster.db") : ""
    const { now: clock } = this
    const lent = storage === "postgres" ? lendPostgres({ clock }) : undefined
    this.plain =
      lent?.storage ??
      (storage === "sqlite" ? new SqliteStorage({ path: this.path, clock }) : new MemoryStorage({ clock }))
    this.storage = interceptStorage(this.plain, {
      beforeCall: async (method, parameters) => {
        this.watch.check(method, parameters)
        await this.hooks.beforeCall?.(method, parameters)
      },
      afterCall: async (method, parameters) => {
        this.watch.note(method, parameters)
        await this.hooks.afterCall?.(method, parameters)
      },
    })
    this.#rosterOptions = {
      clever: this.source,
      storage: this.storage,
      clock: this.now,
      sleep: async (ms) => this.clock.advance(ms),
      repeat: () => () => {},
      ...options.roster,
      guards: { ...guardsOff, ...options.roster?.guards },
    }
    this.roster = new RosterSync(this.#rosterOptions)
    onTestFinished(async () => {
      await this.plain.close()
      await lent?.giveBack()
    })
  }

  readonly now: () => number = () => this.clock.now().getTime()

  get districtId(): string {
    return this.district.id
  }

  /** The engine once more, as another process or release would run it. */
  another(options: Partial<RosterSyncOptions> = {}): RosterSync {
    return new RosterSync({ ...this.#rosterOptions, ...options })
  }

  bulk(options: Partial<SyncOptions> = {}): Promise<Run> {
    this.clock.advance(1_000)
    return this.roster.sync({ districtId: this.districtId, mode: "bulk", ...options })
  }

  delta(options: Partial<SyncOptions> = {}): Promise<Run> {
    this.clock.advance(1_000)
    return this.roster.sync({ districtId: this.districtId, mode: "delta", ...options })
  }

  stored(): Promise<Roster> {
    return storedRoster(this.plain, this.districtId)
  }

  /** What the store must hold if an import ends now. Takes note of what is shared, so that it can be missed later. */
  truth(): Roster {
    return this.#truth.observe(this.district)
  }

  ids(kind: Kind): string[] {
    return this.district.records(kind).map((record) => String(record.id))
  }

  async history(): Promise<Run[]> {
    const runs: Run[] = []
    for await (const run of this.roster.history({ districtId: this.districtId })) runs.push(run)
    return runs
  }

  async changes(run: Run): Promise<RecordChange[]> {
    const changes: RecordChange[] = []
    for await (const change of this.roster.changes(run.id)) changes.push(change)
    return changes
  }

  rejections(run: Run): Promise<Rejection[]> {
    return this.plain.listRejections({ runId: run.id, limit: 1_000 })
  }
}

/** The code that work fails with; the value itself if it does not fail. */
export async function codeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work
  } catch (error) {
    return isHomeroomError(error) ? error.code : error
  }
}
