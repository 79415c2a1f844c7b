/** Waits, or rejects as soon as the signal aborts; replaced in tests. */
export type Sleep = (ms: number, signal?: AbortSignal | undefined) => Promise<void>

/** Calls `beat` every `intervalMs` until the returned function is called; replaced in tests. */
export type Repeat = (beat: () => void, intervalMs: number) => () => void

/** Rejects with the signal's reason. */
export const sleepOnTimer: Sleep = (ms, signal) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort)
      resolve()
    }, ms)
    function onAbort(): void {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    signal?.addEventListener("abort", onAbort, { once: true })
  })

export const repeatWithTimer: Repeat = (beat, intervalMs) => {
  const timer = setInterval(beat, intervalMs)
  timer.unref()
  return () => clearInterval(timer)
}
