import type { Lease, Run, StagedChange } from "../contract.ts"
import { leaseLost } from "./database.ts"
import { districtSql } from "./keys.ts"
import type { OpenStore } from "./open-store.ts"
import { type PackedBatch, packBatch, stage } from "./stage.ts"
import { stageAtOnce } from "./stage-at-once.ts"

/** Stages a batch in its turn. The caller's objects are not looked at any more once this has returned. */
export async function stageBatch(
  store: OpenStore,
  lease: Lease,
  { run, changes }: { run: Run; changes: readonly StagedChange[] },
): Promise<void> {
  const { database, queue, memory } = store.opened()
  const { districtId } = lease
  const saved = structuredClone(run)
  const known = store.districts.get(districtId)
  let packed = known === undefined ? undefined : packBatch(changes, { district: known, memory })
  const copies = packed === undefined ? changes.map((change) => structuredClone(change)) : []
  await queue.addBatch(districtId, run.id, async () => {
    packed ??= packBatch(copies, { district: await learn(store, districtId), memory })
    const batch: PackedBatch = packed
    if (!(await isStagedAtOnce(store, lease, saved, batch))) {
      const keys = await database.transaction(
        async (sql) => {
          const staged = await stage(sql, lease, saved, batch)
          if (staged.district === batch.district) return staged
          // The district was erased, and is another one by now.
          store.districts.delete(districtId)
          throw leaseLost(lease)
        },
        { lockOf: districtId, mayRepeat: true },
      )
      store.straight.learn(saved, keys)
    }
    if (batch.rows !== undefined) memory?.giveBack(batch.rows.bytes.buffer)
  })
}

/** Where the run's batches have been of ever other records, this one may be as well. */
async function isStagedAtOnce(
  store: OpenStore,
  lease: Lease,
  run: Run,
  batch: PackedBatch,
): Promise<boolean> {
  const { district, rows, isNew, addition } = batch
  const keys = run.districtId === lease.districtId ? store.straight.keysOf(run) : undefined
  if (rows === undefined || !isNew || keys?.district !== district) return false
  const { counts } = addition
  const isStaged = await stageAtOnce(store.opened().database, { lease, run, keys, rows, counts })
  if (!isStaged) store.straight.giveUp(run)
  return isStaged
}

/** The number of a district whose lease was not taken here; 0 for an unknown one, whose lease will be found lost. */
async function learn(store: OpenStore, districtId: string): Promise<number> {
  const { database } = store.opened()
  const row = await database.read((sql) => sql.get(`SELECT ${districtSql("$1")} AS key`, districtId))
  const district = Number(row?.key ?? 0)
  if (district > 0) store.districts.set(districtId, district)
  return district
}
