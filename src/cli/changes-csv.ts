import { createWriteStream } from "node:fs"
import { finished } from "node:stream/promises"
import { HomeroomError } from "../errors/index.ts"
import { changeCsvHeading, changeCsvLines } from "../exchange/index.ts"
import type { RosterReader, Run } from "../index.ts"
import { Output, say } from "./output.ts"
import { number } from "./run-text.ts"

/** Writes what a run changed, or would change, as CSV, and says how much. Throws `INVALID_OPTIONS` if it can't. */
export async function writeChangesCsv(roster: RosterReader, run: Run, path: string): Promise<void> {
  // Not for everybody's eyes: it holds people's data.
  const file = createWriteStream(path, { mode: 0o600 })
  const done = finished(file)
  done.catch(() => {})
  let changes = 0
  try {
    const output = new Output(file)
    await output.write(changeCsvHeading)
    for await (const change of roster.changes(run.id)) {
      await output.write(changeCsvLines(change))
      changes++
    }
    await output.flush()
    file.end()
    await done
  } catch (error) {
    if (file.errored === null) throw error
    const { code } = file.errored as NodeJS.ErrnoException
    throw new HomeroomError("INVALID_OPTIONS", {
      message: `The file ${path} of --csv can't be written (${code}).`,
      cause: error,
    })
  }
  say(`${number(changes)} changes written to ${path}.`)
}
