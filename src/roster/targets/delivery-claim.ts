import type { Repeat } from "../../models/timers.ts"
import type { DocumentWrite, RosterStorage, StoredDocument } from "../../storage/contract.ts"
import type { LeaseOptions } from "../lease-keeper.ts"
import {
  type DeliveryPlace,
  type DeliveryState,
  deliveries,
  deliveryKey,
  placeWrites,
  readPlace,
  stateOf,
} from "./delivery-state.ts"

export interface ClaimRequest {
  storage: RosterStorage
  target: string
  districtId: string
  holder: string
  lease: LeaseOptions
  repeat: Repeat
  clock: () => number
}

/** The delivery went over to another process, or was forgotten: what this one does no longer counts. */
export class ClaimLost extends Error {}

/**
 * The right to deliver one district to one target. Every write names the revision that the last one made, so that of two
 * that take themselves for the holder one alone gets further; the heartbeat only keeps others from trying.
 */
export class DeliveryClaim {
  readonly key: string
  state: DeliveryState
  place: DeliveryPlace
  readonly #request: ClaimRequest
  readonly #lost = new AbortController()
  readonly #stop: () => void
  #revision: number
  /** Writes follow each other: each needs the revision of the one before. */
  #writing: Promise<void> = Promise.resolve()
  #isReleased = false

  private constructor(
    request: ClaimRequest,
    held: { state: DeliveryState; place: DeliveryPlace; revision: number },
  ) {
    this.#request = request
    this.key = deliveryKey(request.target, request.districtId)
    this.state = held.state
    this.place = held.place
    this.#revision = held.revision
    this.#stop = request.repeat(() => {
      // A heartbeat that fails is made up for by the next write, or by whoever takes over.
      this.save({}).catch(() => {})
    }, request.lease.heartbeatMs)
  }

  /** Undefined while somebody else has it. A delivery that was never begun begins with `initial`. */
  static async take(request: ClaimRequest, initial: DeliveryState): Promise<DeliveryClaim | undefined> {
    const { storage, target, districtId, clock } = request
    const key = deliveryKey(target, districtId)
    const document: StoredDocument | undefined = await storage.getDocument(deliveries, key)
    const found = document === undefined ? initial : stateOf(document)
    if (found.claim !== null && found.claim.untilMs > clock()) return undefined
    const place = await readPlace(storage, key, found)
    const state = { ...found, claim: claimOf(request), fence: found.fence + 1 }
    const expect = document?.revision ?? 0
    const isTaken = await storage.writeDocuments([
      { collection: deliveries, key, districtId, value: state, expect },
    ])
    return isTaken ? new DeliveryClaim(request, { state, place, revision: expect + 1 }) : undefined
  }

  /** Aborts when the claim is lost. */
  get signal(): AbortSignal {
    return this.#lost.signal
  }

  /**
   * Writes what has changed, and the other writes with it, in one transaction, and extends the claim. Rejects with
   * {@link ClaimLost} if it is no longer this one's.
   */
  save(
    change: Partial<DeliveryState> & { place?: DeliveryPlace | undefined },
    writes: readonly DocumentWrite[] = [],
  ): Promise<void> {
    const work = this.#writing.then(() => this.#write(change, writes, claimOf(this.#request)))
    this.#writing = work.catch(() => {})
    return work
  }

  /** Ends the claim, so that anybody may go on at once. Does nothing if it was lost. */
  async release(change: Partial<Pick<DeliveryState, "waiting">> = {}): Promise<void> {
    this.#stop()
    await this.#writing
    if (this.#lost.signal.aborted) return
    this.#isReleased = true
    await this.#write(change, [], null).catch((error: unknown) => {
      if (!(error instanceof ClaimLost)) throw error
    })
  }

  async #write(
    change: Partial<DeliveryState> & { place?: DeliveryPlace | undefined },
    writes: readonly DocumentWrite[],
    claim: DeliveryState["claim"],
  ): Promise<void> {
    if (this.#lost.signal.aborted) throw new ClaimLost()
    if (this.#isReleased && claim !== null) return
    const { storage, districtId } = this.#request
    const { place = this.place, ...rest } = change
    const { after: _, ...placeOfState } = place
    const state: DeliveryState = { ...this.state, ...rest, place: placeOfState, claim }
    const isWritten = await storage.writeDocuments([
      { collection: deliveries, key: this.key, districtId, value: state, expect: this.#revision },
      ...(place === this.place ? [] : placeWrites(this.key, districtId, { ...state, place })),
      ...writes,
    ])
    if (!isWritten) {
      this.#lost.abort()
      throw new ClaimLost()
    }
    this.#revision++
    this.state = state
    this.place = place
  }
}

function claimOf({ holder, lease, clock }: ClaimRequest): { holder: string; untilMs: number } {
  return { holder, untilMs: clock() + lease.ttlMs }
}
