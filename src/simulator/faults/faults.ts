import type { ServerResponse } from "node:http"
import { setTimeout as wait } from "node:timers/promises"
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response"
import { isJsonObject, type JsonObject } from "../json.ts"
import { htmlAnswer } from "../server/answers.ts"
import type { Fault, FaultExchange } from "./fault-plan.ts"

/** Answers by itself. The body is text as it is, or JSON; without one the body is empty. */
export function answer(options: {
  status: number
  body?: string | JsonObject | undefined
  headers?: Readonly<Record<string, string>> | undefined
}): Fault {
  const { status, body, headers = {} } = options
  return () => {
    const type = typeof body === "object" ? { "content-type": "application/json; charset=utf-8" } : {}
    const text = typeof body === "object" ? JSON.stringify(body) : (body ?? null)
    return new Response(text, { status, headers: { ...type, ...headers } })
  }
}

/** An error page of HTML, or with status 200 a page where JSON belongs. */
export function html(options: { status?: number | undefined; text?: string | undefined } = {}): Fault {
  return () =>
    htmlAnswer(options.status ?? 200, options.text ?? "Service is temporarily down for maintenance")
}

/** 429 with an empty body, and the second at which the window ends: 0 s from now unless told otherwise. */
export function rateLimited(
  options: { resetInSeconds?: number | undefined; now?: (() => Date) | undefined } = {},
): Fault {
  return () => {
    const seconds = (options.now?.() ?? new Date()).getTime() / 1000
    return new Response(null, {
      status: 429,
      headers: {
        "x-ratelimit-bucket": "bearer",
        "x-ratelimit-limit": "1200",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(Math.ceil(seconds + (options.resetInSeconds ?? 0))),
      },
    })
  }
}

/** Sends the client elsewhere. */
export function redirect(options: { to: string; status?: 301 | 302 | 303 | 307 | 308 | undefined }): Fault {
  return answer({ status: options.status ?? 302, headers: { location: options.to } })
}

/** Has the request answered and changes the body's text. The length header fits the new text. */
export function rewriteText(change: (text: string) => string): Fault {
  return async ({ next }) => {
    const response = await next()
    const headers = new Headers(response.headers)
    headers.delete("content-length")
    return new Response(change(await response.text()), { status: response.status, headers })
  }
}

/** Has the request answered and changes the body's JSON: in place, or by returning another value. */
export function rewriteJson(change: (body: JsonObject) => unknown): Fault {
  return rewriteText((text) => {
    if (!text.startsWith("{")) return text
    const body = JSON.parse(text) as JsonObject
    return JSON.stringify(change(body) ?? body)
  })
}

/** Has another address answered than the one asked for. */
export function rewriteRequest(change: (url: URL) => void): Fault {
  return ({ request, next }) => {
    const url = new URL(request.url)
    change(url)
    return next(url)
  }
}

/** Cuts the connection: before any answer, or after that many bytes of a body whose full length is announced. */
export function cutConnection(options: { afterBytes?: number | "half" | undefined } = {}): Fault {
  return async ({ next, outgoing }) => {
    if (options.afterBytes === undefined) {
      outgoing.destroy()
      return RESPONSE_ALREADY_SENT
    }
    const response = await next()
    const body = Buffer.from(await response.arrayBuffer())
    const bytes = options.afterBytes === "half" ? body.length >> 1 : options.afterBytes
    const headers = Object.fromEntries(response.headers)
    outgoing.writeHead(response.status, { ...headers, "content-length": String(body.length) })
    await write(outgoing, body.subarray(0, bytes))
    outgoing.destroy()
    return RESPONSE_ALREADY_SENT
  }
}

/** A good status and a body that ends in the middle, its length announced as it is. */
export function truncate(options: { afterCharacters?: number | undefined } = {}): Fault {
  return rewriteText((text) => text.slice(0, options.afterCharacters ?? text.length >> 1))
}

/** Answers late. */
export function delay(options: { ms: number }): Fault {
  return async (exchange) => {
    await pause(exchange, options.ms)
    return exchange.next()
  }
}

/** Sends the body in small pieces, its length not announced, with a pause after each. */
export function drip(options: { chunkBytes?: number | undefined; everyMs?: number | undefined } = {}): Fault {
  const { chunkBytes = 1024, everyMs = 0 } = options
  return async (exchange) => {
    const { outgoing } = exchange
    const response = await exchange.next()
    const body = Buffer.from(await response.arrayBuffer())
    const { "content-length": _, ...headers } = Object.fromEntries(response.headers)
    outgoing.writeHead(response.status, headers)
    for (let sent = 0; sent < body.length && !outgoing.destroyed; sent += chunkBytes) {
      await write(outgoing, body.subarray(sent, sent + chunkBytes))
      await pause(exchange, everyMs)
    }
    outgoing.end()
    return RESPONSE_ALREADY_SENT
  }
}

/** Never answers, until the client goes away or the simulator closes. */
export function hang(): Fault {
  return async ({ outgoing, closing }) => {
    await new Promise<void>((done) => {
      outgoing.once("close", done)
      closing.addEventListener("abort", () => done(), { once: true })
    })
    outgoing.destroy()
    return RESPONSE_ALREADY_SENT
  }
}

/** Does something before or after the answer is made: edits a record between two pages, revokes a token. */
export function around(options: {
  before?: (() => unknown) | undefined
  after?: (() => unknown) | undefined
}): Fault {
  return async ({ next }) => {
    await options.before?.()
    const response = await next()
    await options.after?.()
    return response
  }
}

/** Pads a JSON body with blanks to the given size; what it says stays the same. */
export function oversize(options: { bytes: number }): Fault {
  return rewriteText((text) => text + " ".repeat(Math.max(0, options.bytes - Buffer.byteLength(text))))
}

/** Whatever else: see `FaultExchange`. */
export function custom(
  run: (request: FaultExchange["request"], next: FaultExchange["next"]) => Response | Promise<Response>,
): Fault {
  return ({ request, next }) => run(request, next)
}

/** Waits until Node has taken the bytes; a connection that is gone takes none and is no error here. */
async function write(outgoing: ServerResponse, bytes: Uint8Array): Promise<void> {
  await new Promise<void>((taken) => {
    outgoing.write(bytes, () => taken())
  })
}

async function pause(exchange: FaultExchange, ms: number): Promise<void> {
  // An aborted wait only means that the simulator closes.
  if (ms > 0) await wait(ms, undefined, { signal: exchange.closing }).catch(() => undefined)
}

/** The items of a list's answer; none if it is no list. */
export function itemsOf(body: JsonObject): JsonObject[] {
  return Array.isArray(body.data) ? body.data.filter(isJsonObject) : []
}
