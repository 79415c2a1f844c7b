import { HomeroomError } from "../errors/index.ts"
import { type Repeat, repeatWithTimer, type Sleep } from "../models/timers.ts"
import type { HeldLease, RosterStorage } from "../storage/contract.ts"
import { LeaseKeeper, type LeaseOptions } from "./lease-keeper.ts"
import { throwIfAborted } from "./run-context.ts"

export interface DistrictLeaseRequest {
  storage: RosterStorage
  districtId: string
  /** Who takes it, for people to read. */
  holder: string
  /** How long to wait for its holder to end, in milliseconds. Default 0: not at all. */
  waitMs?: number | undefined
  /** How long to wait at least where it was taken for one person. Default: until it runs out, if its process died. */
  onePersonMs?: number | undefined
  signal?: AbortSignal | undefined
  /** Default: 20 s, extended every 5 s. */
  lease: Partial<LeaseOptions>
  clock: () => number
  sleep: Sleep
  repeat?: Repeat | undefined
}

/** What the holder of a lease ends in that is taken for one person. */
export const onePersonMark = " (one person)"

const defaultLease: LeaseOptions = { ttlMs: 20_000, heartbeatMs: 5_000 }

/** How often it is asked for again. */
const pollMs = 250
const onePersonPatienceMs = 25_000

/** Takes a district's lease, as an import does; who has it, if that doesn't end in time. */
export async function tryLease(request: DistrictLeaseRequest): Promise<LeaseKeeper | HeldLease> {
  const { storage, districtId, holder, waitMs = 0, onePersonMs = onePersonPatienceMs, signal } = request
  const { clock, sleep, repeat = repeatWithTimer } = request
  const options = { ...defaultLease, ...request.lease }
  const startedMs = clock()
  for (;;) {
    const held = await LeaseKeeper.acquire(storage, { districtId, holder, options, repeat })
    if (held instanceof LeaseKeeper) return held
    // No import is turned away because somebody logs in.
    const patienceMs = held.holder.endsWith(onePersonMark) ? Math.max(waitMs, onePersonMs) : waitMs
    const leftMs = startedMs + patienceMs - clock()
    if (leftMs <= 0) return held
    throwIfAborted(signal)
    await sleep(Math.min(pollMs, leftMs), signal).catch((error: unknown) => {
      throwIfAborted(signal)
      throw error
    })
  }
}

/** The same, or rejects with `SYNC_IN_PROGRESS`. */
export async function requireLease(request: DistrictLeaseRequest): Promise<LeaseKeeper> {
  const held = await tryLease(request)
  if (held instanceof LeaseKeeper) return held
  const { districtId } = request
  throw new HomeroomError("SYNC_IN_PROGRESS", {
    message: `Another import of district ${districtId} is running: ${held.holder}, since ${held.since}.`,
    details: { districtId, holder: held.holder, since: held.since },
  })
}
