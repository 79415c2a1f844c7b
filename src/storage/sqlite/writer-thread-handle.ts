import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import { type ThreadAnswer, unpackError } from "./thread-messages.ts"
import type { WriteArguments, WriteOperation } from "./write-operations.ts"

/** What a batch of changes needs, not what a thread would take if it may. In MiB. */
const resourceLimits = { maxYoungGenerationSizeMb: 3 }

/** A second thread with a connection of its own, so that much can be written while the next page is read. */
export class WriterThread {
  readonly #worker: Worker
  #settle: ((error: Error | undefined) => void) | undefined

  private constructor(worker: Worker) {
    this.#worker = worker
    // The process may end while the thread waits.
    worker.unref()
    worker.on("message", ({ error }: ThreadAnswer) => this.#finish(error && unpackError(error)))
    worker.on("error", (error: Error) => this.#finish(error))
    worker.on("exit", () => this.#finish(new Error("The writer thread ended.")))
  }

  /** Undefined where the thread's program is not at hand: in an app that was bundled into one file. */
  static start(path: string): WriterThread | undefined {
    // Beside this file in the sources; the build may move this code into a chunk at its root.
    const places = ["./writer-thread.ts", "./writer-thread.js", "./storage/sqlite/writer-thread.js"]
    for (const place of places) {
      const program = new URL(place, import.meta.url)
      if (existsSync(fileURLToPath(program)))
        return new WriterThread(new Worker(program, { workerData: { path }, resourceLimits }))
    }
    return undefined
  }

  /** Runs one operation in a write transaction of the thread. One at a time. */
  run<Name extends WriteOperation>(name: Name, rest: WriteArguments<Name>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker.ref()
      this.#settle = (error) => {
        this.#settle = undefined
        this.#worker.unref()
        if (error === undefined) resolve()
        else reject(error)
      }
      this.#worker.postMessage({ name, rest })
    })
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #finish(error: Error | undefined): void {
    this.#settle?.(error)
  }
}
