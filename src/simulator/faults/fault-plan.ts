import type { ServerResponse } from "node:http"
import { matchesPath } from "../server/request-log.ts"

/** A request as faults see it. */
export interface SimulatedRequest {
  readonly method: string
  /** Path and query, as asked for. */
  readonly path: string
  readonly url: URL
  readonly headers: Headers
  /** The district of the token used, if it is one. */
  readonly districtId: string | undefined
}

/** What a fault may do with one request: answer by itself, or have it answered and change the answer. */
export interface FaultExchange {
  readonly request: SimulatedRequest
  /** Has the request answered, by the next fault or at last by the simulator; at another URL if given. */
  next(url?: URL): Promise<Response>
  /** Node's own response, for faults below HTTP. */
  readonly outgoing: ServerResponse
  /** Aborted when the simulator closes, so that nothing waits on. */
  readonly closing: AbortSignal
}

/** One way to go wrong. Returns the answer to send. */
export type Fault = (exchange: FaultExchange) => Response | Promise<Response>

/** Which requests a fault hits. */
export interface FaultRule {
  fault: Fault
  /**
   * A text is the path without version and query (`/users`); a pattern is tried on path and query.
   * All requests when absent.
   */
  match?: string | RegExp | ((request: SimulatedRequest) => boolean) | undefined
  /** How many matching requests pass unharmed first. Default 0. */
  after?: number | undefined
  /** How many matching requests are hit. Default: all, until it is removed. */
  times?: number | undefined
}

/** A fault in place. */
export interface FaultHandle {
  /** How many requests it has hit. */
  readonly hits: number
  remove(): void
}

interface ActiveFault extends FaultRule {
  seen: number
  hits: number
}

/** The faults that a simulator is told to have. Several that match one request wrap each other. */
export class FaultPlan {
  readonly #active = new Set<ActiveFault>()

  /** Puts a fault in place; the one added last is outermost. */
  add(rule: FaultRule): FaultHandle {
    const active: ActiveFault = { ...rule, seen: 0, hits: 0 }
    this.#active.add(active)
    return {
      get hits() {
        return active.hits
      },
      remove: () => {
        this.#active.delete(active)
      },
    }
  }

  /** Removes all faults. */
  clear(): void {
    this.#active.clear()
  }

  /** The faults that hit this request, innermost first. Counts the request for each that matches. */
  take(request: SimulatedRequest): Fault[] {
    const faults: Fault[] = []
    for (const active of this.#active) {
      if (!matches(active, request)) continue
      const place = active.seen++ - (active.after ?? 0)
      if (place < 0 || place >= (active.times ?? Number.POSITIVE_INFINITY)) continue
      active.hits += 1
      faults.push(active.fault)
    }
    return faults
  }
}

function matches({ match }: FaultRule, request: SimulatedRequest): boolean {
  if (match === undefined) return true
  return typeof match === "function" ? match(request) : matchesPath(request.path, match)
}
