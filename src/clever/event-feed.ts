import type { HomeroomError } from "../errors/index.ts"
import type { EventPage, FeedEvent } from "../models/index.ts"
import { type ApiReader, type DistrictOptions, readId } from "./api-reader.ts"
import { eventsUnavailable, isFeedRefusal, readEvents } from "./events.ts"

export interface FeedOptions extends DistrictOptions {
  /** The id of the event after which to begin. Default: the feed's start. */
  readonly after?: string | undefined
  /** Events a page, 1 to 10,000. Default: the client's `pageSize`. */
  readonly pageSize?: number | undefined
}

/** Reads a district's event feed (dev.clever.com/docs/events-api). */
export class EventFeed {
  readonly #reader: ApiReader

  constructor(reader: ApiReader) {
    this.#reader = reader
  }

  /** The newest event, or undefined if there is none. Throws `CLEVER_EVENTS_UNAVAILABLE`. */
  async newest(options: DistrictOptions): Promise<FeedEvent | undefined> {
    try {
      return await this.#newest(options)
    } catch (error) {
      throw isFeedRefusal(error) ? eventsUnavailable("not-readable", error) : error
    }
  }

  /**
   * The events after one, oldest first. Throws `CLEVER_EVENTS_UNAVAILABLE` with `details.reason`
   * `not-readable`, `event-unreadable` or, if the feed can be read but not from there, `cursor-rejected` (S5).
   */
  async *pages(options: FeedOptions): AsyncGenerator<EventPage, void, void> {
    const { districtId, signal, onRequest, pageSize, after } = options
    const parameters = { starting_after: after === undefined ? undefined : readId("after", after) }
    try {
      const pages = this.#reader.walk({
        path: "/events",
        districtId,
        signal,
        onRequest,
        pageSize,
        parameters,
      })
      for await (const page of pages) yield readEvents(page)
    } catch (error) {
      throw isFeedRefusal(error) ? await this.#explain(error, options) : error
    }
  }

  async #newest(options: DistrictOptions): Promise<FeedEvent | undefined> {
    const { districtId, signal, onRequest } = options
    const parameters = { ending_before: "last" }
    const pages = this.#reader.walk({
      path: "/events",
      districtId,
      signal,
      onRequest,
      pageSize: 1,
      parameters,
    })
    for await (const page of pages) return readEvents(page).events.at(-1)
    return undefined
  }

  /** Whether the whole feed is refused or only the place in it: by asking for its newest event. */
  async #explain(refusal: HomeroomError, options: FeedOptions): Promise<HomeroomError> {
    if (options.after === undefined || refusal.details.status === 403) {
      return eventsUnavailable("not-readable", refusal)
    }
    try {
      await this.#newest(options)
    } catch (error) {
      if (!isFeedRefusal(error)) throw error
      return eventsUnavailable("not-readable", refusal)
    }
    return eventsUnavailable("cursor-rejected", refusal)
  }
}
