import { eventWarmUps } from "../measuring/events.ts"
import { type BenchOptions, sizeName } from "../options.ts"
import { bounds, type Figure, ratioOf } from "../report/figures.ts"
import { compare } from "../report/statistics.ts"
import type { EventTimes, ServedDistrict } from "../tasks.ts"
import { type Bench, limitFor, measure } from "./scenario.ts"

function roundsFor(options: BenchOptions): number {
  return options.runs ?? 9
}

/** How many batches of events must lie ready. */
export function eventBatchesFor(options: BenchOptions): number {
  return roundsFor(options) + eventWarmUps
}

/** P8: what 1,000 events cost in a large district beside a small one. */
export async function eventsApplied(bench: Bench, largest: ServedDistrict): Promise<Figure[]> {
  const [small] = bench.districts
  if (!bench.wants("P8") || small === undefined || small.users === largest.users) return []
  const rounds = roundsFor(bench.options)
  bench.note(`applying 1,000 events to ${sizeName(small.users)} and ${sizeName(largest.users)} users`)
  const times = await measure<EventTimes>(
    bench,
    { task: "events", districts: [small, largest], rounds, folder: bench.folder },
    limitFor(largest.users, 4),
  )
  const large = times[largest.users] ?? []
  return [
    ratioOf(compare(large, times[small.users] ?? []), {
      name: "P8",
      what: `1,000 events ÷ the same on ${sizeName(small.users)}`,
      size: sizeName(largest.users),
      bounds: bounds.P8,
    }),
  ]
}
