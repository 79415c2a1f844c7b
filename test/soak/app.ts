import { Connections, ImportScheduler, Imports, InProcessQueue } from "../../src/exchange/index.ts"
import { CleverClient, RosterSync, type Target, TargetDelivery } from "../../src/index.ts"
import { canonicalJson } from "../../src/models/index.ts"
import { CleverSsoClient } from "../../src/sso/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { guardsOff } from "../support/guards-off.ts"
import type { CleverAnswers } from "./simulated-clever.ts"

/** For how many days the soaked app keeps details and archived records. */
export const keptDays = 30

/** Everything of an app with a nightly import and logins, on a clock that moves when it is told to. */
export class SoakedApp {
  nowMs: number
  readonly path: string
  readonly storage: SqliteStorage
  readonly sso: CleverSsoClient
  readonly delivery: TargetDelivery
  /** What the target holds: `kind id` and the canonical text. */
  readonly rows: Map<string, string> = new Map()
  /** When the target was told that a record is archived. */
  readonly archivedMs: Map<string, number> = new Map()
  /** What went wrong anywhere. */
  readonly errors: unknown[] = []
  /** How many imports ended, by how. */
  readonly imports: Map<string, number> = new Map()
  readonly #access: CleverAnswers["open"]
  readonly #connections: Connections
  readonly #queue: InProcessQueue
  readonly #works: Imports
  readonly #scheduler: ImportScheduler
  readonly #beats = new Set<() => void>()

  constructor(options: { access: CleverAnswers["open"]; path: string; startMs: number }) {
    const { url, clientId, clientSecret } = options.access
    this.#access = options.access
    this.path = options.path
    this.nowMs = options.startMs
    const clock = (): number => this.nowMs
    const repeat = (beat: () => void): (() => void) => {
      const own = (): void => beat()
      this.#beats.add(own)
      return () => this.#beats.delete(own)
    }
    const onError = (error: unknown): void => void this.errors.push(error)
    const clever = new CleverClient({ apiUrl: url, authUrl: url, clientId, clientSecret, maxRetries: 0 })
    const storage = new SqliteStorage({ path: options.path, clock })
    const connections = new Connections({ storage, clever, clock })
    const retention = { changesDays: keptDays, archivedDays: keptDays, stagedDays: 7 }
    const roster = new RosterSync({ clever, storage, clock, repeat, retention, guards: guardsOff })
    const queue = new InProcessQueue({ storage, clock, repeat, onError })
    this.storage = storage
    this.#connections = connections
    this.#queue = queue
    this.#scheduler = new ImportScheduler({
      storage,
      connections,
      queue,
      clock,
      repeat,
      onError,
      keepAuditDays: keptDays,
    })
    this.#works = new Imports({
      ...{ storage, connections, roster, queue, clock },
      onOutcome: ({ state }) => void this.imports.set(state, (this.imports.get(state) ?? 0) + 1),
    })
    this.delivery = new TargetDelivery({ storage, target: this.#target(), clock, repeat })
    this.sso = new CleverSsoClient({
      clientId,
      clientSecret,
      redirectUri: "http://localhost/auth/clever/callback",
      allowInsecureLocalhost: true,
      cookieSecret: "a secret of the tests, thirty-two bytes or more",
      apiUrl: url,
      authUrl: url,
      store: storage,
      clock,
    })
  }

  /** Timers that are set and not taken back. */
  get timers(): number {
    return this.#beats.size
  }

  /** Connects the district and works on its imports until the returned function is called. */
  async start(): Promise<() => Promise<void>> {
    await this.storage.open()
    await this.#connections.connect(this.#access.districtId, { mode: "sso+provisioning", by: "soak" })
    const work = await this.#queue.work(this.#works.handle, {})
    // From now on its time is known, and comes during the first day.
    await this.#scheduler.tick()
    return async () => {
      await work.stop()
      await this.storage.close()
    }
  }

  /** Imports what is due and hands it on to the target. */
  async night(): Promise<void> {
    await this.#scheduler.tick()
    for (const beat of [...this.#beats]) beat()
    while (
      (await this.#queue.list()).some(
        ({ state, notBefore }) => state !== "waiting" || notBefore === undefined,
      )
    ) {
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await this.delivery.deliver({ districtId: this.#access.districtId })
  }

  #target(): Target {
    const put: Target["create"] = async (changes) => {
      for (const { kind, id, after } of changes) {
        this.rows.set(`${kind} ${id}`, canonicalJson(after))
        this.archivedMs.delete(`${kind} ${id}`)
      }
    }
    return {
      name: "soak",
      create: put,
      update: put,
      restore: put,
      archive: async (changes) => {
        for (const { kind, id } of changes) {
          this.rows.delete(`${kind} ${id}`)
          this.archivedMs.set(`${kind} ${id}`, this.nowMs)
        }
      },
    }
  }
}
