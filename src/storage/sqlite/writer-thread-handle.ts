import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import type { ContentMemory } from "../sql/content-memory.ts"
import type { DatabaseOptions } from "./database-options.ts"
import type { MaintenanceTask } from "./maintenance.ts"
import type { PackedChanges } from "./packed-changes.ts"
import { type ThreadAnswer, type ThreadRequest, unpackError } from "./thread-messages.ts"
import type { WriteOperation } from "./write-operations.ts"

/** What a batch of changes needs, not what a thread would take if it may. In MiB. */
const resourceLimits = { maxYoungGenerationSizeMb: 3 }

interface Waiting {
  resolve: (result: unknown) => void
  reject: (error: Error) => void
}

/** A second thread with a connection of its own, so that much can be written while the next page is read. */
export class WriterThread {
  readonly #worker: Worker
  /** Those whose operations are under way, in their order. */
  #waiting: Waiting[] = []
  #ended: Error | undefined

  private constructor(worker: Worker, memory: ContentMemory) {
    this.#worker = worker
    // The process may end while the thread waits.
    worker.unref()
    worker.on("message", ({ error, result, memory: used }: ThreadAnswer) => {
      if (used !== undefined) memory.giveBack(used)
      this.#settle(error && unpackError(error), result)
    })
    worker.on("error", (error: Error) => this.#end(error))
    worker.on("exit", () => this.#end(new Error("The writer thread ended.")))
  }

  /** True once the thread is gone: nothing can be run any more. */
  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  /** Undefined where the thread's program is not at hand: in an app that was bundled into one file. */
  static start(options: DatabaseOptions, memory: ContentMemory): WriterThread | undefined {
    // Beside this file in the sources; the build may move this code into a chunk at its root.
    const places = ["./writer-thread.ts", "./writer-thread.js", "./storage/sqlite/writer-thread.js"]
    for (const place of places) {
      const program = new URL(place, import.meta.url)
      if (existsSync(fileURLToPath(program)))
        return new WriterThread(new Worker(program, { workerData: options, resourceLimits }), memory)
    }
    return undefined
  }

  /** Runs one operation in a write transaction of the thread, or one task, after those given to it before. */
  run(name: WriteOperation | MaintenanceTask, rest: unknown[], epoch: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended)
      this.#waiting.push({ resolve, reject })
      this.#worker.ref()
      this.#worker.postMessage({ name, rest, epoch } satisfies ThreadRequest, movable(rest))
    })
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(error: Error | undefined, result: unknown): void {
    const waiting = this.#waiting.shift()
    if (this.#waiting.length === 0) this.#worker.unref()
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(error)
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const { reject } of this.#waiting) reject(error)
    this.#waiting = []
  }
}

/** The memory of packed changes, which moves over instead of being copied. */
function movable(rest: readonly unknown[]): ArrayBuffer[] {
  const changes = rest.at(-1) as Partial<PackedChanges> | undefined
  return changes?.contents === undefined ? [] : [changes.contents.buffer]
}
