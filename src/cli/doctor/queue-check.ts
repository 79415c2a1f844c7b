import { isHomeroomError } from "../../errors/index.ts"
import { BossQueue } from "../../worker/index.ts"
import { queueDatabase } from "../import-queue.ts"
import type { Findings } from "./check.ts"

/**
 * Opens the import queue where it is on PostgreSQL, which makes its tables and brings them up to date as opening the
 * storage does. A warning at most: imports from the command line do without it.
 */
export async function checkQueue(findings: Findings): Promise<void> {
  const connectionString = queueDatabase()
  if (connectionString === undefined) return
  const queue = new BossQueue({ connectionString, maxConnections: 2 })
  try {
    await queue.open()
    findings.ok("queue", "The import queue can be used, and its schema is up to date.")
  } catch (error) {
    if (!isHomeroomError(error)) throw error
    const remedy = "Only homeroom worker, homeroom queue and workers of your own need the queue."
    findings.warn("queue", `${error.code}: ${error.message}`, remedy)
  } finally {
    await queue.close()
  }
}
