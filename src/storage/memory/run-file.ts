import { type Kind, kinds } from "../../models/kinds.ts"
import type {
  Action,
  ChangeQuery,
  LoggedChange,
  PageQuery,
  Rejection,
  StagedChange,
  StagedCount,
  StagedEntry,
} from "../contract.ts"
import type { DistrictRoster } from "./district-roster.ts"
import { type ByKind, byKind, inKindOrder, page } from "./ordered-map.ts"

const actions: readonly Action[] = [
  "create",
  "update",
  "restore",
  "archive",
  "refresh",
  "unchanged",
  "reject",
]

/** What a run left behind besides its own record: its plan, then its part of the change log. */
export class RunFile {
  #staged: ByKind<StagedChange> = byKind()
  /** Set by the commit. */
  #committed: { readonly changes: ByKind<LoggedChange>; readonly rejections: ByKind<Rejection> } | undefined

  stage(changes: readonly StagedChange[]): void {
    for (const change of changes) this.#staged[change.kind].set(change.id, copyOf(change))
  }

  countStaged(): StagedCount[] {
    const counted: StagedCount[] = []
    for (const kind of kinds) {
      const counts = new Map<Action, number>()
      for (const { action } of this.#staged[kind].after("")) {
        counts.set(action, (counts.get(action) ?? 0) + 1)
      }
      for (const action of actions) {
        const count = counts.get(action)
        if (count !== undefined) counted.push({ kind, action, count })
      }
    }
    return counted
  }

  listStaged(kind: Kind, after: string, limit: number): StagedEntry[] {
    return page(this.#staged[kind].after(after), limit, entryOf)
  }

  dropStaged(): void {
    this.#staged = byKind()
  }

  /** Makes the staged changes of these actions the roster and the log; true if a record changed. */
  commit(roster: DistrictRoster, wanted: readonly Action[]): boolean {
    const committed = { changes: byKind<LoggedChange>(), rejections: byKind<Rejection>() }
    let changed = false
    for (const change of inKindOrder(this.#staged, undefined)) {
      if (change.action === "reject") committed.rejections[change.kind].set(change.id, rejectionOf(change))
      if (!wanted.includes(change.action)) continue
      const entry = roster.logged(change)
      if (!roster.apply(change)) continue
      changed = true
      if (entry !== undefined) committed.changes[change.kind].set(change.id, entry)
    }
    this.dropStaged()
    this.#committed = committed
    return changed
  }

  /** Of a run not committed: what its staged changes would do to the roster as it is. */
  listChanges(roster: DistrictRoster, query: Omit<ChangeQuery, "runId">): LoggedChange[] {
    const { kind, actions, after, limit } = query
    const fits = (change: LoggedChange) =>
      (kind === undefined || change.kind === kind) &&
      (actions === undefined || actions.includes(change.action))
    if (this.#committed !== undefined) {
      return page(inKindOrder(this.#committed.changes, after), limit, (change) =>
        fits(change) ? { ...change } : undefined,
      )
    }
    return page(inKindOrder(this.#staged, after), limit, (staged) => {
      const change = roster.logged(staged)
      return change !== undefined && fits(change) ? change : undefined
    })
  }

  listRejections({ after, limit }: PageQuery): Rejection[] {
    if (this.#committed !== undefined) {
      return page(inKindOrder(this.#committed.rejections, after), limit, (rejection) => ({ ...rejection }))
    }
    return page(inKindOrder(this.#staged, after), limit, (change) =>
      change.action === "reject" ? rejectionOf(change) : undefined,
    )
  }
}

function rejectionOf(change: Extract<StagedChange, { action: "reject" }>): Rejection {
  const { kind, id, reason, path, data } = change
  return { kind, id, reason, path, data }
}

function copyOf(change: StagedChange): StagedChange {
  if (change.action !== "archive" || change.content === undefined) return { ...change }
  return { ...change, content: { ...change.content } }
}

function entryOf(change: StagedChange): StagedEntry {
  const { id, action } = change
  const content = change.action === "archive" ? change.content : "raw" in change ? change : undefined
  return { id, action, raw: content?.raw ?? null, canonical: content?.canonical ?? null }
}
