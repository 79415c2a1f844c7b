import { type ImportQueue, InProcessQueue } from "../entries/exchange.ts"
import type { RosterStorage } from "../index.ts"
import { BossQueue } from "../worker/index.ts"
import { storageAddress } from "./environment.ts"

/** The database of the queue that goes with a storage, for `startWorker`; undefined: the storage itself. */
export function queueDatabase(address: string = storageAddress()): string | undefined {
  return /^postgres(?:ql)?:/.test(address) ? address : undefined
}

/** Opens the queue that workers on this storage take their imports from, for as long as `use` runs. */
export async function withQueue<Result>(
  storage: RosterStorage,
  use: (queue: ImportQueue) => Promise<Result>,
): Promise<Result> {
  const connectionString = queueDatabase()
  if (connectionString === undefined) return use(new InProcessQueue({ storage }))
  const queue = new BossQueue({ connectionString, maxConnections: 2 })
  try {
    return await use(queue)
  } finally {
    await queue.close()
  }
}
