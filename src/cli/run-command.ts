import { HomeroomError, isHomeroomError } from "../errors/index.ts"
import type { RosterReader, RosterStorage, RosterSync, Run, SyncProgress } from "../index.ts"
import { exitCodes } from "./failure.ts"
import { say, withOutput } from "./output.ts"
import { showProgress } from "./progress-bar.ts"
import { importJson } from "./run-json.ts"
import { runLines } from "./run-text.ts"
import { withSignals } from "./signals.ts"

export interface RunCommand {
  storage: RosterStorage
  roster: RosterSync
  district: string
  /** Seconds to wait for another import of the district. */
  wait: number
  json: boolean
  /** What the run is called: `import`. */
  noun: string
  start(options: { signal: AbortSignal; onProgress: (progress: SyncProgress) => void }): Promise<Run>
  /** What is left to do once the run is printed, unless it failed or was stopped: its failure takes nothing back. */
  afterwards?(run: Run): Promise<void>
}

/**
 * Runs something that reads Clever, with a progress bar, prints the run, and returns the exit code. A run that failed
 * or was stopped is printed, too, and then thrown.
 */
export async function runCommand(command: RunCommand): Promise<number> {
  const { roster, json, noun } = command
  let run: Run
  try {
    run = await withSignals(async (signal) => {
      await announceWait(command)
      return withProgress(command, signal)
    })
  } catch (error) {
    const failed = await findFailed(roster, error)
    if (failed !== undefined) await printRun({ roster, run: failed, json })
    throw error
  }
  await printRun({ roster, run, json })
  if (run.state === "cancelled") throw new HomeroomError("RUN_CANCELLED", { details: { runId: run.id } })
  if (run.state !== "interrupted") {
    await command.afterwards?.(run)
    return run.state === "held" ? exitCodes.held : exitCodes.ok
  }
  throw new HomeroomError("ABORTED", {
    message: `The ${noun} ${run.id} was stopped.`,
    details: { runId: run.id },
  })
}

/** Prints a run as people read it, or as one JSON object. */
export async function printRun(options: { roster: RosterReader; run: Run; json: boolean }): Promise<void> {
  const { roster, run, json } = options
  await withOutput(async (output) => {
    if (json) await output.line(JSON.stringify(await importJson(roster, run)))
    else for (const line of runLines(run)) await output.line(line)
  })
}

async function announceWait({ district, wait, storage }: RunCommand): Promise<void> {
  if (wait === 0) return
  const lease = await storage.getLease(district)
  if (lease === undefined) return
  say(`Another import of district ${district} is running (${lease.holder}); waiting up to ${wait} s for it.`)
}

async function withProgress({ start }: RunCommand, signal: AbortSignal): Promise<Run> {
  const display = showProgress()
  try {
    return await start({ signal, onProgress: display.update })
  } catch (error) {
    // Waiting for another import ends with the timer's own error.
    if (signal.aborted && !isHomeroomError(error)) throw new HomeroomError("ABORTED", { cause: error })
    throw error
  } finally {
    display.stop()
  }
}

/** The run that this failure ended, if it got so far as to have one. */
async function findFailed(roster: RosterSync, error: unknown): Promise<Run | undefined> {
  const runId = isHomeroomError(error) ? error.details.runId : undefined
  // The failure itself is what has to be told, even if the storage gives no run.
  return typeof runId === "string" ? roster.run(runId).catch(() => undefined) : undefined
}
