/** The whole adapter: erasing and purging on top of everything that there is to erase. */
import type { Kind, PurgeCounts, RosterStorage, Run } from "homeroom"
import type { ConnectionStep, ErasureCounts } from "homeroom/exchange"
import type { ErasureSelection, Lease, PurgeRequest, StorageCapabilities } from "homeroom/storage"
import { hideInRun, hideReferences, Mention, stripContent, traceFinder } from "homeroom/storage"
import type { Table } from "../store/tables.ts"
import { CommitTables } from "./commit-tables.ts"
import { orderOf } from "./roster-tables.ts"
import {
  countContents,
  type Erased,
  strippedChange,
  strippedRejection,
  strippedStaged,
} from "./stripped-rows.ts"

export interface JournalStorageOptions {
  /** Where the file is; made if it is not there. */
  folder: string
  /** The time in milliseconds since 1970, by which leases and sign-in's keys run out; `Date.now` when absent. */
  clock?: () => number
}

/**
 * Rosters in a folder: all of it in memory, and on the disk a journal of transactions, from which the memory is made again.
 * One process at a time may open it, and nothing keeps a second one out. Each transaction waits for the disk, and
 * everybody waits for it: for a few thousand people, and to learn from.
 */
export class JournalStorage extends CommitTables implements RosterStorage {
  readonly name = "journal"
  readonly capabilities: StorageCapabilities = { durable: true, shared: false }

  constructor({ folder, clock = Date.now }: JournalStorageOptions) {
    super(folder, clock)
  }

  // #region erase
  async erase(lease: Lease, { districtId, kind, id }: ErasureSelection): Promise<ErasureCounts> {
    const erase = () =>
      kind === undefined ? this.#eraseDistrict(districtId) : this.#eraseRecord(districtId, kind, id)
    // The file written anew, or what was erased would still stand in the transactions that wrote it.
    return this.fenced(lease, { districtId }, erase, { rewrite: true })
  }
  // #endregion

