import { appendFileSync } from "node:fs"
import { flushCompileCache } from "node:module"
import { storageAt } from "../../src/cli/environment.ts"
import { Connections, InProcessQueue, SharedRateBudget } from "../../src/entries/exchange.ts"
import {
  CleverClient,
  type CleverClientOptions,
  RosterSync,
  type Target,
  type TargetChange,
  TargetDelivery,
} from "../../src/index.ts"
import { BossQueue, startWorker } from "../../src/worker/index.ts"
import { guardsOff } from "./guards-off.ts"
import { PostgresApp } from "./postgres-app.ts"

/** What a worker of its own is to do: the argument of this program, as JSON. */
export interface WorkerOrder {
  client: CleverClientOptions
  /** As `HOMEROOM_STORAGE` has it. */
  storage: string
  /** After how long without a heartbeat others take over, of a district and of a job. */
  leaseMs: number
  concurrency?: number
  pageSize?: number
  requestsPerMinute?: number
  /** A file to which the target adds a line `changeId` for each change; or the database of a `PostgresApp`. */
  target?: string
  /** At which stage of its first run it dies, or stops until it is woken. */
  die?: string
  freeze?: string
  port?: number
}

/** What it tells its parent. */
export interface WorkerMessage {
  type: string
  [field: string]: unknown
}

// Who is killed saves nothing for the next one to start sooner.
flushCompileCache()
const order = JSON.parse(process.argv[2] ?? "") as WorkerOrder
const { leaseMs } = order
const storage = storageAt(order.storage)
const rateBudget = new SharedRateBudget({ storage, requestsPerMinute: order.requestsPerMinute })
const clever = new CleverClient({ ...order.client, rateBudget, maxRetries: 8 })

let isFirst = true
const tell = (message: WorkerMessage) => {
  process.send?.(message)
  const { type, stage, kind } = message
  const place = type === "run-stage" ? [stage, kind].filter(Boolean).join(" ") : type
  if (!isFirst || (place !== order.die && place !== order.freeze)) return
  isFirst = false
  process.kill(process.pid, place === order.die ? "SIGKILL" : "SIGSTOP")
}

const note = async (changes: readonly TargetChange[]) => {
  if (order.target === undefined) return
  appendFileSync(order.target, changes.map(({ changeId }) => `${changeId}\n`).join(""))
}
const target: Target = order.target?.startsWith("postgres")
  ? new PostgresApp(order.target)
  : { name: "app", create: note, update: note, archive: note, restore: note }
const lease = { ttlMs: leaseMs, heartbeatMs: leaseMs / 4 }

const queue = order.storage.startsWith("postgres")
  ? new BossQueue({ connectionString: order.storage, pollMs: 500, heartbeatMs: 10_000, maxConnections: 2 })
  : new InProcessQueue({ storage, holdMs: leaseMs * 1.5, pollMs: 200 })
const worker = await startWorker({
  storage,
  connections: new Connections({ storage, clever }),
  roster: new RosterSync({
    clever,
    storage,
    lease,
    guards: guardsOff,
    pageSize: order.pageSize ?? 50,
    onEvent: tell,
  }),
  queue,
  deliveries:
    order.target === undefined ? [] : [new TargetDelivery({ storage, target, lease, concurrency: 4 })],
  ...(order.concurrency !== undefined && { concurrency: order.concurrency }),
  ...(order.port !== undefined && { port: order.port }),
  measureMs: 1_000,
  // What is imported is what the test asks for.
  schedule: { cron: "0 0 1 1 *", atLeastDaily: false },
  onEvent: tell,
})
process.send?.({ type: "ready", url: worker.url })
await worker.stopped
if (queue instanceof BossQueue) await queue.close()
await storage.close()
if (target instanceof PostgresApp) await target.close()
process.disconnect()
