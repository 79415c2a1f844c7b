import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics"
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace"
import pino from "pino"
import { onTestFinished } from "vitest"
import {
  type EventListener,
  listenWith,
  logEvents,
  observeWithOpenTelemetry,
} from "../../src/telemetry/index.ts"

export interface LogLine {
  readonly level: number
  readonly event: string
  readonly msg: string
  readonly [field: string]: unknown
}

/** OpenTelemetry's own SDKs and pino behind one listener; everything that comes out of them is kept. */
export class Observed {
  readonly onEvent: EventListener
  readonly #spans = new InMemorySpanExporter()
  readonly #metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  readonly #reader: PeriodicExportingMetricReader
  readonly #lines: string[] = []

  constructor() {
    const tracers = new TracerProvider({
      spanProcessors: [new SimpleSpanProcessor({ exporter: this.#spans })],
    })
    this.#reader = new PeriodicExportingMetricReader({
      exporter: this.#metrics,
      exportIntervalMillis: 3_600_000,
    })
    const meters = new MeterProvider({ readers: [this.#reader] })
    onTestFinished(async () => {
      await meters.shutdown()
      await tracers.shutdown()
    })
    const logger = pino({ level: "debug" }, { write: (line: string) => this.#lines.push(line) })
    this.onEvent = listenWith(
      observeWithOpenTelemetry({ meter: meters.getMeter("test"), tracer: tracers.getTracer("test") }),
      logEvents(logger),
    )
  }

  spans(): ReadableSpan[] {
    return this.#spans.getFinishedSpans()
  }

  lines(): LogLine[] {
    return this.#lines.map((line) => JSON.parse(line) as LogLine)
  }

  /** Every value of a metric, by its attributes written as `kind=user action=created`, in their order; `""` for none. */
  async metric(name: string): Promise<Record<string, unknown>> {
    await this.#reader.forceFlush()
    const metrics =
      this.#metrics
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? []
    const points = metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []
    return Object.fromEntries(
      points.map(({ attributes, value }) => [
        Object.entries(attributes)
          .map(([key, attribute]) => `${key}=${attribute}`)
          .join(" "),
        value,
      ]),
    )
  }

  /** All that came out, as one text. */
  async everything(): Promise<string> {
    await this.#reader.forceFlush()
    const spans = this.spans().map(({ name, attributes, events, status }) => ({
      name,
      attributes,
      events,
      status,
    }))
    return JSON.stringify([spans, this.#metrics.getMetrics(), this.#lines])
  }
}
