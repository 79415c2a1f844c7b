import type { Kind } from "../../models/kinds.ts"
import type { Action, LoggedAction } from "./actions.ts"
import type { Connection } from "./connections.ts"
import type { DocumentWrite } from "./documents.ts"
import type { FieldOverride } from "./overrides.ts"
import type { PageQuery, RecordKeys } from "./records.ts"
import type { Cursor, Run } from "./runs.ts"

export type StagedChange =
  | {
      action: "create" | "update" | "restore" | "refresh"
      kind: Kind
      id: string
      data: string
      raw: string
      canonical: string
      keys: RecordKeys
    }
  /** With a content, which an undo puts back, that becomes the archived record's. */
  | { action: "archive"; kind: Kind; id: string; content?: RecordContent | undefined }
  | { action: "unchanged"; kind: Kind; id: string }
  | { action: "reject"; kind: Kind; id: string; reason: string; path: string; data: string }

export interface RecordContent {
  data: string
  raw: string
  canonical: string
  keys: RecordKeys
}

export interface StagedQuery {
  runId: string
  kind: Kind
  after?: string | undefined
  limit: number
}

export interface StagedEntry {
  id: string
  action: Action
  /** Null where there is no content. */
  raw: string | null
  canonical: string | null
}

export interface RosterCommit {
  runId: string
  version: number
}

export interface StagedCount {
  kind: Kind
  action: Action
  count: number
}

export interface CommitRequest {
  run: Run
  /** The district's version that the changes are changes of. */
  basis: number
  /** The district's new cursor; null: it has none. */
  cursor: Cursor | null
  /** Which actions take effect. */
  actions: readonly Action[]
  /** Overrides that are made unless the field has one (S19). */
  overrides?: readonly FieldOverride[] | undefined
  /** Documents written with it; their expected revisions are not looked at. */
  documents?: readonly DocumentWrite[] | undefined
  /** The district's connection, saved with it: an undo pauses the imports that would do the same again (S24). */
  connection?: Connection | undefined
  /** What the district's connection must be for the commit to take place; null: none. Absent: whatever it is. */
  expectedConnection?: Connection | null | undefined
}

export interface ChangeQuery extends PageQuery {
  runId: string
  kind?: Kind | undefined
  /** All when absent. */
  actions?: readonly LoggedAction[] | undefined
}

/** One entry of the change log. */
export interface LoggedChange {
  kind: Kind
  id: string
  action: LoggedAction
  /** The JSON text before; null for a create. */
  before: string | null
  /** The JSON text after; null for an archive that leaves the content as it was. */
  after: string | null
}

export interface Rejection {
  kind: Kind
  /** Begins with `?` where the record had no id. */
  id: string
  reason: string
  /** Where in the record: `roles.student.schools[0]`; empty for the whole. */
  path: string
  /** The record's JSON text as Clever sent it. */
  data: string
}
