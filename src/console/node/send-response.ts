import type { ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"

/** Sends what the console answers, as fast as it is taken; a browser that goes away ends it. */
export async function sendResponse(response: ServerResponse, answer: Response): Promise<void> {
  response.statusCode = answer.status
  for (const [name, value] of answer.headers) {
    // Cookies are added to the app's own.
    if (name === "set-cookie") response.appendHeader(name, value)
    else response.setHeader(name, value)
  }
  if (answer.body === null || response.req.method === "HEAD") {
    await answer.body?.cancel()
    response.end()
    return
  }
  response.flushHeaders()
  try {
    await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), response)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_STREAM_PREMATURE_CLOSE") throw error
  }
}

/** Aborts when the browser goes away before it has everything. */
export function signalOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.once("close", () => {
    if (!response.writableFinished) gone.abort()
  })
  return gone.signal
}
