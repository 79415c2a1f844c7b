import type { Attributes, Meter } from "@opentelemetry/api"
import type { RunSummary } from "../roster/index.ts"
import type { EventListener } from "./homeroom-event.ts"

/** Seconds: an import that finds nothing takes one or two, a large district's first one minutes. */
const runBuckets = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600]
const callBuckets = [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]

/** Counts and measures what events tell. No attribute names a district: there may be thousands. */
export function recordMetrics(meter: Meter): EventListener {
  const counter = (name: string, unit: string, description: string) =>
    meter.createCounter(name, { unit, description })
  const histogram = (name: string, buckets: number[], description: string) =>
    meter.createHistogram(name, {
      unit: "s",
      description,
      advice: { explicitBucketBoundaries: buckets },
    })

  const runs = counter("homeroom.runs", "{run}", "Runs that ended, or came to rest")
  const runDuration = histogram("homeroom.run.duration", runBuckets, "How long runs took")
  const records = counter("homeroom.records", "{record}", "Records that applied runs dealt with")
  const holds = counter("homeroom.holds", "{hold}", "What guards found on runs that were held")
  const lost = counter("homeroom.runs.lost", "{run}", "Runs that this process could not go on with")
  const leaseLosses = counter("homeroom.lease.losses", "{lease}", "Leases that another process took over")
  const requests = counter("homeroom.clever.requests", "{request}", "Attempts at requests to Clever")
  const requestDuration = histogram("homeroom.clever.request.duration", callBuckets, "How long attempts took")
  const delays = counter("homeroom.clever.delay", "s", "How long requests to Clever had to wait")
  const delivered = counter("homeroom.delivery.changes", "{change}", "Changes that targets took")
  const failures = counter("homeroom.delivery.failures", "{call}", "Calls of targets that threw")
  const callDuration = histogram("homeroom.delivery.duration", callBuckets, "How long calls of targets took")
  const letters = counter("homeroom.delivery.dead_letters", "{change}", "Changes that became dead letters")
  const logins = counter("homeroom.logins", "{login}", "Steps of logins and log-outs")
  const jobs = counter(
    "homeroom.imports.not_run",
    "{job}",
    "Imports that were postponed, refused or quarantined",
  )
  const workerFailures = counter("homeroom.worker.failures", "{failure}", "Failures of a worker's parts")
  const gauges = new LastMeasured(meter)

  const endRun = (run: RunSummary) => {
    const { mode, purpose, state } = run
    const attributes = { mode, purpose, state }
    runs.add(1, {
      ...attributes,
      ...(run.fallback !== null && { fallback: run.fallback }),
      ...(run.errorCode !== null && { "error.type": run.errorCode }),
    })
    runDuration.record(run.durationMs / 1_000, attributes)
    if (state === "held") for (const { code, kind } of run.holds) holds.add(1, { code, kind: kind ?? "none" })
    if (state !== "applied" && state !== "unchanged") return
    for (const [kind, counts] of Object.entries(run.counts)) {
      for (const [action, count] of Object.entries(counts)) {
        if (count > 0) records.add(count, { kind, action })
      }
    }
  }

  return (event) => {
    switch (event.type) {
      case "run-ended":
        endRun(event.run)
        break
      case "run-lost":
        lost.add(1, { "error.type": event.code })
        if (event.code === "LEASE_LOST") leaseLosses.add(1)
        break
      case "request-ended": {
        const attributes = { status: event.status === null ? "none" : String(event.status) }
        requests.add(1, attributes)
        requestDuration.record(event.durationMs / 1_000, attributes)
        break
      }
      case "request-delayed":
        delays.add(event.delayMs / 1_000, { reason: event.reason })
        break
      case "batch-delivered":
      case "batch-failed": {
        const { target, kind, action } = event
        const isDelivered = event.type === "batch-delivered"
        callDuration.record(event.durationMs / 1_000, { target, ok: isDelivered })
        if (isDelivered) delivered.add(event.changes, { target, kind, action })
        else failures.add(1, { target, "error.type": event.code ?? "unknown" })
        break
      }
      case "change-stuck":
      case "change-blocked": {
        const { target, kind } = event
        letters.add(1, { target, kind, state: event.type === "change-stuck" ? "stuck" : "blocked" })
        break
      }
      case "queue-measured":
        gauges.set("homeroom.queue.jobs", event.waiting, { state: "waiting" })
        gauges.set("homeroom.queue.jobs", event.running, { state: "running" })
        gauges.set("homeroom.queue.age", event.oldestWaitMs / 1_000)
        break
      case "connections-measured":
        gauges.replace("homeroom.connections", "state", event.byState)
        gauges.set("homeroom.connections.quarantined", event.quarantined)
        break
      case "target-measured": {
        const { target } = event
        gauges.set("homeroom.delivery.lag.districts", event.districtsBehind, { target })
        gauges.set("homeroom.delivery.lag.commits", event.commits, { target })
        gauges.set("homeroom.delivery.lag.changes", event.changes, { target })
        gauges.set("homeroom.delivery.lag.age", event.ageMs / 1_000, { target })
        gauges.set("homeroom.delivery.letters", event.stuck, { target, state: "stuck" })
        gauges.set("homeroom.delivery.letters", event.blocked, { target, state: "blocked" })
        break
      }
      case "worker-failed":
        workerFailures.add(1, { part: event.part, "error.type": event.code })
        break
      case "import-postponed":
      case "import-refused":
      case "import-quarantined":
        jobs.add(1, { outcome: event.type.slice("import-".length), reason: event.reason })
        break
      case "login-started":
      case "login-succeeded":
      case "login-failed":
      case "logged-out":
      case "logout-refused":
        logins.add(1, { step: event.type, ...(event.code !== undefined && { "error.type": event.code }) })
        break
      default:
    }
  }
}

