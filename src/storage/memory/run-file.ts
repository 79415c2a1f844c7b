import { type Kind, kinds } from "../../models/kinds.ts"
import { stripContent } from "../../models/strip-content.ts"
import { stripReferences } from "../../models/strip-references.ts"
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
  commit(roster: DistrictRoster, wanted: readonly Action[], at: number): boolean {
    const committed = { changes: byKind<LoggedChange>(), rejections: byKind<Rejection>() }
    let changed = false
    for (const change of inKindOrder(this.#staged, undefined)) {
      if (change.action === "reject") committed.rejections[change.kind].set(change.id, rejectionOf(change))
      if (!wanted.includes(change.action)) continue
      const entry = roster.logged(change)
      if (!roster.apply(change, at)) continue
      changed = true
      if (entry !== undefined) committed.changes[change.kind].set(change.id, entry)
    }
    this.dropStaged()
    this.#committed = committed
    return changed
  }

  get isCommitted(): boolean {
    return this.#committed !== undefined
  }

  /** True if the log says something of the record. */
  hasLogged(kind: Kind, id: string): boolean {
    return this.#committed?.changes[kind].get(id) !== undefined
  }

  /** Removes what plan and log have of a record; tells how many contents. */
  removeRecord(kind: Kind, id: string): number {
    let contents = 0
    for (const maps of this.#all()) {
      const entry = maps[kind].get(id)
      if (entry === undefined) continue
      contents += contentsOf(entry)
      maps[kind].delete(id)
    }
    return contents
  }

  /** Takes an id out of the contents of others. */
  strip(erased: { id: string; districtId: string }): { contents: number; mentions: number } {
    const counts = { contents: 0, mentions: 0 }
    for (const maps of this.#all()) {
      for (const kind of kinds) {
        for (const entry of [...maps[kind].after("")]) {
          const stripped = strippedEntry(entry, erased)
          if (stripped === undefined) continue
          // A rejected record without an id that mentions this one may well be the same person.
          const isGone = "reason" in entry && entry.id.startsWith("?")
          if (isGone) maps[kind].delete(entry.id)
          else maps[kind].set(entry.id, stripped)
          counts[isGone ? "contents" : "mentions"]++
        }
      }
    }
    return counts
  }

  /** Drops log and rejections, or what is staged; tells how many contents. */
  purge(): number {
    const contents = [...this.entries()].reduce((sum, entry) => sum + contentsOf(entry), 0)
    this.dropStaged()
    if (this.#committed !== undefined) this.#committed = { changes: byKind(), rejections: byKind() }
    return contents
  }

  /** Everything that it holds. */
  *entries(): Generator<FileEntry, void, undefined> {
    for (const maps of this.#all()) yield* inKindOrder(maps, undefined)
  }

  #all(): ByKind<FileEntry>[] {
    const { changes, rejections } = this.#committed ?? {}
    return [this.#staged, changes, rejections].filter((maps) => maps !== undefined) as ByKind<FileEntry>[]
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

type FileEntry = StagedChange | LoggedChange | Rejection

/** The contents that would go with it: a log's content before is another entry's content after. */
function contentsOf(entry: FileEntry): number {
  if ("after" in entry) return entry.after === null ? 0 : 1
  if ("data" in entry) return 1
  return "content" in entry && entry.content !== undefined ? 1 : 0
}

/** The entry without an id that it mentions; undefined if it does not. */
function strippedEntry(entry: FileEntry, erased: { id: string; districtId: string }): FileEntry | undefined {
  const { kind } = entry
  const strip = (data: string | null) => (data === null ? undefined : stripReferences(data, erased.id))
  if ("after" in entry) {
    const [before, after] = [strip(entry.before), strip(entry.after)]
    if (before === undefined && after === undefined) return undefined
    return { ...entry, before: before ?? entry.before, after: after ?? entry.after }
  }
  if ("reason" in entry) {
    const data = strip(entry.data)
    return data === undefined ? undefined : { ...entry, data }
  }
  if ("data" in entry) {
    const content = stripContent(kind, entry, erased)
    return content === undefined ? undefined : { ...entry, ...content }
  }
  if (entry.action !== "archive" || entry.content === undefined) return undefined
  const content = stripContent(kind, entry.content, erased)
  return content === undefined ? undefined : { ...entry, content }
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
