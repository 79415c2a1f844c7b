import { type Command, Option } from "commander"
import { Connections, ImportHealthBook, importDistrict } from "../../entries/exchange.ts"
import type { ApiVersion, ImportMode } from "../../index.ts"
import { CommandRoster } from "../command-roster.ts"
import { withClever } from "../environment.ts"
import { saveMemory } from "../memory.ts"
import { apiVersionOption, districtOption, pageSizeOption, waitOption } from "../options.ts"
import { say } from "../output.ts"
import { runCommand } from "../run-command.ts"

interface ImportOptions {
  district: string
  mode: ImportMode
  pageSize?: number | undefined
  wait: number
  json?: true | undefined
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
    .addOption(pageSizeOption())
    .addOption(waitOption())
    .option("--json", "print the import as one JSON object")
    .addOption(apiVersionOption())
    .addHelpText(
      "after",
      "\nExit codes: 0 applied or unchanged, 1 failed, 2 wrong usage, 3 held, 4 another import is running",
    )
    .action(async (options: ImportOptions) => {
      saveMemory()
      const { district, mode, wait, json = false, pageSize, apiVersion } = options
      await withClever({ apiVersion, pageSize }, async ({ storage, apps, source }) => {
        const connections = new Connections({ storage, apps })
        const roster = new CommandRoster({ clever: source, storage })
        const exitCode = await runCommand({
          storage,
          roster,
          district,
          wait,
          json,
          noun: "import",
          start: async (running) => {
            const run = await importDistrict({
              connections,
              roster,
              health: new ImportHealthBook({ storage }),
              districtId: district,
              mode,
              by: "cli",
              waitMs: wait * 1_000,
              ...running,
            })
            if (run.state === "held") {
              say(
                `The import ${run.id} is held, nothing was changed: homeroom show ${run.id} says what it found. ` +
                  `Then homeroom approve ${run.id}, or homeroom discard ${run.id}.`,
              )
            }
            return run
          },
        })
        setExitCode(exitCode)
      })
    })
}
