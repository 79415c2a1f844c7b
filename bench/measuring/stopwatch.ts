import type { Taken } from "../tasks.ts"

/** Collects garbage, so that nobody pays for what was left by whoever came before, then times the work. */
export async function timed(work: () => Promise<unknown>): Promise<Taken> {
  globalThis.gc?.()
  const cpuBefore = process.cpuUsage()
  const before = performance.now()
  await work()
  const wallMs = performance.now() - before
  const { user, system } = process.cpuUsage(cpuBefore)
  return { wallMs, cpuMs: (user + system) / 1_000 }
}
