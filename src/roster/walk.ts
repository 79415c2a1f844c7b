/** Pages of which the first is asked for at once, whoever reads them and when. */
export class Walk<Page> {
  readonly #pages: AsyncIterator<Page>
  readonly #leaving = new AbortController()
  #first: Promise<IteratorResult<Page>> | undefined

  /** `open` asks for the pages; its signal is also aborted when they are not wanted any more. */
  constructor(signal: AbortSignal | undefined, open: (signal: AbortSignal) => AsyncIterable<Page>) {
    const leaving = this.#leaving.signal
    const both = signal === undefined ? leaving : AbortSignal.any([signal, leaving])
    this.#pages = open(both)[Symbol.asyncIterator]()
    this.#first = this.#pages.next()
    // Whoever reads the page hears of its failure.
    this.#first.catch(() => {})
  }

  async *pages(): AsyncGenerator<Page> {
    try {
      for (;;) {
        const { done, value } = await (this.#first ?? this.#pages.next())
        this.#first = undefined
        if (done) return
        yield value
      }
    } finally {
      await this.close()
    }
  }

  /** Cancels what is under way. Calling it again does nothing. */
  async close(): Promise<void> {
    this.#leaving.abort()
    await this.#pages.return?.().catch(() => {})
  }
}
