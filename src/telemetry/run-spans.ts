import type { Attributes, Span, SpanStatusCode, Tracer } from "@opentelemetry/api"
import type { RosterEvent, RunSummary } from "../roster/index.ts"
import type { EventListener } from "./homeroom-event.ts"

/** OpenTelemetry's own number for it; as a value it would have to be loaded. */
const errorStatus: SpanStatusCode.ERROR = 2

/** A span for each run, from its start in this process to its end, with an event for every stage. */
export function recordSpans(tracer: Tracer): EventListener {
  const spans = new Map<string, Span>()

  const begin = ({
    runId,
    districtId,
    mode,
    purpose,
    resumed,
  }: Extract<RosterEvent, { type: "run-started" }>) => {
    spans.get(runId)?.end()
    const attributes = {
      "homeroom.district.id": districtId,
      "homeroom.run.id": runId,
      "homeroom.run.mode": mode,
      "homeroom.run.purpose": purpose,
      "homeroom.run.resumed": resumed,
    }
    spans.set(runId, tracer.startSpan("homeroom.run", { attributes }))
  }

  const end = (run: RunSummary) => {
    const { runId, durationMs } = run
    // What is done in one go, as an undo, is told of when it is over.
    const span = spans.get(runId) ?? tracer.startSpan("homeroom.run", { startTime: Date.now() - durationMs })
    spans.delete(runId)
    span.setAttributes(attributesOf(run))
    if (run.state === "failed") span.setStatus({ code: errorStatus, message: run.errorCode ?? "" })
    span.end()
  }

  return (event) => {
    switch (event.type) {
      case "run-started":
        begin(event)
        break
      case "run-stage": {
        const { stage, kind, records } = event
        const name = kind === null ? stage : `${stage} ${kind}`
        spans.get(event.runId)?.addEvent(name, { "homeroom.records": records })
        break
      }
      case "run-ended":
        end(event.run)
        break
      case "run-lost": {
        const span = spans.get(event.runId ?? "")
        spans.delete(event.runId ?? "")
        span?.setAttribute("homeroom.run.state", "lost").setStatus({ code: errorStatus, message: event.code })
        span?.end()
        break
      }
      default:
    }
  }
}

function attributesOf(run: RunSummary): Attributes {
  const totals = { created: 0, updated: 0, archived: 0, restored: 0, unchanged: 0, rejected: 0 }
  for (const counts of Object.values(run.counts)) {
    for (const action of Object.keys(totals) as (keyof typeof totals)[]) totals[action] += counts[action]
  }
  const { districtId, runId, mode, requestedMode, purpose, state, fallback, errorCode, holds } = run
  return {
    "homeroom.district.id": districtId,
    "homeroom.run.id": runId,
    "homeroom.run.mode": mode,
    "homeroom.run.requested_mode": requestedMode,
    "homeroom.run.purpose": purpose,
    "homeroom.run.state": state,
    ...(fallback === null ? {} : { "homeroom.run.fallback": fallback }),
    ...(errorCode === null ? {} : { "error.type": errorCode }),
    "homeroom.run.resumed": run.resumed,
    "homeroom.run.requests": run.requests,
    "homeroom.run.records": run.records,
    "homeroom.run.holds": [...new Set(holds.map(({ code }) => code))],
    ...Object.fromEntries(
      Object.entries(totals).map(([action, count]) => [`homeroom.records.${action}`, count]),
    ),
  }
}
