import { HomeroomError, isHomeroomError, tellTo } from "../../errors/index.ts"
import { type Repeat, repeatWithTimer } from "../../models/index.ts"
import type { Connection, ConnectionMode, DocumentPut, RosterStorage } from "../../storage/contract.ts"
import { type DistrictDirectory, type ExchangeApp, ExchangeApps } from "../apps/exchange-app.ts"
import { auditWrite } from "../audit-log.ts"
import type { Connections } from "../connections.ts"
import {
  type DiscoveryPoll,
  readPoll,
  readSeen,
  type SeenDistrict,
  seenWrite,
  writePoll,
} from "./discovery-documents.ts"

/** What lists the districts that are connected to an app: a `CleverClient` does. */
export interface DistrictTokens {
  /** One token for each district. Rejects with a `CLEVER_…` code where the list does not come to its end. */
  districtTokens(options: {
    signal?: AbortSignal | undefined
  }): AsyncIterable<{ readonly districtId: string }>
}

export type DiscoveryApp = ExchangeApp<DistrictDirectory & DistrictTokens>

/** What a look has found, told once for each district whichever process looked. */
export interface DiscoveryEvent {
  /** `found`: a request was filed for it; `back`: it was gone; `gone`: Clever does not list it any more. */
  readonly type: "district-found" | "district-back" | "district-gone"
  readonly app: string
  readonly districtId: string
  /** The connection as it is now. A district that is gone keeps it: whether to end it is for people to say. */
  readonly connection: Connection | undefined
}

/** How the look at one app went. */
export interface DiscoveryReport {
  readonly app: string
  /** How many districts are connected to the app; null where that could not be read. */
  readonly districts: number | null
  readonly found: readonly string[]
  readonly back: readonly string[]
  readonly gone: readonly string[]
  readonly error: HomeroomError | null
}

export interface DiscoveryOptions {
  storage: RosterStorage
  connections: Connections
  /** The Clever apps, as `cleverApps` makes them. */
  apps: readonly DiscoveryApp[]
  /** Which mode is requested where an app says none. Default `sso+provisioning`. */
  mode?: ConnectionMode | undefined
  /** How often each app's districts are listed, by all processes together. Default 15 minutes. */
  intervalMs?: number | undefined
  /** Told once the finding is stored. What it throws is ignored. */
  onEvent?: ((event: DiscoveryEvent) => void) | undefined
  /** Told of each look that this process has taken, failed ones included. What it throws is ignored. */
  onReport?: ((report: DiscoveryReport) => void) | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
  /** How it is repeated. Default: a timer that does not keep the process alive. */
  repeat?: Repeat | undefined
}

const by = "discovery"
const defaultIntervalMs = 900_000
/** A list that lacks a district once may be a bad list. */
const missingToBeGone = 2

/**
 * Finds the districts that have connected to the Clever apps, which Clever tells nobody of, and files each as a
 * requested connection. One that disappears at Clever, in two looks one after the other, is told of and noted in the
 * audit log; its connection and its roster stay as they are. One that comes back is requested anew if its connection
 * had been ended.
 *
 * Any number of processes may run it. A look that fails is reported with its code, and taken again the next time.
 */
export class Discovery {
  readonly #options: DiscoveryOptions
  readonly #apps: ExchangeApps<DiscoveryApp>
  readonly #clock: () => number
  readonly #intervalMs: number
  #stopRepeating: (() => void) | undefined
  #stopping = new AbortController()
  #looking: Promise<void> | undefined

  /** Throws `INVALID_OPTIONS` as {@link Connections} does. */
  constructor(options: DiscoveryOptions) {
    this.#options = options
    this.#apps = new ExchangeApps(options.apps)
    this.#clock = options.clock ?? Date.now
    this.#intervalMs = options.intervalMs ?? defaultIntervalMs
  }

