import type { Writable } from "node:stream"
import { HomeroomError } from "../errors/index.ts"

/** The reader of standard output went away, as `| head` does. */
class OutputClosed extends Error {}

const chunkLength = 64 * 1024

/** Standard output: collects text into larger writes, waits while the reader is slow, ends when it has gone. */
export class Output {
  readonly #stream: Writable
  #pending = ""

  constructor(stream: Writable = process.stdout) {
    this.#stream = stream
  }

  /** Adds text. Rejects with `OutputClosed` once the reader has gone. */
  async write(text: string): Promise<void> {
    this.#pending += text
    if (this.#pending.length >= chunkLength) await this.flush()
  }

  /** Adds a line. */
  line(text = ""): Promise<void> {
    return this.write(`${text}\n`)
  }

  /** Hands everything on and waits until it is written. */
  async flush(): Promise<void> {
    const text = this.#pending
    this.#pending = ""
    if (text === "") return
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(text, (error) => {
        if (error == null) resolve()
        else reject(outputError(error))
      })
    })
  }
}

function outputError(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException
  if (code === "EPIPE" || code === "ERR_STREAM_DESTROYED") return new OutputClosed()
  return new HomeroomError("OUTPUT_UNWRITABLE", {
    message: `The output can't be written (${code ?? "no code"}).`,
    cause: error,
  })
}

/** Prints to standard output all that `print` writes; a reader that goes away ends it early and is no failure. */
export async function withOutput(print: (output: Output) => Promise<void>): Promise<void> {
  const output = new Output()
  try {
    await print(output)
    await output.flush()
  } catch (error) {
    if (!(error instanceof OutputClosed)) throw error
  }
}

/** Says something on standard error, on one line: what is not the command's result. */
export function say(text: string): void {
  process.stderr.write(`homeroom: ${oneLine(text)}\n`)
}

/** The text without line breaks and other control characters, which a terminal would obey. */
export function oneLine(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, " ")
    .replace(/ {2,}/g, " ")
    .trim()
}
