import { type FileHandle, open } from "node:fs/promises"
import { finished } from "node:stream/promises"
import { HomeroomError } from "../errors/index.ts"
import { changeCsvHeading, changeCsvLines } from "../exchange/index.ts"
import type { RosterReader, Run } from "../index.ts"
import { Output, say } from "./output.ts"
import { number } from "./run-text.ts"

/** The file of `--csv`: opened before a command does anything, so that a wrong path costs nothing, and written last. */
export class ChangesCsv {
  readonly #path: string
  readonly #file: FileHandle

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  /** Opens the file; what it holds stays until {@link write}. Throws `INVALID_OPTIONS` if it can't be written. */
  static async open(path: string): Promise<ChangesCsv> {
    try {
      // Not for everybody's eyes: it holds people's data.
      return new ChangesCsv(path, await open(path, "a", 0o600))
    } catch (error) {
      throw new HomeroomError("INVALID_OPTIONS", {
        message: `The file ${path} of --csv can't be written (${codeOf(error)}).`,
        cause: error,
      })
    }
  }

  /**
   * Writes what a run changed, or would change, and says how much. Rejects with `OUTPUT_UNWRITABLE` if it can't, and as
   * `RosterReader.changes` does.
   */
  async write(roster: RosterReader, run: Run): Promise<void> {
    // A pipe or a terminal has nothing to cut off.
    if ((await this.#file.stat()).isFile()) await this.#file.truncate()
    const stream = this.#file.createWriteStream()
    const done = finished(stream)
    done.catch(() => {})
    let changes = 0
    try {
      const output = new Output(stream)
      await output.write(changeCsvHeading)
      for await (const change of roster.changes(run.id)) {
        await output.write(changeCsvLines(change))
        changes++
      }
      await output.flush()
      stream.end()
      await done
    } catch (error) {
      if (stream.errored === null) throw error
      throw new HomeroomError("OUTPUT_UNWRITABLE", {
        message: `The file ${this.#path} of --csv can't be written (${codeOf(stream.errored)}).`,
        cause: error,
      })
    }
    say(`${number(changes)} changes written to ${this.#path}.`)
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    await this.#file.close()
  }
}

/** Opens the file of `--csv`, if there is one, for as long as `use` takes. Throws as {@link ChangesCsv.open} does. */
export async function withChangesCsv<Result>(
  path: string | undefined,
  use: (csv: ChangesCsv | undefined) => Promise<Result>,
): Promise<Result> {
  if (path === undefined) return use(undefined)
  const csv = await ChangesCsv.open(path)
  try {
    return await use(csv)
  } finally {
    await csv.close()
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "no code"
}
