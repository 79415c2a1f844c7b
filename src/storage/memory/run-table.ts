import type { Run, RunQuery } from "../contract.ts"
import { page } from "./ordered-map.ts"

/** The runs' records. What goes in is kept as it is; what goes out is copied. */
export class RunTable {
  readonly #runs = new Map<string, Run>()
  #newest: readonly Run[] | undefined

  put(run: Run): void {
    this.#runs.set(run.id, run)
    this.#newest = undefined
  }

  get(runId: string): Run | undefined {
    return structuredClone(this.#runs.get(runId))
  }

  /** Newest first. */
  list({ districtId, states, before, limit }: RunQuery): Run[] {
    this.#newest ??= [...this.#runs.values()].sort((a, b) => (isNewer(a, b) ? -1 : 1))
    return page(this.#newest, limit, (run) => {
      if (districtId !== undefined && run.districtId !== districtId) return undefined
      if (states !== undefined && !states.includes(run.state)) return undefined
      if (before !== undefined && !isNewer(before, run)) return undefined
      return structuredClone(run)
    })
  }

  clear(): void {
    this.#runs.clear()
    this.#newest = undefined
  }
}

function isNewer(a: { startedAt: string; id: string }, b: { startedAt: string; id: string }): boolean {
  return a.startedAt === b.startedAt ? a.id > b.id : a.startedAt > b.startedAt
}
