import type { ChildProcess } from "node:child_process"
import type { PageSet } from "../district/page-set.ts"
import { startChild } from "./children.ts"

/** What the server is told. */
export type ServerMessage = { type: "add"; set: PageSet } | { type: "ask" }

/** What the server tells. */
export type ServerReport =
  | { type: "listening"; port: number }
  | { type: "added" }
  | { type: "requested"; counts: [address: string, count: number][] }

/** The page server's process, as its parent sees it. */
export class PageServer {
  readonly origin: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.origin = `http://127.0.0.1:${port}`
  }

  static async start(program: string, limitMs: number): Promise<PageServer> {
    const child = startChild({ program, task: null, limitMs })
    const { port } = await reportOf(child, "listening")
    return new PageServer(child, port)
  }

  async add(set: PageSet): Promise<void> {
    this.#send({ type: "add", set })
    await reportOf(this.#child, "added")
  }

  /** How often each address was requested since the last call. */
  async takeRequested(): Promise<Map<string, number>> {
    this.#send({ type: "ask" })
    const { counts } = await reportOf(this.#child, "requested")
    return new Map(counts)
  }

  stop(): void {
    this.#child.kill("SIGKILL")
  }

  #send(message: ServerMessage): void {
    this.#child.send(message)
  }
}

type ReportOf<Type> = Extract<ServerReport, { type: Type }>

function reportOf<Type extends ServerReport["type"]>(
  child: ChildProcess,
  type: Type,
): Promise<ReportOf<Type>> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown): void => {
      const report = message as ServerReport
      if (report.type !== type) return
      stop()
      resolve(report as ReportOf<Type>)
    }
    const onExit = (): void => {
      stop()
      reject(new Error("The page server ended."))
    }
    const stop = (): void => {
      child.off("message", onMessage)
      child.off("exit", onExit)
    }
    child.on("message", onMessage)
    child.on("exit", onExit)
  })
}
