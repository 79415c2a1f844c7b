import type { Kind } from "../../models/kinds.ts"

/** A value that stands in for Clever's wherever the roster is read merged (S19). */
export interface FieldOverride {
  districtId: string
  kind: Kind
  /** The record's Clever id. */
  id: string
  /** Where in the record: `name.first`, `roles.student.grade`. */
  path: string
  /** What JSON can hold; null for a field that shall be empty. */
  value: unknown
  /** ISO 8601 in UTC. */
  at: string
  /** A user of the app, or `creation` for the first value of a field that is the app's. */
  by: string
}

export interface OverrideKey {
  districtId: string
  kind: Kind
  id: string
  /** All of the record's when absent. */
  path?: string | undefined
}

export interface OverrideQuery {
  districtId: string
  kind: Kind
  /** At most 1,000. All records of the kind when absent. */
  ids?: readonly string[] | undefined
  after?: { id: string; path: string } | undefined
  limit: number
}

/** Where the app's own values of single fields are kept. Every method rejects with `STORAGE_…` codes. */
export interface OverrideStore {
  /** Sets the app's value of one field. Replaces an earlier one. */
  override(override: FieldOverride): Promise<void>
  /** Gives the field, or all fields of the record, back to Clever; tells how many. */
  clearOverrides(key: OverrideKey): Promise<number>
  /** In ascending id, then path. */
  listOverrides(query: OverrideQuery): Promise<FieldOverride[]>
}