  /** Looks now and from then on, each time at the apps whose time has come. Never rejects for a look that fails. */
  async start(): Promise<void> {
    const { repeat = repeatWithTimer } = this.#options
    if (this.#stopping.signal.aborted) this.#stopping = new AbortController()
    // Oftener than the interval, so that one process takes over soon from another.
    this.#stopRepeating ??= repeat(() => void this.#lookOnce(), Math.ceil(this.#intervalMs / 5))
    await this.#lookOnce()
  }

  /** Waits for a look that is under way. */
  async stop(): Promise<void> {
    this.#stopRepeating?.()
    this.#stopRepeating = undefined
    this.#stopping.abort()
    await this.#looking
  }

  /** Looks at every app now, whenever that was done last. Rejects with `STORAGE_…` codes alone. */
  async poll({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<DiscoveryReport[]> {
    await this.#options.storage.open()
    const reports: DiscoveryReport[] = []
    for (const app of this.#apps.list) reports.push(await this.#pollApp(app, signal))
    return reports
  }

  /** The last look at each app that was ever looked at. Rejects with `STORAGE_…` codes. */
  async lastPolls(): Promise<DiscoveryPoll[]> {
    await this.#options.storage.open()
    const polls = await Promise.all(this.#apps.list.map(({ name }) => readPoll(this.#options.storage, name)))
    return polls.filter((found) => found !== undefined).map(({ poll }) => poll)
  }

  #lookOnce(): Promise<void> {
    this.#looking ??= this.#lookIfDue().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #lookIfDue(): Promise<void> {
    const { storage, onReport } = this.#options
    const { signal } = this.#stopping
    for (const app of this.#apps.list) {
      if (signal.aborted) return
      try {
        await storage.open()
        if (await this.#claim(app.name)) await this.#pollApp(app, signal)
      } catch (error) {
        const failure = asFailure(error)
        tellTo(onReport)({ ...nothing(app.name), error: failure })
      }
    }
  }

  /** Whether it is this process's turn to look at an app. */
  async #claim(app: string): Promise<boolean> {
    const { storage } = this.#options
    const nowMs = this.#clock()
    const last = await readPoll(storage, app)
    if (last !== undefined && nowMs - Date.parse(last.poll.at) < this.#intervalMs) return false
    return writePoll(storage, { app, at: iso(nowMs), districts: null, code: null }, last?.revision ?? 0)
  }

  async #pollApp(app: DiscoveryApp, signal: AbortSignal | undefined): Promise<DiscoveryReport> {
    const { storage, onReport } = this.#options
    const at = iso(this.#clock())
    let listed: Set<string> | undefined
    let error: HomeroomError | null = null
    try {
      listed = await listDistricts(app, signal)
    } catch (failure) {
      error = asFailure(failure)
    }
    const districts = listed?.size ?? null
    const found = listed === undefined ? nothing(app.name) : await this.#compare(app, listed, signal)
    await writePoll(storage, { app: app.name, at, districts, code: error?.code ?? null }, undefined)
    const report = { ...found, districts, error }
    tellTo(onReport)(report)
    return report
  }

  async #compare(
    app: DiscoveryApp,
    listed: ReadonlySet<string>,
    signal: AbortSignal | undefined,
  ): Promise<DiscoveryReport> {
    const known = await readSeen(this.#options.storage, app.name)
    const found: string[] = []
    const back: string[] = []
    const gone: string[] = []
    for (const districtId of listed) {
      const before = known.get(districtId)
      if (before === undefined) {
        if (await this.#noteNew(app, districtId, signal)) found.push(districtId)
      } else if (before.seen.goneAt !== null || before.seen.missing > 0) {
        if (await this.#noteBack(app, districtId, before)) back.push(districtId)
      }
    }
    for (const [districtId, before] of known) {
      if (listed.has(districtId) || before.seen.goneAt !== null) continue
      if (await this.#noteMissing(app, districtId, before)) gone.push(districtId)
    }
    return { ...nothing(app.name), found, back, gone }
  }

  /** True if a request was filed for it. */
  async #noteNew(app: DiscoveryApp, districtId: string, signal: AbortSignal | undefined): Promise<boolean> {
    const { storage } = this.#options
    const known = await storage.getConnection(districtId)
    const filed = known === undefined ? await this.#request(app, districtId, signal) : undefined
    if ((await storage.getConnection(districtId)) !== undefined) {
      const seen = { firstSeenAt: iso(this.#clock()), missing: 0, goneAt: null }
      // Refused where another process has just done the same.
      await storage.writeDocuments([seenWrite(app.name, districtId, seen, 0)])
    }
    if (filed === undefined) return false
    this.#tell({ type: "district-found", app: app.name, districtId, connection: filed })
    return true
  }

  /** True if it had been gone. */
  async #noteBack(
    app: DiscoveryApp,
    districtId: string,
    { seen, revision }: { seen: SeenDistrict; revision: number },
  ): Promise<boolean> {
    const { storage } = this.#options
    const next = { ...seen, missing: 0, goneAt: null }
    const writes = [seenWrite(app.name, districtId, next, revision)]
    const wasGone = seen.goneAt !== null
    if (wasGone) writes.push(this.#audit("district-back", app.name, districtId))
    if (!(await storage.writeDocuments(writes)) || !wasGone) return false
    let connection = await storage.getConnection(districtId)
    if (connection?.state === "disconnected" || connection?.state === "declined") {
      connection = (await this.#request(app, districtId, undefined)) ?? connection
    }
    this.#tell({ type: "district-back", app: app.name, districtId, connection })
    return true
  }

  /** True if it is taken for gone from now on. */
  async #noteMissing(
    app: DiscoveryApp,
    districtId: string,
    { seen, revision }: { seen: SeenDistrict; revision: number },
  ): Promise<boolean> {
    const { storage } = this.#options
    const missing = seen.missing + 1
    const isGone = missing >= missingToBeGone
    const next = { ...seen, missing, goneAt: isGone ? iso(this.#clock()) : null }
    const writes = [seenWrite(app.name, districtId, next, revision)]
    if (isGone) writes.push(this.#audit("district-gone", app.name, districtId))
    if (!(await storage.writeDocuments(writes)) || !isGone) return false
    const connection = await storage.getConnection(districtId)
    this.#tell({ type: "district-gone", app: app.name, districtId, connection })
    return true
  }

  /** Undefined where somebody else has requested it meanwhile. */
  async #request(
    app: DiscoveryApp,
    districtId: string,
    signal: AbortSignal | undefined,
  ): Promise<Connection | undefined> {
    const { connections, mode } = this.#options
    try {
      return await connections.request(districtId, {
        mode: app.mode ?? mode ?? "sso+provisioning",
        name: await nameOf(app, districtId, signal),
        app: connections.apps.length > 1 ? app.name : undefined,
        by,
      })
    } catch (error) {
      if (isHomeroomError(error) && error.code === "CONNECTION_TRANSITION_INVALID") return undefined
      throw error
    }
  }

  #audit(action: "district-gone" | "district-back", app: string, districtId: string): DocumentPut {
    return auditWrite({ at: iso(this.#clock()), by, action, districtId, details: { app } })
  }

  #tell(event: DiscoveryEvent): void {
    tellTo(this.#options.onEvent)(event)
  }
}

/** All of them, or none: of a list that breaks off nobody is missing. */
async function listDistricts(app: DiscoveryApp, signal: AbortSignal | undefined): Promise<Set<string>> {
  const listed = new Set<string>()
  for await (const { districtId } of app.clever.districtTokens({ signal })) listed.add(districtId)
  return listed
}

/** What the district is called; undefined where Clever does not say: it is looked up again on activation. */
async function nameOf(
  app: DiscoveryApp,
  districtId: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    for await (const { id, name } of app.clever.districts({ districtId, signal, onRejected: () => {} })) {
      if (id === districtId) return name ?? undefined
    }
  } catch {
    // A request without a name is a request.
  }
  return undefined
}

function nothing(app: string): DiscoveryReport {
  return { app, districts: null, found: [], back: [], gone: [], error: null }
}

function asFailure(error: unknown): HomeroomError {
  return isHomeroomError(error) ? error : new HomeroomError("INTERNAL", { cause: error })
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
