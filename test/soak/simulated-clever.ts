import { once } from "node:events"
import { Worker } from "node:worker_threads"

export interface CleverSettings {
  readonly users: number
  readonly seed: number
  readonly startMs: number
}

export interface CleverAnswers {
  readonly open: { url: string; clientId: string; clientSecret: string; districtId: string }
  /** A day passes; the time after it. */
  readonly day: number
  /** What is shared now: `kind id` and the canonical text. */
  readonly roster: readonly (readonly [key: string, text: string])[]
  readonly person: { id: string; cookie: string } | null
  readonly close: undefined
}

export type CleverQuestion = Exclude<keyof CleverAnswers, "open">

/** A simulated Clever with one district, in a thread of its own. One question at a time. */
export class SimulatedClever {
  readonly access: CleverAnswers["open"]
  readonly #worker: Worker

  private constructor(worker: Worker, access: CleverAnswers["open"]) {
    this.#worker = worker
    this.access = access
  }

  static async open(settings: CleverSettings): Promise<SimulatedClever> {
    const worker = new Worker(new URL("./clever-thread.ts", import.meta.url), { workerData: settings })
    const [access] = (await once(worker, "message")) as [CleverAnswers["open"]]
    return new SimulatedClever(worker, access)
  }

  async ask<Question extends CleverQuestion>(question: Question): Promise<CleverAnswers[Question]> {
    const answer = once(this.#worker, "message")
    this.#worker.postMessage(question)
    return (await answer)[0] as CleverAnswers[Question]
  }
}
