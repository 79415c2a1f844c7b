import { HomeroomError, isHomeroomError, tellTo } from "../../errors/index.ts"
import { nodeCrypto, processName, repeatWithTimer, type Sleep, sleepOnTimer } from "../../models/index.ts"
import type { LoggedAction, RosterStorage } from "../../storage/contract.ts"
import { isoTime } from "../run-context.ts"
import {
  type DeadLetter,
  listDeadLetters,
  parseLetterId,
  replayRequests,
  requestReplay,
} from "./dead-letters.ts"
import { ClaimLost, DeliveryClaim } from "./delivery-claim.ts"
import { deliveredDistricts, forgetTarget } from "./delivery-documents.ts"
import { type DeliveryLag, measureLag } from "./delivery-lag.ts"
import type {
  DeliverOptions,
  DeliveryReport,
  ReplayOptions,
  TargetDeliveryOptions,
} from "./delivery-options.ts"
import { firstPlace, nextCommit } from "./delivery-start.ts"
import { type DeliveryState, type DeliveryWait, deliveries, deliveryKey, stateOf } from "./delivery-state.ts"
import type { WorkOutcome } from "./delivery-work.ts"

type DistrictOutcome = DeliveryReport["state"]

const states: readonly DistrictOutcome[] = ["caught-up", "busy", "waiting", "interrupted"]
const targetName = /^[a-z0-9-]{1,40}$/
const defaultPollMs = 5_000

/**
 * Brings what imports commit to the app's own tables (S23): every change at least once, commits in their order, the
 * changes of a commit in dependency order, those of one record never out of order. Nothing is written for it by an
 * import: the change log is the outbox. Where a delivery stands is kept in the storage, so that it goes on after a
 * crash, in any process; one process at a time delivers a district.
 *
 * A target that is down is waited for. A record that it refuses while it takes others becomes a dead letter, and so
 * does what depends on that record; everything else goes on. `docs/targets.md` has the whole story.
 *
 * Every method rejects with `STORAGE_…` codes, and none with what the target throws.
 */
export class TargetDelivery {
  readonly #options: TargetDeliveryOptions
  readonly #storage: RosterStorage
  readonly #clock: () => number
  readonly #sleep: Sleep
  readonly #health = { isDown: false }

