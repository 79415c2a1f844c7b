import { nodeCrypto } from "../models/index.ts"
import type { DocumentPut, DocumentWrite, RosterStorage } from "../storage/contract.ts"

/** What was done. */
export type AuditAction =
  | "connection-requested"
  | "connection-approved"
  | "connection-active"
  | "connection-paused"
  | "connection-disconnected"
  | "connection-declined"
  | "settings-changed"
  | "district-gone"
  | "district-back"
  | "import-requested"
  | "import-cancelled"
  | "run-cancelled"
  | "run-approved"
  | "run-discarded"
  | "run-undone"
  | "review-decided"
  | "quarantine-began"
  | "quarantine-ended"
  | "integration-requested"
  | "integration-approved"
  | "integration-declined"
  | "integration-connected"

/** Who did what, and when. Values are ids, codes, counts and names of settings: nothing of a pupil. */
export interface AuditEntry {
  readonly id: string
  /** ISO 8601 in UTC. */
  readonly at: string
  /** A user of the app, `cli`, or the part of Homeroom that did it by itself: `discovery`, `schedule`, `imports`. */
  readonly by: string
  readonly action: AuditAction
  /** Null where it is not about a district yet. */
  readonly districtId: string | null
  readonly details: Readonly<Record<string, string | number | null>>
}

export interface AuditLogOptions {
  storage: RosterStorage
  /** For how many days entries are kept; `purge` removes older ones. Default 730. */
  keepDays?: number | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
}

export interface AuditQuery {
  /** Only this district's. Default: all. */
  districtId?: string | undefined
  /** `next` of the page before. Default: the first page. */
  after?: string | undefined
  /** How many at most. Default 50. */
  limit?: number | undefined
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[]
  /** Where the next page begins; null after the last one. */
  readonly next: string | null
}

const collection = "audit"
const dayMs = 86_400_000
/** The last time whose distance from now still has thirteen digits. */
const endOfTimeMs = 9_999_999_999_999
const purgedAtOnce = 500

/**
 * Who did what on which connection, import and schedule: kept in the storage, each entry with its district, with which
 * it is erased. Readable in every process, newest first. Every method rejects with `STORAGE_…` codes.
 */
export class AuditLog {
  readonly #storage: RosterStorage
  readonly #keepMs: number
  readonly #clock: () => number

  constructor({ storage, keepDays = 730, clock = Date.now }: AuditLogOptions) {
    this.#storage = storage
    this.#keepMs = keepDays * dayMs
    this.#clock = clock
  }

  /** Newest first. */
  async list({ districtId, after, limit = 50 }: AuditQuery = {}): Promise<AuditPage> {
    await this.#storage.open()
    const documents = await this.#storage.listDocuments({ collection, districtId, after, limit: limit + 1 })
    const shown = documents.slice(0, limit)
    return {
      entries: shown.map(({ key, value }) => ({ id: key, ...(value as Omit<AuditEntry, "id">) })),
      next: documents.length > limit ? (shown.at(-1)?.key ?? null) : null,
    }
  }

  /** Adds an entry, as of now. */
  async add(entry: Omit<AuditEntry, "id" | "at">): Promise<void> {
    await this.#storage.open()
    await this.#storage.writeDocuments([auditWrite({ at: new Date(this.#clock()).toISOString(), ...entry })])
  }

  /** Removes entries that are older than `keepDays`; tells how many. */
  async purge(): Promise<number> {
    await this.#storage.open()
    let purged = 0
    const after = keyOf(this.#clock() - this.#keepMs, "")
    for (;;) {
      const old = await this.#storage.listDocuments({ collection, after, limit: purgedAtOnce })
      if (old.length === 0) return purged
      await this.#storage.writeDocuments(
        old.map(({ key }): DocumentWrite => ({ collection, key, delete: true })),
      )
      purged += old.length
    }
  }
}

/**
 * An entry as a document, to be written together with what it tells of. `mark` orders entries of the same moment,
 * later ones first, and makes an entry that is written twice one entry.
 */
export function auditWrite(entry: Omit<AuditEntry, "id">, mark?: string): DocumentPut {
  const key = keyOf(Date.parse(entry.at), mark ?? nodeCrypto().randomBytes(8).toString("hex"))
  return { collection, key, districtId: entry.districtId, value: entry }
}

function keyOf(atMs: number, mark: string): string {
  return `${String(endOfTimeMs - atMs).padStart(13, "0")}/${mark}`
}
