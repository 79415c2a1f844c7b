import type { Command } from "commander"
import { RosterReader, type Run } from "../../index.ts"
import { changeLines, SchoolNames } from "../change-text.ts"
import { withChangesCsv } from "../changes-csv.ts"
import { withStorage } from "../environment.ts"
import { withOutput } from "../output.ts"
import { historyJson } from "../run-json.ts"
import { describeRejection, isWaiting, runLines } from "../run-text.ts"

interface ShowOptions {
  json?: true | undefined
  csv?: string | undefined
}

/** `homeroom show`: one import with all it changed. */
export function addShow(program: Command): void {
  program
    .command("show")
    .summary("show one import with everything it changed")
    .description(
      "Shows an import, the records it rejected and why, and each change field by field. Of a held import: what it " +
        "would change. This is people's data: mind where it goes.",
    )
    .argument("<run>", "the import's id, as homeroom history lists it")
    .option("--json", "print one JSON object, the run with its changes")
    .option("--csv <file>", "write the changes into this file, for a spreadsheet")
    .action((runId: string, options: ShowOptions) =>
      withStorage(async (storage) => {
        const roster = new RosterReader({ storage })
        const run = await roster.run(runId)
        await withChangesCsv(options.csv, async (file) => {
          if (options.json) await printJson(roster, run)
          else await printText(roster, run, options)
          await file?.write(roster, run)
        })
      }),
    )
}

async function printJson(roster: RosterReader, run: Run): Promise<void> {
  await withOutput(async (output) => {
    // The object's end is left open for the changes, which may be too many for the memory.
    const opening = JSON.stringify(await historyJson(roster, run)).slice(0, -1)
    await output.write(`${opening},"changes":[`)
    let separator = "\n"
    const changes = run.changesPurgedAt === undefined ? roster.changes(run.id) : []
    for await (const change of changes) {
      await output.write(separator + JSON.stringify(change))
      separator = ",\n"
    }
    await output.write(separator === "\n" ? "]}\n" : "\n]}\n")
  })
}

async function printText(roster: RosterReader, run: Run, { csv }: ShowOptions): Promise<void> {
  await withOutput(async (output) => {
    for (const line of runLines(run)) await output.line(line)
    let rejections = 0
    for await (const rejection of roster.rejections(run.id)) {
      if (rejections++ === 0) await output.write("\nRejected:\n")
      await output.line(`  ${describeRejection(rejection)}`)
    }
    if (csv !== undefined) return
    if (run.changesPurgedAt !== undefined) {
      await output.write(`\nWhat it changed was purged on ${run.changesPurgedAt.slice(0, 10)}.\n`)
      return
    }
    const schoolNames = new SchoolNames(roster, run.districtId)
    let changes = 0
    for await (const change of roster.changes(run.id)) {
      if (changes++ === 0) await output.write(isWaiting(run) ? "\nIt would change:\n" : "\nChanges:\n")
      for (const line of changeLines(change, await schoolNames.of(change))) await output.line(`  ${line}`)
    }
  })
}
