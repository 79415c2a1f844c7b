import type { Kind } from "../../models/kinds.ts"
import type { Cursor } from "./runs.ts"

export type RecordState = "active" | "archived"

export interface DistrictHead {
  /** 0 before the first commit. */
  version: number
  cursor: Cursor | null
  /** The last run that was committed. */
  lastRunId: string | null
  counts: Partial<Record<Kind, { active: number; archived: number }>>
}

export interface StoredFingerprint {
  id: string
  state: RecordState
  /** Of the bytes as Clever sent them. */
  raw: string
  /** Of the canonical content (S11). */
  canonical: string
}

export interface StoredRecord extends StoredFingerprint {
  kind: Kind
  /** The record's JSON text as Clever sent it. */
  data: string
}

export interface PageQuery {
  /** The kind and id of the last entry of the page before. */
  after?: { kind: Kind; id: string } | undefined
  limit: number
}

export interface FingerprintQuery {
  districtId: string
  kind: Kind
  /** Exclusive; `""` is before every id. */
  after: string
  /** Inclusive; to the end when absent. */
  upTo?: string | undefined
  limit: number
}

export interface StretchQuery {
  districtId: string
  kind: Kind
  after: string
  upTo?: string | undefined
  ids: readonly string[]
  /**
   * One for each id. It is made of bytes that hold the id, so that no two records have the same. They may be made when
   * they are first asked for: a storage that waits for its database asks that first.
   */
  raws: readonly string[]
}

/** How a stretch differs from what {@link StretchQuery} says of it. */
export interface StretchDifference {
  /** Of each of the query's `ids`, by its place: 1 if it is stored as the query says, else 0. */
  same: Uint8Array
  /** All other stored records of the stretch, in ascending id. */
  others: StoredFingerprint[]
}

export interface RecordQuery {
  districtId: string
  kind: Kind
  state?: RecordState | undefined
  after?: string | undefined
  limit: number
}

/** What a host asks a roster for. Exactly one of the fields besides `role`. */
export type RecordFilter =
  /** The sections a person teaches or attends. */
  | { kind: "section"; personId: string }
  /** The people of a section, in one role or both. */
  | { kind: "user"; sectionId: string; role?: "student" | "teacher" | undefined }
  /** The users of a school (primary or not), in one role or any; or its sections. */
  | { kind: "user" | "section"; schoolId: string; role?: string | undefined }
  /** The users that have a role. */
  | { kind: "user"; role: string }
  /** Whoever or whatever has this `sis_id` (of any role; a staff member's `staff_id` counts). */
  | { kind: "school" | "user" | "section"; sisId: string }

/** What a record is found by, read from its content once, so that an adapter need not parse it again. */
export interface RecordKeys {
  /** Of a user: the roles. */
  roles: readonly string[]
  /** Of a user: every school of every role; of a section: its school. */
  schools: readonly string[]
  /** Of a user: each role's `sis_id` (a staff role's `staff_id`); of any other kind: its own. */
  sisIds: readonly string[]
  /** Of a section: its students and teachers. */
  people: readonly string[]
}

export interface RecordSearch {
  districtId: string
  filter: RecordFilter
  /** Active ones unless it says otherwise. An archived section has no people, whatever their state. */
  state?: RecordState | undefined
  after?: string | undefined
  limit: number
}
