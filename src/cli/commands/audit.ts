import type { Command } from "commander"
import { type AuditEntry, AuditLog } from "../../entries/exchange.ts"
import { storageAddress, withStorage } from "../environment.ts"
import { optionalDistrictOption, wholeNumber } from "../options.ts"
import { oneLine, say, withOutput } from "../output.ts"
import { type Column, tableLines } from "../table.ts"

interface AuditOptions {
  district?: string | undefined
  limit: number
  json?: true | undefined
}

/** `homeroom audit`: who did what with connections, settings and imports. */
export function addAudit(program: Command): void {
  program
    .command("audit")
    .summary("list who did what with connections, settings and imports")
    .description(
      "Lists what was done with connections, their settings, the queue and quarantines, newest first.",
    )
    .addOption(optionalDistrictOption("only this district"))
    .option("--limit <n>", "so many entries at most", wholeNumber(1, 10_000), 50)
    .option("--json", "print an array of JSON objects")
    .action(({ district, limit, json }: AuditOptions) =>
      withStorage(async (storage) => {
        const { entries } = await new AuditLog({ storage }).list({ districtId: district, limit })
        await withOutput(async (output) => {
          if (json) await output.line(JSON.stringify(entries, null, 2))
          else if (entries.length === 0) say(`There is nothing in the audit log of ${storageAddress()} yet.`)
          else for (const line of tableLines(columns, entries.map(rowOf))) await output.line(line)
        })
      }),
    )
}

const columns: readonly Column[] = [
  { title: "at" },
  { title: "district" },
  { title: "what" },
  { title: "by" },
  { title: "details" },
]

function rowOf({ at, districtId, action, by, details }: AuditEntry): string[] {
  const said = Object.entries(details).map(([name, value]) => `${name} ${value ?? "none"}`)
  return [at, districtId ?? "", action, oneLine(by), said.join(", ")]
}
