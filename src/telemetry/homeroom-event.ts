import type { CleverClientEvent } from "../clever/client-options.ts"
import { tellTo } from "../errors/index.ts"
import type { ExchangeEvent } from "../exchange/index.ts"
import type { DeliveryEvent, RosterEvent } from "../roster/index.ts"
import type { LoginAuditEvent } from "../sso/index.ts"

/** What any part of Homeroom tells of itself: of calls to Clever, imports, deliveries, the queue and logins. */
export type HomeroomEvent = RosterEvent | DeliveryEvent | CleverClientEvent | ExchangeEvent | LoginAuditEvent

/** Fits the `onEvent` of every part, and the `onAudit` of a `CleverSsoClient`. */
export type EventListener = (event: HomeroomEvent) => void

/** One listener that tells several; one that throws keeps nothing from the others. */
export function listenWith(...listeners: readonly EventListener[]): EventListener {
  const tellers = listeners.map((listener) => tellTo(listener))
  return (event) => {
    for (const tell of tellers) tell(event)
  }
}
