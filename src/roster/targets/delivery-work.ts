import type { Sleep } from "../../models/timers.ts"
import type { LoggedAction, RosterStorage } from "../../storage/contract.ts"
import { isoTime } from "../run-context.ts"
import { type Letter, letterKey } from "./dead-letters.ts"
import { type BatchOutcome, deliverBatch, type Refusal, sample } from "./deliver-batch.ts"
import { ClaimLost, type DeliveryClaim } from "./delivery-claim.ts"
import type { DeliveryEvent } from "./delivery-events.ts"
import type { DeliveryPlace, DeliveryWait } from "./delivery-state.ts"
import { HeldRecords } from "./held-records.ts"
import { type PendingOptions, pendingBatches } from "./pending-batches.ts"
import { SkippedChanges } from "./skipped-changes.ts"
import type { Target, TargetChange } from "./target.ts"
import { TargetCalls } from "./target-calls.ts"
import { redactedMessage, type TargetFailure } from "./target-failure.ts"

export interface DeliveryWorkOptions {
  storage: RosterStorage
  target: Target
  districtId: string
  claim: DeliveryClaim
  batchSize: number
  maxRetries: number
  maxDeadLetters: number
  maxWaitMs: number
  clock: () => number
  sleep: Sleep
  random: () => number
  signal: AbortSignal | undefined
  /** Whether the target was found to be down, in whatever district. */
  health: { isDown: boolean }
  onEvent: (event: DeliveryEvent) => void
}

/** How far a part of the work came: to its end, or not. */
export type WorkOutcome = "done" | "waiting" | "interrupted"

/** An event before it is said whose it is. */
export type WorkEvent = DeliveryEvent extends infer Event
  ? Event extends DeliveryEvent
    ? Omit<Event, "target" | "districtId">
    : never
  : never

const firstRetryMs = 1_000
const longestRetryMs = 16_000
const firstWaitMs = 30_000
/** How far ahead a change is looked for that shows whether the target takes anything. */
const batchesAhead = 3

/** One target's delivery of one district at work, under its claim: what its steps share. */
export class DeliveryWork {
  readonly options: DeliveryWorkOptions
  readonly calls: TargetCalls
  readonly held: HeldRecords = new HeldRecords()
  readonly delivered: Record<LoggedAction, number> = { create: 0, update: 0, archive: 0, restore: 0 }
  readonly pending: PendingOptions

  constructor(options: DeliveryWorkOptions) {
    const { storage, target, districtId, claim, batchSize, clock, health } = options
    this.options = options
    this.pending = { storage, districtId, snapshotId: claim.state.snapshotId, batchSize }
    this.calls = new TargetCalls({
      target,
      call: { districtId, signal: claim.signal, fence: claim.state.fence },
      clock,
      onCall: (changes, durationMs, failure) => {
        if (failure === undefined) health.isDown = false
        this.#reportCall(changes, durationMs, failure)
      },
    })
  }

  /** One batch, of which nothing waits for another record. `next`: from where another change may be tried. */
  send(changes: readonly TargetChange[], next: DeliveryPlace): Promise<BatchOutcome> {
    const { maxRetries, random, claim, health } = this.options
    // Where it is known that the target is down, one more look will do.
    const isDoubtful = health.isDown || claim.state.waiting !== null
    return deliverBatch(changes, {
      calls: this.calls,
      maxRetries: isDoubtful ? Math.min(maxRetries, 1) : maxRetries,
      random,
      pause: (retry) => this.#pause(retry),
      findWitness: () => this.#findWitness(changes, next),
    })
  }

  /** Notes that the delivery has to wait. */
  async wait(reason: DeliveryWait["reason"], failure?: TargetFailure): Promise<"waiting"> {
    const { claim, clock, random, maxWaitMs, health } = this.options
    const { waiting: before } = claim.state
    const attempts = (before?.attempts ?? 0) + 1
    const waitMs = Math.min(maxWaitMs, firstWaitMs * 2 ** Math.min(attempts - 1, 20))
    const waiting: DeliveryWait = {
      reason,
      code: failure?.code ?? null,
      attempts,
      since: before?.since ?? isoTime(clock()),
      until: isoTime(clock() + waitMs * (1 - random() / 2)),
    }
    if (reason === "target-down") health.isDown = true
    await claim.save({ waiting })
    this.emit({ type: "delivery-waiting", ...waiting })
    return "waiting"
  }

  /** A letter that the target has refused, once more or for the first time. */
  refusedLetter(letter: Letter, { change, failure }: Refusal): Letter {
    const { code, error } = failure
    return {
      ...letter,
      state: "stuck",
      blockedBy: null,
      code,
      message: redactedMessage(error, change),
      attempts: letter.attempts + 1,
      lastTriedAt: isoTime(this.options.clock()),
    }
  }

  emit(event: WorkEvent): void {
    const { target, districtId, onEvent } = this.options
    onEvent({ target: target.name, districtId, ...event } as DeliveryEvent)
  }

  emitLetter({ number, kind, recordId, action, code, blockedBy }: Letter): void {
    const { key } = this.options.claim
    const about = { letterId: letterKey(key, number), kind, recordId, action }
    if (blockedBy === null) this.emit({ type: "change-stuck", ...about, code })
    else this.emit({ type: "change-blocked", ...about, blockedBy: letterKey(key, blockedBy) })
  }

  /** 1, 2, 4, 8, 16 s with full jitter; false if the delivery shall end. */
  async #pause(retry: number): Promise<boolean> {
    const { sleep, random, signal, claim } = this.options
    const ms = random() * Math.min(longestRetryMs, firstRetryMs * 2 ** retry)
    await sleep(ms, signal).catch((error: unknown) => {
      if (!signal?.aborted) throw error
    })
    if (claim.signal.aborted) throw new ClaimLost()
    return signal?.aborted !== true
  }

  /** Delivers one of the changes to come ahead of its turn, if there is one that what it jumps over does not concern. */
  async #findWitness(
    skipped: readonly TargetChange[],
    from: DeliveryPlace,
  ): Promise<TargetChange | undefined> {
    const over = new SkippedChanges()
    over.add(skipped)
    let batches = 0
    for await (const { changes } of pendingBatches(this.pending, from)) {
      if (changes.length === 0) continue
      const free = changes.filter(
        (change) => !over.concern(change) && this.held.blockerOf(change) === undefined,
      )
      for (const change of sample(free, this.options.random)) {
        const failure = await this.calls.send([change])
        if (failure === undefined) return change
        if (failure.verdict === "unavailable") return undefined
      }
      over.add(changes)
      if (++batches >= batchesAhead) return undefined
    }
    return undefined
  }

  #reportCall(
    changes: readonly TargetChange[],
    durationMs: number,
    failure: TargetFailure | undefined,
  ): void {
    const [first] = changes
    if (first === undefined) return
    const { kind, action } = first
    const about = { kind, action, changes: changes.length, durationMs }
    if (failure === undefined) this.emit({ type: "batch-delivered", ...about })
    else this.emit({ type: "batch-failed", ...about, code: failure.code })
  }
}
