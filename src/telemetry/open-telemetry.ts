import type { Meter, Tracer } from "@opentelemetry/api"
import { recordMetrics } from "./event-metrics.ts"
import { type EventListener, listenWith } from "./homeroom-event.ts"
import { recordSpans } from "./run-spans.ts"

export interface OpenTelemetryLike {
  /** From `metrics.getMeter("…")`. Absent: no metrics. */
  meter?: Meter | undefined
  /** From `trace.getTracer("…")`. Absent: no spans. */
  tracer?: Tracer | undefined
}

/**
 * A listener that turns events into OpenTelemetry's spans and metrics: a span for each run, and the instruments that
 * `docs/operations.md` lists. To be made once a process and given to every part as `onEvent`.
 *
 * Attributes are codes, kinds, states and targets' names; spans have the ids of the district and the run as well.
 */
export function observeWithOpenTelemetry({ meter, tracer }: OpenTelemetryLike): EventListener {
  const listeners: EventListener[] = []
  if (meter !== undefined) listeners.push(recordMetrics(meter))
  if (tracer !== undefined) listeners.push(recordSpans(tracer))
  return listenWith(...listeners)
}
