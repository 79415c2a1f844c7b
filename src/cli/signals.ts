/** Runs `work` with a signal that SIGINT and SIGTERM abort; a second one ends the process at once. */
export async function withSignals<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stopping = new AbortController()
  const stop = (name: NodeJS.Signals): void => {
    if (stopping.signal.aborted) process.exit(name === "SIGINT" ? 130 : 143)
    stopping.abort(new Error(`Stopped by ${name}`))
  }
  process.on("SIGINT", stop)
  process.on("SIGTERM", stop)
  try {
    return await work(stopping.signal)
  } finally {
    process.off("SIGINT", stop)
    process.off("SIGTERM", stop)
  }
}
