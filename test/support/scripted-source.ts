import type {
  EventPage,
  EventPagesOptions,
  FeedEvent,
  RecordPage,
  RecordPagesOptions,
  RecordTextOptions,
  SourceOptions,
} from "../../src/models/record-page.ts"
import { SimulatedSource } from "./simulated-source.ts"

/** A simulated source that says before each request what it is about to do, and whose events can be altered. */
export class ScriptedSource extends SimulatedSource {
  /** Runs before each request: `user 2`, `events 0`, `newest-event`. What it throws is the request's failure. */
  beforeRequest: (name: string) => void = () => {}
  alterEvents: (events: readonly FeedEvent[]) => readonly FeedEvent[] = (events) => events
  /** Every request since the beginning, by name. */
  readonly asked: string[] = []

  override async *recordPages(options: RecordPagesOptions): AsyncGenerator<RecordPage> {
    const pages = super.recordPages(options)
    const place = options.from === undefined ? "" : ` from ${new URL(options.from, "http://x").search}`
    for (let page = 0; ; page++) {
      this.#ask(`${options.kind} ${page}${place}`, options)
      const { done, value } = await pages.next()
      if (done) return
      yield value
      if (value.next === null) return
    }
  }

  override async newestEvent(options: SourceOptions): Promise<FeedEvent | undefined> {
    this.#ask("newest-event", options)
    return super.newestEvent(options)
  }

  override async *eventPages(options: EventPagesOptions): AsyncGenerator<EventPage> {
    let page = 0
    this.#ask(`events ${page}`, options)
    for await (const { events, next } of super.eventPages(options)) {
      yield { events: this.alterEvents(events), next }
      if (next !== null) this.#ask(`events ${++page}`, options)
    }
  }

  override async recordText(options: RecordTextOptions): Promise<string | undefined> {
    const { onRequest: _, ...rest } = options
    this.#ask(`${options.kind} ${options.id}`, options)
    return super.recordText(rest)
  }

  #ask(name: string, { onRequest, signal }: SourceOptions): void {
    onRequest?.()
    this.asked.push(name)
    this.beforeRequest(name)
    signal?.throwIfAborted()
  }
}
