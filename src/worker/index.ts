/**
 * Imports over any number of processes: the queue on PostgreSQL, and the worker that takes jobs off it.
 *
 * @packageDocumentation
 */

export { BossQueue, type BossQueueOptions, type QueuePoolLike } from "./boss-queue.ts"
export type { WorkerHealth, WorkerProblem, WorkerState } from "./health-server.ts"
export { startWorker } from "./start-worker.ts"
export type { Worker } from "./worker.ts"
export type { QueueDatabase, WorkerOptions } from "./worker-options.ts"
