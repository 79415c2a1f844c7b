import type { Command } from "commander"
import { kinds, RosterReader, type Run } from "../../index.ts"
import { storageAddress, withoutPassword, withStorage } from "../environment.ts"
import { optionalDistrictOption } from "../options.ts"
import { say, withOutput } from "../output.ts"
import { historyJson } from "../run-json.ts"
import { number } from "../run-text.ts"
import { type Column, tableLine } from "../table.ts"

interface HistoryOptions {
  district?: string | undefined
  json?: true | undefined
}

/** `homeroom history`: the Exchange History. */
export function addHistory(program: Command): void {
  program
    .command("history")
    .summary("list the imports so far, newest first")
    .description("Lists every import with how it ended: failed, held and interrupted ones included.")
    .addOption(optionalDistrictOption("only this district's imports"))
    .option("--json", "print an array of JSON objects")
    .action((options: HistoryOptions) =>
      withStorage(async (storage) => {
        const roster = new RosterReader({ storage })
        const runs = roster.history({ districtId: options.district })
        if (options.json) await printJson(roster, runs)
        else await printText(runs, options)
      }),
    )
}

async function printJson(roster: RosterReader, runs: AsyncIterable<Run>): Promise<void> {
  await withOutput(async (output) => {
    await output.write("[")
    let separator = "\n"
    for await (const run of runs) {
      await output.write(`${separator}${JSON.stringify(await historyJson(roster, run))}`)
      separator = ",\n"
    }
    await output.write(separator === "\n" ? "]\n" : "\n]\n")
  })
}

async function printText(runs: AsyncIterable<Run>, options: HistoryOptions): Promise<void> {
  await withOutput(async (output) => {
    let count = 0
    for await (const run of runs) {
      if (count++ === 0) await output.line(historyHeading())
      await output.line(historyLine(run))
    }
    if (count === 0) {
      const ofDistrict = options.district === undefined ? "" : ` of district ${options.district}`
      say(`There are no imports${ofDistrict} in ${withoutPassword(storageAddress())} yet.`)
    }
  })
}

// Fixed widths, so that a long history can be printed as it is read.
const columns: readonly Column[] = [
  { title: "run", width: 24 },
  { title: "district", width: 24 },
  { title: "mode", width: 5 },
  { title: "state", width: 11 },
  { title: "created", width: 9, align: "right" },
  { title: "updated", width: 9, align: "right" },
  { title: "archived", width: 9, align: "right" },
  { title: "restored", width: 9, align: "right" },
  { title: "rejected", width: 9, align: "right" },
  { title: "by, and what was special" },
]

/** The titles of the history's columns. */
export function historyHeading(): string {
  return tableLine(
    columns,
    columns.map(({ title, align, width = 0 }) => (align === "right" ? title.padStart(width) : title)),
  )
}

/** A run as a line of the history. */
export function historyLine(run: Run): string {
  const total = (name: "created" | "updated" | "archived" | "restored" | "rejected"): string =>
    number(kinds.reduce((sum, kind) => sum + run.counts[kind][name], 0))
  const notes = [run.startedBy, run.fallback, ...run.holds.map(({ code }) => code), run.error?.code]
  return tableLine(columns, [
    run.id,
    run.districtId,
    run.mode,
    run.state,
    total("created"),
    total("updated"),
    total("archived"),
    total("restored"),
    total("rejected"),
    notes.filter((note) => note != null).join(", "),
  ])
}
