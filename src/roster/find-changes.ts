import { idPattern } from "../models/ids.ts"
import { type Kind, kinds } from "../models/kinds.ts"
import type { RosterRecord } from "../models/parse-record.ts"
import { recordKeys } from "../models/record-keys.ts"
import { textForms } from "../models/text-forms.ts"
import type { LoggedChange, RosterStorage, Run } from "../storage/contract.ts"
import {
  actionsOf,
  type ChangePage,
  describeChange,
  positionOf,
  type RecordPosition,
  requireChanges,
} from "./change-log.ts"
import { findChange } from "./find-change.ts"
import type { CompiledScope } from "./scope/compiled-scope.ts"

export interface ChangeSearch {
  /** A Clever id, or a `sis_id` (a staff member's `staff_id` counts). */
  text: string
  /** `next` of the answer before. */
  after?: RecordPosition | undefined
  /** How many at most. Default 50. */
  limit?: number | undefined
}

export interface FoundChanges extends ChangePage {
  /** How many changes were read one by one for it; 0 where an index had the answer. */
  looked: number
}

type SearchedRun = Pick<Run, "id" | "districtId" | "plan" | "changesPurgedAt">

/** Kinds that the roster finds by `sis_id`. */
const kindsBySisId = ["school", "user", "section"] as const
const pageSize = 1_000
const mostLookedThrough = 20_000

/**
 * What a run did with the records of this Clever id or `sis_id`. Ids, and the `sis_id`s that the roster knows now, are
 * looked up; only where that finds nothing are the changes read for a `sis_id` of before or, in a plan, to come: 20,000
 * at most for one answer, which says where to go on.
 */
export async function findChanges(
  storage: RosterStorage,
  run: SearchedRun,
  { text, after, limit = 50 }: ChangeSearch,
  scope: CompiledScope | undefined,
): Promise<FoundChanges> {
  requireChanges(run)
  if (after === undefined) {
    const changes = await lookUp(storage, run, text)
    const shown = changes.map((change) => describeChange(change, scope))
    if (shown.length > 0) return { changes: shown, next: null, looked: 0 }
  }
  return readThrough(storage, run, { text, after, limit }, scope)
}

async function lookUp(storage: RosterStorage, run: SearchedRun, text: string): Promise<LoggedChange[]> {
  const places = idPattern.test(text) ? kinds.map((kind): RecordPosition => ({ kind, id: text })) : []
  for (const kind of kindsBySisId) {
    const filter = { kind, sisId: text }
    for (const state of ["active", "archived"] as const) {
      const records = await storage.findRecords({ districtId: run.districtId, filter, state, limit: 100 })
      places.push(...records.map(({ id }): RecordPosition => ({ kind, id })))
    }
  }
  const actions = actionsOf(run, undefined)
  const found: LoggedChange[] = []
  for (const { kind, id } of places) {
    const change = await findChange(storage, { runId: run.id, kind, id })
    if (change !== undefined && actions?.includes(change.action) !== false) found.push(change)
  }
  return found
}

async function readThrough(
  storage: RosterStorage,
  run: SearchedRun,
  { text, after: from, limit = 50 }: ChangeSearch,
  scope: CompiledScope | undefined,
): Promise<FoundChanges> {
  const actions = actionsOf(run, undefined)
  const forms = textForms(text)
  const found: FoundChanges = { changes: [], next: null, looked: 0 }
  let after = from
  while (found.looked < mostLookedThrough) {
    const page = await storage.listChanges({ runId: run.id, actions, after, limit: pageSize })
    for (const change of page) {
      found.looked++
      if (!hasSisId(change, text, forms)) continue
      const described = describeChange(change, scope)
      found.changes.push(described)
      if (found.changes.length === limit) return { ...found, next: positionOf(change) }
    }
    if (page.length < pageSize) return found
    after = positionOf(page.at(-1)) ?? undefined
  }
  return { ...found, next: after ?? null }
}

/** Most contents are not even parsed. */
function hasSisId({ kind, before, after }: LoggedChange, text: string, forms: readonly string[]): boolean {
  return [before, after].some(
    (data) =>
      data !== null && forms.some((form) => data.includes(form)) && sisIdsOf(kind, data).includes(text),
  )
}

function sisIdsOf(kind: Kind, data: string): readonly string[] {
  return recordKeys(kind, JSON.parse(data) as RosterRecord).sisIds
}
