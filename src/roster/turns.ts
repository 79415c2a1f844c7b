/** Work of one process that must not overlap: under the same key one after the other, in the order in which it came. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  /** Does the work as soon as all that came before it has ended, however it ended. */
  async take<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key) ?? Promise.resolve()
    const result = before.then(work)
    const turn = result.then(
      () => {},
      () => {},
    )
    this.#last.set(key, turn)
    try {
      return await result
    } finally {
      if (this.#last.get(key) === turn) this.#last.delete(key)
    }
  }
}
