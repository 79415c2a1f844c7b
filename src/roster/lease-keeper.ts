import { HomeroomError } from "../errors/index.ts"
import type { Repeat } from "../models/timers.ts"
import type { HeldLease, Lease, RosterStorage } from "../storage/contract.ts"

/** How a run keeps its district to itself (S21). */
export interface LeaseOptions {
  /** After how long without a heartbeat another process may take over, in milliseconds. Default 20,000. */
  ttlMs: number
  /** How often the lease is extended, in milliseconds. Default 5,000. */
  heartbeatMs: number
}

/**
 * Holds a district's lease for as long as a run lasts: extends it at each heartbeat and knows when it was lost.
 * Losing it is no danger to the data, since every write checks the fence as well; it only ends the run sooner.
 */
export class LeaseKeeper {
  readonly lease: Lease
  readonly #storage: RosterStorage
  readonly #stop: () => void
  #lost = false
  #atBeat = (): void => {}

  private constructor(storage: RosterStorage, lease: Lease, options: LeaseOptions, repeat: Repeat) {
    this.#storage = storage
    this.lease = lease
    this.#stop = repeat(() => {
      this.#atBeat()
      storage.renewLease(lease, options.ttlMs).then(
        (renewed) => {
          if (!renewed) this.#lost = true
        },
        // A heartbeat that fails is made up for by the next one, or the lease runs out and the fence decides.
        () => {},
      )
    }, options.heartbeatMs)
  }

  static async acquire(
    storage: RosterStorage,
    request: { districtId: string; holder: string; options: LeaseOptions; repeat: Repeat },
  ): Promise<LeaseKeeper | HeldLease> {
    const { districtId, holder, options, repeat } = request
    const answer = await storage.acquireLease({ districtId, holder, ttlMs: options.ttlMs })
    return answer.acquired ? new LeaseKeeper(storage, answer.lease, options, repeat) : answer.held
  }

  /** Throws `LEASE_LOST` once a heartbeat has found the lease taken over. */
  check(): void {
    if (!this.#lost) return
    throw new HomeroomError("LEASE_LOST", { details: { districtId: this.lease.districtId } })
  }

  /** Does something more at each heartbeat. It must not throw. */
  atEachBeat(work: () => void): void {
    this.#atBeat = work
  }

  /** Never rejects: a lease that can't be given back runs out by itself, and what was done under it stands. */
  async release(): Promise<void> {
    this.#stop()
    await this.#storage.releaseLease(this.lease).catch(() => {})
  }
}
