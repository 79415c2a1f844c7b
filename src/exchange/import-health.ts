import { type ErrorCode, isHomeroomError } from "../errors/index.ts"
import type { DocumentWrite, RosterStorage, Run, StoredDocument } from "../storage/contract.ts"
import { auditWrite } from "./audit-log.ts"
import { eachDocument } from "./document-pages.ts"

/** How a district's imports have gone of late. Times are ISO 8601 in UTC. */
export interface ImportHealth {
  readonly districtId: string
  /** How many have failed since the last that did not. */
  readonly failures: number
  readonly lastFailure: {
    readonly at: string
    readonly code: ErrorCode
    readonly runId: string | null
  } | null
  /** The last that came to an end, held ones included. */
  readonly lastSuccessAt: string | null
  /** The last that listed everything, and took effect. */
  readonly lastBulkAt: string | null
  readonly quarantine: Quarantine | null
}

/** A district whose imports keep failing, and are tried seldom for that (S29). */
export interface Quarantine {
  readonly since: string
  /** When it is tried again. */
  readonly retryAt: string
  /** How often it was tried since. */
  readonly retries: number
}

export interface FailureNote {
  districtId: string
  error: unknown
  /** Whether it was tried because of the quarantine. */
  isRetry: boolean
  /** When something may begin that is to begin at this time: not on a blackout date. */
  shift: (timeMs: number) => number
}

const collection = "import-health"
const hourMs = 3_600_000
const failuresToQuarantine = 3
const quarantineHours: readonly number[] = [6, 12, 24]

/**
 * What is remembered of each district's imports: failures in a row, the quarantine that three of them begin, when it is
 * tried again, and when everything was listed last. Kept with compare-and-set, and erased with the district.
 * Every method rejects with `STORAGE_…` codes.
 */
export class ImportHealthBook {
  readonly #storage: RosterStorage
  readonly #clock: () => number

  constructor({ storage, clock = Date.now }: { storage: RosterStorage; clock?: (() => number) | undefined }) {
    this.#storage = storage
    this.#clock = clock
  }

  /** How a district stands; one that never failed has no failures. */
  async get(districtId: string): Promise<ImportHealth> {
    await this.#storage.open()
    return healthOf(districtId, await this.#storage.getDocument(collection, districtId))
  }

  /** Of every district that was imported, in ascending id. */
  async *list(): AsyncGenerator<ImportHealth> {
    await this.#storage.open()
    for await (const document of eachDocument(this.#storage, collection)) {
      yield healthOf(document.key, document)
    }
  }

  /** An import came to an end: that ends failures and a quarantine. */
  async noteRun({ districtId, mode, state }: Pick<Run, "districtId" | "mode" | "state">): Promise<void> {
    const at = this.#now()
    const isListed = mode === "bulk" && (state === "applied" || state === "unchanged")
    await this.#change(districtId, "imports", (health) => ({
      ...health,
      failures: 0,
      lastSuccessAt: at,
      lastBulkAt: isListed ? at : health.lastBulkAt,
      quarantine: null,
    }))
  }

  /** An import failed; returns what that has come to. */
  noteFailure({ districtId, error, isRetry, shift }: FailureNote): Promise<ImportHealth> {
    const nowMs = this.#clock()
    const { code, runId } = describe(error)
    return this.#change(districtId, "imports", (health) => {
      const failures = health.failures + 1
      const lastFailure = { at: this.#now(), code, runId }
      const quarantine = quarantineAfter({ ...health, failures }, { nowMs, isRetry, shift })
      return { ...health, failures, lastFailure, quarantine }
    })
  }

  /** Ends a quarantine, if there is one: somebody has looked after it. */
  release(districtId: string, by: string): Promise<ImportHealth> {
    return this.#change(districtId, by, (health) => ({ ...health, failures: 0, quarantine: null }))
  }

  /** Saves what `change` makes of it, unless the district is not connected any more: it may have been erased. */
  async #change(
    districtId: string,
    by: string,
    change: (health: ImportHealth) => ImportHealth,
  ): Promise<ImportHealth> {
    await this.#storage.open()
    for (;;) {
      const document = await this.#storage.getDocument(collection, districtId)
      const before = healthOf(districtId, document)
      const { districtId: _, ...value } = change(before)
      const after = { districtId, ...value }
      if (JSON.stringify(after) === JSON.stringify(before)) return before
      if ((await this.#storage.getConnection(districtId)) === undefined) return after
      const write = { collection, key: districtId, districtId, value, expect: document?.revision ?? 0 }
      const audit = this.#auditOf(before, after, by)
      if (await this.#storage.writeDocuments([write, ...audit])) return after
    }
  }

  #auditOf(before: ImportHealth, after: ImportHealth, by: string): DocumentWrite[] {
    const { districtId } = after
    const at = this.#now()
    if (before.quarantine === null && after.quarantine !== null) {
      const details = { code: after.lastFailure?.code ?? null, failures: after.failures }
      return [auditWrite({ at, by, action: "quarantine-began", districtId, details })]
    }
    if (before.quarantine !== null && after.quarantine === null) {
      const details = { since: before.quarantine.since }
      return [auditWrite({ at, by, action: "quarantine-ended", districtId, details })]
    }
    return []
  }

  #now(): string {
    return new Date(this.#clock()).toISOString()
  }
}

/** Three failures begin it; it is tried again after 6, 12 and 24 hours, then daily. */
function quarantineAfter(
  { failures, quarantine }: ImportHealth,
  { nowMs, isRetry, shift }: { nowMs: number; isRetry: boolean; shift: (timeMs: number) => number },
): Quarantine | null {
  if (failures < failuresToQuarantine) return null
  const at = (retries: number): string => {
    const hours = quarantineHours[Math.min(retries, quarantineHours.length - 1)] ?? 24
    return new Date(shift(nowMs + hours * hourMs)).toISOString()
  }
  if (quarantine === null) return { since: new Date(nowMs).toISOString(), retryAt: at(0), retries: 0 }
  // What somebody asked for in between is no try of its own.
  if (!isRetry && Date.parse(quarantine.retryAt) > nowMs) return quarantine
  const retries = quarantine.retries + 1
  return { ...quarantine, retryAt: at(retries), retries }
}

function describe(error: unknown): { code: ErrorCode; runId: string | null } {
  if (!isHomeroomError(error)) return { code: "INTERNAL", runId: null }
  const { runId } = error.details
  return { code: error.code, runId: typeof runId === "string" ? runId : null }
}

function healthOf(districtId: string, document: StoredDocument | undefined): ImportHealth {
  const empty = { failures: 0, lastFailure: null, lastSuccessAt: null, lastBulkAt: null, quarantine: null }
  return { districtId, ...empty, ...(document?.value as Partial<ImportHealth> | undefined) }
}
