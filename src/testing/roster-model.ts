import { type Kind, kinds } from "../models/index.ts"
import type {
  Action,
  Cursor,
  DistrictHead,
  LoggedChange,
  Rejection,
  RosterCommit,
  StagedChange,
  StoredRecord,
} from "../storage/contract.ts"

/** What a commit should have led to. */
export interface ModelLog {
  changes: LoggedChange[]
  rejections: Rejection[]
}

/** One district as the contract says that it is: plain, slow and easy to check by reading. */
export class RosterModel {
  readonly districtId: string
  version = 0
  cursor: Cursor | null = null
  lastRunId: string | null = null
  readonly commits: RosterCommit[] = []
  #records: StoredRecord[] = []

  constructor(districtId: string) {
    this.districtId = districtId
  }

  record(kind: Kind, id: string): StoredRecord | undefined {
    return this.#records.find((one) => one.kind === kind && one.id === id)
  }

  /** In ascending id. */
  records(kind: Kind): StoredRecord[] {
    return this.#records.filter((one) => one.kind === kind).sort(byKindAndId)
  }

  head(): DistrictHead {
    const counts: DistrictHead["counts"] = {}
    for (const kind of kinds) {
      const records = this.records(kind)
      const active = records.filter((one) => one.state === "active").length
      if (records.length > 0) counts[kind] = { active, archived: records.length - active }
    }
    return { version: this.version, cursor: this.cursor, lastRunId: this.lastRunId, counts }
  }

  /** What the log shows of these staged changes before they are committed. */
  preview(staged: readonly StagedChange[], actions: readonly Action[]): ModelLog {
    const log: ModelLog = { changes: [], rejections: [] }
    for (const change of [...staged].sort(byKindAndId)) {
      const { action, kind, id } = change
      if (change.action === "reject") {
        const { reason, path, data } = change
        log.rejections.push({ kind, id, reason, path, data })
        continue
      }
      if (action === "reject" || action === "unchanged" || action === "refresh") continue
      if (!actions.includes(action)) continue
      const before = this.record(kind, id)?.data ?? null
      log.changes.push({ kind, id, action, before, after: newContent(change)?.data ?? null })
    }
    return log
  }

  commit(end: {
    runId: string
    staged: readonly StagedChange[]
    actions: readonly Action[]
    cursor: Cursor | null
  }): ModelLog {
    const log = this.preview(end.staged, end.actions)
    let changed = false
    for (const change of end.staged) {
      if (!end.actions.includes(change.action)) continue
      if (change.action === "unchanged" || change.action === "reject") continue
      changed = true
      const { kind, id, action } = change
      const former = this.record(kind, id)
      const content = newContent(change) ?? former
      const state = action === "archive" ? "archived" : "active"
      this.#records = this.#records.filter((one) => one !== former)
      if (content !== undefined) this.#records.push(recordOf(kind, id, state, content))
    }
    if (changed) this.commits.push({ runId: end.runId, version: ++this.version })
    this.cursor = end.cursor
    this.lastRunId = end.runId
    return log
  }
}

type Content = Pick<StoredRecord, "raw" | "canonical" | "data">

function newContent(change: StagedChange): Content | undefined {
  if (change.action === "archive") return change.content
  return "raw" in change ? change : undefined
}

function recordOf(
  kind: Kind,
  id: string,
  state: StoredRecord["state"],
  { raw, canonical, data }: Content,
): StoredRecord {
  return { kind, id, state, raw, canonical, data }
}

function byKindAndId(a: { kind: Kind; id: string }, b: { kind: Kind; id: string }): number {
  if (a.kind !== b.kind) return kinds.indexOf(a.kind) - kinds.indexOf(b.kind)
  return a.id < b.id ? -1 : Number(a.id > b.id)
}
