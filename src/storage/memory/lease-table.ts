import { HomeroomError } from "../../errors/index.ts"
import type { HeldLease, Lease, LeaseAnswer, LeaseRequest } from "../contract.ts"

interface LeaseEntry {
  readonly holder: string
  readonly fence: number
  readonly sinceMs: number
  expiresMs: number
  released: boolean
}

/** The newest lease of every district: kept when it ends, for its fence. */
export class LeaseTable {
  readonly #entries = new Map<string, LeaseEntry>()
  /** No fence given from now on is as low: of the leases that were erased (S21). */
  #floor = 0
  readonly #clock: () => number

  constructor(clock: () => number) {
    this.#clock = clock
  }

  acquire(request: LeaseRequest): LeaseAnswer {
    const held = this.get(request.districtId)
    if (held !== undefined) return { acquired: false, held }
    const { districtId, holder, ttlMs } = request
    const fence = Math.max(this.#entries.get(districtId)?.fence ?? 0, this.#floor) + 1
    const now = this.#clock()
    const entry = { holder, fence, sinceMs: now, expiresMs: now + ttlMs, released: false }
    this.#entries.set(districtId, entry)
    return { acquired: true, lease: { districtId, holder, fence } }
  }

  renew(lease: Lease, ttlMs: number): boolean {
    const entry = this.#newest(lease)
    if (entry === undefined) return false
    entry.expiresMs = this.#clock() + ttlMs
    return true
  }

  release(lease: Lease): void {
    const entry = this.#newest(lease)
    if (entry !== undefined) entry.released = true
  }

  get(districtId: string): HeldLease | undefined {
    const entry = this.#entries.get(districtId)
    if (entry === undefined || entry.released || entry.expiresMs <= this.#clock()) return undefined
    return {
      districtId,
      holder: entry.holder,
      fence: entry.fence,
      since: new Date(entry.sinceMs).toISOString(),
      expiresAt: new Date(entry.expiresMs).toISOString(),
    }
  }

  /** Throws `LEASE_LOST` unless `lease` gives the right to write this district (S21). */
  check(lease: Lease, districtId: string): void {
    if (lease.districtId === districtId && this.#newest(lease) !== undefined) return
    throw new HomeroomError("LEASE_LOST", { details: { districtId, fence: lease.fence } })
  }

  /** Forgets a district. No later lease of it has a fence as low as any before. */
  erase(districtId: string): void {
    this.#floor = Math.max(this.#floor, this.#entries.get(districtId)?.fence ?? 0)
    this.#entries.delete(districtId)
  }

  /** Everything that it holds. */
  entries(): Iterable<unknown> {
    return this.#entries
  }

  // An expired lease that nobody took over still counts: there is no other writer.
  #newest(lease: Lease): LeaseEntry | undefined {
    const entry = this.#entries.get(lease.districtId)
    return entry !== undefined && entry.fence === lease.fence && !entry.released ? entry : undefined
  }
}
