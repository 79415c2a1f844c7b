import { isJsonObject, type JsonObject } from "../json.ts"
import type { Fault } from "./fault-plan.ts"
import { answer, itemsOf, rewriteJson, rewriteRequest } from "./faults.ts"

/** The `next` link leads to the same page again. */
export function repeatPage(): Fault {
  return rewriteJson((body) => {
    const self = linkOf(body, "self")
    if (self !== undefined) setNext(body, self)
  })
}

/** The page's records come in descending order of their ids. */
export function descendingPage(): Fault {
  return rewriteJson((body) => {
    body.data = itemsOf(body).reverse()
  })
}

/** The first and the last record of the page change places. */
export function unsortedPage(): Fault {
  return rewriteJson((body) => {
    const items = itemsOf(body)
    if (items.length > 1) body.data = [items.at(-1), ...items.slice(1, -1), items[0]]
  })
}

/** The `next` link leads to another host: whoever follows it gives the token away. */
export function foreignNext(options: { host?: string | undefined } = {}): Fault {
  return rewriteJson((body) => {
    const next = linkOf(body, "next") ?? linkOf(body, "self") ?? "/"
    setNext(body, `http://${options.host ?? "evil.example"}${next}`)
  })
}

/** There is no `next` link, although more would follow. */
export function missingNext(): Fault {
  return rewriteJson((body) => {
    body.links = linksOf(body).filter((link) => link.rel !== "next")
  })
}

/** A list without its records, with everything else as it should be. */
export function emptyPage(): Fault {
  return rewriteJson(() => ({ data: [], links: [] }))
}

/** An answer without its envelope: no `data`, no `links`. */
export function missingEnvelope(): Fault {
  return answer({ status: 200, body: {} })
}

/** Records without the inner `data` and without `uri`. */
export function singleWrapped(): Fault {
  return rewriteJson((body) => {
    body.data = itemsOf(body).map((item) => (isJsonObject(item.data) ? item.data : item))
  })
}

/** Records with `links` in place of `uri`. */
export function linksOnItems(): Fault {
  return rewriteJson((body) => {
    body.data = itemsOf(body).map(({ uri, ...item }) => ({ ...item, links: [{ rel: "self", uri }] }))
  })
}

/** The limit asked for is ignored: pages are as long as Clever's default, or as the one given. */
export function ignoreLimit(options: { limit?: number | undefined } = {}): Fault {
  return rewriteRequest((url) => {
    if (options.limit === undefined) url.searchParams.delete("limit")
    else url.searchParams.set("limit", String(options.limit))
  })
}

/** A cursor is refused, as Clever never does in a recording, but may. */
export function rejectCursor(options: { status?: number | undefined } = {}): Fault {
  const refused = answer({ status: options.status ?? 400, body: { message: "Invalid starting_after" } })
  return (exchange) =>
    exchange.request.url.searchParams.has("starting_after") ? refused(exchange) : exchange.next()
}

/** What is wrong with a record that can't be accepted. */
export type RecordDamage = "no-id" | "wrong-district" | "wrong-type" | "not-an-object" | "duplicate"

/** Damages some records of a page: by their place in it, or all that satisfy a condition. */
export function damageRecords(options: {
  damage: RecordDamage
  which: readonly number[] | ((record: JsonObject) => boolean)
}): Fault {
  const { damage, which } = options
  return rewriteJson((body) => {
    body.data = itemsOf(body).flatMap((item, place) => {
      const record = isJsonObject(item.data) ? item.data : item
      const hit = typeof which === "function" ? which(record) : which.includes(place)
      if (!hit) return [item]
      if (damage === "duplicate") return [item, structuredClone(item)]
      return [{ ...item, data: damaged(record, damage) }]
    })
  })
}

function damaged(record: JsonObject, damage: RecordDamage): unknown {
  if (damage === "not-an-object") return "not an object"
  if (damage === "wrong-district") return { ...record, district: "0".repeat(24) }
  if (damage === "wrong-type")
    return { ...record, name: ["not", "a", "name"], roles: "student", students: {} }
  const { id: _, ...rest } = record
  return rest
}

function linksOf(body: JsonObject): JsonObject[] {
  return Array.isArray(body.links) ? body.links.filter(isJsonObject) : []
}

function linkOf(body: JsonObject, rel: string): string | undefined {
  const uri = linksOf(body).find((link) => link.rel === rel)?.uri
  return typeof uri === "string" ? uri : undefined
}

function setNext(body: JsonObject, uri: string): void {
  body.links = [...linksOf(body).filter((link) => link.rel !== "next"), { rel: "next", uri }]
}
