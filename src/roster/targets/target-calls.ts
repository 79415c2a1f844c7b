import type { Target, TargetCall, TargetChange } from "./target.ts"
import { failureOf, type TargetFailure } from "./target-failure.ts"

export interface TargetCallsOptions {
  target: Target
  call: TargetCall
  clock: () => number
  onCall: (changes: readonly TargetChange[], durationMs: number, failure: TargetFailure | undefined) => void
}

/** The calls of a target in one delivery, and what is known of the target by them. */
export class TargetCalls {
  readonly #options: TargetCallsOptions
  /**
   * A change that the target took, of a record that has had no later one since: giving it once more does nothing, but
   * shows whether the target takes anything.
   */
  witness: TargetChange | undefined

  constructor(options: TargetCallsOptions) {
    this.#options = options
  }

  /** A batch that failed may have been stored in part: nothing older of its records may follow. */
  forgetWitnessAmong(changes: readonly TargetChange[]): void {
    const { witness } = this
    if (changes.some(({ kind, id }) => kind === witness?.kind && id === witness.id)) this.witness = undefined
  }

  /** Calls the target once; why it threw, if it did. */
  async send(changes: readonly TargetChange[]): Promise<TargetFailure | undefined> {
    const { target, call, clock, onCall } = this.#options
    const [first] = changes
    if (first === undefined) return undefined
    const startedMs = clock()
    let failure: TargetFailure | undefined
    try {
      await target[first.action](changes, call)
      this.witness = first
    } catch (error) {
      failure = failureOf(error)
    }
    onCall(changes, clock() - startedMs, failure)
    return failure
  }
}
