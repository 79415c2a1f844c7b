import type { Repeat, Sleep } from "../../models/timers.ts"
import type { LoggedAction, RosterStorage } from "../../storage/contract.ts"
import type { LeaseOptions } from "../lease-keeper.ts"
import type { DeliveryEvent } from "./delivery-events.ts"
import type { DeliveryWait } from "./delivery-state.ts"
import type { Target } from "./target.ts"

export interface TargetDeliveryOptions {
  /** Where the roster and its change log are kept, and the delivery's own places. */
  storage: RosterStorage
  /** The app's own tables. */
  target: Target
  /** Most changes in one call, 1 to 1,000. Default 500. */
  batchSize?: number | undefined
  /** How often a call that threw is repeated: after 1, 2, 4, 8, 16 s, each with full jitter. Default 5. */
  maxRetries?: number | undefined
  /** The longest wait for a target that is down, in milliseconds; it begins with 30 s and doubles. Default 300,000. */
  maxWaitMs?: number | undefined
  /** With more dead letters of a district than this, its delivery waits. Default 10,000. */
  maxDeadLetters?: number | undefined
  /** How many districts are delivered at the same time. Default 1. */
  concurrency?: number | undefined
  /** How long a process that died keeps others from delivering its district. Default: 20 s, extended every 5 s. */
  lease?: Partial<LeaseOptions> | undefined
  /** Who delivers, for people to read. Default: host name and process id. */
  holder?: string | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  clock?: (() => number) | undefined
  /** How waiting is done. Default: timers. */
  sleep?: Sleep | undefined
  /** Between 0 and 1, for jitter. Default `Math.random`. */
  random?: (() => number) | undefined
  /** How the heartbeat is repeated. Default: a timer that does not keep the process alive. */
  repeat?: Repeat | undefined
  /** Told what happens, in ids, codes and counts; what it throws is ignored. */
  onEvent?: ((event: DeliveryEvent) => void) | undefined
}

export interface DeliverOptions {
  /** The Clever id of a district. Default: all that have a connection or were delivered before. */
  districtId?: string | undefined
  /** Ends after the batch at hand. */
  signal?: AbortSignal | undefined
}

/** Which dead letters to try again: by id, or all (of a district). */
export type ReplayOptions = { signal?: AbortSignal | undefined } & (
  | { ids: readonly string[] }
  | { all: true; districtId?: string | undefined }
)

/** How a call of `deliver` ended, over all its districts. */
export interface DeliveryReport {
  /**
   * `caught-up`: the target has everything, except dead letters; `waiting`: for a target that is down, see `waiting`;
   * `busy`: another process is delivering; `interrupted`: the signal aborted. Of several districts the one furthest
   * from `caught-up` counts.
   */
  readonly state: "caught-up" | "busy" | "waiting" | "interrupted"
  /** Changes delivered by this call. */
  readonly delivered: Readonly<Record<LoggedAction, number>>
  /** Dead letters there are now. */
  readonly stuck: number
  readonly blocked: number
  /** The districts whose delivery waits. */
  readonly waiting: readonly ({ readonly districtId: string } & DeliveryWait)[]
  /** What is not delivered yet, as `lag()` tells of one district; the age is the highest. */
  readonly lag: { readonly commits: number; readonly changes: number; readonly ageMs: number }
}
