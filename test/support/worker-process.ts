import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { compileCache } from "./compile-cache.ts"
import type { WorkerMessage, WorkerOrder } from "./worker-child.ts"

const program = fileURLToPath(new URL("worker-child.ts", import.meta.url))

/** A worker in a process of its own, and all that it told. */
export class WorkerProcess {
  readonly messages: WorkerMessage[] = []
  /** Resolves when it is gone, with the signal that ended it, or its exit code. */
  readonly gone: Promise<string>
  isGone = false
  readonly #child: ChildProcess
  readonly #listeners = new Set<() => void>()
  #complaint = ""

  constructor(order: WorkerOrder) {
    this.#child = fork(program, [JSON.stringify(order)], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: { ...process.env, ...compileCache() },
    })
    this.#child.on("message", (message) => {
      this.messages.push(message as WorkerMessage)
      for (const listener of this.#listeners) listener()
    })
    this.#child.stderr?.on("data", (bytes: Buffer) => {
      this.#complaint += bytes.toString()
    })
    this.gone = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => {
        this.isGone = true
        for (const listener of this.#listeners) listener()
        resolve(signal ?? String(code))
      })
    })
  }

  /** What it said on its way, where it failed. */
  get complaint(): string {
    return this.#complaint
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  of(type: string): WorkerMessage[] {
    return this.messages.filter((message) => message.type === type)
  }

  /** Waits for a message. Rejects if the process goes before it comes. */
  async message(fits: (message: WorkerMessage) => boolean): Promise<WorkerMessage> {
    for (;;) {
      const found = this.messages.find(fits)
      if (found !== undefined) return found
      if (this.isGone) throw new Error(`the worker is gone: ${this.#complaint}`)
      await new Promise<void>((resolve) => {
        const listener = () => {
          this.#listeners.delete(listener)
          resolve()
        }
        this.#listeners.add(listener)
      })
    }
  }

  /** Ends it however it stands. */
  async end(): Promise<void> {
    this.kill("SIGCONT")
    this.kill("SIGKILL")
    await this.gone
  }
}
