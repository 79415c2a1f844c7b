import assert from "node:assert/strict"
import { connect } from "node:net"
import fc from "fast-check"
import { HealthServer } from "../../../src/worker/health-server.ts"
import type { Fuzzer } from "../engine/fuzzer.ts"
import { encoded } from "../support/json-inputs.ts"

const health = { ready: true, state: "running", importing: 0, problems: [] } as const

/** What comes back until the server ends the connection. */
function send(port: number, input: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    let answer = ""
    socket.on("data", (chunk) => {
      answer += chunk
    })
    // A server that refuses what it can't read may reset the connection.
    socket.on("error", () => {})
    socket.on("close", () => resolve(answer))
    socket.end(input)
  })
}

async function withServer(use: (server: HealthServer) => Promise<void>): Promise<void> {
  const server = await HealthServer.start({
    port: 0,
    host: "127.0.0.1",
    health: () => health,
    ready: async () => health,
  })
  try {
    await use(server)
  } finally {
    await server.close()
  }
}

const line = fc.tuple(
  fc.constantFrom("GET", "HEAD", "POST", "TRACE", "get"),
  fc.constantFrom("/health", "/ready", "/ready?x=1", "//health", "/..", "*", "http://x/health", ""),
  fc.constantFrom("HTTP/1.1", "HTTP/1.0", "HTTP/2.0"),
)

export const healthRequests: Fuzzer = {
  name: "health-requests",
  runs: 60,
  inputs: encoded(line.map((parts) => `${parts.join(" ")}\r\nhost: x\r\nconnection: close\r\n\r\n`)),
  words: [
    "\r\n",
    "\r\n\r\n",
    "GET ",
    "/health",
    "/ready",
    "content-length: 9",
    "transfer-encoding: chunked",
    "\0",
    ":",
    "HTTP/1.1",
    "expect: 100-continue",
  ],
  properties: {
    "is answered with a status that is known, and the server goes on": (input) =>
      withServer(async (server) => {
        const answer = await send(Number(new URL(server.url).port), input)
        const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? []
        if (status !== undefined) assert.match(status, /^(?:100|200|400|404|405|408|413|417|431|503)$/)
        const after = await fetch(`${server.url}/health`)
        assert.deepEqual([after.status, await after.json()], [200, health])
      }),
  },
}
