import { PageScanner } from "../../src/clever/page-scanner.ts"
import { HomeroomError } from "../../src/errors/index.ts"
import type { Kind } from "../../src/models/kinds.ts"
import type {
  EventPage,
  EventPagesOptions,
  FeedEvent,
  RecordPage,
  RecordPagesOptions,
  RecordTextOptions,
  RosterSource,
  SourceOptions,
} from "../../src/models/record-page.ts"
import { eventText } from "../../src/simulator/district/event-feed.ts"
import type { SimulatedDistrict } from "../../src/simulator/index.ts"

/** A simulated district as the engine reads it, without HTTP in between. */
export class SimulatedSource implements RosterSource {
  apiVersion: "v3.0" | "v3.1" = "v3.1"
  pageSize = 25
  requests = 0
  /** Runs before each page of a listing is made. */
  beforePage: (kind: Kind, page: number) => void = () => {}
  /** Changes a page's items, each a record's JSON text, before they go out. */
  alterItems: (kind: Kind, items: string[]) => string[] = (_, items) => items
  /** Changes the `next` link of a page. */
  alterNext: (kind: Kind, next: string | null) => string | null = (_, next) => next
  readonly district: SimulatedDistrict

  constructor(district: SimulatedDistrict) {
    this.district = district
  }

  async *recordPages({
    kind,
    from,
    pageSize = this.pageSize,
    signal,
  }: RecordPagesOptions): AsyncGenerator<RecordPage> {
    let link: string | null = from ?? `/${this.apiVersion}/${kind}s?limit=${pageSize}`
    for (let page = 0; link !== null; page++) {
      signal?.throwIfAborted()
      this.beforePage(kind, page)
      this.requests++
      const scanned: RecordPage = this.#page(kind, link, pageSize)
      link = scanned.next
      // As CleverClient does: an empty list is no page at all.
      if (scanned.count > 0) yield scanned
    }
  }

  async newestEvent(_: SourceOptions): Promise<FeedEvent | undefined> {
    this.requests++
    return this.#events().at(-1)
  }

  async *eventPages({ after, pageSize = this.pageSize }: EventPagesOptions): AsyncGenerator<EventPage> {
    const events = this.#events()
    const start = events.findIndex((event) => event.id === after) + 1
    for (let at = start; at < events.length; at += pageSize) {
      this.requests++
      const next = at + pageSize < events.length ? "more" : null
      yield { events: events.slice(at, at + pageSize), next }
    }
  }

  async recordText({ kind, id, signal, onRequest }: RecordTextOptions): Promise<string | undefined> {
    signal?.throwIfAborted()
    onRequest?.()
    this.requests++
    const text = this.district.data.store(kind).textFor(id, this.apiVersion)
    return text === undefined ? undefined : this.alterItems(kind, [this.district.present(text)])[0]
  }

  #page(kind: Kind, link: string, pageSize: number): RecordPage {
    const after = new URL(link, "http://127.0.0.1").searchParams.get("starting_after") ?? ""
    const store = this.district.data.store(kind)
    const ids = store.ids().filter((id) => id > after)
    const shown = ids.slice(0, pageSize)
    const items = this.alterItems(
      kind,
      shown.map((id) => this.district.present(store.textFor(id, this.apiVersion) as string)),
    )
    const last = shown.at(-1)
    const more = last !== undefined && ids.length > shown.length
    const next = this.alterNext(kind, more ? `/${this.apiVersion}/${kind}s?starting_after=${last}` : null)
    const links = next === null ? [] : [{ rel: "next", uri: next }]
    const body = Buffer.from(
      `{"data":[${items.map((item) => `{"data":${item}}`).join(",")}],"links":${JSON.stringify(links)}}`,
    )
    const buffer = Buffer.concat([body, Buffer.alloc(64)])
    const scanned = new PageScanner().scan(buffer, body.length)
    return { ...scanned, body: buffer.subarray(0, body.length) }
  }

  #events(): FeedEvent[] {
    if (this.district.eventsMode === "empty") return []
    if (this.district.eventsMode !== "on") throw new HomeroomError("CLEVER_EVENTS_UNAVAILABLE")
    const events = this.district.data.feed.list({ version: this.apiVersion })
    return [...events.values()].map((event) => {
      const text = eventText(event, this.apiVersion)
      const { created, data } = JSON.parse(text) as { created: string; data: { object: object } }
      return {
        id: event.eventId,
        type: `${event.kind}s.${event.action}`,
        created,
        object: JSON.stringify(data.object),
      }
    })
  }
}