const gaugeNames = {
  "homeroom.queue.jobs": ["{job}", "Imports on the queue"],
  "homeroom.queue.age": ["s", "For how long the import that has waited longest has been due"],
  "homeroom.connections": ["{connection}", "Connections"],
  "homeroom.connections.quarantined": ["{connection}", "Connections in quarantine"],
  "homeroom.delivery.lag.districts": ["{district}", "Districts of which a target has not everything"],
  "homeroom.delivery.lag.commits": ["{commit}", "Commits that a target was not wholly given"],
  "homeroom.delivery.lag.changes": ["{change}", "Changes that a target was not given"],
  "homeroom.delivery.lag.age": ["s", "The age of the oldest such commit"],
  "homeroom.delivery.letters": ["{change}", "Dead letters that there are"],
} as const

type GaugeName = keyof typeof gaugeNames

/** What was measured last; reported whenever the meter's reader asks, and not at all before the first time. */
class LastMeasured {
  readonly #values: Map<GaugeName, Map<string, { value: number; attributes: Attributes }>> = new Map()

  constructor(meter: Meter) {
    for (const [name, [unit, description]] of Object.entries(gaugeNames)) {
      meter.createObservableGauge(name, { unit, description }).addCallback((result) => {
        for (const { value, attributes } of this.#values.get(name as GaugeName)?.values() ?? []) {
          result.observe(value, attributes)
        }
      })
    }
  }

  set(name: GaugeName, value: number, attributes: Attributes = {}): void {
    const values = this.#values.get(name) ?? new Map()
    values.set(JSON.stringify(attributes), { value, attributes })
    this.#values.set(name, values)
  }

  /** Sets one value for each key, and zero for keys that are no longer there. */
  replace(name: GaugeName, attribute: string, values: Readonly<Record<string, number>>): void {
    for (const [key, entry] of this.#values.get(name) ?? []) {
      this.#values.get(name)?.set(key, { ...entry, value: 0 })
    }
    for (const [key, value] of Object.entries(values)) this.set(name, value, { [attribute]: key })
  }
}
