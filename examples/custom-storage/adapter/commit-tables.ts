/** Staging, the commit that makes it the roster, and the log of what commits changed. */
import { HomeroomError, isHomeroomError, type Kind, type Run } from "homeroom"
import type {
  ChangeQuery,
  CommitRequest,
  Lease,
  LoggedChange,
  PageQuery,
  RecordContent,
  Rejection,
  RosterCommit,
  StagedChange,
  StagedCount,
  StagedEntry,
  StagedQuery,
} from "homeroom/storage"
import { requireSameConnection } from "homeroom/storage"
import { page, Table } from "../store/tables.ts"
import { type HeadRow, orderOf, type RecordRow, RosterTables } from "./roster-tables.ts"

type OfRun<Row> = Row & { readonly runId: string }

export type StagedRow = OfRun<StagedChange>
export type ChangeRow = OfRun<LoggedChange>
export type RejectionRow = OfRun<Rejection>

const inRunOrder = (row: OfRun<{ kind: Kind; id: string }>) => [row.runId, orderOf(row.kind), row.id]

export class CommitTables extends RosterTables {
  protected readonly staged: Table<StagedRow> = new Table<StagedRow>(this, "staged", inRunOrder)
  protected readonly changes: Table<ChangeRow> = new Table<ChangeRow>(this, "changes", inRunOrder)
  protected readonly rejections: Table<RejectionRow> = new Table<RejectionRow>(this, "rejections", inRunOrder)
  protected readonly commits: Table<RosterCommit & { districtId: string }> = new Table(
    this,
    "commits",
    // Numbers come in order as texts if they are of one length.
    (row) => [row.districtId, String(row.version).padStart(16, "0")],
  )
  /** The run whose batch could not be written: no later one of it may stand there alone. */
  #brokenRunId: string | undefined

  protected override fenced<Result>(
    lease: Lease,
    district: { readonly districtId: string },
    body: () => Result,
    options: { rewrite?: boolean } = {},
  ): Result {
    const result = super.fenced(lease, district, body, options)
    this.#brokenRunId = undefined
    return result
  }

  // #region stage
  async stage(lease: Lease, { run, changes }: { run: Run; changes: readonly StagedChange[] }): Promise<void> {
    if (this.#brokenRunId === run.id) throw new HomeroomError("STORAGE_UNREADABLE")
    try {
      this.fenced(lease, run, () => {
        for (const change of changes) this.staged.put({ runId: run.id, ...change })
        this.putRun(run)
      })
    } catch (error) {
      if (isHomeroomError(error) && error.code.startsWith("STORAGE_")) this.#brokenRunId = run.id
      throw error
    }
  }
  // #endregion

  async countStaged(runId: string): Promise<StagedCount[]> {
    const counts = new Map<string, StagedCount>()
    for (const { kind, action } of this.staged.scan([runId])) {
      const known = counts.get(`${kind} ${action}`) ?? { kind, action, count: 0 }
      counts.set(`${kind} ${action}`, { ...known, count: known.count + 1 })
    }
    return [...counts.values()]
  }

  async listStaged({ runId, kind, after = "", limit }: StagedQuery): Promise<StagedEntry[]> {
    return page(this.staged.scan([runId, orderOf(kind)], [after]), limit, (row) => {
      const content = contentOf(row)
      const { raw = null, canonical = null } = content ?? {}
      return { id: row.id, action: row.action, raw, canonical }
    })
  }

  async discardStaged(lease: Lease, run: Run): Promise<void> {
    this.fenced(lease, run, () => {
      this.dropStaged(run.id)
      this.putRun(run)
    })
  }

  protected dropStaged(runId: string): void {
    for (const row of this.staged.scan([runId])) this.staged.delete(row)
  }

  // #region commit
  async commit(lease: Lease, end: CommitRequest): Promise<void> {
    const { run, basis, cursor, actions, connection, overrides = [], documents = [] } = end
    const { districtId } = run
    this.fenced(lease, run, () => {
      const head = this.head(districtId)
      if (head.version !== basis) {
        throw new HomeroomError("PLAN_STALE", { details: { districtId, basis, version: head.version } })
      }
      if (end.expectedConnection !== undefined) {
        requireSameConnection(this.connections.get(districtId), end.expectedConnection)
      }
      const endedAtMs = Date.parse(run.finishedAt ?? run.startedAt)
      let isChanged = false
      for (const change of this.staged.scan([run.id])) {
        if (actions.includes(change.action)) isChanged = this.#apply(head, change, endedAtMs) || isChanged
        if (change.action === "reject") this.rejections.put(rejectionOf(change))
        this.staged.delete(change)
      }
      const version = head.version + (isChanged ? 1 : 0)
      if (isChanged) this.commits.put({ districtId, runId: run.id, version })
      this.heads.put({ ...head, version, cursor, lastRunId: run.id })
      this.putRun(run, true)
      for (const one of overrides) {
        if (this.overrides.get(districtId, one.kind, one.id, one.path) === undefined) this.overrides.put(one)
      }
      for (const write of documents) this.writeDocument(write)
      if (connection !== undefined) this.connections.put(connection)
    })
  }
  // #endregion

  /** Lets a staged change take effect on the roster and the log; true if it changed a record. */
  #apply(head: HeadRow, change: StagedRow, atMs: number): boolean {
    const { runId, action, kind, id } = change
    if (action === "unchanged" || action === "reject") return false
    const { districtId } = head
    const before = this.records.get(districtId, orderOf(kind), id)
    if (action === "archive" && before?.state !== "active") return false
    const logged = this.logged(districtId, change)
    if (logged !== undefined) this.changes.put({ runId, ...logged })
    const content = contentOf(change) ?? (before as RecordRow)
    const { data, raw, canonical, keys } = content
    const isArchived = action === "archive" || (action === "refresh" && before?.state === "archived")
    this.replaceRecord(head, before, {
      districtId,
      kind,
      id,
      state: isArchived ? "archived" : "active",
      data,
      raw,
      canonical,
      keys,
      archivedAtMs: action === "archive" ? atMs : isArchived ? (before?.archivedAtMs ?? null) : null,
    })
    return true
  }

