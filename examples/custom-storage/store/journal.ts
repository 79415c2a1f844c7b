/** The medium: one file of JSON lines, to which each transaction adds its lines and a mark that it is whole. */
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs"
import { join } from "node:path"
import { HomeroomError, isHomeroomError } from "homeroom"

/** A row that was put (as JSON) or deleted (null): table, key, row. */
export type Write = readonly [table: string, key: string, row: string | null]

const format = 1
const whole = '"whole"'
const linesAtOnce = 1_000

export class Journal {
  readonly #folder: string
  readonly #file: string
  #descriptor = -1
  #size = 0

  constructor(folder: string) {
    this.#folder = folder
    this.#file = join(folder, "journal.jsonl")
  }

  /** Opens the file, made if need be, and tells the writes of all whole transactions in their order. */
  open(): Write[] {
    try {
      mkdirSync(this.#folder, { recursive: true })
      // Of a rewriting that was cut short: it may hold what was erased since.
      rmSync(this.#newFile, { force: true })
      if (!existsSync(this.#file)) this.rewrite([])
      const { writes, size } = this.#read()
      if (this.#descriptor < 0) this.#descriptor = openSync(this.#file, "a")
      // A torn transaction at the end must go, or the mark of the next one would make it whole.
      ftruncateSync(this.#descriptor, size)
      this.#size = size
      return writes
    } catch (error) {
      this.close()
      throw failureOf(error)
    }
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor)
    this.#descriptor = -1
  }

  // #region append
  /** Adds a transaction: on the disk when it returns, without effect when it throws. */
  append(writes: readonly Write[]): void {
    if (writes.length === 0) return
    const size = this.#size
    try {
      this.#size += appendLines(this.#descriptor, writes)
      fsyncSync(this.#descriptor)
    } catch (error) {
      this.#takeBack(size)
      throw failureOf(error)
    }
  }
  // #endregion

  /** If not even that is possible, nothing is written any more: whoever opens the file next leaves out what is torn. */
  #takeBack(size: number): void {
    try {
      ftruncateSync(this.#descriptor, size)
      this.#size = size
    } catch {
      this.close()
    }
  }

  // #region rewrite
  /** Replaces all that was ever written by these rows, at once: until the new file is renamed, the old one counts. */
  rewrite(rows: readonly Write[]): void {
    let descriptor = -1
    try {
      descriptor = openSync(this.#newFile, "ax")
      const header = `{"format":${format}}\n`
      appendFileSync(descriptor, header)
      const size = header.length + appendLines(descriptor, rows)
      fsyncSync(descriptor)
      renameSync(this.#newFile, this.#file)
      this.close()
      this.#descriptor = descriptor
      this.#size = size
    } catch (error) {
      if (descriptor >= 0) closeSync(descriptor)
      rmSync(this.#newFile, { force: true })
      throw failureOf(error)
    }
    syncFolder(this.#folder)
  }
  // #endregion

  /** All that the file holds. */
  writes(): Write[] {
    return this.#read().writes
  }

  get #newFile(): string {
    return `${this.#file}.new`
  }

  #read(): { writes: Write[]; size: number } {
    const bytes = readFileSync(this.#file)
    const writes: Write[] = []
    let pending: string[] = []
    let size = bytes.indexOf("\n") + 1
    const header = JSON.parse(bytes.toString("utf8", 0, size)) as { format: number }
    if (header.format > format) throw new HomeroomError("STORAGE_SCHEMA_NEWER")
    for (let start = size, end = 0; ; start = end + 1) {
      end = bytes.indexOf("\n", start)
      if (end < 0) return { writes, size }
      const line = bytes.toString("utf8", start, end)
      if (line !== whole) {
        pending.push(line)
        continue
      }
      for (const one of pending) writes.push(JSON.parse(one) as Write)
      pending = []
      size = end + 1
    }
  }
}

/** A renamed file is safe once its folder is. Windows opens no folders, and sees to it by itself. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return
  const descriptor = openSync(folder, "r")
  fsyncSync(descriptor)
  closeSync(descriptor)
}

/** Tells how many bytes it wrote. */
function appendLines(descriptor: number, writes: readonly Write[]): number {
  let size = 0
  const append = (text: string) => {
    appendFileSync(descriptor, text)
    size += Buffer.byteLength(text)
  }
  // Not all in one text: an import of a large district is more than a text can be long.
  for (let first = 0; first < writes.length; first += linesAtOnce) {
    const lines = writes.slice(first, first + linesAtOnce)
    append(lines.map((write) => `${JSON.stringify(write)}\n`).join(""))
  }
  append(`${whole}\n`)
  return size
}

/** What Homeroom is told of a failure: a code, and the error of the system as its cause. */
function failureOf(error: unknown): HomeroomError {
  if (isHomeroomError(error)) return error
  const isFull = (error as NodeJS.ErrnoException).code === "ENOSPC"
  return new HomeroomError(isFull ? "STORAGE_FULL" : "STORAGE_UNREADABLE", { cause: error })
}
