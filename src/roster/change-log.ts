import { HomeroomError } from "../errors/index.ts"
import { diffRecords, type Enrolment, enrolmentChanges, type FieldChange } from "../models/index.ts"
import type { Kind } from "../models/kinds.ts"
import type { RosterRecord } from "../models/parse-record.ts"
import { recordKeys } from "../models/record-keys.ts"
import type { LoggedAction, LoggedChange, RosterStorage, Run } from "../storage/contract.ts"
import type { CompiledScope } from "./scope/compiled-scope.ts"

/** One record's change in a run, as a person reads it. */
export interface RecordChange {
  kind: Kind
  id: string
  action: LoggedAction
  /** Each field that changed, with its value before and after (absent where there is none). */
  fields: FieldChange[]
  /** Only of an archived record: all its fields as they were until then, in `before`, with nothing in `after`. */
  archived?: FieldChange[] | undefined
  /** Of a section: who joined and who left, in which role. */
  joined: Enrolment[]
  left: Enrolment[]
}

export interface ChangeFilter {
  kind?: Kind | undefined
  action?: LoggedAction | undefined
  /** The Clever id of a school: its own record, and whoever and whatever belongs to it before or after. */
  school?: string | undefined
}

/** Where a list of a run's records goes on. */
export interface RecordPosition {
  kind: Kind
  id: string
}

/** Which of a run's changes, and from where. */
export interface ChangePageQuery extends Pick<ChangeFilter, "kind" | "action"> {
  /** `next` of the page before. Default: the first page. */
  after?: RecordPosition | undefined
  /** How many at most. Default 50. */
  limit?: number | undefined
}

/** Changes of a run, in kind order, then id. */
export interface ChangePage {
  changes: RecordChange[]
  /** Where the next page begins; null after the last one. */
  next: RecordPosition | null
}

/** What one school has to do with a run's changes. */
export interface SchoolChanges {
  /** The Clever id of the school; null for what belongs to none. */
  schoolId: string | null
  /** How many changes, by kind and action; those without any are left out. */
  changes: Partial<Record<Kind, Partial<Record<LoggedAction, number>>>>
}

/** What of a run it takes to read its changes. */
export type ChangesOf = Pick<Run, "id" | "plan" | "changesPurgedAt">

/** A change with its contents read. */
interface ParsedChange extends LoggedChange {
  contentBefore: object
  contentAfter: object
}

const pageSize = 500

/**
 * The changes of a run in kind order, then id; of one that waits those that would take effect. As far as the scope
 * reaches that goes now (S18): contents from before it are kept until they are purged. Costs one page in memory.
 */
export async function* readChanges(
  storage: RosterStorage,
  run: ChangesOf,
  { kind, action, school }: ChangeFilter,
  scope: CompiledScope | undefined,
): AsyncGenerator<RecordChange> {
  for await (const change of parsedChanges(storage, run, { kind, action }, scope)) {
    if (school === undefined || schoolsOf(change).includes(school)) yield describe(change)
  }
}

/** A page of what {@link readChanges} lists. Costs that page, however many changes the run has. */
export async function pageOfChanges(
  storage: RosterStorage,
  run: ChangesOf,
  { kind, action, after, limit = 50 }: ChangePageQuery,
  scope: CompiledScope | undefined,
): Promise<ChangePage> {
  requireChanges(run)
  const actions = actionsOf(run, action)
  const found = await storage.listChanges({ runId: run.id, kind, actions, after, limit: limit + 1 })
  const shown = found.slice(0, limit)
  return {
    changes: shown.map((change) => describeChange(change, scope)),
    next: found.length > limit ? positionOf(shown.at(-1)) : null,
  }
}

/**
 * How many changes each school has, in ascending id, then those of no school. Somebody who belongs to several schools
 * counts in each. Reads the changes once; costs a few numbers for each school in memory.
 */
