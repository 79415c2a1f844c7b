import type { Command } from "commander"
import { Connections } from "../../entries/exchange.ts"
import { type EventLogger, logEvents } from "../../telemetry/index.ts"
import { startWorker } from "../../worker/index.ts"
import { CommandRoster } from "../command-roster.ts"
import { cleverOnStorage, hasDistrictToken } from "../environment.ts"
import { queueDatabase } from "../import-queue.ts"
import { seconds, wholeNumber } from "../options.ts"
import { say } from "../output.ts"
import { withSignals } from "../signals.ts"

interface WorkerOptions {
  concurrency: number
  port?: number | undefined
  host: string
  /** Seconds. */
  startTimeout: number
  verbose?: true | undefined
}

/** `homeroom worker`: does scheduled and requested imports until it is stopped. */
export function addWorker(program: Command): void {
  program
    .command("worker")
    .summary("do scheduled and requested imports until it is stopped")
    .description(
      "Imports districts when their time has come, and when somebody asks for it (homeroom queue), and files a request " +
        "for each district that connects at Clever. Any number of workers may run on one PostgreSQL database; with SQLite, any on one machine. It runs until it is stopped (Ctrl-C, SIGTERM); what it " +
        "has at work then is gone on with by another. Writes one JSON object a line to standard error.",
    )
    .option("--concurrency <n>", "how many imports at once, 1 to 100", wholeNumber(1, 100), 2)
    .option("--port <n>", "answer GET /health and /ready there; 0 is a free port", wholeNumber(0, 65_535))
    .option("--host <address>", "the address for that", "127.0.0.1")
    .option(
      "--start-timeout <seconds>",
      "wait that long for a database that does not answer yet",
      seconds(0),
      300,
    )
    .option("--verbose", "write every request and stage as well")
    .action((options: WorkerOptions) => work(options))
}

async function work(options: WorkerOptions): Promise<void> {
  const { concurrency, port, host, startTimeout, verbose } = options
  const onEvent = logEvents(lineLogger(verbose === true))
  const connectionString = queueDatabase()
  const { storage, apps, source } = cleverOnStorage(
    { onEvent },
    { maxConnections: connectionsFor(concurrency) },
  )
  await withSignals(async (signal) => {
    try {
      const worker = await startWorker({
        storage,
        connections: new Connections({ storage, apps }),
        roster: new CommandRoster({ clever: source, storage, onEvent }),
        ...(connectionString !== undefined && { queue: { connectionString } }),
        // One district's token finds no others.
        ...(!hasDistrictToken() && { discover: apps }),
        concurrency,
        ...(port !== undefined && { port, host }),
        startTimeoutMs: startTimeout * 1_000,
        signal,
        signals: false,
        onEvent,
      })
      if (!signal.aborted) say(`working on ${concurrency} imports at once; Ctrl-C stops it.`)
      if (worker.url !== null) say(`${worker.url}/health and ${worker.url}/ready tell how it stands.`)
      await worker.stopped
    } finally {
      await storage.close()
    }
  })
}

/** How many connections to PostgreSQL so many imports at once need: three each, and no fewer than a storage has anyway. */
export function connectionsFor(concurrency: number): number {
  return Math.max(10, 3 * concurrency)
}

/** One JSON object a line on standard error, as pino writes them; `debug` only where it is asked for. */
function lineLogger(isVerbose: boolean): EventLogger {
  const writer = (level: string) => (fields: object, msg: string) => {
    process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, ...fields, msg })}\n`)
  }
  const debug = isVerbose ? writer("debug") : () => {}
  return { error: writer("error"), warn: writer("warn"), info: writer("info"), debug }
}
