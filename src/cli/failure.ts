import { CommanderError } from "commander"
import { type ErrorCode, HomeroomError, isHomeroomError, redactText } from "../errors/index.ts"
import { oneLine, say } from "./output.ts"

/** What the exit codes mean; they are promised. */
export const exitCodes: Readonly<Record<"ok" | "failed" | "usage" | "held" | "busy", number>> = {
  ok: 0,
  failed: 1,
  usage: 2,
  held: 3,
  busy: 4,
}

const exitCodeOf: Partial<Record<ErrorCode, number>> = {
  INVALID_OPTIONS: exitCodes.usage,
  CLEVER_CREDENTIALS_MISSING: exitCodes.usage,
  SYNC_IN_PROGRESS: exitCodes.busy,
}

/** Says on one line of standard error what went wrong, and returns the exit code for it. */
export function reportFailure(error: unknown): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  const failure = isHomeroomError(error) ? error : new HomeroomError("INTERNAL", { cause: error })
  say(`${failure.code}: ${failure.message}`)
  if (process.env.HOMEROOM_DEBUG) process.stderr.write(`${redactText(describeStack(error))}\n`)
  return exitCodeOf[failure.code] ?? exitCodes.failed
}

/** Says what commander found wrong with the command line. */
export function reportUsage(message: string): void {
  const text = oneLine(message).replace(/^error: /, "")
  const sentence = text.charAt(0).toUpperCase() + text.slice(1)
  say(`INVALID_OPTIONS: ${sentence.replace(/[.]?$/, ".")} See homeroom --help.`)
}

function describeStack(error: unknown): string {
  if (!(error instanceof Error)) return ""
  const { stack = error.message, cause } = error
  return cause === undefined ? stack : `${stack}\nCaused by: ${describeStack(cause)}`
}
