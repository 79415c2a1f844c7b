import type { IncomingMessage } from "node:http"
import { Readable } from "node:stream"

/** What a framework hands on of a request to the console. */
export interface NodeVisit {
  readonly request: IncomingMessage
  /** The path and query, with the console's base path before it. */
  readonly url: string
  /** What the framework has read of the body already, as a form's fields; absent: nothing. */
  readonly body?: unknown
  /** Aborts when the browser goes away. */
  readonly signal: AbortSignal
}

/** The same request as a fetch handler takes it; undefined for one whose address is none. */
export function toFetchRequest({ request, url, body, signal }: NodeVisit): Request | undefined {
  const isSecure = "encrypted" in request.socket && request.socket.encrypted === true
  const host = request.headers.host ?? request.headers[":authority"] ?? "localhost"
  const address = `${isSecure ? "https" : "http"}://${String(host)}${url}`
  if (!URL.canParse(address)) return undefined
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith(":") || value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one)
  }
  const { method = "GET" } = request
  if (method === "GET" || method === "HEAD") return new Request(address, { method, headers, signal })
  const content = isRead(body) ? formText(body) : (Readable.toWeb(request) as ReadableStream<Uint8Array>)
  return new Request(address, { method, headers, signal, body: content, duplex: "half" })
}

function isRead(body: unknown): body is Record<string, unknown> {
  return typeof body === "object" && body !== null && Object.keys(body).length > 0
}

/** A form's fields as they were sent. */
function formText(fields: Record<string, unknown>): string {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) form.append(name, String(one))
  }
  return form.toString()
}
