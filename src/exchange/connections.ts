import { HomeroomError, isHomeroomError } from "../errors/index.ts"
import { requireSameConnection } from "../storage/contract/connections.ts"
import type {
  Connection,
  ConnectionMode,
  ConnectionSettings,
  ConnectionState,
  RosterStorage,
} from "../storage/contract.ts"
import { type DistrictDirectory, type ExchangeApp, ExchangeApps } from "./apps/exchange-app.ts"
import { AuditLog } from "./audit-log.ts"
import { checkedSettings, differingParts, isSame } from "./connection-settings.ts"
import { takeStep } from "./connection-states.ts"
import { type ConnectionStepEvent, StepNotices } from "./step-notices.ts"

export interface ConnectionsOptions {
  storage: RosterStorage
  /** The Clever app, where there is one. One of `clever` and `apps` is needed; default: none. */
  clever?: DistrictDirectory | undefined
  /** The Clever apps, where there are several. Default: none. */
  apps?: readonly ExchangeApp[] | undefined
  /**
   * Told of every step once it is saved, to notify people: of those that other processes took, the command line's and
   * an undo's pause included, with {@link Connections.notice}. Each step is told once; one that is more than seven days
   * old when it is noticed is not. What it throws is ignored.
   */
  onStep?: ((event: ConnectionStepEvent) => void) | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
}

/** Who takes a step: a user of the app, or `cli`. */
export interface ConnectionActor {
  by: string
}

export interface ConnectionRequest extends ConnectionActor {
  mode: ConnectionMode
  /** The district's name, where it is known already; looked up at Clever on activation. */
  name?: string | undefined
  /** The name of the Clever app, of several. Default: the one that is for this mode. */
  app?: string | undefined
}

export interface ConnectionActivation extends ConnectionActor {
  mode: ConnectionMode
  /** The name of the Clever app, of several. Default: the connection's own, else the one that is for this mode. */
  app?: string | undefined
  signal?: AbortSignal | undefined
}

/** New settings of a connection, in place of those that somebody has seen. */
export interface SettingsChange extends ConnectionActor {
  settings: ConnectionSettings
  /** The settings that they are meant to replace. */
  basis: ConnectionSettings
}

/** How often a write is begun anew because somebody else's came in between. */
const writeTries = 20

/**
 * Which districts use the app, in which mode, and who decided so: one connection a district.
 *
 * Steps follow the table `connectionTransitions`; any other rejects with `CONNECTION_TRANSITION_INVALID`. Each
 * step is recorded with who took it and when, and none is ever removed. Every method rejects with `STORAGE_…` codes.
 */
export class Connections {
  readonly #storage: RosterStorage
  readonly #apps: ExchangeApps
  readonly #notices: StepNotices
  readonly #audit: AuditLog
  readonly #clock: () => number

  /** Throws `INVALID_OPTIONS` unless there is an app. */
  constructor({ storage, clever, apps = [], onStep, clock = Date.now }: ConnectionsOptions) {
    this.#storage = storage
    this.#apps = new ExchangeApps(clever === undefined ? apps : [{ name: "default", clever }, ...apps])
    this.#notices = new StepNotices({ storage, onStep, clock })
    this.#audit = new AuditLog({ storage, clock })
    this.#clock = clock
  }

  /** The Clever apps: their names, and where districts sign up for them. */
  get apps(): readonly Pick<ExchangeApp, "name" | "mode" | "signupUrl">[] {
    return this.#apps.list.map(({ name, mode, signupUrl }) => ({ name, mode, signupUrl }))
  }

  /** The app that a connection goes through. Throws `INVALID_OPTIONS` if it is not configured. */
  appOf(connection: Connection): Pick<ExchangeApp, "name" | "mode" | "signupUrl"> {
    const { name, mode, signupUrl } = this.#apps.of(connection)
    return { name, mode, signupUrl }
  }

  /** The connection of a district. Rejects with `CONNECTION_NOT_FOUND`. */
  async get(districtId: string): Promise<Connection> {
    const connection = await this.#find(districtId)
    if (connection === undefined) throw notFound(districtId)
    return connection
  }

  /** All connections in ascending district id, ended ones included. */
  async *list(): AsyncIterable<Connection> {
    await this.#storage.open()
    yield* await this.#storage.listConnections()
  }

  /**
   * Asks for a connection: of a new district, or again of one that was disconnected or declined. Rejects with
   * `CONNECTION_TRANSITION_INVALID` in any other state, and with `INVALID_OPTIONS` for an app that is not configured.
   */
  async request(districtId: string, { mode, name, app, by }: ConnectionRequest): Promise<Connection> {
    if (app !== undefined) this.#apps.get(app)
    return this.#change(districtId, (known) =>
      withApp(this.#requested(known, { districtId, mode, name: name ?? known?.name ?? "", by }), app),
    )
  }

