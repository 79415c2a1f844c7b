import type { Command } from "commander"
import { AuditLog, Connections, undoRun } from "../../entries/exchange.ts"
import { CommandRoster } from "../command-roster.ts"
import { withStorage } from "../environment.ts"
import { saveMemory } from "../memory.ts"
import { noSource } from "../no-source.ts"
import { say } from "../output.ts"
import { printRun } from "../run-command.ts"
import { number } from "../run-text.ts"
import { withSignals } from "../signals.ts"

/** `homeroom undo`: puts back what an import changed. */
export function addUndo(program: Command): void {
  program
    .command("undo")
    .summary("put back what an import changed")
    .description(
      "Puts back values and states wherever the roster still is as that import left it; what has changed since is " +
        "left alone and listed. Pauses the district's imports, so that the next one does not do the same again; " +
        "people go on logging in. Ends the pause: homeroom connect.",
    )
    .argument("<run>", "the import's id, as homeroom history lists it")
    .option("--json", "print the undo as one JSON object")
    .action(async (runId: string, { json = false }: { json?: boolean | undefined }) => {
      saveMemory()
      await withStorage(async (storage) => {
        const roster = new CommandRoster({ clever: noSource, storage })
        const connections = new Connections({ storage, clever: noSource })
        const audit = new AuditLog({ storage })
        const { run, undone, skipped } = await withSignals((signal) =>
          undoRun({ roster, audit, connections, runId, by: "cli", signal }),
        )
        await printRun({ roster, run, json })
        const left =
          skipped === 0 ? "" : `, ${number(skipped)} left alone: homeroom show ${run.id} lists them`
        say(`${number(undone)} changes were taken back${left}.`)
        if (undone > 0) {
          say(
            `Imports of district ${run.districtId} are paused until homeroom connect --district ${run.districtId}.`,
          )
        }
      })
    })
}
