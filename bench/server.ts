/**
 * The page server, in a process of its own: answers as Clever does, from files, over keep-alive connections.
 *
 * Its parent tells it the districts, is told the port, and may ask which addresses were requested how often.
 */
import { createReadStream, readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import { type Kind, kinds } from "../src/models/kinds.ts"
import { type PageSet, pageSize, type Variant } from "./district/page-set.ts"
import type { ServerMessage, ServerReport } from "./process/page-server.ts"

const districts = new Map<number, PageSet>()
const requested = new Map<string, number>()

interface Query {
  set: PageSet
  variant: Variant
  batches: number
  /** The path without its query. */
  path: string
  url: URL
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost")
  const [, place = "", version, collection = ""] = url.pathname.split("/")
  const [users, variant = "base", latencyMs, batches] = place.split("-")
  const set = districts.get(Number(users))
  const kind = kinds.find((known) => `${known}s` === collection)
  if (set === undefined || version !== "v3.1" || (kind === undefined && collection !== "events")) {
    response.writeHead(404).end()
    return
  }
  requested.set(url.pathname + url.search, (requested.get(url.pathname + url.search) ?? 0) + 1)
  if (Number(latencyMs) > 0) await delay(Number(latencyMs))
  const query: Query = { set, variant: variant as Variant, batches: Number(batches), path: url.pathname, url }
  if (kind === undefined) answerEvents(query, response)
  else answerRecords(query, kind, response)
}

function answerRecords({ set, variant, path, url }: Query, kind: Kind, response: ServerResponse): void {
  const pages = set.pages[variant]?.[kind] ?? []
  const after = url.searchParams.get("starting_after")
  const at = after === null ? 0 : pages.findIndex((page) => page.lastId === after) + 1
  const page = pages[at]
  if (page === undefined || Number(url.searchParams.get("limit")) !== pageSize) {
    response.writeHead(400).end()
    return
  }
  const next =
    at + 1 < pages.length
      ? `,{"rel":"next","uri":"${path}?limit=${pageSize}&starting_after=${page.lastId}"}`
      : ""
  const tail = `],"links":[{"rel":"self","uri":"${path}${url.search}"}${next}]}`
  response.writeHead(200, headersFor(page.bytes + head.length + Buffer.byteLength(tail)))
  response.write(head)
  const file = createReadStream(page.file, { highWaterMark: 1024 * 1024 })
  file.on("end", () => response.end(tail))
  file.on("error", () => response.destroy())
  response.on("close", () => file.destroy())
  file.pipe(response, { end: false })
}

function answerEvents({ set, batches, path, url }: Query, response: ServerResponse): void {
  const after = url.searchParams.get("starting_after")
  const feed = eventFeed(set, batches)
  const events =
    after === null
      ? feed.slice(-1)
      : feed.slice(feed.findIndex((event) => event.includes(`"id":"${after}"`)) + 1)
  const items = events.map((event) => `{"data":${event},"uri":"/v3.1/events/x"}`)
  const body = `${head}${items.join(",")}],"links":[{"rel":"self","uri":"${path}${url.search}"}]}`
  response.writeHead(200, headersFor(Buffer.byteLength(body))).end(body)
}

/** The event before all batches and the events of the first batches, oldest first. */
function eventFeed(set: PageSet, batches: number): string[] {
  const text = set.eventBatches.slice(0, batches).flatMap((file) => readFileSync(file, "utf8").split("\n"))
  return [set.firstEvent, ...text]
}

const head = `{"data":[`

function headersFor(length: number): Record<string, string | number> {
  return { "content-type": "application/json; charset=utf-8", "content-length": length }
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy())
})
server.keepAliveTimeout = 60_000

function report(message: ServerReport): void {
  process.send?.(message)
}

process.on("message", (message: ServerMessage) => {
  if (message.type === "add") {
    districts.set(message.set.users, message.set)
    report({ type: "added" })
  } else {
    report({ type: "requested", counts: [...requested] })
    requested.clear()
  }
})
// The parent is gone: so is what this serves.
process.on("disconnect", () => process.exit())
server.listen(0, "127.0.0.1", () => {
  report({ type: "listening", port: (server.address() as AddressInfo).port })
})
