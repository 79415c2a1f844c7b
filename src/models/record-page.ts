/**
 * One page of a listing, kept as the bytes that Clever sent: records are parsed only where their bytes
 * changed. Entry `i` of `ids`, `starts` and `ends` describes record `i`.
 */
export interface RecordPage {
  /** The answer's bytes. Valid only until the same listing's next page is asked for: the buffer is used again. */
  readonly body: Uint8Array
  /** Each record's id, or undefined where it has none of `idPattern`'s form. May be longer than `count`. */
  readonly ids: readonly (string | undefined)[]
  /** Byte offsets in `body` where each record's own object begins (its `{`). May be longer than `count`. */
  readonly starts: Uint32Array
  /** Byte offsets just past each record's own object. May be longer than `count`. */
  readonly ends: Uint32Array
  /** How many records the page holds. */
  readonly count: number
  /** The link to the next page exactly as Clever gave it, or null on the last page. */
  readonly next: string | null
}

/** One event of Clever's feed. */
export interface FeedEvent {
  readonly id: string
  /** As Clever names it: `users.updated`. Unknown types pass through. */
  readonly type: string
  /** ISO 8601, as Clever sent it; informational only (order is the feed's). */
  readonly created: string | undefined
  /** The JSON text of the whole record after the change, or of its last state for a deletion. */
  readonly object: string | undefined
}

/** One page of the event feed, oldest event first. */
export interface EventPage {
  readonly events: readonly FeedEvent[]
  readonly next: string | null
}

/**
 * Where a roster comes from: Clever's API (`CleverClient` is one), or anything that answers like it.
 *
 * Each method throws a `HomeroomError` with a `CLEVER_…` code when a listing can't be completed: a
 * source never ends early without throwing.
 */
export interface RosterSource {
  readonly apiVersion: "v3.0" | "v3.1"
  /**
   * All pages of a kind in ascending id; two listings may be read at once. `from` is the `next` of the page after which to go on.
   */
  recordPages(options: RecordPagesOptions): AsyncIterable<RecordPage>
  /** The newest event of the feed, or undefined if the feed is empty. Throws `CLEVER_EVENTS_UNAVAILABLE`. */
  newestEvent(options: SourceOptions): Promise<FeedEvent | undefined>
  /** The events after the event `after`, in feed order, to the feed's end. Throws `CLEVER_EVENTS_UNAVAILABLE`. */
  eventPages(options: EventPagesOptions): AsyncIterable<EventPage>
  /** One record's JSON text as it was sent; undefined if there is none: it is unshared or deleted. */
  recordText(options: RecordTextOptions): Promise<string | undefined>
}

/** What every request for a district's data takes. */
export interface SourceOptions {
  /** The Clever id of the district: names the token. */
  districtId: string
  signal?: AbortSignal | undefined
  /** Told before each request is sent, retries and token requests included; what it throws is ignored. */
  onRequest?: (() => void) | undefined
}

export interface RecordPagesOptions extends SourceOptions {
  kind: "district" | "school" | "term" | "course" | "user" | "section"
  /** A `next` link of an earlier page to go on from, exactly as it was given. Default: the start. */
  from?: string | undefined
  /** Records a page, 1 to 10,000. Default: the source's own. */
  pageSize?: number | undefined
}

export interface RecordTextOptions extends SourceOptions {
  kind: RecordPagesOptions["kind"]
  /** The record's Clever id. */
  id: string
}

export interface EventPagesOptions extends SourceOptions {
  /** The id of the event after which to begin. */
  after: string
  /** Events a page, 1 to 10,000. Default: the source's own. */
  pageSize?: number | undefined
}
