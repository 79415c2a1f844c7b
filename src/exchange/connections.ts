import { HomeroomError } from "../errors/index.ts"
import type {
  Connection,
  ConnectionMode,
  ConnectionState,
  ConnectionStep,
  RosterStorage,
} from "../storage/contract.ts"
import { takeStep } from "./connection-states.ts"

/** What tells whether a district can be reached, and what it is called: a `CleverClient` does. */
export interface DistrictDirectory {
  /** The districts that this district's token reaches. Rejects with a `CLEVER_…` code if there is no token. */
  districts(options: {
    districtId: string
    signal?: AbortSignal | undefined
    /** Told of a district left out of the list; without it such a district rejects. */
    onRejected?: (() => void) | undefined
  }): AsyncIterable<{ readonly id: string; readonly name?: string | null | undefined }>
}

/** A step that a connection has taken, as told to `onStep`. */
export interface ConnectionStepEvent {
  /** The connection after the step. */
  readonly connection: Connection
  readonly step: ConnectionStep
  /** The state before; null for a connection that was made by this step. */
  readonly from: ConnectionState | null
}

export interface ConnectionsOptions {
  storage: RosterStorage
  clever: DistrictDirectory
  /** Told of every step once it is saved, to notify people. What it throws is ignored. */
  onStep?: (event: ConnectionStepEvent) => void
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: () => number
}

/** Who takes a step: a user of the app, or `cli`. */
export interface ConnectionActor {
  by: string
}

export interface ConnectionRequest extends ConnectionActor {
  mode: ConnectionMode
  /** The district's name, where it is known already; looked up at Clever on activation. */
  name?: string | undefined
}

export interface ConnectionActivation extends ConnectionActor {
  mode: ConnectionMode
  signal?: AbortSignal | undefined
}

/**
 * Which districts use the app, in which mode, and who decided so: one connection a district.
 *
 * Steps follow the table `connectionTransitions`; any other rejects with `CONNECTION_TRANSITION_INVALID`. Each
 * step is recorded with who took it and when, and none is ever removed.
 */
export class Connections {
  readonly #storage: RosterStorage
  readonly #clever: DistrictDirectory
  readonly #onStep: ((event: ConnectionStepEvent) => void) | undefined
  readonly #clock: () => number

  constructor(options: ConnectionsOptions) {
    this.#storage = options.storage
    this.#clever = options.clever
    this.#onStep = options.onStep
    this.#clock = options.clock ?? Date.now
  }

  /** The connection of a district. Rejects with `CONNECTION_NOT_FOUND`. */
  async get(districtId: string): Promise<Connection> {
    const connection = await this.#find(districtId)
    if (connection === undefined) {
      throw new HomeroomError("CONNECTION_NOT_FOUND", {
        message: `District ${districtId} has no connection.`,
        details: { districtId },
      })
    }
    return connection
  }

  /** All connections in ascending district id, ended ones included. */
  async *list(): AsyncIterable<Connection> {
    await this.#storage.open()
    yield* await this.#storage.listConnections()
  }

  /** Asks for a connection: of a new district, or again of one that was disconnected or declined. */
  async request(districtId: string, { mode, name, by }: ConnectionRequest): Promise<Connection> {
    const known = await this.#find(districtId)
    const next = this.#requested(known, { districtId, mode, name: name ?? known?.name ?? "", by })
    return this.#save(known, next)
  }

  /** Agrees to a request; the connection then waits for its activation. */
  approve(districtId: string, actor: ConnectionActor): Promise<Connection> {
    return this.#step(districtId, "approved", actor)
  }

  /** Refuses a request. */
  decline(districtId: string, actor: ConnectionActor): Promise<Connection> {
    return this.#step(districtId, "declined", actor)
  }

  /**
   * Puts an approved or paused connection to work, or changes the mode of an active one.
   *
   * Clever is asked first: rejects with `CLEVER_DISTRICT_NOT_CONNECTED` unless it gives a token for the district
   * and lists the district under that id. Saves the district's name. Costs two requests.
   */
  async activate(districtId: string, activation: ConnectionActivation): Promise<Connection> {
    const known = await this.get(districtId)
    // A step that is not allowed is refused before Clever is asked.
    this.#next(known, "active", activation)
    const name = await this.#lookUp(districtId, activation.signal)
    return this.#save(known, this.#activated({ ...known, name }, activation))
  }

  /**
   * Requests, approves and activates in one go, from whatever state the connection is in: for an operator who
   * may decide all of it. Does nothing to a connection that is active in this mode already, besides asking
   * Clever as {@link activate} does.
   */
  async connect(districtId: string, activation: ConnectionActivation): Promise<Connection> {
    const known = await this.#find(districtId)
    const name = await this.#lookUp(districtId, activation.signal)
    let next: Connection | undefined = known === undefined ? undefined : { ...known, name }
    if (next === undefined || next.state === "disconnected" || next.state === "declined") {
      next = this.#requested(next, { districtId, name, ...activation })
    }
    if (next.state === "requested") next = this.#next(next, "approved", activation)
    return this.#save(known, this.#activated(next, activation))
  }

  /** Stops imports for a while; people go on logging in. */
  pause(districtId: string, actor: ConnectionActor): Promise<Connection> {
    return this.#step(districtId, "paused", actor)
  }

  /** Ends a pause. */
  async resume(districtId: string, actor: ConnectionActor): Promise<Connection> {
    const connection = await this.get(districtId)
    if (connection.state !== "paused") {
      throw new HomeroomError("CONNECTION_TRANSITION_INVALID", {
        message: `The connection of district ${districtId} is ${connection.state}, not paused.`,
        details: { districtId, from: connection.state, to: "active" },
      })
    }
    return this.#step(districtId, "active", actor)
  }

  /** Ends the connection; the roster stays as it is. */
  disconnect(districtId: string, actor: ConnectionActor): Promise<Connection> {
    return this.#step(districtId, "disconnected", actor)
  }

  async #find(districtId: string): Promise<Connection | undefined> {
    await this.#storage.open()
    return this.#storage.getConnection(districtId)
  }

  async #step(districtId: string, state: ConnectionState, actor: ConnectionActor): Promise<Connection> {
    const known = await this.get(districtId)
    return this.#save(known, this.#next(known, state, { by: actor.by }))
  }

  #next(
    connection: Connection,
    state: ConnectionState,
    { mode, by }: { mode?: ConnectionMode; by: string },
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

  /** Saves what changed and tells of each new step. */
  async #save(before: Connection | undefined, after: Connection): Promise<Connection> {
    const taken = before?.steps.length ?? 0
    if (after.steps.length === taken && after.name === before?.name) return after
    await this.#storage.saveConnection(after)
    for (const [index, step] of after.steps.entries()) {
      if (index < taken) continue
      const from = after.steps[index - 1]?.state ?? null
      const connection = { ...after, ...pickState(step), steps: after.steps.slice(0, index + 1) }
      try {
        this.#onStep?.({ connection, step, from })
      } catch {
        // The step is taken: a listener can't undo it.
      }
    }
    return after
  }

  /** The district's name at Clever, if the district can be reached. */
  async #lookUp(districtId: string, signal: AbortSignal | undefined): Promise<string> {
    for await (const district of this.#clever.districts({ districtId, signal, onRejected: () => {} })) {
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

function pickState({ state, mode }: ConnectionStep): Pick<Connection, "state" | "mode"> {
  return { state, mode }
}