  /** Throws `INVALID_OPTIONS` for a name or a number that is not as {@link TargetDeliveryOptions} says. */
  constructor(options: TargetDeliveryOptions) {
    this.#options = options
    this.#storage = options.storage
    this.#clock = options.clock ?? Date.now
    this.#sleep = options.sleep ?? sleepOnTimer
    if (!targetName.test(options.target.name)) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "The target's name must be 1 to 40 lower-case letters, digits and hyphens.",
      })
    }
    requireWhole("batchSize", options.batchSize, 1, 1_000)
    requireWhole("maxRetries", options.maxRetries, 0, 10)
    requireWhole("maxDeadLetters", options.maxDeadLetters, 1, 100_000)
    requireWhole("concurrency", options.concurrency, 1, 100)
  }

  /** The target's name. */
  get name(): string {
    return this.#options.target.name
  }

  /**
   * Delivers until the target has everything, or nothing more can be delivered for now. A district that waits is tried
   * at once. What the target throws is in the report and in the dead letters; rejects only as the storage does.
   */
  async deliver(options: DeliverOptions = {}): Promise<DeliveryReport> {
    await this.#storage.open()
    return this.#deliverAll(
      options.districtId === undefined ? this.#districts() : [options.districtId],
      options,
    )
  }

  /**
   * Delivers whatever is committed, for as long as the process lives: looks for new commits every `pollMs` (default
   * 5,000), and waits for a target that is down. Resolves when the signal aborts. Goes on after errors of the storage
   * that are `retryable`, and rejects with others.
   */
  async run(options: { signal?: AbortSignal | undefined; pollMs?: number | undefined } = {}): Promise<void> {
    const { signal, pollMs = defaultPollMs } = options
    while (!signal?.aborted) {
      try {
        await this.#storage.open()
        await this.#each(this.#districts(), async (districtId) => {
          if (!(signal?.aborted || (await this.#isWaiting(districtId))))
            await this.#deliver(districtId, signal)
        })
      } catch (error) {
        if (!(isHomeroomError(error) && error.retryable)) throw error
      }
      if (!signal?.aborted) await this.#pause(pollMs, signal)
    }
  }

  /** How far the target is behind. Costs a read for each commit that it is behind, and one for 500 dead letters. */
  async lag({ districtId }: { districtId: string }): Promise<DeliveryLag> {
    await this.#storage.open()
    const { target } = this.#options
    return measureLag({ storage: this.#storage, target: target.name, districtId, clock: this.#clock })
  }

  /** The dead letters, by district in the order in which they are to be delivered. */
  async *deadLetters(
    options: { districtId?: string | undefined; state?: DeadLetter["state"] | undefined } = {},
  ): AsyncIterable<DeadLetter> {
    await this.#storage.open()
    const { districtId, state } = options
    yield* listDeadLetters(this.#storage, { target: this.#options.target.name, districtId, state })
  }

  /**
   * Tries dead letters once more, in their order, then what they alone blocked, then delivers as `deliver` does. What
   * is refused again stays. If another process is delivering, it or the next one does it. Ids that no letter has are
   * passed over.
   */
  async replay(options: ReplayOptions): Promise<DeliveryReport> {
    await this.#storage.open()
    const { name: target } = this.#options.target
    const wanted = new Map<string, { all: boolean; numbers: number[] }>()
    if ("all" in options) {
      const { districtId } = options
      if (districtId !== undefined) wanted.set(districtId, { all: true, numbers: [] })
      else for await (const each of this.#districts()) wanted.set(each, { all: true, numbers: [] })
    } else {
      for (const id of options.ids) {
        const letter = parseLetterId(id)
        if (letter?.target !== target) continue
        const request = wanted.get(letter.districtId) ?? { all: false, numbers: [] }
        request.numbers.push(letter.number)
        wanted.set(letter.districtId, request)
      }
    }
    for (const [districtId, request] of wanted) {
      await requestReplay(this.#storage, { target, districtId }, request)
    }
    return this.#deliverAll([...wanted.keys()], options)
  }

  /** Removes the target's places and dead letters, of a district or of all: see {@link forgetTarget}. */
  async forget(options: { districtId?: string | undefined } = {}): Promise<void> {
    await forgetTarget({ storage: this.#storage, target: this.#options.target.name, ...options })
  }

  async #deliverAll(
    districts: AsyncIterable<string> | Iterable<string>,
    { signal }: { signal?: AbortSignal | undefined },
  ): Promise<DeliveryReport> {
    const delivered: Record<LoggedAction, number> = { create: 0, update: 0, archive: 0, restore: 0 }
    const lag = { commits: 0, changes: 0, ageMs: 0 }
    const waiting: ({ districtId: string } & DeliveryWait)[] = []
    let state: DistrictOutcome = "caught-up"
    let stuck = 0
    let blocked = 0
    await this.#each(districts, async (districtId) => {
      const outcome = await this.#deliver(districtId, signal, delivered)
      if (states.indexOf(outcome) > states.indexOf(state)) state = outcome
      const behind = await this.lag({ districtId })
      if (outcome === "waiting" && behind.waiting !== null) waiting.push({ districtId, ...behind.waiting })
      stuck += behind.stuck
      blocked += behind.blocked
      lag.commits += behind.commits
      lag.changes += behind.changes
      lag.ageMs = Math.max(lag.ageMs, behind.ageMs)
    })
    return { state, delivered, stuck, blocked, waiting, lag }
  }

  async #deliver(
    districtId: string,
    signal: AbortSignal | undefined,
    delivered?: Record<LoggedAction, number>,
  ): Promise<DistrictOutcome> {
    if (signal?.aborted) return "interrupted"
    const initial = await this.#toBegin(districtId)
    if (initial === undefined) return "caught-up"
    const claim = await this.#claim(districtId, initial)
    if (claim === undefined) return "busy"
    const { DeliveryWork, deliverDistrict } = await import("../later.ts")
    const { target, batchSize = 500, maxRetries = 5, maxWaitMs = 300_000 } = this.#options
    const work = new DeliveryWork({
      storage: this.#storage,
      target,
      districtId,
      claim,
      batchSize,
      maxRetries,
      maxWaitMs,
      maxDeadLetters: this.#options.maxDeadLetters ?? 10_000,
      clock: this.#clock,
      sleep: this.#sleep,
      random: this.#options.random ?? Math.random,
      signal,
      health: this.#health,
      onEvent: tellTo(this.#options.onEvent),
    })
    let outcome: WorkOutcome | undefined
    try {
      outcome = await deliverDistrict(work)
      return outcome === "done" ? "caught-up" : outcome
    } catch (error) {
      if (error instanceof ClaimLost) return "busy"
      throw error
    } finally {
      for (const action of Object.keys(work.delivered) as LoggedAction[]) {
        if (delivered !== undefined) delivered[action] += work.delivered[action]
      }
      await claim.release(outcome === "done" ? { waiting: null } : {})
    }
  }

  #claim(districtId: string, initial: DeliveryState): Promise<DeliveryClaim | undefined> {
    const { target, lease, repeat = repeatWithTimer } = this.#options
    return DeliveryClaim.take(
      {
        storage: this.#storage,
        target: target.name,
        districtId,
        holder: this.#options.holder ?? processName(),
        lease: { ttlMs: 20_000, heartbeatMs: 5_000, ...lease },
        repeat,
        clock: this.#clock,
      },
      initial,
    )
  }

  /** What a delivery begins with that has something to do; undefined if it has not. Reads little and writes nothing. */
  async #toBegin(districtId: string): Promise<DeliveryState | undefined> {
    const storage = this.#storage
    const key = deliveryKey(this.#options.target.name, districtId)
    const document = await storage.getDocument(deliveries, key)
    if (document === undefined) {
      const { version } = await storage.getDistrict(districtId)
      return version === 0 ? undefined : this.#initialState(version)
    }
    const state = stateOf(document)
    const hasWork =
      state.place.step !== null ||
      state.waiting !== null ||
      (await nextCommit({ storage, districtId }, state.place.version)) !== undefined ||
      (await storage.getDocument(replayRequests, key)) !== undefined
    return hasWork ? state : undefined
  }

  #initialState(version: number): DeliveryState {
    const { after: _, ...place } = firstPlace(version)
    return {
      place,
      snapshotId: nodeCrypto().randomUUID(),
      letters: 0,
      claim: null,
      fence: 0,
      waiting: null,
      startedAt: isoTime(this.#clock()),
    }
  }

  async #isWaiting(districtId: string): Promise<boolean> {
    const key = deliveryKey(this.#options.target.name, districtId)
    const document = await this.#storage.getDocument(deliveries, key)
    const waiting = document === undefined ? null : stateOf(document).waiting
    return waiting !== null && Date.parse(waiting.until) > this.#clock()
  }

  async *#districts(): AsyncGenerator<string> {
    const connected = new Set<string>()
    for (const { districtId } of await this.#storage.listConnections()) {
      connected.add(districtId)
      yield districtId
    }
    for await (const districtId of deliveredDistricts(this.#storage, this.#options.target.name)) {
      if (!connected.has(districtId)) yield districtId
    }
  }

  /** Does the work for each district, for some of them at a time; rejects after all are done, if any failed. */
  async #each(
    districts: AsyncIterable<string> | Iterable<string>,
    work: (districtId: string) => Promise<void>,
  ): Promise<void> {
    const iterator = (async function* () {
      yield* districts
    })()
    const failures: unknown[] = []
    const walk = async () => {
      for await (const districtId of iterator) await work(districtId).catch((error) => failures.push(error))
    }
    await Promise.all(Array.from({ length: this.#options.concurrency ?? 1 }, walk))
    const fatal = failures.find((error) => !(isHomeroomError(error) && error.retryable))
    if (failures.length > 0) throw fatal ?? failures[0]
  }

  async #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    await this.#sleep(ms, signal).catch((error: unknown) => {
      if (!signal?.aborted) throw error
    })
  }
}

function requireWhole(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
  throw new HomeroomError("INVALID_OPTIONS", {
    message: `${name} must be a whole number from ${least} to ${most.toLocaleString("en")}.`,
  })
}
