import { HomeroomError } from "../errors/index.ts"
import type {
  Connections,
  DiscoveryApp,
  ExchangeEvent,
  ImportQueue,
  ImportSchedulerOptions,
  ImportsOptions,
} from "../exchange/index.ts"
import type { RosterSync, TargetDelivery } from "../roster/index.ts"
import type { RosterStorage } from "../storage/contract.ts"
import type { BossQueueOptions } from "./boss-queue.ts"

/** A queue on PostgreSQL that the worker makes and closes itself; it tells of its failures as of its own. */
export type QueueDatabase = Omit<BossQueueOptions, "onError">

export interface WorkerOptions {
  /** Where rosters are kept, and what goes with them. */
  storage: RosterStorage
  /** The engine over that storage. */
  roster: RosterSync
  connections: Connections
  /**
   * The import queue: the PostgreSQL database that it is in, usually that of the storage (`{ connectionString }` or
   * `{ pool }`), or a queue that is made already. Default: it is in the storage itself, which will do for one process and
   * a few.
   */
  queue?: QueueDatabase | ImportQueue | undefined
  /** Deliveries to the app's own tables, which this process does as well. Default: none. */
  deliveries?: readonly TargetDelivery[] | undefined
  /** How many imports at once in this process. Default 2. */
  concurrency?: number | undefined
  /** The schedule of districts that have none of their own. Default: that of `ImportScheduler`. */
  schedule?: ImportSchedulerOptions["schedule"] | undefined
  /** The Clever apps in which newly connected districts are looked for. Default: none is. */
  discover?: readonly DiscoveryApp[] | undefined
  /** Matches whom imports have brought to the app's accounts. Default: nobody is matched. */
  matching?: ImportsOptions["matching"] | undefined
  /** Where to answer `/health` and `/ready`; 0: any free port. Default: nowhere. */
  port?: number | undefined
  /** Default `127.0.0.1`: this machine alone. */
  host?: string | undefined
  /**
   * For how long a start waits for a storage and a queue that do not answer yet, in milliseconds; 0: it does not. Default
   * 300,000.
   */
  startTimeoutMs?: number | undefined
  /** Stops it, as `stop()` does, also while it starts. Default: none. */
  signal?: AbortSignal | undefined
  /** Whether SIGTERM and SIGINT stop it. Default true. */
  signals?: boolean | undefined
  /** How often queue, connections and targets are measured, in milliseconds. Default 15,000. */
  measureMs?: number | undefined
  /** Told what happens, in ids, codes and counts; what it throws is ignored. See `homeroom/telemetry`. */
  onEvent?: ((event: ExchangeEvent) => void) | undefined
}

/** Throws `INVALID_OPTIONS`. */
export function checkOptions({ concurrency = 2, startTimeoutMs = 0 }: WorkerOptions): void {
  if (!(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 100)) {
    throw new HomeroomError("INVALID_OPTIONS", {
      message: "concurrency must be a whole number from 1 to 100.",
    })
  }
  if (!(startTimeoutMs >= 0)) {
    throw new HomeroomError("INVALID_OPTIONS", { message: "startTimeoutMs must be 0 or more." })
  }
}
