import { isHomeroomError } from "../../errors/index.ts"
import type { LeaseAnswer, LeaseRequest } from "../contract.ts"
import { isLockTimeout } from "./errors.ts"
import { acquireLease, heldLease } from "./leases.ts"
import type { OpenStore } from "./open-store.ts"

/** How long a writer under an older lease may take to end what it has begun, in milliseconds. */
const patienceMs = 2_000

/**
 * Takes a district's lease. Whoever wrote under the one before has either committed by then or can't any more: where
 * one stands still in the middle, its connection is ended (S21).
 */
export async function takeLease(
  store: OpenStore,
  request: LeaseRequest,
  now: number | null,
): Promise<LeaseAnswer> {
  const { database } = store.opened()
  const { districtId } = request
  // While somebody has it, nobody waits for what they write.
  const held = await database.read((sql) => heldLease(sql, districtId, now))
  if (held !== undefined) return { acquired: false, held }
  const acquire = (lockTimeoutMs?: number) =>
    database.transaction((sql) => acquireLease(sql, request, now), {
      lockOf: districtId,
      ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }),
    })
  const { district, ...answer } = await acquire(patienceMs).catch(async (error: unknown) => {
    if (!isHomeroomError(error) || !isLockTimeout(error.cause)) throw error
    await database.breakLock(districtId)
    return acquire()
  })
  if (district !== undefined) store.districts.set(districtId, district)
  return answer
}
