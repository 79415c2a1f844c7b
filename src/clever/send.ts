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
  { reader, ...request }: SendOptions,
): Promise<void> {
  const { method = "GET", headers, body: content, signal } = request
  const response = await fetch(url, {
    method,
    headers: { ...headers },
    ...(content === undefined ? {} : { body: content }),
    redirect: "manual",
    signal,
  })
  const body = response.body?.getReader()
  try {
    // A fetch of the host's own might have followed a redirect all the same: whoever reads it is told of the redirect.
    reader.head(isElsewhere(response, url) ? 302 : response.status, response.headers)
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

function isElsewhere({ redirected, type, url: from }: Response, asked: URL): boolean {
  return redirected || type === "opaqueredirect" || (from !== "" && new URL(from).origin !== asked.origin)
}
