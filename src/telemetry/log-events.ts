import { auditText, redactText } from "../errors/index.ts"
import type { RunSummary } from "../roster/index.ts"
import type { EventListener, HomeroomEvent } from "./homeroom-event.ts"

/** A structured logger, as pino makes them. */
export interface EventLogger {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
  debug(fields: object, message: string): void
}

type Level = keyof EventLogger
type Entry = readonly [level: Level, message: string, fields?: Readonly<Record<string, unknown>>]

/**
 * A listener that writes each event as one line of a structured log: `event` is its type, the other fields are the
 * event's own. What needs somebody's attention is `warn` or `error`; requests, stages, calls and measurements are
 * `debug`. Texts are made safe for a log, and whatever looks like a token or an e-mail address is left out.
 */
export function logEvents(logger: EventLogger): EventListener {
  return (event) => {
    const [level, message, fields = fieldsOf(event)] = entryOf(event)
    logger[level](safeFields({ event: event.type, ...fields }), message)
  }
}

function entryOf(event: HomeroomEvent): Entry {
  switch (event.type) {
    case "run-started":
      return ["info", event.resumed > 0 ? "Run goes on" : "Run started"]
    case "run-stage":
      return ["debug", "Run entered a stage"]
    case "run-ended":
      return [runLevel(event.run), `Run ${event.run.state}`, runFields(event.run)]
    case "run-lost":
      return ["warn", "Run lost to another process, or not saved"]
    case "request-ended":
      return [isRefusal(event.status) ? "warn" : "debug", "Request to Clever ended"]
    case "request-delayed":
      return [event.reason === "refused" ? "warn" : "debug", "Request to Clever waits"]
    case "batch-delivered":
      return ["debug", "Target took changes"]
    case "batch-failed":
      return ["warn", "Target threw"]
    case "commit-delivered":
    case "snapshot-delivered":
      return ["info", "Target has a commit"]
    case "change-stuck":
    case "change-blocked":
      return ["warn", "Change became a dead letter"]
    case "letter-delivered":
      return ["info", "Dead letter delivered"]
    case "delivery-waiting":
      return ["warn", "Delivery waits"]
    case "queue-measured":
    case "target-measured":
    case "connections-measured":
      return ["debug", "Measured"]
    case "worker-state":
      return ["info", `Worker ${event.state}`]
    case "worker-failed":
      return ["error", "Part of the worker failed"]
    case "district-found":
    case "district-back":
      return ["info", "District connected at Clever"]
    case "district-gone":
      return ["warn", "District is not connected at Clever any more"]
    case "import-postponed":
      return ["info", "Import postponed"]
    case "import-refused":
      return ["warn", "Import refused"]
    case "import-quarantined":
      return ["error", "Imports of a district are quarantined"]
    case "login-failed":
    case "logout-refused":
      return ["warn", "Login or log-out refused"]
    default:
      return ["info", "Login step"]
  }
}

function fieldsOf(event: HomeroomEvent): Record<string, unknown> {
  const { type: _, ...fields } = event as HomeroomEvent & Record<string, unknown>
  return fields
}

function runLevel({ state }: RunSummary): Level {
  if (state === "failed") return "error"
  return state === "held" || state === "interrupted" || state === "cancelled" || state === "expired"
    ? "warn"
    : "info"
}

/** The run with what is not zero of its counts. */
function runFields({ counts, holds, ...run }: RunSummary): Record<string, unknown> {
  const kinds = Object.entries(counts).map(([kind, actions]) => {
    return [kind, Object.fromEntries(Object.entries(actions).filter(([, count]) => count > 0))] as const
  })
  return {
    ...run,
    counts: Object.fromEntries(kinds.filter(([, actions]) => Object.keys(actions).length > 0)),
    ...(holds.length > 0 && {
      holds: holds.map(({ code, kind }) => (kind === null ? code : `${code}:${kind}`)),
    }),
  }
}

function isRefusal(status: number | null): boolean {
  return status === null || status >= 400
}

function safeFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([key, value]) => [key, typeof value === "string" ? auditText(redactText(value)) : value]),
  )
}
