import { createServer, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { HomeroomError } from "../errors/index.ts"

/** What `/health` and `/ready` answer. */
export interface WorkerHealth {
  /** False while it starts or stops, and where the storage or the queue does not answer. */
  readonly ready: boolean
  readonly state: WorkerState
  /** How many imports this process has at work. */
  readonly importing: number
  /** What is in the way: empty if it is ready. */
  readonly problems: readonly WorkerProblem[]
}

export type WorkerState = "starting" | "running" | "stopping" | "stopped"

/** `starting` and `stopping`: the worker itself; the others: what does not answer, with the code of its error. */
export interface WorkerProblem {
  readonly part: "worker" | "storage" | "queue"
  readonly code: string
}

export interface HealthServerOptions {
  /** 0: any that is free. */
  port: number
  host: string
  /** Whether the process is alive at all; asks nobody. */
  health: () => WorkerHealth
  /** The same, after asking storage and queue. */
  ready: () => Promise<WorkerHealth>
}

/** A small server for whoever watches over the process. */
export class HealthServer {
  readonly url: string
  readonly #server: Server

  private constructor(server: Server, url: string) {
    this.#server = server
    this.url = url
  }

  /** Rejects with `INVALID_OPTIONS` if the port can't be had. */
  static async start(options: HealthServerOptions): Promise<HealthServer> {
    const { port, host, health, ready } = options
    const server = createServer((request, response) => {
      const path = request.url?.split("?")[0]
      if (request.method !== "GET" && request.method !== "HEAD")
        return answer(response, 405, { error: "GET only" })
      if (path === "/health") return answer(response, 200, health())
      if (path !== "/ready") return answer(response, 404, { error: "not found" })
      void ready().then((state) => answer(response, state.ready ? 200 : 503, state))
    })
    await new Promise<void>((listening, failed) => {
      server.once("error", (cause) => {
        const message = `The health endpoints can't listen on ${host}:${port}.`
        failed(new HomeroomError("INVALID_OPTIONS", { message, cause }))
      })
      server.listen(port, host, listening)
    })
    // Whoever watches does not keep the process alive.
    server.unref()
    const { address, family, port: taken } = server.address() as AddressInfo
    return new HealthServer(server, `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`)
  }

  async close(): Promise<void> {
    await new Promise<void>((closed) => {
      this.#server.close(() => closed())
      this.#server.closeAllConnections()
    })
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" })
  response.end(`${JSON.stringify(body)}\n`)
}
