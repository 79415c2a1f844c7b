import { once } from "node:events"
import type { Command } from "commander"
import { type SimulatorDescription, startSimulator } from "../../simulator/index.ts"
import { seconds, wholeNumber } from "../options.ts"
import { type Output, withOutput } from "../output.ts"
import { number } from "../run-text.ts"
import { withSignals } from "../signals.ts"
import { asStartError } from "../start-error.ts"
import { tableLines } from "../table.ts"

interface SimulateOptions {
  districts: number
  schools: number
  users: number
  port: number
  seed: number
  dayEvery?: number | undefined
  redirectUri?: string[] | undefined
  oidc?: true | undefined
  json?: true | undefined
}

/** `homeroom simulate`: a simulated Clever until it is stopped. */
export function addSimulate(program: Command): void {
  program
    .command("simulate")
    .summary("run a simulated Clever to develop and test against")
    .description(
      "Starts a simulated Clever on this machine, with invented districts, and prints how to use it. It runs until " +
        "it is stopped (Ctrl-C). The same seed gives the same districts.",
    )
    .option("--districts <n>", "how many districts", wholeNumber(1, 1_000), 1)
    .option("--schools <n>", "schools of each district", wholeNumber(1, 10_000), 5)
    .option("--users <n>", "users of each district", wholeNumber(1, 5_000_000), 2_000)
    .option("--port <n>", "the port; 0 is a free one", wholeNumber(0, 65_535), 0)
    .option("--seed <n>", "what everything is invented from", wholeNumber(0, 2_147_483_647), 1)
    .option(
      "--day-every <seconds>",
      "let a day pass that often, with its changes (default: never)",
      seconds(0.1),
    )
    .option(
      "--redirect-uri <uri...>",
      "the app's redirect URIs, the primary one first (default: any on this machine)",
    )
    .option("--oidc", "give the app's logins an id_token, as Clever Support can switch on")
    .option("--json", "print one JSON object on one line instead")
    .action((options: SimulateOptions) => simulate(options))
}

async function simulate({ dayEvery, json, redirectUri, ...options }: SimulateOptions): Promise<void> {
  await withSignals(async (signal) => {
    const simulator = await startSimulator({
      ...options,
      dayEverySeconds: dayEvery,
      redirectUris: redirectUri,
    }).catch(asStartError)
    try {
      const description = simulator.describe()
      await withOutput(async (output) => {
        if (json) await output.line(JSON.stringify(description))
        else await printDescription(output, description)
      })
      if (!signal.aborted) await once(signal, "abort")
    } finally {
      await simulator.close()
    }
  })
}

async function printDescription(output: Output, description: SimulatorDescription): Promise<void> {
  const { apiUrl, authUrl, clientId, clientSecret, apps, districts } = description
  await output.line(`A simulated Clever runs at ${apiUrl} until you stop it with Ctrl-C.`)
  await output.line("To use it, paste this into another terminal:")
  await output.line()
  await output.line(`export HOMEROOM_CLEVER_API_URL=${apiUrl}`)
  await output.line(`export HOMEROOM_CLEVER_AUTH_URL=${authUrl}`)
  await output.line(`export CLEVER_CLIENT_ID=${clientId}`)
  await output.line(`export CLEVER_CLIENT_SECRET=${clientSecret}`)
  await output.line()
  await output.line("Logins begin in your app or here; every password is right.")
  const redirectUris = apps[0]?.redirectUris ?? []
  await output.line(
    redirectUris.length > 0
      ? `  Redirect URIs: ${redirectUris.join(", ")}`
      : "  Redirect URIs: any on this machine; after the first login from the app, the Portal knows it too",
  )
  await output.line(`  Log in as anybody: ${apps[0]?.logInAsUrl}`)
  for (const { id, name, schools, users, sections, people, portalUrl } of districts) {
    await output.line()
    await output.line(
      `District ${id} (${name}): ${number(schools)} schools, ${number(users)} users, ${number(sections)} sections`,
    )
    await output.line(`  homeroom connect --district ${id}`)
    await output.line(`  homeroom import --district ${id} --mode bulk`)
    await output.line(`  Clever Portal: ${portalUrl}`)
    await output.line("  People to log in as:")
    const rows = people.map((person) => [
      person.role,
      person.id,
      person.name,
      person.email ?? "(no e-mail)",
      person.userName,
    ])
    const columns = [
      { title: "role" },
      { title: "id" },
      { title: "name" },
      { title: "e-mail" },
      { title: "user name" },
    ]
    for (const line of tableLines(columns, rows)) await output.line(`    ${line}`)
  }
}