  /** A change as the log shows it, with the content that the roster has now as the one before; undefined if it shows none. */
  protected logged(districtId: string, change: StagedChange): LoggedChange | undefined {
    const { action, kind, id } = change
    if (action === "refresh" || action === "unchanged" || action === "reject") return undefined
    const before = action === "create" ? undefined : this.records.get(districtId, orderOf(kind), id)
    return { kind, id, action, before: before?.data ?? null, after: contentOf(change)?.data ?? null }
  }

  async listCommits(query: {
    districtId: string
    after?: number | undefined
    limit: number
  }): Promise<RosterCommit[]> {
    const { districtId, after = 0, limit } = query
    return page(this.commits.scan([districtId]), limit, ({ runId, version }) =>
      version > after ? { runId, version } : undefined,
    )
  }

  async listChanges({ runId, kind, actions, after, limit }: ChangeQuery): Promise<LoggedChange[]> {
    const known = this.runs.get(runId)
    if (known === undefined) return []
    const from = after && [orderOf(after.kind), after.id]
    const fits = (change: LoggedChange | undefined) =>
      change !== undefined &&
      (kind === undefined || change.kind === kind) &&
      (actions === undefined || actions.includes(change.action))
        ? change
        : undefined
    if (known.isCommitted) {
      return page(this.changes.scan([runId], from), limit, ({ runId: _, ...change }) => fits(change))
    }
    return page(this.staged.scan([runId], from), limit, (row) => fits(this.logged(known.run.districtId, row)))
  }

  async listRejections({ runId, after, limit }: PageQuery & { runId: string }): Promise<Rejection[]> {
    const from = after && [orderOf(after.kind), after.id]
    if (this.runs.get(runId)?.isCommitted) {
      return page(this.rejections.scan([runId], from), limit, ({ runId: _, ...rejection }) => rejection)
    }
    return page(this.staged.scan([runId], from), limit, (row) => {
      if (row.action !== "reject") return undefined
      const { runId: _, ...rejection } = rejectionOf(row)
      return rejection
    })
  }
}

/** The content that a change brings, if any. */
export function contentOf(change: StagedChange): RecordContent | undefined {
  if (change.action === "archive") return change.content
  return "raw" in change ? change : undefined
}

function rejectionOf(change: Extract<StagedRow, { action: "reject" }>): RejectionRow {
  const { runId, kind, id, reason, path, data } = change
  return { runId, kind, id, reason, path, data }
}
