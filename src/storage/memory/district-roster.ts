import { type Kind, kinds } from "../../models/kinds.ts"
import { fits, type Lookup, lookupOf } from "../adapter/lookup.ts"
import type {
  Cursor,
  DistrictHead,
  LoggedChange,
  RecordContent,
  RecordFilter,
  RecordState,
  RosterCommit,
  StagedChange,
  StoredRecord,
} from "../contract.ts"
import { type ByKind, byKind, page } from "./ordered-map.ts"

/** The roster of one district. Stored records are never altered, only replaced. */
export class DistrictRoster {
  readonly records: ByKind<StoredRecord> = byKind()
  version = 0
  cursor: Cursor | null = null
  lastRunId: string | null = null
  /** Those that changed a record, in ascending version. */
  readonly commits: RosterCommit[] = []
  readonly #archived = new Map<Kind, number>()
  /** Since when each archived record is archived, in milliseconds since 1970. */
  readonly #archivedAt = new WeakMap<StoredRecord, number>()
  readonly #lookups = new WeakMap<StoredRecord, Lookup>()

  head(): DistrictHead {
    const counts: DistrictHead["counts"] = {}
    for (const kind of kinds) {
      const archived = this.#archived.get(kind) ?? 0
      const { size } = this.records[kind]
      if (size > 0) counts[kind] = { active: size - archived, archived }
    }
    const { version, cursor, lastRunId } = this
    return { version, cursor: structuredClone(cursor), lastRunId, counts }
  }

  /** Makes a staged change the roster, at this time; true if it changed a record. */
  apply(change: StagedChange, at: number): boolean {
    const { action, kind, id } = change
    const stored = this.records[kind].get(id)
    switch (action) {
      case "create":
      case "update":
      case "restore":
      case "refresh": {
        const state = action === "refresh" ? (stored?.state ?? "active") : "active"
        const { data, raw, canonical } = change
        this.#put(stored, { kind, id, state, raw, canonical, data })
        return true
      }
      case "archive":
        if (stored?.state !== "active") return false
        this.#put(stored, { ...stored, ...textOf(change.content), state: "archived" }, at)
        return true
      case "unchanged":
      case "reject":
        return false
    }
  }

  /** The change as the log shows it, with `before` from the roster as it is now; undefined if it is not logged. */
  logged(change: StagedChange): LoggedChange | undefined {
    if (change.action === "refresh" || change.action === "unchanged" || change.action === "reject")
      return undefined
    const { action, kind, id } = change
    const before = action === "create" ? null : (this.records[kind].get(id)?.data ?? null)
    const content = change.action === "archive" ? change.content : change
    return { kind, id, action, before, after: content?.data ?? null }
  }

  /** The records in a state that fit, in ascending id. */
  find(filter: RecordFilter, state: RecordState, after: string, limit: number): StoredRecord[] {
    return page(this.#matching(filter, state, after), limit, (record) => ({ ...record }))
  }

  /** How many active records fit, up to `limit`. */
  count(filter: RecordFilter, limit: number): number {
    return page(this.#matching(filter, "active", ""), limit, () => true).length
  }

  *#matching(
    filter: RecordFilter,
    state: RecordState,
    after: string,
  ): Generator<StoredRecord, void, undefined> {
    const isWanted =
      "sectionId" in filter
        ? this.#inSection(filter.sectionId, filter.role)
        : (record: StoredRecord) => fits(filter, this.#lookup(record))
    for (const record of this.records[filter.kind].after(after)) {
      if (record.state === state && isWanted(record)) yield record
    }
  }

  /** An archived section has no people. */
  #inSection(sectionId: string, role: "student" | "teacher" | undefined): (record: StoredRecord) => boolean {
    const section = this.records.section.get(sectionId)
    if (section?.state !== "active") return () => false
    const { people } = this.#lookup(section)
    const ids = new Set(
      people.filter((one) => role === undefined || one.role === role).map((one) => one.personId),
    )
    return (record) => ids.has(record.id)
  }

  #lookup(record: StoredRecord): Lookup {
    let lookup = this.#lookups.get(record)
    if (lookup === undefined) {
      lookup = lookupOf(record.kind, record.data)
      this.#lookups.set(record, lookup)
    }
    return lookup
  }

  /** True if there was such a record. */
  remove(kind: Kind, id: string): boolean {
    const record = this.records[kind].get(id)
    if (record === undefined) return false
    if (record.state === "archived") this.#archived.set(kind, (this.#archived.get(kind) ?? 0) - 1)
    return this.records[kind].delete(id)
  }

  /** Gives a record another content, whatever its state. */
  rewrite(record: StoredRecord, content: Pick<StoredRecord, "data" | "raw" | "canonical">): void {
    const { data, raw, canonical } = content
    this.#put(record, { ...record, data, raw, canonical }, this.#archivedAt.get(record))
  }

  /** Every record that is archived since before a time. */
  archivedBefore(at: number): StoredRecord[] {
    return kinds
      .flatMap((kind) => [...this.records[kind].after("")])
      .filter((record) => (this.#archivedAt.get(record) ?? Number.POSITIVE_INFINITY) < at)
  }

  #put(former: StoredRecord | undefined, record: StoredRecord, archivedAt?: number): void {
    if (archivedAt !== undefined) this.#archivedAt.set(record, archivedAt)
    const rise = Number(record.state === "archived") - Number(former?.state === "archived")
    this.#archived.set(record.kind, (this.#archived.get(record.kind) ?? 0) + rise)
    this.records[record.kind].set(record.id, record)
  }
}

function textOf(
  content: RecordContent | undefined,
): Pick<StoredRecord, "data" | "raw" | "canonical"> | undefined {
  if (content === undefined) return undefined
  const { data, raw, canonical } = content
  return { data, raw, canonical }
}
