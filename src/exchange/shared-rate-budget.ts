import { HomeroomError } from "../errors/index.ts"
import type { RateBudget } from "../models/index.ts"
import type { DocumentStore, StoredDocument } from "../storage/contract.ts"

export interface SharedRateBudgetOptions {
  /** What all the processes share. */
  storage: DocumentStore & { open(): Promise<void> }
  /** Requests a minute and token. Default 1,200, as Clever has it. */
  requestsPerMinute?: number | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
  /** From 0 up to 1, for jitter. Default `Math.random`. */
  random?: (() => number) | undefined
}

const collection = "rate-budgets"

/** Clever counts within a minute from the first request on, and starts anew with the first one after that. */
const windowMs = 60_000
/** How long a process may use what it reserved. */
const validMs = 4_000
/** How long a request may be under way, and by how much clocks may differ. */
const slackMs = 4_000
/** A reset is announced in whole seconds, and is waited for a little longer. */
const resetMarginMs = 1_000
const leastBlock = 10
const largestBlock = 100
const maxTries = 50

/** When how many requests were reserved. */
type Grant = readonly [atMs: number, count: number]

interface Budget {
  readonly grants: readonly Grant[]
  /** The last end of a minute that Clever announced. */
  readonly resetAtMs: number
}

/** What this process has reserved for one key. */
interface Block {
  left: number
  size: number
  untilMs: number
  resetAtMs: number
  /** Requests ask one after the other: the second finds what the first has reserved. */
  turn: Promise<unknown>
}

/**
 * A {@link RateBudget} over a storage: any number of processes that share it and use one district's token send no more
 * than Clever's limit in any minute, however Clever's minutes fall.
 *
 * Requests are reserved in blocks of 10 to 100, the larger the faster they are used, so that a fast import writes one
 * document in 100 requests. What is not used within four seconds is lost. Clocks must agree within two seconds. Every
 * call of `admit` may reject with `STORAGE_…` codes.
 */
export class SharedRateBudget implements RateBudget {
  readonly #options: SharedRateBudgetOptions
  readonly #limit: number
  readonly #clock: () => number
  readonly #random: () => number
  readonly #blocks: Map<string, Block> = new Map()

  /** Throws `INVALID_OPTIONS` unless `requestsPerMinute` is a whole number from 1 on. */
  constructor(options: SharedRateBudgetOptions) {
    const { requestsPerMinute = 1_200 } = options
    if (!(Number.isInteger(requestsPerMinute) && requestsPerMinute >= 1)) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: "requestsPerMinute must be a whole number from 1 on.",
      })
    }
    this.#options = options
    this.#limit = requestsPerMinute
    this.#clock = options.clock ?? Date.now
    this.#random = options.random ?? Math.random
  }

  admit(key: string): Promise<number> {
    const block = this.#block(key)
    const admitted = block.turn.then(() => this.#admit(key, block))
    block.turn = admitted.catch(() => {})
    return admitted
  }

  noteReset(key: string, resetAtMs: number): void {
    const now = this.#clock()
    // What lies further ahead than a minute is no end of a minute, but a clock that is wrong.
    if (resetAtMs > now + windowMs + resetMarginMs) return
    const block = this.#block(key)
    block.resetAtMs = Math.max(block.resetAtMs, resetAtMs)
  }

  #block(key: string): Block {
    const known = this.#blocks.get(key)
    if (known !== undefined) return known
    const block: Block = { left: 0, size: leastBlock, untilMs: 0, resetAtMs: 0, turn: Promise.resolve() }
    this.#blocks.set(key, block)
    return block
  }

  async #admit(key: string, block: Block): Promise<number> {
    const now = this.#clock()
    if (block.left === 0 || now >= block.untilMs) {
      // Used up early: more at a time; lapsed with much left: less.
      if (block.left === 0 && now < block.untilMs) block.size = Math.min(largestBlock, block.size * 2)
      else if (block.left > block.size / 2) block.size = Math.max(leastBlock, block.size >> 1)
      block.left = 0
      const delayMs = await this.#reserve(key, block)
      if (delayMs > 0) return delayMs
    }
    block.left--
    return 0
  }

  /** Fills the block, or tells when to ask again. */
  async #reserve(key: string, block: Block): Promise<number> {
    const { storage } = this.#options
    await storage.open()
    for (let tries = 0; tries < maxTries; tries++) {
      const startedMs = this.#clock()
      const document = await storage.getDocument(collection, key)
      const { grants, resetAtMs } = budgetOf(document)
      block.resetAtMs = Math.max(block.resetAtMs, resetAtMs)
      // A process whose clock is behind must not make what the others reserved seem older.
      const now = Math.max(startedMs, grants.at(-1)?.[0] ?? 0)
      const counted = grants.filter(([atMs]) => atMs > this.#oldest(block, now))
      const used = counted.reduce((sum, [, count]) => sum + count, 0)
      const count = Math.min(block.size, this.#limit - used)
      if (count <= 0) return this.#delay(block, counted, now)
      const value: Budget = { grants: [...counted, [now, count]], resetAtMs: block.resetAtMs }
      const write = { collection, key, districtId: null, value, expect: document?.revision ?? 0 }
      if (!(await storage.writeDocuments([write]))) continue
      block.left = count
      block.untilMs = startedMs + validMs
      return 0
    }
    // Others reserve all the time: let some of them pass.
    return 1_000 * (1 + this.#random())
  }

  /** What was reserved before then can't count in the minute that Clever counts now. */
  #oldest({ resetAtMs }: Block, now: number): number {
    const lapsed = now - windowMs - validMs - slackMs
    const isPast = resetAtMs > 0 && now >= resetAtMs + resetMarginMs
    return isPast ? Math.max(lapsed, resetAtMs - resetMarginMs - validMs - slackMs) : lapsed
  }

  /** Until something of what is counted lapses, or until Clever's minute ends. */
  #delay({ resetAtMs }: Block, counted: readonly Grant[], now: number): number {
    const lapsesAt = (counted[0]?.[0] ?? now) + windowMs + validMs + slackMs
    const resetsAt = resetAtMs + resetMarginMs
    const at = resetsAt > now ? Math.min(lapsesAt, resetsAt) : lapsesAt
    return Math.max(50, at - now + 1) + this.#random() * 250
  }
}

function budgetOf(document: StoredDocument | undefined): Budget {
  return (document?.value as Budget | undefined) ?? { grants: [], resetAtMs: 0 }
}
