/**
 * An app to log in to, in a process of its own, with Homeroom or a peer. Its parent is told the address.
 *
 * `/bench/begin` and `/bench/end` enclose what is measured: the latter answers what processor time it took.
 */

import type { RequestListener } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { homeroomApp, peerApp } from "./logins/apps.ts"
import type { LoginAppReport, LoginAppTask } from "./tasks.ts"

const task = JSON.parse(process.argv[2] ?? "") as LoginAppTask

let app: RequestListener = (_request, response) => response.writeHead(503).end()
let cpuBefore = process.cpuUsage()

const server = createServer((request, response) => {
  if (request.url === "/bench/begin") {
    globalThis.gc?.()
    cpuBefore = process.cpuUsage()
    response.end("{}")
  } else if (request.url === "/bench/end") {
    const { user, system } = process.cpuUsage(cpuBefore)
    response.end(JSON.stringify({ cpuMs: (user + system) / 1_000 }))
  } else app(request, response)
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  app = task.subject === "homeroom" ? homeroomApp(task, origin) : peerApp(task, origin)
  const report: LoginAppReport = { origin }
  process.send?.(report)
})
process.on("disconnect", () => process.exit())
