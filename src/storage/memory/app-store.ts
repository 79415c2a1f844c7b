import { HomeroomError } from "../../errors/index.ts"
import type {
  AccountLink,
  DocumentQuery,
  DocumentStore,
  DocumentWrite,
  FieldOverride,
  LinkClaim,
  LinkKey,
  LinkMove,
  LinkMoved,
  LinkQuery,
  LinkSelection,
  LoginStore,
  OverrideKey,
  OverrideQuery,
  OverrideStore,
  StoredDocument,
} from "../contract.ts"
import { DocumentTable } from "./document-table.ts"
import { LinkTable } from "./link-table.ts"
import { OverrideTable } from "./override-table.ts"
import { SessionTable } from "./session-table.ts"

/**
 * What a memory storage keeps beside the roster, for which nobody needs a lease: the app's own values and documents, and
 * what sign-in needs.
 */
export class MemoryAppStore implements LoginStore, OverrideStore, DocumentStore {
  #state: "new" | "open" | "closed" = "new"
  protected readonly links: LinkTable = new LinkTable()
  protected readonly sessions: SessionTable
  protected readonly documents: DocumentTable = new DocumentTable()
  protected readonly overrides: OverrideTable = new OverrideTable()

  constructor(clock: () => number) {
    this.sessions = new SessionTable(clock)
  }

  async open(): Promise<void> {
    if (this.#state === "new") this.#state = "open"
    this.requireOpen()
  }

  async close(): Promise<void> {
    this.#state = "closed"
    this.links.clear()
    this.documents.clear()
    this.overrides.clear()
    this.sessions.clear()
  }

  async override(override: FieldOverride): Promise<void> {
    this.requireOpen()
    this.overrides.set(override)
  }

  async clearOverrides(key: OverrideKey): Promise<number> {
    this.requireOpen()
    return this.overrides.clearOf(key)
  }

  async listOverrides(query: OverrideQuery): Promise<FieldOverride[]> {
    this.requireOpen()
    return this.overrides.list(query)
  }

  async getDocument(collection: string, key: string): Promise<StoredDocument | undefined> {
    this.requireOpen()
    return this.documents.get(collection, key)
  }

  async listDocuments(query: DocumentQuery): Promise<StoredDocument[]> {
    this.requireOpen()
    return this.documents.list(query)
  }

  async writeDocuments(writes: readonly DocumentWrite[]): Promise<boolean> {
    this.requireOpen()
    return this.documents.write(writes)
  }

  async getLink(key: LinkKey): Promise<AccountLink | undefined> {
    this.requireOpen()
    return this.links.get(key)
  }

  async listLinks(query: LinkQuery): Promise<AccountLink[]> {
    this.requireOpen()
    return this.links.list(query)
  }

  async claimLink(link: AccountLink, options: { exclusive?: boolean | undefined } = {}): Promise<LinkClaim> {
    this.requireOpen()
    return this.links.claim(link, options.exclusive === true)
  }

  async moveLink(move: LinkMove): Promise<LinkMoved> {
    this.requireOpen()
    return this.links.move(move)
  }

  async deleteLinks(links: LinkSelection): Promise<number> {
    this.requireOpen()
    return this.links.delete(links)
  }

  async consumeOnce(key: string, expiresAtMs: number, subjects: readonly string[] = []): Promise<boolean> {
    this.requireOpen()
    return this.sessions.consume(key, expiresAtMs, subjects)
  }

  async isConsumed(key: string): Promise<boolean> {
    this.requireOpen()
    return this.sessions.isConsumed(key)
  }

  async forgetConsumed(subject: string): Promise<number> {
    this.requireOpen()
    return this.sessions.forget(subject)
  }

  async getSessionEpochs(subjects: readonly string[]): Promise<number[]> {
    this.requireOpen()
    return subjects.map((subject) => this.sessions.epoch(subject))
  }

  async raiseSessionEpoch(subject: string, expiresAtMs?: number): Promise<number> {
    this.requireOpen()
    return this.sessions.raise(subject, expiresAtMs)
  }

  /** Throws `STORAGE_UNREADABLE` before `open` and after `close`. */
  protected requireOpen(): void {
    if (this.#state === "open") return
    const why = this.#state === "new" ? "has not been opened" : "is closed, and its contents are gone"
    throw new HomeroomError("STORAGE_UNREADABLE", { message: `This memory storage ${why}.` })
  }
}