  #eraseRecord(districtId: string, kind: Kind, id: string): ErasureCounts {
    const counts = noCounts()
    const erased = { districtId, id }
    const head = this.head(districtId)
    const record = this.records.get(districtId, orderOf(kind), id)
    if (record !== undefined) {
      this.replaceRecord(head, record, undefined)
      counts.records++
    }
    let isChanged = record !== undefined
    for (const run of this.#runsOf(districtId)) {
      this.#eraseFromRows(this.staged, run, { kind, ...erased }, strippedStaged, counts)
      this.#eraseFromRows(this.changes, run, { kind, ...erased }, strippedChange, counts)
      this.#eraseFromRows(this.rejections, run, { kind, ...erased }, strippedRejection, counts)
      const hidden = hideInRun(JSON.stringify(run), id)
      if (hidden?.startsOver) this.dropStaged(run.id)
      if (hidden !== undefined) this.putRun(JSON.parse(hidden.document) as Run)
    }
    for (const row of this.records.scan([districtId])) {
      const content = stripContent(row.kind, row, erased)
      if (content === undefined) continue
      this.replaceRecord(head, row, { ...row, ...content })
      isChanged = true
    }
    // Plans made before are of another roster.
    if (isChanged) this.heads.put({ ...head, version: head.version + 1 })
    const connection = this.connections.get(districtId)
    const steps = hideReferences(JSON.stringify(connection?.steps ?? []), id)
    if (connection !== undefined && steps !== undefined) {
      this.connections.put({ ...connection, steps: JSON.parse(steps) as ConnectionStep[] })
    }
    this.#eraseOverrides(districtId, kind, id, counts)
    this.#eraseDocuments(districtId, id, counts)
    if (kind === "user") {
      counts.logins += this.removeLinks({ cleverId: id })
      counts.logins += this.removeUsedKeys((one) => one.startsWith("user:") && one.endsWith(`:${id}`))
    }
    return counts
  }

  /** Removes the record's own row of a run, and strips the others. */
  #eraseFromRows<Row extends Parameters<typeof countContents>[0]>(
    table: Table<Row>,
    run: Run,
    erased: Erased & { readonly kind: Kind },
    strip: (row: Row, erased: Erased) => Row | undefined,
    counts: ErasureCounts,
  ): void {
    for (const row of table.scan([run.id])) {
      const stripped = strip(row, erased)
      const isOwn = row.kind === erased.kind && row.id === erased.id
      // A rejected record without an id that mentions this one may well be the same person.
      const isGone = isOwn || (stripped !== undefined && row.id.startsWith("?"))
      if (isGone) {
        counts.contents += countContents(row)
        table.delete(row)
      } else if (stripped !== undefined) {
        counts.mentions++
        table.put(stripped)
      }
    }
  }

  #eraseOverrides(districtId: string, kind: Kind, id: string, counts: ErasureCounts): void {
    const mention = new Mention(id)
    for (const row of this.overrides.scan([districtId])) {
      const isOwn = row.kind === kind && row.id === id
      if (isOwn || hideReferences(JSON.stringify(row.value), id) !== undefined) {
        this.overrides.delete(row)
        counts.documents++
      } else if (mention.isIn(row.by)) {
        this.overrides.put({ ...row, by: mention.hideIn(row.by) })
        counts.mentions++
      }
    }
  }

  /** Of the district, or of none: those that tell of the id go, and in others it is hidden. */
  #eraseDocuments(districtId: string, id: string, counts: ErasureCounts): void {
    const mention = new Mention(id)
    for (const row of this.documents.scan()) {
      if (row.districtId !== districtId && row.districtId !== null) continue
      const hidden = hideReferences(JSON.stringify(row.value), id)
      if ([row.key, ...row.subjects].some((text) => mention.isIn(text))) {
        this.documents.delete(row)
        counts.documents++
      } else if (hidden !== undefined) {
        this.documents.put({ ...row, value: JSON.parse(hidden), revision: row.revision + 1 })
        counts.mentions++
      }
    }
  }

  #eraseDistrict(districtId: string): ErasureCounts {
    const counts = noCounts()
    counts.records = clear(this.records, [districtId]).length
    for (const table of [this.terms, this.commits, this.heads, this.connections])
      clear<unknown>(table, [districtId])
    counts.documents += clear(this.overrides, [districtId]).length
    for (const row of this.documents.scan()) {
      if (row.districtId === districtId && this.documents.delete(row)) counts.documents++
    }
    this.#eraseDocuments(districtId, districtId, counts)
    for (const run of this.#runsOf(districtId)) {
      counts.contents += this.#dropContents(run.id)
      counts.runs += clear(this.runs, [run.id]).length
    }
    counts.logins += this.removeLinks({ districtId })
    counts.logins += this.removeUsedKeys((one) => one === `district:${districtId}`)
    const fence = this.leases.get(districtId)?.fence ?? 0
    this.erasedFences.put(Math.max(fence, this.erasedFences.get() ?? 0))
    clear(this.leases, [districtId])
    return counts
  }

  async purge(lease: Lease, request: PurgeRequest): Promise<PurgeCounts> {
    return this.fenced(lease, request, () => {
      const { districtId, changesBefore, archivedBefore, stagedBefore } = request
      const counts = { records: 0, contents: 0 }
      const { lastRunId } = this.head(districtId)
      const waiting = this.#runsFrom(request)
      if (changesBefore !== undefined) {
        for (const run of this.#runsOf(districtId)) {
          const isKept = run.id === lastRunId || waiting.has(run.id) || run.changesPurgedAt !== undefined
          if (isKept || !this.runs.get(run.id)?.isCommitted) continue
          // The oldest first, so that what is left is the whole log from some commit on.
          if ((run.finishedAt ?? run.startedAt) >= changesBefore) break
          counts.contents += this.#dropContents(run.id)
          this.putRun({ ...run, changesPurgedAt: this.#now() })
        }
      }
      if (archivedBefore !== undefined) this.#purgeArchived(districtId, archivedBefore, waiting, counts)
      if (stagedBefore !== undefined) {
        for (const run of this.#runsOf(districtId)) {
          const isOver = run.startedAt >= stagedBefore || this.runs.get(run.id)?.isCommitted === true
          if (isOver || this.staged.scan([run.id]).next().done) continue
          counts.contents += this.#dropContents(run.id)
          // Without what it had staged it can't go on from where it was.
          this.putRun({ ...run, checkpoint: null, changesPurgedAt: this.#now() })
        }
      }
      return counts
    })
  }

  #purgeArchived(
    districtId: string,
    before: string,
    waiting: ReadonlySet<string>,
    counts: PurgeCounts,
  ): void {
    const head = this.head(districtId)
    const runs = this.#runsOf(districtId)
    let purged = 0
    for (const row of this.records.scan([districtId])) {
      const key = [orderOf(row.kind), row.id] as const
      if ((row.archivedAtMs ?? Number.POSITIVE_INFINITY) >= Date.parse(before)) continue
      if ([...waiting].some((runId) => this.changes.get(runId, ...key) !== undefined)) continue
      this.replaceRecord(head, row, undefined)
      clear(this.overrides, [districtId, row.kind, row.id])
      for (const run of runs) counts.contents += this.#dropContents(run.id, ...key)
      purged++
    }
    counts.records += purged
    if (purged > 0) this.heads.put({ ...head, version: head.version + 1 })
  }

  // #region traces
  async countTraces(text: string): Promise<Record<string, number>> {
    const hasTrace = traceFinder(text)
    const traces: Record<string, number> = {}
    const { tables, journal } = this.everyWrite()
    for (const [place, writes] of [
      ["memory", tables],
      ["file", journal],
    ] as const) {
      for (const [table, , json] of writes) {
        const row = JSON.parse(json ?? "null")
        // Whom imports are to leave out must be named there.
        if (table === "connections" && row !== null) delete row.settings
        if (!hasTrace(row)) continue
        traces[`${place}: ${table}`] = (traces[`${place}: ${table}`] ?? 0) + 1
      }
    }
    return traces
  }
  // #endregion

  /** In the order in which they were begun. */
  #runsOf(districtId: string): Run[] {
    const runs = [...this.runs.scan()].map(({ run }) => run).filter((run) => run.districtId === districtId)
    return runs.sort((a, b) =>
      a.startedAt < b.startedAt || (a.startedAt === b.startedAt && a.id < b.id) ? -1 : 1,
    )
  }

  /** The runs whose logs somebody waits for. */
  #runsFrom({ districtId, keepFromVersion = Number.POSITIVE_INFINITY }: PurgeRequest): Set<string> {
    const commits = [...this.commits.scan([districtId])].filter((one) => one.version >= keepFromVersion)
    return new Set(commits.map(({ runId }) => runId))
  }

  /** Drops plan, log and rejections of a run, or of one record in it; tells how many contents. */
  #dropContents(...key: readonly string[]): number {
    const rows = [...clear(this.staged, key), ...clear(this.changes, key), ...clear(this.rejections, key)]
    return rows.reduce((sum, row) => sum + countContents(row), 0)
  }

  #now(): string {
    return new Date(this.clock()).toISOString()
  }
}

/** Deletes the rows whose key begins so, and gives them. */
function clear<Row>(table: Pick<Table<Row>, "scan" | "delete">, key: readonly string[]): Row[] {
  const rows = [...table.scan(key)]
  for (const row of rows) table.delete(row)
  return rows
}

function noCounts(): ErasureCounts {
  return { records: 0, contents: 0, mentions: 0, documents: 0, logins: 0, runs: 0 }
}
