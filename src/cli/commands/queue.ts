import { type Command, Option } from "commander"
import { Connections, type ImportJob, type ImportQueue, Imports } from "../../entries/exchange.ts"
import { HomeroomError } from "../../errors/index.ts"
import { type ImportMode, type RosterStorage, RosterSync } from "../../index.ts"
import { withStorage } from "../environment.ts"
import { withQueue } from "../import-queue.ts"
import { noSource } from "../no-source.ts"
import { optionalDistrictOption } from "../options.ts"
import { say, withOutput } from "../output.ts"
import { type Column, tableLines } from "../table.ts"

interface QueueOptions {
  district?: string | undefined
  add?: ImportMode | undefined
  tryNow?: true | undefined
  cancel?: true | undefined
  json?: true | undefined
}

/** `homeroom queue`: the imports that wait for a worker, or have one. */
export function addQueue(program: Command): void {
  const modes: readonly ImportMode[] = ["bulk", "delta"]
  program
    .command("queue")
    .summary("list the imports that wait for a worker, or add or cancel one")
    .description(
      "Lists the imports that homeroom worker has at work, then those that wait. With --add it puts one on the queue " +
        "and returns at once; --try-now ends a quarantine as well.",
    )
    .addOption(optionalDistrictOption("only this district"))
    .addOption(new Option("--add <mode>", "put an import of the district on the queue").choices(modes))
    .option("--try-now", "end the district's quarantine and put an import on the queue")
    .addOption(
      new Option("--cancel", "take what waits for the district off the queue").conflicts(["add", "tryNow"]),
    )
    .option("--json", "print an array of JSON objects")
    .action((options: QueueOptions) =>
      withStorage((storage) => withQueue(storage, (queue) => run(storage, queue, options))),
    )
}

async function run(storage: RosterStorage, queue: ImportQueue, options: QueueOptions): Promise<void> {
  const { district, json } = options
  await change(storage, queue, options)
  const jobs = await queue.list({ districtId: district })
  await withOutput(async (output) => {
    if (json) await output.line(JSON.stringify(jobs, null, 2))
    else if (jobs.length === 0) say("No import waits, and none is at work.")
    else for (const line of tableLines(columns, jobs.map(rowOf))) await output.line(line)
  })
}

async function change(storage: RosterStorage, queue: ImportQueue, options: QueueOptions): Promise<void> {
  const { district, add, tryNow, cancel } = options
  if (add === undefined && tryNow === undefined && cancel === undefined) return
  if (district === undefined) {
    throw new HomeroomError("INVALID_OPTIONS", { message: "--add, --try-now and --cancel need --district." })
  }
  const connections = new Connections({ storage, clever: noSource })
  const roster = new RosterSync({ clever: noSource, storage })
  const imports = new Imports({ storage, connections, roster, queue })
  if (cancel) {
    const isRemoved = await imports.cancel({ districtId: district, by: "cli" })
    say(isRemoved ? "The import was taken off the queue." : "No import waited for this district.")
    return
  }
  const request = { districtId: district, mode: add, by: "cli" }
  await (tryNow ? imports.tryNow(request) : imports.schedule(request))
}

const columns: readonly Column[] = [
  { title: "district" },
  { title: "state" },
  { title: "mode" },
  { title: "reason" },
  { title: "by" },
  { title: "since" },
  { title: "not before" },
]

function rowOf({
  districtId,
  state,
  mode,
  reason,
  requestedBy,
  requestedAt,
  notBefore,
}: ImportJob): string[] {
  return [districtId, state, mode, reason, requestedBy, requestedAt, notBefore ?? ""]
}
