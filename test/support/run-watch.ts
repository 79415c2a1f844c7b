import { runTransitions } from "../../src/roster/index.ts"
import type { CommitRequest, Run, RunState } from "../../src/storage/contract.ts"

/** Follows every run that is written to a storage and refuses a step that the table does not have. */
export class RunWatch {
  readonly #states = new Map<string, RunState>()
  /** Every step that was written: `fetching → planned`. */
  readonly steps: Set<string> = new Set()

  /** To be told of every call, before it is made: throws if it would break the table. */
  check(method: string, parameters: readonly unknown[]): void {
    const step = this.#stepOf(method, parameters)
    if (step === undefined) return
    const { run, from } = step
    if (!runTransitions[from].includes(run.state)) {
      throw new Error(`run ${run.id} went from ${from} to ${run.state}`)
    }
  }

  /** To be told of every call that succeeded. */
  note(method: string, parameters: readonly unknown[]): void {
    const step = this.#stepOf(method, parameters)
    if (step === undefined) return
    const { run, from } = step
    this.#states.set(run.id, run.state)
    this.steps.add(`${from} → ${run.state}`)
  }

  /** A run is queued and taken up within one process, so that the first state written is the one after that. */
  #stepOf(method: string, parameters: readonly unknown[]): { run: Run; from: RunState } | undefined {
    const run = runWritten(method, parameters)
    if (run === undefined) return undefined
    const from = this.#states.get(run.id) ?? "queued"
    return from === run.state ? undefined : { run, from }
  }
}

function runWritten(method: string, parameters: readonly unknown[]): Run | undefined {
  if (method === "saveRun" || method === "discardStaged") return parameters[1] as Run
  if (method === "stage") return (parameters[1] as { run: Run }).run
  if (method === "commit") return (parameters[1] as CommitRequest).run
  return undefined
}
