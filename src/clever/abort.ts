import { HomeroomError } from "../errors/index.ts"

/** The error for a caller who aborted. The signal's reason is the caller's own and stays with them. */
export function aborted(): HomeroomError {
  return new HomeroomError("ABORTED")
}

/** Throws `ABORTED` if the signal has aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw aborted()
}

/**
 * What the promise becomes, or `ABORTED` at once when the signal aborts, even if whatever keeps the promise
 * takes no notice of the signal.
 */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_resolve, reject) => {
        onAbort = () => reject(aborted())
        if (signal.aborted) onAbort()
        else signal.addEventListener("abort", onAbort, { once: true })
      }),
    ])
  } catch (error) {
    throw signal.aborted ? aborted() : error
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort)
  }
}
