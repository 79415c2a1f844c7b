import { BossQueue } from "../../src/worker/index.ts"

/** Where the queue is: the argument of this program, as JSON. */
export interface QueueOrder {
  database: string
  schema: string
}

const { database, schema } = JSON.parse(process.argv[2] ?? "") as QueueOrder
const queue = new BossQueue({ connectionString: database, schema, pollMs: 500, heartbeatMs: 10_000 })
await queue.work(async ({ districtId }) => {
  process.send?.(districtId)
  await new Promise(() => {})
})
