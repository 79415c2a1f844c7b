import type { Command } from "commander"
import { AuditLog, cancelRun } from "../../entries/exchange.ts"
import { RosterSync } from "../../index.ts"
import { withStorage } from "../environment.ts"
import { noSource } from "../no-source.ts"
import { say } from "../output.ts"

/** `homeroom cancel`: calls off an import that is at work, in whatever process. */
export function addCancel(program: Command): void {
  program
    .command("cancel")
    .summary("call off an import that is at work")
    .description(
      "The process that has it at work, on whatever machine, notices within 5 seconds and ends it; nothing is changed. An " +
        "import that commits already is applied all the same: homeroom undo. One that waits on the queue: homeroom " +
        "queue --cancel.",
    )
    .argument("<run>", "the import's id, as homeroom history lists it")
    .option("--why <text>", "why; kept in the history", "cancelled on the command line")
    .action((runId: string, { why }: { why: string }) =>
      withStorage(async (storage) => {
        const roster = new RosterSync({ clever: noSource, storage })
        const audit = new AuditLog({ storage })
        const { id } = await cancelRun({ roster, audit, runId, by: "cli", why })
        say(`The import ${id} is asked to end; homeroom show ${id} tells when it has.`)
      }),
    )
}
