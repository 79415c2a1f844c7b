import { writeSync } from "node:fs"
import { CleverClient } from "../../src/clever/index.ts"
import { type ForgetDistrictOptions, forgetDistrict, forgetUser } from "../../src/exchange/index.ts"
import { RosterSync } from "../../src/roster/index.ts"
import type { GuardSettings } from "../../src/storage/contract.ts"
import { guardsOff } from "./guards-off.ts"
import { interceptStorage, writeCalls } from "./intercepted-storage.ts"
import { killDatabaseOf } from "./kill-database-of.ts"

/** What to import and where to die: the argument of this program, as JSON. */
export interface KillOrder {
  apiUrl: string
  authUrl: string
  clientId: string
  clientSecret: string
  districtId: string
  /** The database, as `sqlite:PATH`. */
  url: string
  mode: "bulk" | "delta"
  pageSize: number
  /** Take back this run instead of importing. */
  undo?: string
  /** Forget this person, or the district, instead of importing. */
  forget?: { user: string; exclude: boolean } | "district"
  /** Plan instead of importing. */
  plan?: true
  /** Apply this plan instead of importing. */
  apply?: { planId: string; hash: string }
  /** Off when absent. */
  guards?: GuardSettings
  /** The one time that all clocks show. */
  nowMs: number
  /** At which write call to the storage, or at which statement inside `commit` or `erase`; never when null. */
  die: { at: "before-call" | "after-call" | "commit-statement"; number: number } | null
}

/** Dies as a process dies that is killed: nothing more is run, in any thread. */
function die(): never {
  process.kill(process.pid, "SIGKILL")
  // Not reached, unless the signal takes its time.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

let isCommitting = false
let statements = 0

async function main(order: KillOrder): Promise<void> {
  const database = killDatabaseOf(order.url)
  // Counts what the commit or the erasure sends to the database, its BEGIN and COMMIT included.
  database.watchStatements((statement) => {
    if (!isCommitting) return
    if (statement === database.cleaning) writeSync(1, "cleaning\n")
    if (order.die?.at === "commit-statement" && ++statements === order.die.number) die()
  })
  const clock = () => order.nowMs
  let calls = 0
  /** Which one each write call is: several may be under way at once. */
  const numbers = new WeakMap<readonly unknown[], number>()
  const storage = interceptStorage(database.open(order.url, { clock }), {
    beforeCall: (method, parameters) => {
      if (!writeCalls.includes(method)) return
      calls++
      numbers.set(parameters, calls)
      if (method === "commit" || method === "erase") {
        isCommitting = true
        writeSync(1, `${method}\n`)
      }
      if (order.die?.at === "before-call" && order.die.number === calls) die()
    },
    afterCall: (method, parameters) => {
      if (!writeCalls.includes(method)) return
      if (method === "commit" || method === "erase") isCommitting = false
      if (order.die?.at === "after-call" && order.die.number === numbers.get(parameters)) die()
    },
  })
  const { apiUrl, authUrl, clientId, clientSecret, pageSize } = order
  const clever = new CleverClient({ apiUrl, authUrl, clientId, clientSecret })
  const roster = new RosterSync({ clever, storage, pageSize, clock, guards: order.guards ?? guardsOff })
  writeSync(1, "ready\n")
  const { state } =
    order.forget === undefined
      ? await carryOut(roster, order)
      : await forget(order.forget, { storage, districtId: order.districtId, by: "child", clock })
  writeSync(1, `${state}\n`)
  await storage.close()
}

async function forget(
  whom: NonNullable<KillOrder["forget"]>,
  options: ForgetDistrictOptions,
): Promise<{ state: string }> {
  if (whom === "district") await forgetDistrict(options)
  else await forgetUser({ ...options, id: whom.user, exclude: whom.exclude })
  return { state: "forgotten" }
}

async function carryOut(roster: RosterSync, order: KillOrder): Promise<{ state: string }> {
  const { districtId, mode, undo, plan, apply } = order
  if (undo !== undefined) return (await roster.undo(undo, { by: "child" })).run
  if (apply !== undefined)
    return roster.apply(apply.planId, { approve: apply.hash, by: "child", why: "fine" })
  return plan === true ? roster.plan({ districtId, mode }) : roster.sync({ districtId, mode })
}

await main(JSON.parse(process.argv[2] ?? "") as KillOrder)
