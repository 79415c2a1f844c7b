import { type Command, Option } from "commander"
import { Connections, planDistrict } from "../../entries/exchange.ts"
import type { ApiVersion, ImportMode } from "../../index.ts"
import { withChangesCsv } from "../changes-csv.ts"
import { CommandRoster } from "../command-roster.ts"
import { withClever } from "../environment.ts"
import { saveMemory } from "../memory.ts"
import { apiVersionOption, districtOption, pageSizeOption, waitOption } from "../options.ts"
import { say } from "../output.ts"
import { runCommand } from "../run-command.ts"

interface PlanCommandOptions {
  district: string
  mode: ImportMode
  pageSize?: number | undefined
  wait: number
  json?: true | undefined
  csv?: string | undefined
  apiVersion: ApiVersion
}

/** `homeroom plan`: what an import would do. */
export function addPlan(program: Command, setExitCode: (code: number) => void): void {
  const modes: readonly ImportMode[] = ["bulk", "delta"]
  program
    .command("plan")
    .summary("find out what an import would do, and change nothing")
    .description(
      "Reads Clever as an import does and keeps what it would change for 72 hours: look at it with homeroom show, " +
        "apply exactly that with homeroom approve, or drop it with homeroom discard.",
    )
    .addOption(districtOption())
    .addOption(
      new Option("--mode <mode>", "bulk: list everything; delta: only what changed since the last import")
        .choices(modes)
        .default("delta"),
    )
    .addOption(pageSizeOption())
    .addOption(waitOption())
    .option("--json", "print the plan as one JSON object")
    .option("--csv <file>", "write the changes into this file, for a spreadsheet")
    .addOption(apiVersionOption())
    .addHelpText(
      "after",
      "\nExit codes: 0 planned or nothing to do, 1 failed, 2 wrong usage, 3 a guard holds it, 4 busy",
    )
    .action(async (options: PlanCommandOptions) => {
      saveMemory()
      const { district, mode, wait, json = false, csv, pageSize, apiVersion } = options
      await withChangesCsv(csv, (file) =>
        withClever({ apiVersion, pageSize }, async ({ storage, apps, source }) => {
          const connections = new Connections({ storage, apps })
          const roster = new CommandRoster({ clever: source, storage })
          const exitCode = await runCommand({
            storage,
            roster,
            district,
            wait,
            json,
            noun: "plan",
            start: async (running) => {
              const { run } = await planDistrict({
                connections,
                roster,
                districtId: district,
                mode,
                by: "cli",
                waitMs: wait * 1_000,
                ...running,
              })
              if (run.plan !== null) {
                say(
                  `Nothing was changed. See it: homeroom show ${run.id}. Apply it: homeroom approve ${run.id}.`,
                )
              }
              return run
            },
            afterwards: async (run) => file?.write(roster, run),
          })
          setExitCode(exitCode)
        }),
      )
    })
}