  /**
   * Agrees to a request; the connection then waits for its activation. Rejects with `CONNECTION_NOT_FOUND`, and with
   * `CONNECTION_TRANSITION_INVALID` where nothing is requested.
   */
  approve(districtId: string, actor: ConnectionActor): Promise<Connection> {
    return this.#step(districtId, "approved", actor)
  }

  /** Refuses a request. Rejects as {@link approve} does. */
  decline(districtId: string, actor: ConnectionActor): Promise<Connection> {
    return this.#step(districtId, "declined", actor)
  }

  /**
   * Puts an approved or paused connection to work, or changes the mode of an active one.
   *
   * Clever is asked first: rejects with `CLEVER_DISTRICT_NOT_CONNECTED` unless it gives a token for the district
   * and lists the district under that id, and with other `CLEVER_…` codes where it does not answer. Before that, rejects
   * with `CONNECTION_NOT_FOUND`, with `CONNECTION_TRANSITION_INVALID` in another state, and with `INVALID_OPTIONS` where
   * no configured app is for the mode. Saves the district's name. Costs two requests.
   */
  async activate(districtId: string, activation: ConnectionActivation): Promise<Connection> {
    const known = await this.get(districtId)
    // A step that is not allowed is refused before Clever is asked.
    this.#next(known, "active", activation)
    const app = this.#appFor(known, activation)
    const name = await this.#lookUp(districtId, app, activation.signal)
    return this.#change(districtId, (now) => {
      if (now === undefined) throw notFound(districtId)
      return this.#activated({ ...this.#throughApp(now, app), name }, activation)
    })
  }

  /**
   * Requests, approves and activates in one go, from whatever state the connection is in: for an operator who
   * may decide all of it. Does nothing to a connection that is active in this mode already, besides asking
   * Clever as {@link activate} does, and rejects as it does.
   */
  async connect(districtId: string, activation: ConnectionActivation): Promise<Connection> {
    const app = this.#appFor(await this.#find(districtId), activation)
    const name = await this.#lookUp(districtId, app, activation.signal)
    return this.#change(districtId, (known) => {
      let next = known === undefined ? undefined : { ...known, name }
      if (next === undefined || next.state === "disconnected" || next.state === "declined") {
        next = this.#requested(next, { ...activation, districtId, name })
      }
      if (next.state === "requested") next = this.#next(next, "approved", { by: activation.by })
      return this.#activated(this.#throughApp(next, app), activation)
    })
  }

  /**
   * Stops imports for a while; people go on logging in. Rejects with `CONNECTION_NOT_FOUND`, and with
   * `CONNECTION_TRANSITION_INVALID` unless it is active.
   */
  pause(districtId: string, actor: ConnectionActor): Promise<Connection> {
    return this.#step(districtId, "paused", actor)
  }

  /** Ends a pause. Rejects with `CONNECTION_NOT_FOUND`, and with `CONNECTION_TRANSITION_INVALID` where there is none. */
  async resume(districtId: string, actor: ConnectionActor): Promise<Connection> {
    return this.#change(districtId, (connection) => {
      if (connection === undefined) throw notFound(districtId)
      if (connection.state !== "paused") {
        throw new HomeroomError("CONNECTION_TRANSITION_INVALID", {
          message: `The connection of district ${districtId} is ${connection.state}, not paused.`,
          details: { districtId, from: connection.state, to: "active" },
        })
      }
      return this.#next(connection, "active", { by: actor.by })
    })
  }

  /**
   * Ends the connection; the roster stays as it is. Rejects with `CONNECTION_NOT_FOUND`, and with
   * `CONNECTION_TRANSITION_INVALID` where it has ended or was never agreed to.
   */
  disconnect(districtId: string, actor: ConnectionActor): Promise<Connection> {
    return this.#step(districtId, "disconnected", actor)
  }

  /**
   * Replaces the settings of a connection by others, from the next import and the next scheduled time on.
   *
   * Rejects with `CONNECTION_CHANGED` if they are no longer those that `basis` says, so that of two operators the second
   * one looks again; with `INVALID_OPTIONS` or `SCHEDULE_INVALID`, which name the setting, and `CONNECTION_NOT_FOUND`.
   */
  async setSettings(districtId: string, { settings, basis, by }: SettingsChange): Promise<Connection> {
    return this.#changeSettings(districtId, by, (connection) => {
      requireSameConnection(connection, { ...connection, settings: basis })
      return settings
    })
  }

  /**
   * The same, with settings made from those that there are: what others change meanwhile is kept. Rejects as
   * {@link setSettings} does, with `CONNECTION_CHANGED` only if others never cease to change them.
   */
  changeSettings(
    districtId: string,
    { change, by }: ConnectionActor & { change: (settings: ConnectionSettings) => ConnectionSettings },
  ): Promise<Connection> {
    return this.#changeSettings(districtId, by, ({ settings }) => change(settings))
  }

  /**
   * Looks for steps that others took, in this process or elsewhere, enters them in the audit log and tells `onStep`: to
   * be called now and then, as `ImportScheduler` does. Reads all connections.
   */
  async notice(): Promise<void> {
    await this.#storage.open()
    await this.#notices.noticeAll()
  }

  async #find(districtId: string): Promise<Connection | undefined> {
    await this.#storage.open()
    return this.#storage.getConnection(districtId)
  }

  #step(districtId: string, state: ConnectionState, { by }: ConnectionActor): Promise<Connection> {
    return this.#change(districtId, (known) => {
      if (known === undefined) throw notFound(districtId)
      return this.#next(known, state, { by })
    })
  }

  #next(
    connection: Connection,
    state: ConnectionState,
    { mode, by }: { mode?: ConnectionMode | undefined; by: string },
  ): Connection {
    return takeStep(connection, { state, mode, by, at: this.#now() })
  }

  /** A request made anew, or for the first time. */
  #requested(
    known: Connection | undefined,
    { districtId, name, mode, by }: { districtId: string; name: string; mode: ConnectionMode; by: string },
  ): Connection {
    if (known !== undefined) return { ...this.#next(known, "requested", { mode, by }), name }
    return {
      districtId,
      name,
      mode,
      state: "requested",
      steps: [{ state: "requested", mode, at: this.#now(), by }],
      settings: {},
    }
  }

  #activated(connection: Connection, { mode, by }: ConnectionActivation): Connection {
    const isThere = connection.state === "active" && connection.mode === mode
    return isThere ? connection : this.#next(connection, "active", { mode, by })
  }

  /** The app named; else the connection's own, unless that is for another mode; else the one for this mode. */
  #appFor(known: Connection | undefined, { mode, app }: ConnectionActivation): ExchangeApp {
    const own = app ?? known?.settings.app
    const found = this.#apps.for({ mode, name: own })
    const isForOther = app === undefined && found.mode !== undefined && found.mode !== mode
    return isForOther ? this.#apps.for({ mode }) : found
  }

  /** With one app there is nothing to name. */
  #throughApp(connection: Connection, app: ExchangeApp): Connection {
    return this.#apps.list.length === 1 ? connection : withApp(connection, app.name)
  }

  async #changeSettings(
    districtId: string,
    by: string,
    change: (connection: Connection) => ConnectionSettings,
  ): Promise<Connection> {
    let parts: string[] = []
    const saved = await this.#change(districtId, async (known) => {
      if (known === undefined) throw notFound(districtId)
      const settings = await checkedSettings(change(known), { connection: known, apps: this.#apps })
      parts = differingParts(known.settings, settings)
      return { ...known, settings }
    })
    // Not what they were set to: a scope may name people.
    const details = { settings: parts.join(", ") }
    if (parts.length > 0) await this.#audit.add({ action: "settings-changed", by, districtId, details })
    return saved
  }

  /**
   * Saves what `change` makes of the connection as it is, and notices the steps that it took. Done once more where
   * somebody else has changed it meanwhile, so that no step and no setting of theirs is lost.
   */
  async #change(
    districtId: string,
    change: (known: Connection | undefined) => Connection | Promise<Connection>,
  ): Promise<Connection> {
    for (let tries = 1; ; tries++) {
      const known = await this.#find(districtId)
      const next = await change(known)
      if (known !== undefined && isSame(known, next)) return known
      try {
        await this.#storage.saveConnection(next, known ?? null)
      } catch (error) {
        const isChanged = isHomeroomError(error) && error.code === "CONNECTION_CHANGED"
        if (isChanged && tries < writeTries) continue
        throw error
      }
      await this.#notices.notice(next)
      return next
    }
  }

  /** The district's name at Clever, if the district can be reached. */
  async #lookUp(districtId: string, app: ExchangeApp, signal: AbortSignal | undefined): Promise<string> {
    for await (const district of app.clever.districts({ districtId, signal, onRejected: () => {} })) {
      if (district.id === districtId) return district.name ?? ""
    }
    throw new HomeroomError("CLEVER_DISTRICT_NOT_CONNECTED", {
      message: `The token for district ${districtId} reaches another district.`,
      details: { districtId },
    })
  }

  #now(): string {
    return new Date(this.#clock()).toISOString()
  }
}

function withApp(connection: Connection, app: string | undefined): Connection {
  return app === undefined ? connection : { ...connection, settings: { ...connection.settings, app } }
}

function notFound(districtId: string): HomeroomError {
  return new HomeroomError("CONNECTION_NOT_FOUND", {
    message: `District ${districtId} has no connection.`,
    details: { districtId },
  })
}
