import type { DocumentWrite } from "../../storage/contract.ts"
import {
  type Letter,
  letterDelete,
  letterKey,
  letterWrite,
  type ReplayRequest,
  readLetterChange,
  replayRequests,
} from "./dead-letters.ts"
import type { DeliveryWork, WorkOutcome } from "./delivery-work.ts"
import type { TargetChange } from "./target.ts"
import { toTargetChanges } from "./target-changes.ts"

interface OpenLetter {
  letter: Letter
  change: TargetChange
}

/**
 * Tries the letters that are asked for, in their order, and what they alone blocked right after them. A letter that is
 * refused stays; one whose change was erased goes.
 */
export async function replayLetters(work: DeliveryWork): Promise<WorkOutcome> {
  const { storage, claim } = work.options
  for (;;) {
    const document = await storage.getDocument(replayRequests, claim.key)
    const request = document?.value as ReplayRequest | undefined
    const outcome = await new LetterReplay(work, request).run()
    if (document === undefined || outcome !== "done") return outcome
    const { collection, key, revision: expect } = document
    // Asked for once more meanwhile: then once more.
    if (await storage.writeDocuments([{ collection, key, delete: true, expect }])) return outcome
  }
}

class LetterReplay {
  readonly #work: DeliveryWork
  readonly #request: ReplayRequest | undefined
  /** Letters of one kind and action whose turn it is, none of which needs another. */
  #batch: OpenLetter[] = []

  constructor(work: DeliveryWork, request: ReplayRequest | undefined) {
    this.#work = work
    this.#request = request
  }

  async run(): Promise<WorkOutcome> {
    const { held, options } = this.#work
    for (const letter of held.letters) {
      if (!this.#isWanted(letter)) continue
      if (options.signal?.aborted) return "interrupted"
      const outcome = await this.#take(letter)
      if (outcome !== "done") return outcome
    }
    return this.#flush()
  }

  #isWanted({ state, number, blockedBy }: Letter): boolean {
    if (state === "blocked") {
      return blockedBy === null || !this.#work.held.has(blockedBy) || this.#isOpen(blockedBy)
    }
    return this.#request?.all === true || this.#request?.numbers.includes(number) === true
  }

  async #take(letter: Letter): Promise<WorkOutcome> {
    const { held, options } = this.#work
    const { storage, districtId, claim } = options
    const placed = await readLetterChange(storage, districtId, letter)
    const [change] = placed === undefined ? [] : await toTargetChanges(storage, districtId, [placed])
    if (change === undefined) {
      await this.#write([letterDelete(claim.key, letter.number)])
      held.remove(letter)
      return "done"
    }
    let blocker = held.blockerOf(change, letter.number)
    const isNext = letter.state === "stuck" || !this.#fits(change)
    if (isNext || this.#isOpen(blocker?.number)) {
      const outcome = await this.#flush()
      if (outcome !== "done") return outcome
      blocker = held.blockerOf(change, letter.number)
    }
    if (blocker !== undefined) {
      await this.#update({ ...letter, state: "blocked", blockedBy: blocker.number })
      return "done"
    }
    if (letter.state === "stuck") return this.#tryAlone({ letter, change })
    this.#batch.push({ letter, change })
    return this.#batch.length < options.batchSize ? "done" : this.#flush()
  }

  /** Whether this letter is in the batch, so that it may be gone in a moment. */
  #isOpen(number: number | undefined): boolean {
    return this.#batch.some(({ letter }) => letter.number === number)
  }

  /** A second change of the same record waits for the first one, as for any that it needs. */
  #fits({ kind, action }: TargetChange): boolean {
    return this.#batch.every(({ change }) => change.kind === kind && change.action === action)
  }

  /** Somebody wants to see whether it goes now: once is enough to tell. */
  async #tryAlone({ letter, change }: OpenLetter): Promise<WorkOutcome> {
    const { calls } = this.#work
    calls.forgetWitnessAmong([change])
    const failure = await calls.send([change])
    if (failure === undefined) {
      await this.#done([{ letter, change }])
      return "done"
    }
    if (failure.verdict === "unavailable") return this.#work.wait("target-down", failure)
    await this.#update(this.#work.refusedLetter(letter, { change, failure }))
    return "done"
  }

  async #flush(): Promise<WorkOutcome> {
    const batch = this.#batch
    this.#batch = []
    if (batch.length === 0) return "done"
    const outcome = await this.#work.send(
      batch.map(({ change }) => change),
      this.#work.options.claim.place,
    )
    if (outcome.state === "interrupted") return "interrupted"
    if (outcome.state === "down") return this.#work.wait("target-down", outcome.failure)
    const refusals = new Map(outcome.refused.map((refusal) => [refusal.change, refusal]))
    for (const { letter, change } of batch) {
      const refusal = refusals.get(change)
      if (refusal !== undefined) await this.#update(this.#work.refusedLetter(letter, refusal))
    }
    await this.#done(batch.filter(({ change }) => !refusals.has(change)))
    return "done"
  }

  async #done(delivered: readonly OpenLetter[]): Promise<void> {
    const { claim } = this.#work.options
    await this.#write(delivered.map(({ letter }) => letterDelete(claim.key, letter.number)))
    for (const { letter, change } of delivered) {
      this.#work.held.remove(letter)
      this.#work.delivered[change.action]++
      this.#work.emit({ type: "letter-delivered", letterId: letterKey(claim.key, letter.number) })
    }
  }

  async #update(letter: Letter): Promise<void> {
    const { claim, districtId } = this.#work.options
    await this.#write([letterWrite(claim.key, districtId, letter)])
    this.#work.held.put({ ...letter, revision: letter.revision + 1 })
    this.#work.emitLetter(letter)
  }

  /** Together with the claim, so that only its holder writes letters. */
  async #write(writes: readonly DocumentWrite[]): Promise<void> {
    await this.#work.options.claim.save({}, writes)
  }
}
