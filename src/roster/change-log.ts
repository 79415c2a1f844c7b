import { diffRecords, type Enrolment, enrolmentChanges, type FieldChange } from "../models/index.ts"
import type { Kind } from "../models/kinds.ts"
import type { LoggedAction, LoggedChange, RosterStorage } from "../storage/contract.ts"

/** One record's change in a run, as a person reads it. */
export interface RecordChange {
  kind: Kind
  id: string
  action: LoggedAction
  /** Each field that changed, with its value before and after (absent where there is none). */
  fields: FieldChange[]
  /** Of a section: who joined and who left, in which role. */
  joined: Enrolment[]
  left: Enrolment[]
}

export interface ChangeFilter {
  kind?: Kind
  action?: LoggedAction
}

const pageSize = 500

/** The changes of a run in kind order, then id. Costs one page of them in memory. */
export async function* readChanges(
  storage: RosterStorage,
  runId: string,
  { kind, action }: ChangeFilter,
): AsyncGenerator<RecordChange> {
  const actions = action === undefined ? undefined : [action]
  let after: { kind: Kind; id: string } | undefined
  for (;;) {
    const page = await storage.listChanges({ runId, kind, actions, after, limit: pageSize })
    for (const change of page) yield describeChange(change)
    const last = page.at(-1)
    if (last === undefined) return
    after = { kind: last.kind, id: last.id }
  }
}

/**
 * What a logged change means field by field. The log keeps whole contents; what changed is worked out when
 * somebody looks.
 *
 * A created record's fields all come from nothing; an archived one's content stays as it was, unless an undo puts an
 * older one back, so that only its enrolments end.
 */
export function describeChange(change: LoggedChange): RecordChange {
  const { kind, id, action } = change
  const before = parseContent(change.before)
  const after = action === "archive" && change.after === null ? before : parseContent(change.after)
  const fields = diffRecords(before, after)
  if (kind !== "section") return { kind, id, action, fields, joined: [], left: [] }
  const none = {}
  const { joined, left } = enrolmentChanges(
    action === "restore" ? none : before,
    action === "archive" ? none : after,
  )
  return { kind, id, action, fields, joined, left }
}

function parseContent(data: string | null): object {
  return data === null ? {} : (JSON.parse(data) as object)
}