export async function countBySchool(
  storage: RosterStorage,
  run: ChangesOf,
  scope: CompiledScope | undefined,
): Promise<SchoolChanges[]> {
  const bySchool = new Map<string | null, SchoolChanges["changes"]>()
  for await (const change of parsedChanges(storage, run, {}, scope)) {
    const schools = schoolsOf(change)
    for (const schoolId of schools.length === 0 ? [null] : schools) {
      let changes = bySchool.get(schoolId)
      if (changes === undefined) {
        changes = {}
        bySchool.set(schoolId, changes)
      }
      changes[change.kind] ??= {}
      const counts = changes[change.kind] ?? {}
      counts[change.action] = (counts[change.action] ?? 0) + 1
    }
  }
  const rows = [...bySchool].map(([schoolId, changes]): SchoolChanges => ({ schoolId, changes }))
  return rows.sort((a, b) => compareSchools(a.schoolId, b.schoolId))
}

/**
 * What a logged change means field by field. The log keeps whole contents; what changed is worked out when
 * somebody looks.
 *
 * A created record's fields all come from nothing; an archived one's content stays as it was, unless an undo puts an
 * older one back, so that only its enrolments end. Who or what it was is in `archived`.
 */
export function describeChange(change: LoggedChange, scope: CompiledScope | undefined): RecordChange {
  return describe(parse(change, scope))
}

function describe({ kind, id, action, contentBefore, contentAfter }: ParsedChange): RecordChange {
  const fields = diffRecords(contentBefore, contentAfter)
  const none = {}
  const archived = action === "archive" ? { archived: diffRecords(contentBefore, none) } : {}
  if (kind !== "section") return { kind, id, action, fields, ...archived, joined: [], left: [] }
  const { joined, left } = enrolmentChanges(
    action === "restore" ? none : contentBefore,
    action === "archive" ? none : contentAfter,
  )
  return { kind, id, action, fields, ...archived, joined, left }
}

async function* parsedChanges(
  storage: RosterStorage,
  run: ChangesOf,
  { kind, action }: Pick<ChangeFilter, "kind" | "action">,
  scope: CompiledScope | undefined,
): AsyncGenerator<ParsedChange> {
  requireChanges(run)
  const actions = actionsOf(run, action)
  let after: { kind: Kind; id: string } | undefined
  for (;;) {
    const page = await storage.listChanges({ runId: run.id, kind, actions, after, limit: pageSize })
    for (const change of page) yield parse(change, scope)
    const last = page.at(-1)
    if (last === undefined) return
    after = { kind: last.kind, id: last.id }
  }
}

/** Where a list goes on after this change. */
export function positionOf(change: RecordPosition | undefined): RecordPosition | null {
  return change === undefined ? null : { kind: change.kind, id: change.id }
}

/** S31: an import whose changes are gone must not look like one that changed nothing. */
export function requireChanges({ id, changesPurgedAt }: ChangesOf): void {
  if (changesPurgedAt === undefined) return
  throw new HomeroomError("RUN_CHANGES_PURGED", {
    message: `What import ${id} changed was purged on ${changesPurgedAt.slice(0, 10)}.`,
    details: { runId: id, purgedAt: changesPurgedAt },
  })
}

/** What a plan leaves out is none of its changes (S28). */
export function actionsOf({ plan }: ChangesOf, action: LoggedAction | undefined): LoggedAction[] | undefined {
  if (plan === null) return action === undefined ? undefined : [action]
  const logged = (["create", "update", "restore", "archive"] as const).filter((one) =>
    plan.actions.includes(one),
  )
  return action === undefined ? logged : logged.filter((one) => one === action)
}

function parse(change: LoggedChange, scope: CompiledScope | undefined): ParsedChange {
  const read = (data: string | null) => (data === null ? {} : parseContent(change.kind, data, scope))
  const contentBefore = read(change.before)
  const isKept = change.action === "archive" && change.after === null
  return { ...change, contentBefore, contentAfter: isKept ? contentBefore : read(change.after) }
}

function parseContent(kind: Kind, data: string, scope: CompiledScope | undefined): object {
  const content: object = JSON.parse(data)
  if (scope === undefined) return content
  const verdict = scope.judge(kind, content)
  return verdict.state === "in" ? (verdict.value as object) : {}
}

/** The schools that a record belongs to or belonged to; a school's own record is its own. */
function schoolsOf({ kind, id, contentBefore, contentAfter }: ParsedChange): string[] {
  if (kind === "school") return [id]
  const schools = new Set<string>()
  for (const content of [contentBefore, contentAfter]) {
    for (const school of recordKeys(kind, content as RosterRecord).schools) schools.add(school)
  }
  return [...schools]
}

function compareSchools(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return a < b ? -1 : Number(a > b)
}
