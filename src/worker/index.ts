/** Imports over any number of processes: the queue on PostgreSQL, and the worker that takes jobs off it. */

export { BossQueue, type BossQueueOptions, type PgPoolLike } from "./boss-queue.ts"
