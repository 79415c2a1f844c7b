/** The program of the thread that a `Database` starts once there is much to write. */
import { DatabaseSync } from "node:sqlite"
import { parentPort, workerData } from "node:worker_threads"
import { asStorageError, inTransaction, setUp } from "./connection.ts"
import { Statements } from "./statements.ts"
import { packError, type ThreadAnswer, type ThreadRequest } from "./thread-messages.ts"
import { writeOperations } from "./write-operations.ts"

const connection = new DatabaseSync((workerData as { path: string }).path)
connection.exec(setUp)
// What a bulk import stages goes to the log and, only after its commit, from there to the file: while it is staged
// that would take a fifth of the time. 64,000 pages are 512 MiB.
connection.exec("PRAGMA wal_autocheckpoint = 64000")
const statements = new Statements(connection)
const operations = writeOperations as unknown as Record<string, (...rest: unknown[]) => void | Promise<void>>

parentPort?.on("message", async ({ name, rest }: ThreadRequest) => {
  let answer: ThreadAnswer = {}
  try {
    await inTransaction(connection, () => operations[name]?.(statements, ...rest))
  } catch (error) {
    answer = { error: packError(asStorageError(error)) }
  }
  parentPort?.postMessage(answer)
  if (name === "commit") connection.exec("PRAGMA wal_checkpoint(PASSIVE)")
})
