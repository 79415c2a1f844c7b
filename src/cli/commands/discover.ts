import type { Command } from "commander"
import { Connections, Discovery, type DiscoveryReport } from "../../entries/exchange.ts"
import { appsFromEnvironment, withStorage } from "../environment.ts"
import { exitCodes } from "../failure.ts"
import { say, withOutput } from "../output.ts"
import { withSignals } from "../signals.ts"

/** `homeroom discover`: asks Clever which districts are connected to the app. */
export function addDiscover(program: Command, setExitCode: (code: number) => void): void {
  program
    .command("discover")
    .summary("look for districts that have connected to the app at Clever")
    .description(
      "Asks Clever which districts are connected to the app, and files those that are new here as requested. Tells " +
        "of districts that have disappeared, in two looks one after the other, and leaves their connections alone.",
    )
    .option("--json", "print an array of JSON objects, one for each Clever app")
    .action(async ({ json = false }: { json?: boolean | undefined }) => {
      // Somebody is waiting at the terminal.
      const apps = appsFromEnvironment({ maxRetries: 2 })
      const reports = await withSignals((signal) =>
        withStorage((storage) => {
          const connections = new Connections({ storage, apps })
          return new Discovery({ storage, connections, apps }).poll({ signal })
        }),
      )
      await withOutput(async (output) => {
        if (json) await output.line(JSON.stringify(reports.map(reportJson), null, 2))
        else for (const line of reports.flatMap(linesOf)) await output.line(line)
      })
      for (const { app, error } of reports) {
        if (error === null) continue
        say(`${error.code}: ${apps.length > 1 ? `${app}: ` : ""}${error.message}`)
        setExitCode(exitCodes.failed)
      }
    })
}

function reportJson({ error, ...report }: DiscoveryReport): Record<string, unknown> {
  return { ...report, error: error === null ? null : { code: error.code, message: error.message } }
}

function linesOf({ app, districts, found, back, gone }: DiscoveryReport): string[] {
  if (districts === null) return []
  const named = app === "default" ? "the app" : app
  return [
    `${districts} ${districts === 1 ? "district is" : "districts are"} connected to ${named} at Clever.`,
    ...found.map(
      (id) => `  new    ${id}: requested. Approve and activate it: homeroom connect --district ${id}`,
    ),
    ...back.map((id) => `  back   ${id}`),
    ...gone.map(
      (id) => `  gone   ${id}: Clever lists it no longer. Its connection and roster stay as they are.`,
    ),
  ]
}
