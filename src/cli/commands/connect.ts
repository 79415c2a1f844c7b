import { type Command, Option } from "commander"
import { type ConnectionMode, Connections } from "../../entries/exchange.ts"
import type { ApiVersion } from "../../index.ts"
import { appsFromEnvironment, withStorage } from "../environment.ts"
import { apiVersionOption, districtOption } from "../options.ts"
import { withOutput } from "../output.ts"
import { withSignals } from "../signals.ts"

interface ConnectOptions {
  district: string
  mode: ConnectionMode
  app?: string | undefined
  apiVersion: ApiVersion
}

/** `homeroom connect`: creates and activates a connection. */
export function addConnect(program: Command): void {
  const modes: readonly ConnectionMode[] = ["sso", "sso+provisioning"]
  program
    .command("connect")
    .summary("connect a district, so that it can be imported")
    .description(
      "Checks with Clever that the district is connected to the app, then creates and activates its connection " +
        "here. Running it again changes nothing, or changes the mode. It also ends a pause.",
    )
    .addOption(districtOption())
    .addOption(
      new Option(
        "--mode <mode>",
        "sso: people only sign in; sso+provisioning: the roster is imported as well",
      )
        .choices(modes)
        .default("sso+provisioning"),
    )
    .option(
      "--app <name>",
      "the Clever app, of those that CLEVER_APPS names (default: the one for this mode)",
    )
    .addOption(apiVersionOption())
    .action((options: ConnectOptions) => connect(options))
}

async function connect({ district, mode, app, apiVersion }: ConnectOptions): Promise<void> {
  // Somebody is waiting at the terminal.
  const apps = appsFromEnvironment({ apiVersion, maxRetries: 2 })
  const connection = await withSignals((signal) =>
    withStorage((storage) =>
      new Connections({ storage, apps }).connect(district, { mode, app, by: "cli", signal }),
    ),
  )
  const name = connection.name === "" ? "" : ` (${connection.name})`
  await withOutput(async (output) => {
    await output.line(`District ${district}${name} is connected: ${connection.state}, ${connection.mode}.`)
    if (mode === "sso+provisioning") {
      await output.line(`Import its roster: homeroom import --district ${district} --mode bulk`)
    }
  })
}
