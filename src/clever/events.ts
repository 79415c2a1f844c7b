import { HomeroomError, isHomeroomError } from "../errors/index.ts"
import type { EventPage, FeedEvent, RecordPage } from "../models/index.ts"
import { ByteLexer, bodyInvalid, byte, eachMember } from "./byte-lexer.ts"

/**
 * The events of a page.
 *
 * Each event's record is given as the bytes Clever sent say it. Throws `CLEVER_EVENTS_UNAVAILABLE` with
 * `details.reason` `event-unreadable` for an event that is no JSON or has no id: nothing after it may be applied (S4).
 */
export function readEvents(page: RecordPage): EventPage {
  const events: FeedEvent[] = []
  for (let index = 0; index < page.count; index++) {
    try {
      events.push(readEvent(page.body, page.starts[index] ?? 0, page.ends[index] ?? 0, page.ids[index]))
    } catch (error) {
      throw isHomeroomError(error) ? eventsUnavailable("event-unreadable", error) : error
    }
  }
  return { events, next: page.next }
}

function readEvent(body: Uint8Array, start: number, end: number, id: string | undefined): FeedEvent {
  if (id === undefined) throw bodyInvalid("an event has no id", start)
  const lexer = new ByteLexer(body.slice(start, end), end - start)
  if (lexer.bytes[0] !== byte.openBrace) throw bodyInvalid("an event is no object", start)
  // Once as a whole, because the lexer takes much for JSON that is none.
  const { type, created } = lexer.parse(0, end - start) as { type?: unknown; created?: unknown }
  let object: string | undefined
  eachMember(lexer, 0, (keyStart, keyEnd, valueStart) => {
    const valueEnd = lexer.skipValue(valueStart)
    if (lexer.parse(keyStart, keyEnd) === "data") {
      object = lexer.bytes[valueStart] === byte.openBrace ? objectText(lexer, valueStart) : undefined
    }
    return valueEnd
  })
  return {
    id,
    type: typeof type === "string" ? type : "",
    created: typeof created === "string" ? created : undefined,
    object,
  }
}

/** The text of the `object` in an event's data, if it is an object. */
function objectText(lexer: ByteLexer, dataStart: number): string | undefined {
  let text: string | undefined
  eachMember(lexer, dataStart, (keyStart, keyEnd, valueStart) => {
    const valueEnd = lexer.skipValue(valueStart)
    if (lexer.parse(keyStart, keyEnd) === "object") {
      text = lexer.bytes[valueStart] === byte.openBrace ? lexer.text(valueStart, valueEnd) : undefined
    }
    return valueEnd
  })
  return text
}

/**
 * Whether Clever's answer means that the feed, or this place in it, can't be read: 400, 403, 404, 410, or a web
 * page, which Clever sends for what a token does not reach (S2).
 */
export function isFeedRefusal(error: unknown): error is HomeroomError {
  if (!isHomeroomError(error)) return false
  if (error.code === "CLEVER_NOT_FOUND") return true
  if (error.code === "CLEVER_BODY_INVALID") return error.details.reason === "html"
  return error.code === "CLEVER_REQUEST_REFUSED" && [400, 403, 410].includes(Number(error.details.status))
}

const feedProblems = {
  "not-readable": "The event feed of this district can't be read.",
  "cursor-rejected": "Clever's event feed can be read, but not from the event where the last import ended.",
  "event-unreadable": "An event in this district's feed has no id, or is not readable JSON.",
} as const

/**
 * The error for a feed that can't be read. `details.reason` is `not-readable`, `cursor-rejected` if only the
 * place to go on from is refused (S5), or `event-unreadable` if one event is in the way (S9).
 */
export function eventsUnavailable(reason: keyof typeof feedProblems, cause: HomeroomError): HomeroomError {
  return new HomeroomError("CLEVER_EVENTS_UNAVAILABLE", {
    message: feedProblems[reason],
    details: { reason, status: cause.details.status },
    cause,
  })
}
