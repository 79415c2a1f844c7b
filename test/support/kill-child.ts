import { writeSync } from "node:fs"
import { flushCompileCache } from "node:module"
import type { KillDatabase } from "./kill-database.ts"
import { postgresKillDatabase } from "./kill-postgres.ts"
import { sqliteKillDatabase } from "./kill-sqlite.ts"
import { carryOutDelivery, type KillTargetOrder } from "./kill-target-task.ts"
import { carryOutOrder, type KillOrder } from "./kill-task.ts"
import { type Fate, Mortal, type Place } from "./mortal.ts"

/** The argument of this program, as JSON. */
export interface ChildTask {
  /** The database. */
  url: string
  /** What to do on it; with `appPath` a delivery to the tables in that file. */
  order: KillOrder | KillTargetOrder
  appPath?: string
  /** Where to be killed; nowhere when null. */
  die: { at: Place; number: number } | null
}

/** Dies as a process dies that is killed: nothing more is run, in any thread. */
function die(): never {
  process.kill(process.pid, "SIGKILL")
  // Not reached, unless the signal takes its time.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

function databaseOf(url: string): KillDatabase {
  return url.startsWith("sqlite:") ? sqliteKillDatabase : postgresKillDatabase(url)
}

const task = JSON.parse(process.argv[2] ?? "") as ChildTask
const fate: Fate = {
  pass(place, number) {
    return place === task.die?.at && number === task.die.number && die()
  },
}
// Who is killed saves nothing for the next one to start sooner.
flushCompileCache()
const mortal = new Mortal(databaseOf(task.url), fate, (line) => writeSync(1, `${line}\n`))
const { url, appPath } = task
if (appPath === undefined) await carryOutOrder(task.order as KillOrder, url, mortal)
else await carryOutDelivery(task.order as KillTargetOrder, { url, appPath }, mortal)
await mortal.close()
