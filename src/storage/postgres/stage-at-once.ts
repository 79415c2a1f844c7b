import type { Lease, Run } from "../contract.ts"
import { copyColumns, type EncodedRows, setRun } from "./copy-rows.ts"
import type { Database } from "./database.ts"
import type { SavedRun } from "./runs.ts"

/** The runs whose batches are of ever other records, as those of a first import are: one of each district. */
export class StraightRuns {
  readonly #runs = new Map<string, { runId: string; keys: SavedRun | undefined }>()

  /** What a batch of the run can be staged at once with, if it may. */
  keysOf(run: Run): SavedRun | undefined {
    const known = this.#runs.get(run.districtId)
    return known?.runId === run.id ? known.keys : undefined
  }

  /** A batch of the run was staged in several steps. */
  learn(run: Run, keys: SavedRun & { isAnyStaged: boolean }): void {
    const known = this.#runs.get(run.districtId)
    if (known?.runId === run.id && known.keys === undefined) return
    if (keys.isAnyStaged) this.#runs.delete(run.districtId)
    else this.#runs.set(run.districtId, { runId: run.id, keys })
  }

  /** A batch of the run could not be staged at once: no other one is tried. */
  giveUp(run: Run): void {
    this.#runs.set(run.districtId, { runId: run.id, keys: undefined })
  }
}

/**
 * Saves the run and adds a batch to what it has staged, in a transaction that is a single message: the database waits
 * for this process, which is comparing the next records meanwhile, once a batch and not once a statement. For a batch of
 * records that the run has staged nothing of, as far as anybody knows. False if it is not staged: in several steps it
 * will be, or it turns out why not.
 */
export async function stageAtOnce(
  database: Database,
  batch: { lease: Lease; run: Run; keys: SavedRun; rows: EncodedRows; counts: readonly number[] },
): Promise<boolean> {
  const { lease, run, keys, rows, counts } = batch
  setRun(rows, keys.run)
  return database.copyAtOnce(
    {
      procedure: "homeroom.begin_batch",
      values: [
        ...database.lockOf(lease.districtId),
        ...[keys.district, lease.districtId, lease.fence],
        ...[keys.run, run.id, run.state, run.startedAt, JSON.stringify(run)],
        `{${counts.join(",")}}`,
      ],
    },
    { copy: `COPY homeroom.changes (${copyColumns}) FROM STDIN (FORMAT binary)`, bytes: rows.bytes },
  )
}
