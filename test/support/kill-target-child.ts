import { writeSync } from "node:fs"
import { TargetDelivery } from "../../src/roster/index.ts"
import { interceptStorage } from "./intercepted-storage.ts"
import { killDatabaseOf } from "./kill-database-of.ts"
import { SqliteApp } from "./sqlite-app.ts"

/** What to deliver and where to die: the argument of this program, as JSON. */
export interface KillTargetOrder {
  /** The database of the roster, as `sqlite:PATH`. */
  url: string
  /** The file of the app. */
  appPath: string
  districtId: string
  batchSize: number
  /** The one time that all clocks show. */
  nowMs: number
  /** At which write to the storage, or in which call of the target; never when null. */
  die: {
    at: "before-write" | "after-write" | "in-call" | "after-call"
    number: number
  } | null
}

/** Dies as a process dies that is killed: nothing more is run, in any thread. */
function die(): never {
  process.kill(process.pid, "SIGKILL")
  // Not reached, unless the signal takes its time.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

const order = JSON.parse(process.argv[2] ?? "") as KillTargetOrder
const counts = { write: 0, call: 0 }

function reach(at: NonNullable<KillTargetOrder["die"]>["at"], number: number): void {
  if (order.die?.at === at && order.die.number === number) die()
}

const clock = () => order.nowMs
const storage = interceptStorage(killDatabaseOf(order.url).open(order.url, { clock }), {
  beforeCall: (method) => {
    if (method === "writeDocuments") reach("before-write", ++counts.write)
  },
  afterCall: (method) => {
    if (method === "writeDocuments") reach("after-write", counts.write)
  },
})
const app = new SqliteApp(order.appPath, (written) => {
  if (written === 0) counts.call++
  if (written === 1) reach("in-call", counts.call)
})
const target = {
  ...app,
  name: app.name,
  ...Object.fromEntries(
    (["create", "update", "archive", "restore"] as const).map((action) => [
      action,
      async (...parameters: Parameters<SqliteApp["create"]>) => {
        await app[action](...parameters)
        reach("after-call", counts.call)
      },
    ]),
  ),
} as SqliteApp

writeSync(1, "ready\n")
const delivery = new TargetDelivery({ storage, target, batchSize: order.batchSize, clock })
const { state } = await delivery.deliver({ districtId: order.districtId })
writeSync(1, `${state} ${counts.write} ${counts.call}\n`)
app.close()
await storage.close()
