import { connect, createServer, type Server, type Socket } from "node:net"
import { freePort } from "./free-port.ts"

/** A PostgreSQL server as it is at an address where nobody answers before `appear`. */
export class LateServer {
  readonly url: string
  readonly #port: number
  readonly #behind: URL
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  private constructor(url: string, port: number) {
    this.#behind = new URL(url)
    this.#port = port
    const late = new URL(url)
    late.host = `127.0.0.1:${port}`
    this.url = late.href
  }

  /** One that hands on to the server of this address. */
  static async at(url: string): Promise<LateServer> {
    return new LateServer(url, await freePort())
  }

  /** Takes connections and hands them on. */
  async appear(): Promise<void> {
    const { hostname: host, port } = this.#behind
    await this.#listen((socket) => {
      const other = connect({ host, port: Number(port || 5432) })
      for (const [one, another] of [
        [socket, other],
        [other, socket],
      ] as const) {
        this.#sockets.add(one)
        one.on("error", () => another.destroy())
        one.pipe(another)
      }
    })
  }

  /** Takes connections and says nothing. */
  async hang(): Promise<{ connected: Promise<void> }> {
    let hasConnected = () => {}
    const connected = new Promise<void>((resolve) => {
      hasConnected = resolve
    })
    await this.#listen((socket) => {
      this.#sockets.add(socket)
      hasConnected()
    })
    return { connected }
  }

  async #listen(onConnection: (socket: Socket) => void): Promise<void> {
    const server = createServer(onConnection)
    await new Promise<void>((listening) => server.listen(this.#port, "127.0.0.1", listening))
    this.#server = server
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    const server = this.#server
    if (server !== undefined) await new Promise((closed) => server.close(closed))
  }
}
