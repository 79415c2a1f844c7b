import { join } from "node:path"
import { onTestFinished } from "vitest"
import { canonicalFingerprint, rawFingerprint } from "../../src/models/index.ts"
import { type Kind, kinds } from "../../src/models/kinds.ts"
import { type FoundBy, recordKeys } from "../../src/models/record-keys.ts"
import { findHolds } from "../../src/roster/guards/find-holds.ts"
import type { GuardFindings } from "../../src/roster/guards/guard-request.ts"
import { newRun } from "../../src/roster/new-run.ts"
import type {
  Action,
  Checkpoint,
  Counts,
  GuardSettings,
  Lease,
  RosterStorage,
  Run,
  StagedChange,
} from "../../src/storage/contract.ts"
import { MemoryStorage } from "../../src/storage/memory/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"
import { interceptStorage } from "./intercepted-storage.ts"
import { lendPostgres } from "./postgres-worlds.ts"
import { hourMs, type StorageName, temporaryFolder } from "./roster-world.ts"

const districtId = "d".repeat(24)

const outcomes: Readonly<Record<Action, keyof Counts>> = {
  create: "created",
  update: "updated",
  archive: "archived",
  restore: "restored",
  refresh: "unchanged",
  unchanged: "unchanged",
  reject: "rejected",
}

/** A person of a school in some roles. */
export function person(
  id: string,
  {
    schools = ["s1"],
    roles = ["student"],
    note = "",
  }: { schools?: string[]; roles?: string[]; note?: string } = {},
): object {
  const role = schools.length === 0 ? {} : { school: schools[0], schools }
  return { id, district: districtId, note, roles: Object.fromEntries(roles.map((name) => [name, role])) }
}

export function section(id: string, school = "s1"): object {
  return { id, district: districtId, school, students: [], teachers: [] }
}

/** Ids in ascending order: `u0001`, `u0002` … */
export function ids(letter: string, count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${letter}${String(from + index).padStart(4, "0")}`)
}

export function change(action: "create" | "update" | "restore", kind: Kind, record: object): StagedChange {
  const data = JSON.stringify(record)
  const keys: FoundBy = recordKeys(kind, record as never)
  const raw = rawFingerprint(Buffer.from(data))
  return {
    action,
    kind,
    id: (record as { id: string }).id,
    data,
    raw,
    canonical: canonicalFingerprint(record),
    keys,
  }
}

export function archives(kind: Kind, gone: readonly string[]): StagedChange[] {
  return gone.map((id) => ({ action: "archive", kind, id }))
}

export function rejects(kind: Kind, bad: readonly string[]): StagedChange[] {
  return bad.map((id) => ({
    action: "reject",
    kind,
    id,
    reason: "district-missing",
    path: "district",
    data: "{}",
  }))
}

/** Runs of one district, put together by hand: staged, looked at by the guards, committed. */
export class GuardWorld {
  nowMs: number = Date.parse("2026-09-01T12:00:00Z")
  /** What the last look asked the storage. */
  asked: readonly { method: string; query: unknown }[] = []
  readonly storage: RosterStorage
  #calls: { method: string; query: unknown }[] = []
  #runs = 0

  constructor(name: StorageName = "memory") {
    const clock = () => this.nowMs
    const lent = name === "postgres" ? lendPostgres({ clock }) : undefined
    const storage =
      lent?.storage ??
      (name === "sqlite"
        ? new SqliteStorage({ path: join(temporaryFolder(), "roster.db"), clock })
        : new MemoryStorage({ clock }))
    this.storage = interceptStorage(storage, {
      beforeCall: (method, [query]) => this.#calls.push({ method, query }),
    })
    onTestFinished(async () => {
      await storage.close()
      await lent?.giveBack()
    })
  }

  /** What the guards say of a run with these changes; nothing is left of it. */
  async look(
    changes: readonly StagedChange[],
    options: { settings?: GuardSettings; archivesWait?: boolean; seen?: Checkpoint["seen"] } = {},
  ): Promise<GuardFindings> {
    const { seen, ...rest } = options
    const { found } = await this.#run(changes, { ...rest, run: { checkpoint: checkpointOf(seen ?? {}) } })
    return found
  }

  /** Commits a run with these changes, whatever the guards say of it. */
  async commit(changes: readonly StagedChange[], fields: Partial<Run> = {}): Promise<Run> {
    const { run } = await this.#run(changes, { run: fields, commit: true })
    return run
  }

  /** Replaces the record of a run. */
  async save(run: Run): Promise<void> {
    await this.#withLease((lease) => this.storage.saveRun(lease, run))
  }

  async #withLease<Result>(work: (lease: Lease) => Promise<Result>): Promise<Result> {
    await this.storage.open()
    const answer = await this.storage.acquireLease({ districtId, holder: "test", ttlMs: hourMs })
    if (!answer.acquired) throw new Error("the lease is held")
    const result = await work(answer.lease)
    await this.storage.releaseLease(answer.lease)
    return result
  }

  #run(
    changes: readonly StagedChange[],
    options: { settings?: GuardSettings; archivesWait?: boolean; run?: Partial<Run>; commit?: boolean },
  ): Promise<{ run: Run; found: GuardFindings }> {
    const { storage, nowMs } = this
    const { settings = {}, archivesWait = false, commit = false } = options
    return this.#withLease(async (lease) => {
      const head = await storage.getDistrict(districtId)
      const counts = countChanges(changes)
      const begun = newRun({ lease, basis: head.version, mode: "bulk", startedBy: "test", nowMs })
      const id = `${begun.id}-${this.#runs++}`
      const run: Run = { ...begun, id, state: "fetching", counts, ...options.run }
      await storage.stage(lease, { run, changes })
      this.#calls = []
      const found = await findHolds({ storage, run, head, counts, settings, nowMs, archivesWait })
      this.asked = [...this.#calls]
      const ended: Run = {
        ...run,
        state: "applied",
        finishedAt: new Date(nowMs).toISOString(),
        archivedBySchool: found.archivedBySchool,
        archivedByRole: found.archivedByRole,
        ...options.run,
      }
      const actions: Action[] = ["create", "update", "restore", "archive"]
      if (commit) await storage.commit(lease, { run: ended, basis: head.version, cursor: null, actions })
      else await storage.discardStaged(lease, { ...run, state: "failed" })
      return { run: ended, found }
    })
  }
}

function checkpointOf(seen: Checkpoint["seen"]): Checkpoint {
  return {
    at: "2026-09-01T12:00:00Z",
    stage: "listing",
    apiVersion: "v3.1",
    cursor: null,
    kind: "section",
    next: null,
    lastId: "",
    ordered: true,
    gap: false,
    pages: 1,
    seen,
  }
}

export function countChanges(changes: readonly StagedChange[]): Record<Kind, Counts> {
  const none = { created: 0, updated: 0, archived: 0, restored: 0, unchanged: 0, rejected: 0 }
  const counts = Object.fromEntries(kinds.map((kind) => [kind, { ...none }])) as Record<Kind, Counts>
  for (const { kind, action } of changes) counts[kind][outcomes[action]]++
  return counts
}
