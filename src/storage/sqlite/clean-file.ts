import { statSync } from "node:fs"
import type { DatabaseSync } from "node:sqlite"
import { setTimeout as delay } from "node:timers/promises"
import { HomeroomError } from "../../errors/index.ts"
import { busyPollMs, inTransaction, retryWhileBusy } from "./connection.ts"
import { hasDeletedText } from "./free-space.ts"
import { Statements } from "./statements.ts"

/**
 * Sees to it that what was deleted stands nowhere in the files any more: takes the write-ahead log over into the
 * database, and rebuilds that if deleted text is left in its free space. Rebuilding costs 10 ms for each MiB, as much
 * room again on the disk, and keeps others from writing.
 *
 * Rejects with `STORAGE_BUSY` while somebody reads an older state of the database, which the log must keep for them.
 */
export async function cleanFile(
  connection: DatabaseSync,
  { path, busyTimeoutMs }: { path: string; busyTimeoutMs: number },
): Promise<void> {
  const statements = new Statements(connection)
  await emptyLog(statements, busyTimeoutMs)
  const isClean = await inTransaction(
    connection,
    // If somebody has written since, the file can't be looked at: then it is rebuilt.
    () => isLogEmpty(path) && !hasDeletedText(statements, path),
    busyTimeoutMs,
  )
  if (isClean) return
  connection.exec("PRAGMA secure_delete = ON")
  await retryWhileBusy(() => connection.exec("VACUUM"), busyTimeoutMs)
  connection.exec("PRAGMA secure_delete = OFF")
  await emptyLog(statements, busyTimeoutMs)
}

async function emptyLog(statements: Statements, busyTimeoutMs: number): Promise<void> {
  const giveUpAt = Date.now() + busyTimeoutMs
  for (;;) {
    const row = statements.get("PRAGMA wal_checkpoint(TRUNCATE)")
    if (row?.busy === 0) return
    if (Date.now() >= giveUpAt) {
      throw new HomeroomError("STORAGE_BUSY", {
        message:
          "What was to be erased is gone from the database, but not from its write-ahead log: " +
          "a program reads an older state of the file in a transaction. Erase once more when it has ended.",
      })
    }
    await delay(busyPollMs)
  }
}

function isLogEmpty(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0
}
