import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
} from "node:http"
import { request as requestHttps } from "node:https"
import { finished, pipeline, type Readable, type Transform } from "node:stream"
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib"
import type { AnswerHeaders, AnswerReader, SendOptions } from "./answer-reader.ts"

/**
 * With Node's own client: a page of ten thousand records comes in a tenth less time than through `fetch`, and in
 * 30 MiB less memory (docs/decisions/0010-node-http.md).
 */
export async function sendWithNode(url: URL, options: SendOptions): Promise<void> {
  const { method = "GET", headers, body, signal, reader } = options
  const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, { method, headers, signal })
  const response = await responseTo(request, body)
  try {
    reader.head(response.statusCode ?? 0, new NodeHeaders(response.headers))
    await readThrough(decompressed(response), reader)
  } finally {
    // Without effect on an answer that came in whole; otherwise it closes the connection.
    if (!response.complete) request.destroy()
  }
}

function responseTo(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on("response", resolve)
    request.on("error", reject)
    request.end(body)
  })
}

function readThrough(body: Readable, reader: AnswerReader): Promise<void> {
  return new Promise((resolve, reject) => {
    finished(body, (error) => (error ? reject(error) : resolve()))
    body.on("data", (chunk: Uint8Array) => {
      try {
        reader.bytes(chunk)
      } catch (error) {
        body.destroy(error as Error)
      }
    })
  })
}

const decoders: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
])

function decompressed(response: IncomingMessage): Readable {
  const decoder = decoders.get(response.headers["content-encoding"]?.toLowerCase() ?? "")?.()
  if (decoder === undefined) return response
  // Whoever reads the decoder hears of what goes wrong in either.
  pipeline(response, decoder, () => {})
  return decoder
}

class NodeHeaders implements AnswerHeaders {
  readonly #headers: IncomingHttpHeaders

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers
  }

  get(name: string): string | null {
    const value = this.#headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(", ") : (value ?? null)
  }

  has(name: string): boolean {
    return this.#headers[name.toLowerCase()] !== undefined
  }
}
