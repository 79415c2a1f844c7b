/** The program of the thread that a `Database` starts once there is much to write. */
import { DatabaseSync } from "node:sqlite"
import { parentPort, workerData } from "node:worker_threads"
import { asStorageError, bulkLogLimit, inTransaction, setUp } from "./connection.ts"
import type { DatabaseOptions } from "./database-options.ts"
import { maintenanceTasks } from "./maintenance.ts"
import type { PackedChanges } from "./packed-changes.ts"
import { Statements } from "./statements.ts"
import { packError, type ThreadAnswer, type ThreadRequest } from "./thread-messages.ts"
import { writeOperations } from "./write-operations.ts"

const options = workerData as DatabaseOptions
const connection = new DatabaseSync(options.path)
connection.exec(setUp)
connection.exec(`PRAGMA wal_autocheckpoint = ${bulkLogLimit}`)
const statements = new Statements(connection)
const operations = writeOperations as unknown as Record<string, (...rest: unknown[]) => unknown>
const tasks = maintenanceTasks as unknown as Record<string, (...rest: unknown[]) => unknown>

/** The runs of which a batch was not staged: those after it would tell of pages that are not there. */
const broken = new Map<string, { epoch: number; answer: ThreadAnswer }>()
let last: Promise<void> = Promise.resolve()

parentPort?.on("message", (request: ThreadRequest) => {
  // One after the other: a commit waits now and then.
  last = last.then(async () => {
    const answer = await perform(request)
    const memory = request.name === "stage" ? (request.rest[2] as PackedChanges).contents.buffer : undefined
    parentPort?.postMessage({ ...answer, memory }, memory === undefined ? [] : [memory])
    if (request.name === "commit") connection.exec("PRAGMA wal_checkpoint(PASSIVE)")
  })
})

async function perform({ name, rest, epoch }: ThreadRequest): Promise<ThreadAnswer> {
  const runId = name === "stage" ? (rest[1] as { id: string }).id : undefined
  const before = runId === undefined ? undefined : broken.get(runId)
  if (before?.epoch === epoch) return before.answer
  try {
    const task = tasks[name]
    const result =
      task === undefined
        ? await inTransaction(
            connection,
            () => operations[name]?.(statements, ...rest),
            options.busyTimeoutMs,
          )
        : await task({ connection, ...options }, ...rest)
    return { result }
  } catch (error) {
    const answer = { error: packError(asStorageError(error)) }
    if (runId !== undefined) broken.set(runId, { epoch, answer })
    return answer
  }
}
