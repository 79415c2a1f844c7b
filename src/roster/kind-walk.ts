import type { RecordPage, RecordPagesOptions, RosterSource } from "../models/record-page.ts"

/** A kind's listing whose first page is asked for at once, whoever reads it and when. */
export class KindWalk {
  readonly #pages: AsyncIterator<RecordPage>
  readonly #leaving = new AbortController()
  #first: Promise<IteratorResult<RecordPage>> | undefined

  constructor(source: RosterSource, options: RecordPagesOptions) {
    const { signal } = this.#leaving
    const both = options.signal === undefined ? signal : AbortSignal.any([options.signal, signal])
    this.#pages = source.recordPages({ ...options, signal: both })[Symbol.asyncIterator]()
    this.#first = this.#pages.next()
    // Whoever reads the page hears of its failure.
    this.#first.catch(() => {})
  }

  async *pages(): AsyncGenerator<RecordPage> {
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
