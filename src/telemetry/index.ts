/**
 * Spans, metrics and structured logs of what Homeroom does: ids, codes and counts, nobody's name or token.
 *
 * @packageDocumentation
 */

export { type EventListener, type HomeroomEvent, listenWith } from "./homeroom-event.ts"
export { type EventLogger, logEvents } from "./log-events.ts"
export { type OpenTelemetryLike, observeWithOpenTelemetry } from "./open-telemetry.ts"
