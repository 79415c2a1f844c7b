import { Worker } from "./worker.ts"
import type { WorkerOptions } from "./worker-options.ts"

/**
 * Starts this process's share of the work on all districts: imports from the queue, the schedule that puts them there,
 * the look for newly connected districts, and deliveries to the app's own tables. Any number of processes may do so on
 * the same storage and queue; each import is done by one of them, and one whose process died is gone on with by another
 * after about 20 seconds.
 *
 * Waits for a storage and a queue that do not answer yet (`startTimeoutMs`): alive, but not ready, and telling of each
 * try (`worker-failed`). Resolves when it works, and goes on until `stop()`, `signal`, SIGTERM or SIGINT; if one of them
 * comes before, resolves with a worker that has stopped. Rejects with `STORAGE_UNREACHABLE`, `STORAGE_BUSY` or
 * `QUEUE_UNREACHABLE` when the time is over, and at once with `INVALID_OPTIONS`, `SCHEDULE_INVALID`, and where storage or
 * queue can't be used as they are: `STORAGE_UNREADABLE`, `STORAGE_SCHEMA_NEWER`, `STORAGE_SCHEMA_OUTDATED`. Once it
 * works, it goes on by itself whenever they are away. Does not close the storage.
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const worker = new Worker(options)
  await worker.start()
  return worker
}
