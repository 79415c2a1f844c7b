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

  /** The runs of a district as they are kept, in the order in which they were begun. */
  ofDistrict(districtId: string): Run[] {
    const runs = [...this.#runs.values()].filter((run) => run.districtId === districtId)
    return runs.sort((a, b) => (isNewer(a, b) ? 1 : -1))
  }

  delete(runId: string): void {
    this.#runs.delete(runId)
    this.#newest = undefined
  }

  /** Everything that it holds. */
  entries(): Iterable<unknown> {
    return this.#runs.values()
  }

  clear(): void {
    this.#runs.clear()
    this.#newest = undefined
  }
}

function isNewer(a: { startedAt: string; id: string }, b: { startedAt: string; id: string }): boolean {
  return a.startedAt === b.startedAt ? a.id > b.id : a.startedAt > b.startedAt
}
