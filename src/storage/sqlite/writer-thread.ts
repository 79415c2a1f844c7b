/** The program of the thread that a `Database` starts once there is much to write. */
import { DatabaseSync } from "node:sqlite"
import { parentPort, workerData } from "node:worker_threads"
import { asStorageError, inTransaction, setUp } from "./connection.ts"
import { Statements } from "./statements.ts"
import { packError, type ThreadAnswer, type ThreadRequest } from "./thread-messages.ts"
import { writeOperations } from "./write-operations.ts"

const connection = new DatabaseSync((workerData as { path: string }).path)
connection.exec(setUp)
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
})
