import { HomeroomError } from "../../errors/index.ts"
import { requireSameConnection } from "../contract/connections.ts"
import type {
  CommitRequest,
  ErasureCounts,
  ErasureSelection,
  Lease,
  PurgeCounts,
  PurgeRequest,
  Run,
} from "../contract.ts"
import { commitRun, countStaged, dropAllStaged } from "./commit.ts"
import { getConnection, saveConnection } from "./district-connections.ts"
import { putDocuments } from "./documents.ts"
import { addOverride } from "./overrides.ts"
import { type PackedChanges, unpackChanges } from "./packed-changes.ts"
import { purge } from "./purge.ts"
import { ChangeWriter } from "./stage.ts"
import type { Statements } from "./statements.ts"

/** The writes that may be long, each run inside a write transaction of whichever thread has it. */
export interface WriteOperations {
  stage(writer: Statements, lease: Lease, run: Run, changes: PackedChanges): void
  discardStaged(writer: Statements, lease: Lease, run: Run): void
  commit(writer: Statements, lease: Lease, request: CommitRequest): Promise<void>
  saveRun(writer: Statements, lease: Lease, run: Run): void
  erase(writer: Statements, lease: Lease, selection: ErasureSelection): Promise<ErasureCounts>
  purge(writer: Statements, lease: Lease, request: PurgeRequest & { at: string }): PurgeCounts
}

export const writeOperations: WriteOperations = {
  stage(writer: Statements, lease: Lease, run: Run, changes: PackedChanges): void {
    const district = checkFence(writer, lease, run)
    const changeWriter = new ChangeWriter(writer, district, putRun(writer, district, run))
    for (const change of unpackChanges(changes)) changeWriter.write(change)
  },

  discardStaged(writer: Statements, lease: Lease, run: Run): void {
    const key = putRun(writer, checkFence(writer, lease, run), run)
    dropAllStaged(writer, key)
  },

  async commit(writer: Statements, lease: Lease, request: CommitRequest): Promise<void> {
    const district = checkFence(writer, lease, request.run)
    if (request.expectedConnection !== undefined) {
      requireSameConnection(getConnection(writer, lease.districtId), request.expectedConnection)
    }
    const run = putRun(writer, district, request.run)
    const version = await commitRun(writer, { district, run }, request, countStaged(writer, run))
    writer.run("UPDATE homeroom_runs SET committed = 1, version = ? WHERE key = ?", version, run)
    for (const override of request.overrides ?? []) addOverride(writer, override)
    putDocuments(writer, request.documents ?? [])
    if (request.connection !== undefined) saveConnection(writer, request.connection)
  },

  saveRun(writer: Statements, lease: Lease, run: Run): void {
    putRun(writer, checkFence(writer, lease, run), run)
  },

  async erase(writer: Statements, lease: Lease, selection: ErasureSelection): Promise<ErasureCounts> {
    // Loaded once it is needed, for it brings the schemas along: a thread would start in twice the time.
    const { eraseDistrict, eraseRecord } = await import("./erase.ts")
    const { districtId, kind, id } = selection
    const district = checkFence(writer, lease, selection)
    return overwriting(writer, () =>
      kind === undefined
        ? eraseDistrict(writer, { district, districtId })
        : eraseRecord(writer, { district, districtId, kind, id }),
    )
  },

  purge(writer: Statements, lease: Lease, request: PurgeRequest & { at: string }): PurgeCounts {
    const district = checkFence(writer, lease, request)
    return overwriting(writer, () => purge(writer, district, request))
  },
}

export type WriteOperation = keyof WriteOperations

/** What an operation takes after the statements. */
export type WriteArguments<Name extends WriteOperation> =
  Parameters<WriteOperations[Name]> extends [Statements, ...infer Rest] ? Rest : never

export type WriteResult<Name extends WriteOperation> = Awaited<ReturnType<WriteOperations[Name]>>

/** Has SQLite overwrite what is deleted. Not so for imports: they delete little, and would write more for it. */
function overwriting<Result>(writer: Statements, work: () => Result): Result {
  writer.get("PRAGMA secure_delete = ON")
  try {
    return work()
  } finally {
    writer.get("PRAGMA secure_delete = OFF")
  }
}

/** The key of the lease's district. Throws `LEASE_LOST` unless the lease is its newest, and of the right district. */
function checkFence(writer: Statements, lease: Lease, { districtId }: { districtId: string }): number {
  const row = writer.get("SELECT key, fence, holder FROM homeroom_districts WHERE id = ?", lease.districtId)
  if (row?.fence !== lease.fence || row.holder === null || districtId !== lease.districtId) {
    throw new HomeroomError("LEASE_LOST", { details: { districtId: lease.districtId, fence: lease.fence } })
  }
  return Number(row.key)
}

function putRun(writer: Statements, district: number, run: Run): number {
  const row = writer.get(
    `INSERT INTO homeroom_runs (id, district, state, started_at, document) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET
       state = excluded.state, started_at = excluded.started_at, document = excluded.document RETURNING key`,
    run.id,
    district,
    run.state,
    run.startedAt,
    JSON.stringify(run),
  )
  return Number(row?.key)
}
