import type { TargetChange } from "./target.ts"
import type { TargetCalls } from "./target-calls.ts"
import type { TargetFailure } from "./target-failure.ts"

export interface BatchOptions {
  calls: TargetCalls
  /** How often what failed is tried again before anything is made of it. */
  maxRetries: number
  /** Waits before retry 0, 1, 2 …; false if the delivery shall end. */
  pause: (retry: number) => Promise<boolean>
  /** Between 0 and 1. */
  random: () => number
  /** Delivers a change that comes later and depends on nothing in between; undefined if none can be. */
  findWitness: () => Promise<TargetChange | undefined>
}

export type BatchOutcome =
  /** All are delivered, except those that the target refused while it took others. */
  | { readonly state: "delivered"; readonly refused: readonly Refusal[] }
  /** Nothing can be said of any record: the target takes none. Some may be delivered. */
  | { readonly state: "down"; readonly failure: TargetFailure }
  | { readonly state: "interrupted" }

export interface Refusal {
  readonly change: TargetChange
  readonly failure: TargetFailure
}

/** How many single records are tried to find one that the target takes. */
const probes = 4

/**
 * Brings a batch to the target and tells records at fault from a target that is down (S23). What failed is tried again
 * and again, from the second time on in smaller and smaller parts. What fails alone to the end is at fault only if the
 * target takes another change right before and right after: one that it took already, or one that comes later.
 */
export async function deliverBatch(
  changes: readonly TargetChange[],
  options: BatchOptions,
): Promise<BatchOutcome> {
  const { calls, maxRetries } = options
  calls.forgetWitnessAmong(changes)
  const batch = new OpenBatch(changes, options)
  for (let retry = 0; ; retry++) {
    await batch.tryAll({ inParts: retry > 0 || maxRetries === 0 })
    if (batch.left.size === 0) return { state: "delivered", refused: [] }
    if (retry >= maxRetries || batch.isRefused) break
    if (!(await options.pause(retry))) return { state: "interrupted" }
  }

  const { failure } = batch
  if (failure.verdict === "unavailable") return { state: "down", failure }
  if (!batch.isRefused && !(await takesAnother(options))) return { state: "down", failure }
  const refused: Refusal[] = []
  for (const change of batch.left) {
    const again = batch.refusalOf(change) ?? (await calls.send([change]))
    if (again === undefined) continue
    const isDown =
      again.verdict === "unavailable" || (again.verdict === "unknown" && !(await takesAnother(options)))
    if (isDown) return { state: "down", failure: again }
    refused.push({ change, failure: again })
  }
  return { state: "delivered", refused }
}

/** Whether the target takes a change that is not in question. */
async function takesAnother({ calls, findWitness }: BatchOptions): Promise<boolean> {
  if (calls.witness === undefined) return (await findWitness()) !== undefined
  return (await calls.send([calls.witness])) === undefined
}

/** Some of the changes from all over the list, at most as many as {@link probes}; others each time. */
export function sample(changes: readonly TargetChange[], random: () => number): TargetChange[] {
  const count = Math.min(probes, changes.length)
  if (count === 0) return []
  const stretch = changes.length / count
  return Array.from({ length: count }, (_, index) => {
    return changes[Math.floor((index + random()) * stretch)] as TargetChange
  })
}

/** A batch that is not delivered yet. */
class OpenBatch {
  readonly left: Set<TargetChange>
  failure: TargetFailure = { verdict: "unknown", code: null, error: undefined }
  readonly #options: BatchOptions
  /** Why each failed alone. */
  readonly #alone = new Map<TargetChange, TargetFailure>()
  #isDown = false

  constructor(changes: readonly TargetChange[], options: BatchOptions) {
    this.left = new Set(changes)
    this.#options = options
  }

  /** True if all that is left was refused for good, each alone. */
  get isRefused(): boolean {
    return [...this.left].every((change) => this.refusalOf(change) !== undefined)
  }

  refusalOf(change: TargetChange): TargetFailure | undefined {
    const failure = this.#alone.get(change)
    return failure?.verdict === "refused" ? failure : undefined
  }

  /** Tries what is left: all of it at once, and if that fails, in parts. */
  async tryAll({ inParts }: { inParts: boolean }): Promise<void> {
    this.#isDown = false
    const all = [...this.left]
    const failure = await this.#send(all)
    const isFinal = failure?.verdict === "refused"
    if (failure === undefined || all.length === 1 || !(inParts || isFinal) || this.#isDown) return
    // One that succeeds shows that it is worth looking further.
    for (const change of sample(all, this.#options.random)) {
      const isTaken = (await this.#send([change])) === undefined
      if (this.#isDown) return
      if (isTaken) return this.#narrow([...this.left])
    }
  }

  /** Halves what fails until each record at fault stands alone. */
  async #narrow(part: readonly TargetChange[]): Promise<void> {
    if (part.length === 0 || this.#isDown) return
    const failure = await this.#send(part)
    if (failure === undefined || this.#isDown) return
    if (part.length === 1) {
      // Else a target that went down meanwhile would be asked for each of the others, twice.
      if (failure.verdict !== "refused" && !(await takesAnother(this.#options))) this.#isDown = true
      return
    }
    const middle = part.length >> 1
    await this.#narrow(part.slice(0, middle))
    await this.#narrow(part.slice(middle))
  }

  async #send(changes: readonly TargetChange[]): Promise<TargetFailure | undefined> {
    const failure = await this.#options.calls.send(changes)
    if (failure === undefined) {
      for (const change of changes) this.left.delete(change)
      return undefined
    }
    this.failure = failure
    const [only] = changes
    if (only !== undefined && changes.length === 1) this.#alone.set(only, failure)
    if (failure.verdict === "unavailable") this.#isDown = true
    return failure
  }
}
