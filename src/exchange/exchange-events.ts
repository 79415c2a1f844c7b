import type { ConnectionState } from "../storage/contract.ts"

/** What is measured from time to time of all districts together, by whoever runs imports and deliveries: a worker. */
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
