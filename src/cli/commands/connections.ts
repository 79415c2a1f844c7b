import { type Command, Option } from "commander"
import { type Connection, Connections } from "../../entries/exchange.ts"
import { HomeroomError } from "../../errors/index.ts"
import type { RosterStorage } from "../../index.ts"
import { type ConnectionJson, connectionJson } from "../connection-json.ts"
import { storageAddress, withStorage } from "../environment.ts"
import { noSource } from "../no-source.ts"
import { optionalDistrictOption } from "../options.ts"
import { oneLine, say, withOutput } from "../output.ts"
import { type Column, tableLines } from "../table.ts"

const steps = ["approve", "decline", "pause", "resume", "disconnect"] as const

interface ConnectionsOptions {
  district?: string | undefined
  step?: (typeof steps)[number] | undefined
  json?: true | undefined
}

/** `homeroom connections`: which districts are connected, and the steps that need no question to Clever. */
export function addConnections(program: Command): void {
  program
    .command("connections")
    .summary("list the connected districts, or take a step with one")
    .description(
      "Lists every district with its connection's state, when it is imported next, and whether it is quarantined. " +
        "With --step it approves, declines, pauses, resumes or disconnects one; homeroom connect activates one.",
    )
    .addOption(optionalDistrictOption("only this district"))
    .addOption(new Option("--step <step>", "take this step with the district's connection").choices(steps))
    .option("--json", "print an array of JSON objects")
    .action((options: ConnectionsOptions) => withStorage((storage) => run(storage, options)))
}

async function run(storage: RosterStorage, { district, step, json }: ConnectionsOptions): Promise<void> {
  const connections = new Connections({ storage, clever: noSource })
  if (step !== undefined) {
    if (district === undefined) {
      throw new HomeroomError("INVALID_OPTIONS", { message: "--step needs --district." })
    }
    await connections[step](district, { by: "cli" })
  }
  const shown: ConnectionJson[] = []
  for (const connection of await selected(connections, district)) {
    shown.push(await connectionJson(storage, connection))
  }
  await withOutput(async (output) => {
    if (json) return output.line(JSON.stringify(shown, null, 2))
    if (shown.length === 0) say(`There are no connections in ${storageAddress()} yet.`)
    else for (const line of tableLines(columns, shown.map(rowOf))) await output.line(line)
  })
}

async function selected(connections: Connections, district: string | undefined): Promise<Connection[]> {
  if (district !== undefined) return [await connections.get(district)]
  const all: Connection[] = []
  for await (const connection of connections.list()) all.push(connection)
  return all
}

const columns: readonly Column[] = [
  { title: "district" },
  { title: "name" },
  { title: "state" },
  { title: "mode" },
  { title: "app" },
  { title: "since" },
  { title: "next import" },
  { title: "note" },
]

function rowOf(connection: ConnectionJson): string[] {
  const { districtId, name, state, mode, app, since, nextImportAt } = connection
  return [
    districtId,
    oneLine(name),
    state,
    mode,
    app ?? "",
    since ?? "",
    nextImportAt ?? "",
    noteOf(connection),
  ]
}

function noteOf({ quarantine, failures, lastFailure }: ConnectionJson): string {
  if (failures === 0) return ""
  const times = failures === 1 ? "once" : `${failures} times in a row`
  const failed = `failed ${times}: ${lastFailure?.code ?? ""}`
  return quarantine === null ? failed : `quarantined since ${quarantine.since}, ${failed}`
}
