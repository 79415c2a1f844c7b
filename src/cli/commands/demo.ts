import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Command, Option } from "commander"
import { Connections, importDistrict } from "../../entries/exchange.ts"
import { HomeroomError } from "../../errors/index.ts"
import {
  CleverClient,
  type Counts,
  type ImportMode,
  kinds,
  type RosterStorage,
  RosterSync,
  type Run,
} from "../../index.ts"
import { type Simulator, startSimulator } from "../../simulator/index.ts"
import { withStorage } from "../environment.ts"
import { wholeNumber } from "../options.ts"
import { say, withOutput } from "../output.ts"
import { showProgress } from "../progress-bar.ts"
import { countNames, number } from "../run-text.ts"
import { withSignals } from "../signals.ts"
import { tableLines } from "../table.ts"

interface DemoOptions {
  users: number
  seed: number
  storage?: string | undefined
}

/** `homeroom demo`: the main job from nothing, in seconds. */
export function addDemo(program: Command): void {
  program
    .command("demo")
    .summary("see an import, a day of changes and what they did, without a Clever app")
    .description(
      "Starts a simulated Clever with one district, connects it, imports its roster into SQLite, lets a day of " +
        "changes pass, imports those, and shows the exchange history. Needs nothing and leaves nothing running.",
    )
    .option("--users <n>", "users of the district", wholeNumber(50, 1_000_000), 2_000)
    .option("--seed <n>", "what the district is invented from", wholeNumber(0, 2_147_483_647), 1)
    .addOption(
      new Option("--storage <address>", "where to keep the roster (default: a new temporary folder)"),
    )
    .action((options: DemoOptions) => withSignals((signal) => demo(options, signal)))
}

async function demo({ users, seed, storage }: DemoOptions, signal: AbortSignal): Promise<void> {
  const startedMs = Date.now()
  const address = storage ?? `sqlite:${join(await mkdtemp(join(tmpdir(), "homeroom-demo-")), "homeroom.db")}`
  const simulator = await startSimulator({ users, seed })
  try {
    const runs = await withStorage((opened) => runStory(simulator, opened, signal), address)
    await printStory(runs, { address, durationMs: Date.now() - startedMs })
  } finally {
    await simulator.close()
  }
}

/** Connect, import, a day, import. Returns the imports, newest first. */
async function runStory(simulator: Simulator, storage: RosterStorage, signal: AbortSignal): Promise<Run[]> {
  const [district] = simulator.districts
  if (district === undefined) throw new RangeError("The simulator has no district")
  const districtId = district.id
  const { apiUrl, authUrl, clientId, clientSecret } = simulator
  const clever = new CleverClient({ apiUrl, authUrl, clientId, clientSecret })
  const connections = new Connections({ storage, clever })
  const roster = new RosterSync({ clever, storage })
  const runImport = async (mode: ImportMode): Promise<void> => {
    const display = showProgress()
    try {
      const onProgress = display.update
      const options = { connections, roster, districtId, mode, by: "demo", signal, onProgress }
      const run = await importDistrict(options)
      if (run.state === "interrupted") throw new HomeroomError("ABORTED")
    } finally {
      display.stop()
    }
  }

  say(`A simulated Clever has the district ${districtId} with ${number(district.count("user"))} users.`)
  await connections.connect(districtId, { mode: "sso+provisioning", by: "demo", signal })
  say("The district is connected. Bulk import …")
  await runImport("bulk")
  simulator.nextDay()
  say("A school day has passed. Delta import …")
  await runImport("delta")

  const runs: Run[] = []
  for await (const run of roster.history({ districtId })) {
    runs.push(run)
    if (runs.length === 2) break
  }
  return runs
}

async function printStory(
  runs: readonly Run[],
  story: { address: string; durationMs: number },
): Promise<void> {
  const [newest] = runs
  const total = (run: Run, name: keyof Counts): number =>
    kinds.reduce((sum, kind) => sum + run.counts[kind][name], 0)
  await withOutput(async (output) => {
    await output.line("Exchange history, newest first:")
    await output.line()
    for (const line of historyTable(runs)) await output.line(line)
    await output.line()
    for (const run of [...runs].reverse()) {
      const counts = countNames.filter((name) => name !== "unchanged" && total(run, name) > 0)
      const did = counts.map((name) => `${number(total(run, name))} ${name}`).join(", ")
      const seconds = (run.durationMs / 1_000).toFixed(1)
      await output.line(
        `${run.mode === "bulk" ? "Bulk " : "Delta"} import, ${seconds} s: ${did || "no changes"}.`,
      )
    }
    await output.line(`All of it took ${(story.durationMs / 1_000).toFixed(1)} s.`)
    await output.line()
    await output.line("Next:")
    await output.line(`  export HOMEROOM_STORAGE=${story.address}`)
    // Within the project the command is not on the path.
    const homeroom =
      process.env.npm_lifecycle_event === undefined ? "homeroom" : "npm run --silent homeroom --"
    await output.line(`  ${homeroom} show ${newest?.id}    what the day changed, field by field`)
    await output.line(`  ${homeroom} export --district ${newest?.districtId}    the roster as JSON Lines`)
    await output.line(`  ${homeroom} simulate    a simulated Clever to develop against`)
    await output.line(`  ${homeroom} connect --help    with your own Clever app`)
  })
}

function historyTable(runs: readonly Run[]): string[] {
  const columns = [
    { title: "run" },
    { title: "mode" },
    { title: "state" },
    { title: "kind" },
    ...countNames.map((title) => ({ title, align: "right" as const })),
  ]
  const rows = runs.flatMap((run) =>
    kinds.map((kind, index) => [
      ...(index === 0 ? [run.id, run.mode, run.state] : ["", "", ""]),
      kind,
      ...countNames.map((name) => number(run.counts[kind][name])),
    ]),
  )
  return tableLines(columns, rows)
}
