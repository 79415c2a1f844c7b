import type { ExchangeEvent, Imports } from "../exchange/index.ts"
import type { TargetDelivery } from "../roster/index.ts"
import type { RosterStorage } from "../storage/contract.ts"

export interface MeasureOptions {
  storage: RosterStorage
  imports: Imports
  deliveries: readonly TargetDelivery[]
  onEvent: (event: ExchangeEvent) => void
  /** Milliseconds since 1970. */
  clock: () => number
}

/** Measures queue and connections, and for each target how far it is behind: a few reads for each district. */
export async function measure({
  storage,
  imports,
  deliveries,
  onEvent,
  clock,
}: MeasureOptions): Promise<void> {
  const waiting = await imports.waiting()
  const dueMs = waiting.map(({ requestedAt, notBefore }) => Date.parse(notBefore ?? requestedAt))
  onEvent({
    type: "queue-measured",
    waiting: waiting.length,
    running: (await imports.running()).length,
    oldestWaitMs: Math.max(0, ...dueMs.map((ms) => clock() - ms)),
  })
  const connections = await storage.listConnections()
  const byState: Partial<Record<(typeof connections)[number]["state"], number>> = {}
  for (const { state } of connections) byState[state] = (byState[state] ?? 0) + 1
  let quarantined = 0
  for await (const _ of imports.quarantined()) quarantined++
  onEvent({ type: "connections-measured", byState, quarantined })
  for (const delivery of deliveries) {
    const total = { districtsBehind: 0, commits: 0, changes: 0, ageMs: 0, stuck: 0, blocked: 0 }
    for (const { districtId } of connections) {
      const lag = await delivery.lag({ districtId })
      if (lag.commits > 0) total.districtsBehind++
      total.commits += lag.commits
      total.changes += lag.changes
      total.ageMs = Math.max(total.ageMs, lag.ageMs)
      total.stuck += lag.stuck
      total.blocked += lag.blocked
    }
    onEvent({ type: "target-measured", target: delivery.name, ...total })
  }
}
