/** Leases, of which each fenced write names one, and the runs that are made under them. */

import { HomeroomError, type Run } from "homeroom"
import type { HeldLease, Lease, LeaseAnswer, LeaseRequest, RunQuery } from "homeroom/storage"
import { page, Table } from "../store/tables.ts"

import { LoginTables } from "./login-tables.ts"

/** The newest lease of a district: kept when it ends, for its fence. */
interface LeaseRow extends Lease {
  readonly sinceMs: number
  readonly expiresMs: number
  readonly isReleased: boolean
}

interface RunRow {
  readonly run: Run
  readonly isCommitted: boolean
}

export class RunTables extends LoginTables {
  protected readonly leases: Table<LeaseRow> = new Table(this, "leases", (row) => [row.districtId])
  /** One row: the highest fence of districts that were erased. */
  protected readonly erasedFences: Table<number> = new Table(this, "erased-fences", () => [])
  protected readonly runs: Table<RunRow> = new Table(this, "runs", (row) => [row.run.id])

  // #region acquire
  async acquireLease({ districtId, holder, ttlMs }: LeaseRequest): Promise<LeaseAnswer> {
    return this.transact(() => {
      const held = this.#held(districtId)
      if (held !== undefined) return { acquired: false, held }
      // Never the same twice, not even after the district was erased: a writer of then may still be alive.
      const last = this.leases.get(districtId)?.fence ?? this.erasedFences.get() ?? 0
      const lease = { districtId, holder, fence: last + 1 }
      const sinceMs = this.clock()
      this.leases.put({ ...lease, sinceMs, expiresMs: sinceMs + ttlMs, isReleased: false })
      return { acquired: true, lease }
    })
  }
  // #endregion

  async renewLease(lease: Lease, ttlMs: number): Promise<boolean> {
    return this.transact(() => {
      const row = this.#newest(lease)
      if (row !== undefined) this.leases.put({ ...row, expiresMs: this.clock() + ttlMs })
      return row !== undefined
    })
  }

  async releaseLease(lease: Lease): Promise<void> {
    this.transact(() => {
      const row = this.#newest(lease)
      if (row !== undefined) this.leases.put({ ...row, isReleased: true })
    })
  }

  async getLease(districtId: string): Promise<HeldLease | undefined> {
    return this.#held(districtId)
  }

  #held(districtId: string): HeldLease | undefined {
    const row = this.leases.get(districtId)
    if (row === undefined || row.isReleased || row.expiresMs <= this.clock()) return undefined
    const { holder, fence, sinceMs, expiresMs } = row
    const [since, expiresAt] = [new Date(sinceMs).toISOString(), new Date(expiresMs).toISOString()]
    return { districtId, holder, fence, since, expiresAt }
  }

  /** The lease's row if it may write. One that ran out and that nobody took may: there is no other writer. */
  #newest({ districtId, fence }: Lease): LeaseRow | undefined {
    const row = this.leases.get(districtId)
    return row !== undefined && row.fence === fence && !row.isReleased ? row : undefined
  }

  // #region fenced
  /** A transaction that writes a district under a lease. The lease is judged within it, not before. */
  protected fenced<Result>(
    lease: Lease,
    { districtId }: { readonly districtId: string },
    body: () => Result,
    options: { rewrite?: boolean } = {},
  ): Result {
    return this.transact(() => {
      if (lease.districtId !== districtId || this.#newest(lease) === undefined) {
        throw new HomeroomError("LEASE_LOST", { details: { districtId, fence: lease.fence } })
      }
      return body()
    }, options)
  }
  // #endregion

  async saveRun(lease: Lease, run: Run): Promise<void> {
    this.fenced(lease, run, () => this.putRun(run))
  }

  protected putRun(run: Run, isCommitted: boolean = this.runs.get(run.id)?.isCommitted ?? false): void {
    this.runs.put({ run, isCommitted })
  }

  async getRun(runId: string): Promise<Run | undefined> {
    return this.runs.get(runId)?.run
  }

  /** Sorts all runs: a database has an index by district, and one by state. */
  async listRuns({ districtId, states, before, limit }: RunQuery): Promise<Run[]> {
    const newestFirst = [...this.runs.scan()].map(({ run }) => run).sort((a, b) => (isOlder(a, b) ? 1 : -1))
    return page(newestFirst, limit, (run) => {
      const fits =
        (districtId === undefined || run.districtId === districtId) &&
        (states === undefined || states.includes(run.state)) &&
        (before === undefined || isOlder(run, before))
      return fits ? run : undefined
    })
  }
}

function isOlder(a: Pick<Run, "startedAt" | "id">, b: Pick<Run, "startedAt" | "id">): boolean {
  return a.startedAt === b.startedAt ? a.id < b.id : a.startedAt < b.startedAt
}
