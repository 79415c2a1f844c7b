/**
 * Keeps the fenced writes of each district in the order in which they were asked for, and remembers which run a batch
 * is missing of: a later one must not stand there without it.
 */
export class WriteQueue {
  readonly #last = new Map<string, Promise<unknown>>()
  readonly #broken = new Map<string, unknown>()

  /** Runs `work` after what was queued for the district before. */
  add<Result>(districtId: string, work: () => Promise<Result>): Promise<Result> {
    const result = (this.#last.get(districtId) ?? Promise.resolve()).then(work)
    const settled = result.then(
      () => {},
      () => {},
    )
    this.#last.set(districtId, settled)
    void settled.then(() => {
      if (this.#last.get(districtId) === settled) this.#last.delete(districtId)
    })
    return result
  }

  /** The same for a batch of a run, which fails if one before it failed. */
  addBatch(districtId: string, runId: string, work: () => Promise<void>): Promise<void> {
    return this.add(districtId, async () => {
      if (this.#broken.has(runId)) throw this.#broken.get(runId)
      try {
        await work()
      } catch (error) {
        this.#broken.set(runId, error)
        throw error
      }
    })
  }

  /** The same for any other write of a run: whoever makes it has taken note of what failed. */
  addOther<Result>(districtId: string, runId: string, work: () => Promise<Result>): Promise<Result> {
    return this.add(districtId, () => {
      this.#broken.delete(runId)
      return work()
    })
  }

  /** Waits for all that is queued. */
  async drain(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values())
  }
}
