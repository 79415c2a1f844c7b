import type { Command } from "commander"
import { AuditLog, approveRun, discardRun } from "../../entries/exchange.ts"
import { RosterSync } from "../../index.ts"
import { CommandRoster } from "../command-roster.ts"
import { withStorage } from "../environment.ts"
import { saveMemory } from "../memory.ts"
import { noSource } from "../no-source.ts"
import { say } from "../output.ts"
import { printRun } from "../run-command.ts"
import { withSignals } from "../signals.ts"

interface DecideOptions {
  hash?: string | undefined
  why: string
  json?: boolean | undefined
}

/** `homeroom approve` and `homeroom discard`: what becomes of a plan, or of an import that is held. */
export function addDecide(program: Command): void {
  program
    .command("approve")
    .summary("apply a plan, or an import that is held")
    .description(
      "Applies exactly what homeroom show lists of it. Refused if the roster has changed since it was made: then run " +
        "the import again.",
    )
    .argument("<run>", "the import's id, as homeroom history lists it")
    .option("--hash <hash>", "refuse unless it is the plan with this hash, as homeroom plan --json prints it")
    .option("--why <text>", "why it may be applied; kept in the history", "approved on the command line")
    .option("--json", "print the import as one JSON object")
    .action(async (runId: string, { hash, why, json = false }: DecideOptions) => {
      saveMemory()
      await withStorage(async (storage) => {
        const roster = new CommandRoster({ clever: noSource, storage })
        const audit = new AuditLog({ storage })
        const run = await withSignals(async (signal) => {
          const meant = hash ?? (await roster.openPlan(runId)).hash
          return approveRun({ roster, audit, runId, hash: meant, by: "cli", why, signal })
        })
        await printRun({ roster, run, json })
      })
    })

  program
    .command("discard")
    .summary("drop a plan, or an import that is held")
    .description(
      "Nothing of it is applied. The next import looks at Clever anew and may find the same again.",
    )
    .argument("<run>", "the import's id, as homeroom history lists it")
    .option("--why <text>", "why not; kept in the history", "discarded on the command line")
    .option("--json", "print the import as one JSON object")
    .action((runId: string, { why, json = false }: DecideOptions) =>
      withStorage(async (storage) => {
        const roster = new RosterSync({ clever: noSource, storage })
        const audit = new AuditLog({ storage })
        const run = await discardRun({ roster, audit, runId, by: "cli", why })
        if (json) await printRun({ roster, run, json })
        else say(`The import ${run.id} is discarded; the roster is as it was.`)
      }),
    )
}
