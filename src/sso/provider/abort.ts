import { HomeroomError } from "../../errors/index.ts"

/**
 * What the promise becomes, or `ABORTED` at once when the signal aborts.
 *
 * The promise itself goes on: what several logins share is not one caller's to stop.
 */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise
  let onAbort: (() => void) | undefined
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_resolve, reject) => {
        onAbort = () => reject(new HomeroomError("ABORTED"))
        if (signal.aborted) onAbort()
        else signal.addEventListener("abort", onAbort, { once: true })
      }),
    ])
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort)
  }
}
