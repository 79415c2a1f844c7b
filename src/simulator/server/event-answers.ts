import { eventText } from "../district/event-feed.ts"
import { jsonAnswer, textAnswer, unknownAddress, unknownRecord } from "./answers.ts"
import { type DataRequest, listAnswer } from "./data-request.ts"
import { cutPage, pageLinks } from "./paging.ts"

/**
 * The Events API. A cursor that has expired or never was is not refused: what the feed holds after it is
 * answered with 200 (recorded), so that a gap is silent.
 */
export function answerEvents(request: DataRequest, parts: readonly string[]): Response | undefined {
  const { district, version, path, query } = request
  if (district.eventsMode === "not-found") return unknownAddress("GET", path)
  if (district.eventsMode === "forbidden") return jsonAnswer(403, { message: "Events are not enabled." })
  const [id, ...more] = parts
  if (more.length > 0) return undefined
  const { feed } = district.data
  if (id !== undefined) {
    const event = district.eventsMode === "on" ? feed.list({ version }).get(id) : undefined
    if (event === undefined) return unknownRecord()
    const links = JSON.stringify([{ rel: "self", uri: path }])
    return textAnswer(200, `{"data":${district.present(eventText(event, version))},"links":${links}}`)
  }
  const recordTypes = query.getAll("record_type").flatMap((types) => types.split(","))
  const school = query.get("school") ?? undefined
  const events = district.eventsMode === "on" ? feed.list({ version, school, recordTypes }) : new Map()
  const page = cutPage([...events.keys()], query, request.maxPageSize)
  const items = page.ids.flatMap((eventId) => {
    const event = events.get(eventId)
    if (event === undefined) return []
    return [[eventText(event, version), `/${version}/events/${eventId}`] as const]
  })
  // Recorded: the link to a feed without a query ends in a question mark.
  const search = request.search === "" ? "?" : request.search
  return listAnswer(district, items, JSON.stringify(pageLinks(path, search, query, page)))
}
