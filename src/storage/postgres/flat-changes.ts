import type { RecordContent, StagedChange } from "../contract.ts"
import { actionCode, kindCode } from "../sql/codes.ts"
import { lookupTerms } from "./lookup-terms.ts"

/** A staged change as the columns of a row; `district` is the number that its lookup terms begin with. */
export interface FlatChange {
  kind: number
  action: number
  id: string
  raw: string | null
  canonical: string | null
  reason: string | null
  path: string | null
  data: string | null
  /** As texts: the database has their numbers. */
  terms: readonly string[] | null
}

export function flatten(change: StagedChange, district: number): FlatChange {
  const { kind, action, id } = change
  const content = contentOf(change)
  const rejected = action === "reject" ? change : undefined
  const terms = content === undefined ? [] : lookupTerms(district, kind, content.keys, content.data)
  return {
    kind: kindCode(kind),
    action: actionCode(action),
    id,
    raw: content?.raw ?? null,
    canonical: content?.canonical ?? null,
    reason: rejected?.reason ?? null,
    // The one text here that may hold what the database can't.
    path: rejected?.path.replaceAll("\0", "\ufffd") ?? null,
    data: content?.data ?? rejected?.data ?? null,
    terms: terms.length === 0 ? null : terms,
  }
}

function contentOf(change: StagedChange): RecordContent | undefined {
  if ("keys" in change) return change
  return change.action === "archive" ? change.content : undefined
}

/** The changes without those that a later one of the same record replaces. */
export function lastOfEach(changes: readonly StagedChange[]): readonly StagedChange[] {
  let before: StagedChange | undefined
  let isAscending = true
  for (const change of changes) {
    if (before !== undefined && before.kind === change.kind && before.id >= change.id) isAscending = false
    else if (before !== undefined && kindCode(before.kind) > kindCode(change.kind)) isAscending = false
    if (!isAscending) break
    before = change
  }
  if (isAscending) return changes
  const last = new Map<string, StagedChange>()
  for (const change of changes) last.set(`${kindCode(change.kind)}${change.id}`, change)
  return [...last.values()]
}

/** The lowest and the highest id of a kind. */
export interface IdRange {
  kind: number
  first: string
  last: string
}

/** From which id to which each kind of the changes goes; undefined if the database may order one of them otherwise. */
export function rangesOf(changes: readonly FlatChange[]): IdRange[] | undefined {
  const ranges = new Map<number, IdRange>()
  for (const { kind, id } of changes) {
    if (!/^[ -~]*$/.test(id)) return undefined
    const range = ranges.get(kind)
    if (range === undefined) ranges.set(kind, { kind, first: id, last: id })
    else if (id > range.last) range.last = id
    else if (id < range.first) range.first = id
  }
  return [...ranges.values()]
}
