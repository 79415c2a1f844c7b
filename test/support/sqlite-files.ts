import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs"

/**
 * Copies a database as it lies in the file system, open or not: what a process that were killed now (SIGKILL) would
 * leave to the next one.
 *
 * Why that is the same: what a process has written to a file is the kernel's, and outlives it; what it has not is lost
 * with its memory, and is in no copy either. So the file and its `-wal` are all that is left. The `-shm` is left out:
 * it is an index of the log, shared by those who have the file open, and the first to open a file that nobody else has
 * (no lock on the `-shm` outlives its process) makes it anew from the log.
 *
 * Nothing may be written in between, so that the two belong together: the thread that writes must be this one. Throws
 * if they changed meanwhile. Reading the file here also drops the locks that this process has on it (POSIX drops them
 * whenever a process closes any descriptor of a file); nobody else opens it, and the connections of one process know of
 * each other without.
 */
export function copyFiles(from: string, to: string): void {
  const stamps = () => ["", "-wal"].map((end) => stampOf(from + end)).join()
  const before = stamps()
  for (const end of ["", "-wal"]) if (existsSync(from + end)) copyFileSync(from + end, to + end)
  if (stamps() !== before) throw new Error("The database was written to while it was copied.")
}

/**
 * Makes the files that a process leaves which is killed in the middle of a statement, out of those before and after it.
 * A statement writes the log first, from its beginning to its end, and what it takes over from there to the file after
 * that, again in the order of pages: so what was written last is new up to some byte, and old from there on.
 */
export function tearFiles(before: string, after: string, to: string, share: number): void {
  const [oldFile, newFile] = [bytesOf(before), bytesOf(after)]
  const [oldLog, newLog] = [bytesOf(`${before}-wal`), bytesOf(`${after}-wal`)]
  // A checkpoint may cut the log when the file is whole: until then it is as it was.
  const isCut = newLog.length < oldLog.length
  const writesFile = !oldFile.equals(newFile)
  const writesLog = !isCut && !oldLog.equals(newLog)
  const logShare = writesFile && writesLog ? Math.min(1, share * 2) : share
  const fileShare = writesFile && writesLog ? Math.max(0, share * 2 - 1) : share
  writeFileSync(to, torn(oldFile, newFile, fileShare))
  writeFileSync(`${to}-wal`, isCut ? oldLog : torn(oldLog, newLog, logShare))
}

/** The bytes that were not reached yet are the old ones, as far as there were any. */
function torn(before: Buffer, after: Buffer, share: number): Buffer {
  let first = 0
  while (first < after.length && before[first] === after[first]) first++
  const reached = first + Math.floor((after.length - first) * share)
  return Buffer.concat([after.subarray(0, reached), before.subarray(reached)])
}

function bytesOf(path: string): Buffer {
  return existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
}

function stampOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? "none" : `${stat.size}/${stat.mtimeNs}`
}
