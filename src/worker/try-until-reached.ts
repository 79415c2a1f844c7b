import { setTimeout as delay } from "node:timers/promises"
import { type HomeroomError, isHomeroomError } from "../errors/index.ts"

export interface TryUntilReachedOptions {
  /** For how long it is tried again, in milliseconds. */
  timeoutMs: number
  /** Ends it at once, with what the signal was aborted for. */
  signal: AbortSignal
  /** Told of each try that has found nobody, before it waits for the next one. */
  onAway: (error: HomeroomError) => void
}

const firstWaitMs = 250
const longestWaitMs = 10_000
/** Nobody answers yet. Whatever else an opening ends with does not go away by waiting. */
const awayCodes: ReadonlySet<string> = new Set(["STORAGE_UNREACHABLE", "STORAGE_BUSY", "QUEUE_UNREACHABLE"])

/**
 * Opens something on a server that may start later: tries again, at first after a quarter of a second, then after twice
 * that each time, up to 10 s. Rejects with the last error when the time is over, and with any other error at once.
 */
export async function tryUntilReached(
  open: () => Promise<void>,
  options: TryUntilReachedOptions,
): Promise<void> {
  const { timeoutMs, signal, onAway } = options
  const startedMs = performance.now()
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    try {
      return await untilAborted(open(), signal)
    } catch (error) {
      if (signal.aborted || !isHomeroomError(error) || !awayCodes.has(error.code)) throw error
      onAway(error)
      const leftMs = startedMs + timeoutMs - performance.now()
      if (leftMs <= 0) throw error.withDetails({ triedForMs: timeoutMs })
      await delay(Math.min(waitMs, leftMs), undefined, { signal })
    }
  }
}

/** A connection to a machine that does not answer at all takes seconds to fail: nobody who stops waits for that. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const done = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    const end = () => reject(signal.reason)
    signal.addEventListener("abort", end, { once: true, signal: done.signal })
    if (signal.aborted) end()
  })
  try {
    await Promise.race([work, aborted])
  } finally {
    done.abort()
  }
}
