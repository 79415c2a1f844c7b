import { isObjectId } from "../object-id.ts"

/** A request for a page that can't be answered, with the status to answer instead. */
export class PageRefusal extends Error {
  readonly status: 400 | 413

  constructor(status: 400 | 413, message: string) {
    super(message)
    this.status = status
  }
}

/** A page of a list: which ids, and whether links lead on and back. */
export interface Page {
  ids: readonly string[]
  next: string | undefined
  previous: string | undefined
}

/**
 * Cuts a page out of ascending ids, as Clever pages: by range, never by number.
 *
 * A query with `starting_after` always has a way back and one with `ending_before` always a way on, even
 * where that leads to an empty page (Clever documents that). Throws a PageRefusal on a bad query.
 */
export function cutPage(ids: readonly string[], query: URLSearchParams, maximum: number): Page {
  const limit = readLimit(query.get("limit"), maximum)
  const after = query.get("starting_after")
  const before = query.get("ending_before")
  if (after !== null && before !== null) {
    throw new PageRefusal(400, "Only one of starting_after and ending_before may be given.")
  }
  for (const cursor of [after, before]) {
    if (cursor !== null && cursor !== "last" && !isObjectId(cursor)) {
      throw new PageRefusal(400, "Not a valid id to page from.")
    }
  }
  if (before !== null) {
    const end = before === "last" ? ids.length : firstNotBelow(ids, before)
    const start = Math.max(0, end - limit)
    const page = ids.slice(start, end)
    return { ids: page, next: page.at(-1), previous: start > 0 ? page[0] : undefined }
  }
  let start = 0
  if (after !== null) {
    start = after === "last" ? ids.length : firstNotBelow(ids, after)
    if (ids[start] === after) start += 1
  }
  const page = ids.slice(start, start + limit)
  const hasMore = start + limit < ids.length
  return {
    ids: page,
    next: hasMore ? page.at(-1) : undefined,
    previous: after === null ? undefined : page[0],
  }
}

function readLimit(text: string | null, maximum: number): number {
  if (text === null || text === "") return Math.min(100, maximum)
  const limit = Number(text)
  if (!/^\d+$/.test(text) || limit < 1) throw new PageRefusal(400, "limit must be a positive integer.")
  if (limit > maximum) throw new PageRefusal(413, `limit must be at most ${maximum}.`)
  return limit
}

/** The place of the first id that is not below the given one. */
function firstNotBelow(ids: readonly string[], id: string): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ids[middle] as string) < id) low = middle + 1
    else high = middle
  }
  return low
}

/** The links of a list's answer, relative and with the version, as Clever gives them. */
export function pageLinks(
  path: string,
  search: string,
  query: URLSearchParams,
  page: Page,
): { rel: string; uri: string }[] {
  const link = (rel: string, cursor: string, id: string): { rel: string; uri: string } => {
    const rest = [...query].filter(
      ([name]) => name !== "starting_after" && name !== "ending_before" && name !== "limit",
    )
    const limit = query.get("limit")
    const parts = new URLSearchParams([[cursor, id]])
    if (limit !== null) parts.set("limit", limit)
    for (const [name, value] of rest) parts.append(name, value)
    return { rel, uri: `${path}?${parts}` }
  }
  const links = [{ rel: "self", uri: `${path}${search}` }]
  if (page.previous !== undefined) links.push(link("prev", "ending_before", page.previous))
  if (page.next !== undefined) links.push(link("next", "starting_after", page.next))
  return links
}
