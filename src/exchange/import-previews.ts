import type { RosterSync } from "../roster/index.ts"
import type { ImportMode } from "../storage/contract.ts"
import type { Connections } from "./connections.ts"
import { planDistrict } from "./imports.ts"

/**
 * Plans that go on while whoever asked for them looks at something else. They run in this process, until they are done
 * or it closes; one that was stopped is `interrupted` and gone on with by the next of its mode.
 */
export class ImportPreviews {
  readonly #connections: Connections
  readonly #roster: RosterSync
  readonly #stopping = new AbortController()
  readonly #running = new Set<Promise<unknown>>()

  constructor({ connections, roster }: { connections: Connections; roster: RosterSync }) {
    this.#connections = connections
    this.#roster = roster
  }

  /**
   * Begins to find out what an import would do, and returns the id of its run as soon as there is one. Rejects as
   * `planDistrict` does if it fails before that; what fails later is in the history, as `failed`.
   */
  start(options: { districtId: string; mode: ImportMode; by: string }): Promise<string> {
    const { districtId, mode, by } = options
    return new Promise((resolve, reject) => {
      const planning = planDistrict({
        connections: this.#connections,
        roster: this.#roster,
        districtId,
        mode,
        by,
        signal: this.#stopping.signal,
        onProgress: ({ runId }) => resolve(runId),
      })
      const done = planning.then(({ id }) => resolve(id), reject)
      this.#running.add(done)
      void done.finally(() => this.#running.delete(done))
    })
  }

  /** Stops those that run, at their next safe point, and waits for them. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running)
  }
}
