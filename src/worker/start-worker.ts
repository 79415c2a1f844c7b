import { Worker } from "./worker.ts"
import type { WorkerOptions } from "./worker-options.ts"

/**
 * Starts this process's share of the work on all districts: imports from the queue, the schedule that puts them there,
 * the look for newly connected districts, and deliveries to the app's own tables. Any number of processes may do so on
 * the same storage and queue; each import is done by one of them, and one whose process died is gone on with by another
 * after about 20 seconds.
 *
 * Resolves when it works, and goes on until `stop()`, SIGTERM or SIGINT. Rejects with `INVALID_OPTIONS`,
 * `SCHEDULE_INVALID`, and as storage and queue do where they can't be had; after that it goes on by itself whenever they
 * are away. Does not close the storage.
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const worker = new Worker(options)
  await worker.start()
  return worker
}
