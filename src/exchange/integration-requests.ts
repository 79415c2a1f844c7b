import { HomeroomError, tellTo } from "../errors/index.ts"
import { nodeCrypto } from "../models/index.ts"
import type { Connection, ConnectionMode, RosterStorage, StoredDocument } from "../storage/contract.ts"
import { type AuditAction, auditWrite } from "./audit-log.ts"
import type { Connections } from "./connections.ts"
import { eachDocument } from "./document-pages.ts"

/** How a wish to be integrated with Clever stands: `connected` once its district is. */
export type IntegrationState = "requested" | "approved" | "declined" | "connected"

/** Who took a step, and when: ISO 8601 in UTC. */
export interface IntegrationStep {
  readonly state: IntegrationState
  readonly at: string
  readonly by: string
}

/** A wish to be integrated with Clever, before it is known which district it is about. */
export interface IntegrationRequest {
  /** Says nothing of who made it. */
  readonly id: string
  readonly mode: ConnectionMode
  readonly state: IntegrationState
  /** Oldest first. */
  readonly steps: readonly IntegrationStep[]
  readonly requestedBy: string
  /** The district that it came to. */
  readonly districtId: string | null
}

export interface IntegrationRequestsOptions {
  storage: RosterStorage
  connections: Connections
  /** Told of each step that this process has taken, once it is saved: to notify people. What it throws is ignored. */
  onStep?: ((request: IntegrationRequest) => void) | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
}

interface Known {
  readonly request: IntegrationRequest
  readonly revision: number
}

const collection = "integration-requests"

/** From where to where; nothing else is possible. */
const transitions: { readonly [From in IntegrationState]: readonly IntegrationState[] } = {
  requested: ["approved", "declined"],
  approved: ["connected", "declined"],
  declined: ["requested"],
  connected: ["requested"],
}

const actions: { readonly [To in IntegrationState]: AuditAction } = {
  requested: "integration-requested",
  approved: "integration-approved",
  declined: "integration-declined",
  connected: "integration-connected",
}

/**
 * Wishes to be integrated with Clever of those who do not know their Clever District ID yet: somebody asks for a mode,
 * somebody else approves, and then the id is entered, which makes the connection. A requester has one open wish a mode.
 *
 * Steps that the table does not have reject with `CONNECTION_TRANSITION_INVALID`; each step is in the audit log. Every
 * method rejects with `STORAGE_…` codes.
 */
export class IntegrationRequests {
  readonly #storage: RosterStorage
  readonly #connections: Connections
  readonly #tell: (request: IntegrationRequest) => void
  readonly #clock: () => number

  constructor({ storage, connections, onStep, clock = Date.now }: IntegrationRequestsOptions) {
    this.#storage = storage
    this.#connections = connections
    this.#tell = tellTo(onStep)
    this.#clock = clock
  }

  /** All of them, those last changed first. Reads all. */
  async list(): Promise<IntegrationRequest[]> {
    await this.#storage.open()
    const requests: IntegrationRequest[] = []
    for await (const document of eachDocument(this.#storage, collection)) requests.push(requestOf(document))
    return requests.sort((a, b) => (changedAt(a) < changedAt(b) ? 1 : -1))
  }

  /** One of them. Rejects with `CONNECTION_NOT_FOUND`. */
  async get(id: string): Promise<IntegrationRequest> {
    return (await this.#known(id)).request
  }

  /** Asks for a mode. What is open already of the same requester stays as it is, and is returned. */
  async request({ mode, by }: { mode: ConnectionMode; by: string }): Promise<IntegrationRequest> {
    const id = nodeCrypto().createHash("sha256").update(`${mode}\n${by}`).digest("hex").slice(0, 16)
    await this.#storage.open()
    for (;;) {
      const document = await this.#storage.getDocument(collection, id)
      const known = document === undefined ? undefined : requestOf(document)
      if (known !== undefined && !transitions[known.state].includes("requested")) return known
      const before = known ?? { id, mode, steps: [], requestedBy: by }
      const saved = await this.#save(
        { ...before, districtId: null },
        "requested",
        by,
        document?.revision ?? 0,
      )
      if (saved !== undefined) return saved
    }
  }

  /**
   * Agrees to it: its district can be connected from then on. Rejects with `CONNECTION_NOT_FOUND`, and with
   * `CONNECTION_TRANSITION_INVALID` unless it is requested.
   */
  approve(id: string, { by }: { by: string }): Promise<IntegrationRequest> {
    return this.#step(id, "approved", by)
  }

  /**
   * Refuses it, also after it was approved. Rejects with `CONNECTION_NOT_FOUND`, and with
   * `CONNECTION_TRANSITION_INVALID` once it was refused or connected.
   */
  decline(id: string, { by }: { by: string }): Promise<IntegrationRequest> {
    return this.#step(id, "declined", by)
  }

  /**
   * Connects the district that it is about, in its mode. Clever is asked first: rejects as `Connections.connect` does,
   * and then nothing has changed.
   */
  async connect(
    id: string,
    options: { districtId: string; app?: string | undefined; by: string; signal?: AbortSignal | undefined },
  ): Promise<Connection> {
    const { districtId, app, by, signal } = options
    const { request } = await this.#known(id)
    requireStep(request, "connected")
    const { mode } = request
    const connection = await this.#connections.connect(districtId, { mode, app, by, signal })
    await this.#step(id, "connected", by, districtId)
    return connection
  }

  async #step(
    id: string,
    state: IntegrationState,
    by: string,
    districtId: string | null = null,
  ): Promise<IntegrationRequest> {
    for (;;) {
      const { request, revision } = await this.#known(id)
      requireStep(request, state)
      const saved = await this.#save({ ...request, districtId }, state, by, revision)
      if (saved !== undefined) return saved
    }
  }

  /** Undefined where somebody else was faster. */
  async #save(
    request: Omit<IntegrationRequest, "state">,
    state: IntegrationState,
    by: string,
    expect: number,
  ): Promise<IntegrationRequest | undefined> {
    const at = new Date(this.#clock()).toISOString()
    const { id, mode, districtId } = request
    const next: IntegrationRequest = { ...request, state, steps: [...request.steps, { state, at, by }] }
    const isSaved = await this.#storage.writeDocuments([
      { collection, key: id, districtId, value: next, expect },
      auditWrite({ at, by, action: actions[state], districtId, details: { mode, request: id } }),
    ])
    if (!isSaved) return undefined
    this.#tell(next)
    return next
  }

  async #known(id: string): Promise<Known> {
    await this.#storage.open()
    const document = await this.#storage.getDocument(collection, id)
    if (document !== undefined) return { request: requestOf(document), revision: document.revision }
    throw new HomeroomError("CONNECTION_NOT_FOUND", { message: `There is no request ${id}.` })
  }
}

function requireStep({ id, state: from }: IntegrationRequest, to: IntegrationState): void {
  if (transitions[from].includes(to)) return
  throw new HomeroomError("CONNECTION_TRANSITION_INVALID", {
    message: `The request ${id} is ${from} and can't become ${to}.`,
    details: { request: id, from, to },
  })
}

function changedAt({ steps }: IntegrationRequest): string {
  return steps.at(-1)?.at ?? ""
}

function requestOf({ value }: StoredDocument): IntegrationRequest {
  return value as IntegrationRequest
}
