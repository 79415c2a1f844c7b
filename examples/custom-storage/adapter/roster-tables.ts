/** The roster as readers see it: what is committed. */
import {
  HomeroomError,
  type Kind,
  kinds,
  type RecordFilter,
  type RecordSearch,
  type StoredRecord,
} from "homeroom"
import type {
  DistrictHead,
  FingerprintQuery,
  RecordKeys,
  RecordQuery,
  StoredFingerprint,
} from "homeroom/storage"
import { fits, lookupOf } from "homeroom/storage"
import { page, Table } from "../store/tables.ts"
import { RunTables } from "./run-tables.ts"

export interface HeadRow extends DistrictHead {
  readonly districtId: string
}

export interface RecordRow extends StoredRecord {
  readonly districtId: string
  readonly keys: RecordKeys
  /** Milliseconds since 1970; null while it is active. */
  readonly archivedAtMs: number | null
}

/** That a record may be found by a term: `school:58da8c63d7dc0ca06800043b`. */
interface TermRow {
  readonly districtId: string
  readonly kind: Kind
  readonly term: string
  readonly id: string
}

export class RosterTables extends RunTables {
  protected readonly heads: Table<HeadRow> = new Table(this, "districts", (row) => [row.districtId])
  protected readonly records: Table<RecordRow> = new Table(this, "records", (row) => [
    row.districtId,
    orderOf(row.kind),
    row.id,
  ])
  protected readonly terms: Table<TermRow> = new Table(this, "terms", (row) => [
    row.districtId,
    row.kind,
    row.term,
    row.id,
  ])

  async getDistrict(districtId: string): Promise<DistrictHead> {
    const { districtId: _, ...head } = this.head(districtId)
    return head
  }

  protected head(districtId: string): HeadRow {
    return this.heads.get(districtId) ?? { districtId, version: 0, cursor: null, lastRunId: null, counts: {} }
  }

  async listFingerprints(query: FingerprintQuery): Promise<StoredFingerprint[]> {
    const { districtId, kind, after, upTo, limit } = query
    const found: StoredFingerprint[] = []
    for (const { id, state, raw, canonical } of this.records.scan([districtId, orderOf(kind)], [after])) {
      if (found.length >= limit || (upTo !== undefined && id > upTo)) break
      found.push({ id, state, raw, canonical })
    }
    return found
  }

  async getRecords(query: {
    districtId: string
    kind: Kind
    ids: readonly string[]
  }): Promise<StoredRecord[]> {
    if (query.ids.length > 1_000) throw new HomeroomError("INVALID_OPTIONS")
    return [...this.#byId(query.districtId, query.kind, query.ids)].map(recordOf)
  }

  async listRecords({ districtId, kind, state, after = "", limit }: RecordQuery): Promise<StoredRecord[]> {
    return page(this.records.scan([districtId, orderOf(kind)], [after]), limit, (row) =>
      state === undefined || row.state === state ? recordOf(row) : undefined,
    )
  }

  async findRecords(search: RecordSearch): Promise<StoredRecord[]> {
    const { districtId, filter, state = "active", after = "", limit } = search
    return page(this.#found(districtId, filter, after), limit, (row) =>
      row.state === state ? recordOf(row) : undefined,
    )
  }

  async countRecords(query: {
    districtId: string
    filter: RecordFilter
    limit?: number | undefined
  }): Promise<number> {
    const { districtId, filter, limit = Number.POSITIVE_INFINITY } = query
    const found = page(
      this.#found(districtId, filter, ""),
      limit,
      (row) => row.state === "active" || undefined,
    )
    return found.length
  }

  // #region find
  /** The terms lead to few records; what these hold says which of them fit exactly: a term does not tell in which role. */
  *#found(districtId: string, filter: RecordFilter, after: string): Generator<RecordRow, void, undefined> {
    if ("sectionId" in filter) {
      const section = this.records.get(districtId, orderOf("section"), filter.sectionId)
      if (section?.state !== "active") return
      const people = lookupOf("section", section.data).people.filter(
        (one) => filter.role === undefined || one.role === filter.role,
      )
      const ids = people.map((one) => one.personId).filter((id) => id > after)
      yield* this.#byId(districtId, "user", ids)
      return
    }
    for (const { id } of this.terms.scan([districtId, filter.kind, termOf(filter)], [after])) {
      const row = this.records.get(districtId, orderOf(filter.kind), id)
      if (row !== undefined && fits(filter, lookupOf(row.kind, row.data))) yield row
    }
  }
  // #endregion

  *#byId(districtId: string, kind: Kind, ids: readonly string[]): Generator<RecordRow, void, undefined> {
    for (const id of [...new Set(ids)].sort()) {
      const row = this.records.get(districtId, orderOf(kind), id)
      if (row !== undefined) yield row
    }
  }

  // #region replace
  /** Puts a record in another's place, or in none's, or nothing in one's: the one place that writes records. */
  protected replaceRecord(head: HeadRow, before: RecordRow | undefined, after: RecordRow | undefined): void {
    if (before !== undefined) {
      for (const term of termRowsOf(before)) this.terms.delete(term)
      this.records.delete(before)
      count(head, before, -1)
    }
    if (after !== undefined) {
      for (const term of termRowsOf(after)) this.terms.put(term)
      this.records.put(after)
      count(head, after, 1)
    }
  }
  // #endregion
}

/** Kinds are listed in their own order, not in that of their names. */
export function orderOf(kind: Kind): string {
  return String(kinds.indexOf(kind))
}

function count({ counts }: HeadRow, { kind, state }: RecordRow, by: number): void {
  const { active, archived } = counts[kind] ?? { active: 0, archived: 0 }
  const now = state === "active" ? { active: active + by, archived } : { active, archived: archived + by }
  if (now.active + now.archived > 0) counts[kind] = now
  else delete counts[kind]
}

function termRowsOf({ districtId, kind, id, keys }: RecordRow): TermRow[] {
  const terms = [
    ...keys.roles.map((role) => `role:${role}`),
    ...keys.schools.map((school) => `school:${school}`),
    ...keys.sisIds.map((sisId) => `sis:${sisId}`),
    ...keys.people.map((person) => `person:${person}`),
  ]
  return terms.map((term) => ({ districtId, kind, term, id }))
}

function termOf(filter: Exclude<RecordFilter, { sectionId: string }>): string {
  if ("personId" in filter) return `person:${filter.personId}`
  if ("sisId" in filter) return `sis:${filter.sisId}`
  if ("schoolId" in filter) return `school:${filter.schoolId}`
  return `role:${filter.role}`
}

function recordOf({ kind, id, state, raw, canonical, data }: RecordRow): StoredRecord {
  return { kind, id, state, raw, canonical, data }
}
