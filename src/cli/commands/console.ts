import { once } from "node:events"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import type { Command } from "commander"
import { createConsole } from "../../console/index.ts"
import { Connections, Discovery, type ImportQueue, Imports, type QueueWork } from "../../entries/exchange.ts"
import { isHomeroomError } from "../../errors/index.ts"
import type { CleverApp, RosterStorage } from "../../index.ts"
import { CommandRoster } from "../command-roster.ts"
import { appsOn, hasDistrictToken, sourceOf, withStorage } from "../environment.ts"
import { withQueue } from "../import-queue.ts"
import { LocalGuard } from "../local-guard.ts"
import { noSource } from "../no-source.ts"
import { wholeNumber } from "../options.ts"
import { say, withOutput } from "../output.ts"
import { withSignals } from "../signals.ts"
import { asStartError } from "../start-error.ts"

interface ConsoleCommandOptions {
  port: number
  /** False with `--no-worker`. */
  worker: boolean
  json?: true | undefined
}

/** `homeroom console`: the console on this machine until it is stopped. */
export function addConsole(program: Command): void {
  program
    .command("console")
    .summary("open the Data Exchange console on this machine")
    .description(
      "Serves the Data Exchange console to this machine alone, over the storage of the environment, and prints the " +
        "address to open, which holds a secret. Imports that are asked for are done by it. It runs until it is stopped " +
        "(Ctrl-C). Without Clever credentials it shows what is stored.",
    )
    .option("--port <n>", "the port; 0 is a free one", wholeNumber(0, 65_535), 0)
    .option("--no-worker", "leave imports to homeroom worker")
    .option("--json", "print the address as one JSON object")
    .action((options: ConsoleCommandOptions) =>
      withSignals((signal) =>
        withStorage((storage) => withQueue(storage, (queue) => open(storage, queue, options, signal))),
      ),
    )
}

async function open(
  storage: RosterStorage,
  queue: ImportQueue,
  { port, worker, json }: ConsoleCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const apps = appsIfAny(storage)
  const connections = new Connections({ storage, ...(apps === undefined ? { clever: noSource } : { apps }) })
  const clever = apps === undefined ? noSource : sourceOf(storage, apps)
  const roster = new CommandRoster({ storage, clever })
  const imports = new Imports({ storage, connections, roster, queue })
  const { server, answer } = await listen(port)
  const { port: opened } = server.address() as AddressInfo
  const guard = new LocalGuard(opened)
  const console = createConsole({
    authorize: (request) => guard.authorize(request),
    storage,
    connections,
    roster,
    imports,
    // One district's token finds no others.
    ...(apps !== undefined &&
      !hasDistrictToken() && { discovery: new Discovery({ storage, connections, apps }) }),
    onError: (error) =>
      say(isHomeroomError(error) ? `${error.code}: ${error.message}` : "INTERNAL: see HOMEROOM_DEBUG."),
  })
  let work: QueueWork | undefined
  try {
    if (apps !== undefined && worker) work = await queue.work(imports.handle, { concurrency: 1 })
    answer(async (request) =>
      guard.isLocal(request) ? console.fetch(request) : new Response("Not this machine.\n", { status: 421 }),
    )
    const url = guard.addressOn(`http://127.0.0.1:${opened}`)
    await withOutput(async (output) => {
      if (json) return output.line(JSON.stringify({ url, port: opened }))
      await output.line(`The console runs until you stop it with Ctrl-C. Open it here:\n\n  ${url}\n`)
    })
    if (!signal.aborted) await once(signal, "abort")
  } finally {
    server.close()
    await console.close()
    server.closeAllConnections()
    await work?.stop()
  }
}

/** Undefined without credentials: then there is much to look at all the same. */
function appsIfAny(storage: RosterStorage): CleverApp[] | undefined {
  try {
    return appsOn(storage)
  } catch (error) {
    if (!isHomeroomError(error) || error.code !== "CLEVER_CREDENTIALS_MISSING") throw error
    say("There are no Clever credentials: the console shows what is stored, and imports nothing.")
    return undefined
  }
}

type Answer = (request: Request) => Promise<Response>

/** A server that is there before it has answers, for those depend on its port. */
async function listen(port: number): Promise<{ server: Server; answer: (answer: Answer) => void }> {
  const { createAdaptorServer } = await import("@hono/node-server")
  let current: Answer = async () => new Response(null, { status: 503 })
  const fetch = (request: Request): Promise<Response> => current(request)
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server
  server.listen(port, "127.0.0.1")
  await once(server, "listening").catch(asStartError)
  return {
    server,
    answer: (answer) => {
      current = answer
    },
  }
}
