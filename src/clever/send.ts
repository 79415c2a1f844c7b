import type { Send, SendOptions } from "./answer-reader.ts"
import type { ClientSettings } from "./client-options.ts"

/** With the `fetch` that the app gave, or else as `sendWithNode` does. */
export function senderFor(fetch: ClientSettings["fetch"]): Send {
  if (fetch !== undefined) return (url, options) => sendWithFetch(fetch, url, options)
  return async (url, options) => {
    sendWithNode ??= (await import("./send-with-node.ts")).sendWithNode
    await sendWithNode(url, options)
  }
}

/** Loaded with the first request: Node's HTTP client takes longer to load than all of Homeroom. */
let sendWithNode: Send | undefined

async function sendWithFetch(
  fetch: typeof globalThis.fetch,
  url: URL,
  { headers, signal, reader }: SendOptions,
): Promise<void> {
  const response = await fetch(url, { headers: { ...headers }, redirect: "manual", signal })
  const body = response.body?.getReader()
  try {
    reader.head(response.status, response.headers)
    while (body !== undefined) {
      const { done, value } = await body.read()
      if (done) return
      reader.bytes(value)
    }
  } finally {
    // Without effect on a body read to its end; otherwise it closes the connection.
    void body?.cancel().catch(() => undefined)
  }
}
