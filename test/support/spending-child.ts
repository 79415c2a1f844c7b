import { setTimeout as delay } from "node:timers/promises"
import { CleverClient, type CleverClientOptions } from "../../src/clever/index.ts"
import { SharedRateBudget } from "../../src/exchange/index.ts"
import { SqliteStorage } from "../../src/storage/sqlite/index.ts"

/** What to ask for and how often: the argument of this program, as JSON. */
export interface SpendingOrder {
  client: CleverClientOptions
  districtId: string
  /** The database that the processes share. */
  path: string
  requests: number
  requestsPerMinute: number
  /** Since when the clock runs fast, and how fast. */
  sinceMs: number
  speed: number
}

const order = JSON.parse(process.argv[2] ?? "") as SpendingOrder
const { districtId, path, requests, requestsPerMinute, sinceMs, speed } = order
const clock = () => sinceMs + (Date.now() - sinceMs) * speed
const storage = new SqliteStorage({ path })
const client = new CleverClient({
  ...order.client,
  clock,
  sleep: (ms, signal) => delay(ms / speed, undefined, { signal }),
  rateBudget: new SharedRateBudget({ storage, requestsPerMinute, clock }),
})
await storage.open()
for (let request = 0; request < requests; request++) {
  await client.district({ districtId, id: districtId })
}
await storage.close()
process.disconnect()
