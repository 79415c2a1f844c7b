import type { ConnectionState } from "../storage/contract.ts"

/** The parts of a worker that may fail and are tried again; the storage while it starts. */
export type WorkerPart = "storage" | "queue" | "scheduler" | "discovery" | "delivery" | "measuring"

/** What is told of imports and deliveries of all districts together, by whoever runs them: a worker. */
export type ExchangeEvent =
  | {
      readonly type: "queue-measured"
      readonly waiting: number
      readonly running: number
      /** For how long the import that has waited longest has been due. */
      readonly oldestWaitMs: number
    }
  | {
      readonly type: "connections-measured"
      readonly byState: Readonly<Partial<Record<ConnectionState, number>>>
      /** Connections whose imports failed again and again, and are tried seldom for that (S29). */
      readonly quarantined: number
    }
  | {
      /** What one target was not given yet, over all districts; the age is the highest. */
      readonly type: "target-measured"
      readonly target: string
      readonly districtsBehind: number
      readonly commits: number
      readonly changes: number
      readonly ageMs: number
      /** Dead letters. */
      readonly stuck: number
      readonly blocked: number
    }
  /** A worker began, was told to stop, or has stopped. */
  | { readonly type: "worker-state"; readonly state: "running" | "stopping" | "stopped" }
  /** Something of a worker failed, and will be tried again. */
  | { readonly type: "worker-failed"; readonly part: WorkerPart; readonly code: string }
  /** A district has connected to the app at Clever, came back, or is not connected any more. */
  | {
      readonly type: "district-found" | "district-back" | "district-gone"
      readonly districtId: string
    }
  /** What became of an import that was on the queue, where its run does not say it. */
  | {
      readonly type: "import-postponed" | "import-refused" | "import-quarantined"
      readonly districtId: string
      /** Why: an error's code, or what is in the way. */
      readonly reason: string
      /** When it is tried again, ISO 8601 in UTC; null: not by itself. */
      readonly until: string | null
    }
