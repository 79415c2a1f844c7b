import { type Command, Option } from "commander"
import { HomeroomError, isHomeroomError } from "../../errors/index.ts"
import {
  type ApiVersion,
  Connections,
  type ImportMode,
  importDistrict,
  type RosterStorage,
  RosterSync,
  type Run,
} from "../../index.ts"
import { cleverFromEnvironment, withStorage } from "../environment.ts"
import { exitCodes } from "../failure.ts"
import { saveMemory } from "../memory.ts"
import { apiVersionOption, districtOption, seconds, wholeNumber } from "../options.ts"
import { say, withOutput } from "../output.ts"
import { showProgress } from "../progress-bar.ts"
import { importJson } from "../run-json.ts"
import { runLines } from "../run-text.ts"
import { withSignals } from "../signals.ts"

interface ImportOptions {
  district: string
  mode: ImportMode
  pageSize?: number
  wait: number
  json?: true
  apiVersion: ApiVersion
}

/** `homeroom import`: runs one import now. */
export function addImport(program: Command, setExitCode: (code: number) => void): void {
  const modes: readonly ImportMode[] = ["bulk", "delta"]
  program
    .command("import")
    .summary("import a district's roster now")
    .description(
      "Brings the district's roster up to date and prints what changed. All of an import takes effect at once, " +
        "or nothing. If it is interrupted, the same command goes on where it stopped.",
    )
    .addOption(districtOption())
    .addOption(
      new Option(
        "--mode <mode>",
        "bulk: list everything; delta: only what changed since the last import (bulk where that is impossible)",
      )
        .choices(modes)
        .makeOptionMandatory(),
    )
    .option("--page-size <n>", "records a page, 1 to 10000 (default: 10000)", wholeNumber(1, 10_000))
    .option(
      "--wait <seconds>",
      "wait that long for another import of the district to end, instead of ending with 4",
      seconds(0),
      0,
    )
    .option("--json", "print the import as one JSON object")
    .addOption(apiVersionOption())
    .addHelpText(
      "after",
      "\nExit codes: 0 applied or unchanged, 1 failed, 2 wrong usage, 3 held, 4 another import is running",
    )
    .action(async (options: ImportOptions) => {
      saveMemory()
      const clever = cleverFromEnvironment({ apiVersion: options.apiVersion, pageSize: options.pageSize })
      await withStorage(async (storage) => {
        const connections = new Connections({ storage, clever })
        const roster = new RosterSync({ clever, storage })
        setExitCode(await runImport(options, { storage, connections, roster }))
      })
    })
}

interface Parts {
  storage: RosterStorage
  connections: Connections
  roster: RosterSync
}

async function runImport(options: ImportOptions, parts: Parts): Promise<number> {
  await announceWait(options, parts.storage)
  let run: Run
  try {
    run = await withSignals((signal) => runWithProgress(options, parts, signal))
  } catch (error) {
    const failed = await findFailed(parts.roster, error)
    if (failed !== undefined) await printRun(options, parts.storage, failed)
    throw error
  }
  if (run.state === "interrupted") {
    await printRun(options, parts.storage, run)
    throw new HomeroomError("ABORTED", {
      message: `The import ${run.id} was stopped.`,
      details: { runId: run.id },
    })
  }
  await printRun(options, parts.storage, run)
  if (run.state !== "held") return exitCodes.ok
  say(`The import ${run.id} is held, nothing was changed: homeroom show ${run.id} says what it found.`)
  return exitCodes.held
}

async function announceWait({ district, wait }: ImportOptions, storage: RosterStorage): Promise<void> {
  if (wait === 0) return
  const lease = await storage.getLease(district)
  if (lease === undefined) return
  say(`Another import of district ${district} is running (${lease.holder}); waiting up to ${wait} s for it.`)
}

async function runWithProgress(
  { district: districtId, mode, wait }: ImportOptions,
  { connections, roster }: Parts,
  signal: AbortSignal,
): Promise<Run> {
  const display = showProgress()
  try {
    return await importDistrict({
      connections,
      roster,
      districtId,
      mode,
      startedBy: "cli",
      waitMs: wait * 1_000,
      signal,
      onProgress: display.update,
    })
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

async function printRun({ json }: ImportOptions, storage: RosterStorage, run: Run): Promise<void> {
  await withOutput(async (output) => {
    if (json) await output.line(JSON.stringify(await importJson(storage, run)))
    else for (const line of runLines(run)) await output.line(line)
  })
}
