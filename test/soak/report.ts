import type { Sample } from "./meter.ts"
import type { SoakResult } from "./soak.ts"

type Measure = Exclude<keyof Sample, "day">

/** How a measure went from the second quarter of the days to the last. */
export interface Growth {
  readonly early: number
  readonly late: number
  readonly perDay: number
}

export type Growths = Readonly<Record<Measure, Growth>> & { readonly isStable: boolean }

/** More heap than this at the end than early on is a leak, and so is more of it for each day. */
const mostHeapShare = 0.05
const mostHeapPerDay = 500

/** Compares medians: the first quarter is for warming up and for the retention to begin. */
export function growthOf(samples: readonly Sample[]): Growths {
  const quarter = Math.floor(samples.length / 4)
  const [early, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)]
  const growth = (measure: Measure): Growth => {
    const [before, after] = [early, late].map((part) => median(part.map((sample) => sample[measure])))
    const days = median(late.map(({ day }) => day)) - median(early.map(({ day }) => day))
    return { early: before ?? 0, late: after ?? 0, perDay: ((after ?? 0) - (before ?? 0)) / days }
  }
  const growths = {
    heapBytes: growth("heapBytes"),
    fileBytes: growth("fileBytes"),
    records: growth("records"),
    statements: growth("statements"),
    resources: growth("resources"),
    listeners: growth("listeners"),
  }
  const { heapBytes, statements, resources, listeners } = growths
  const isHeapStable =
    heapBytes.late < heapBytes.early * (1 + mostHeapShare) && heapBytes.perDay < mostHeapPerDay
  const isStable =
    isHeapStable && [statements, resources, listeners].every(({ early, late }) => late <= early + 1)
  return { ...growths, isStable }
}

export function reportOf(result: SoakResult, growths: Growths): string {
  const { imports, comparisons, logins, refusedLogins, samples, warnings } = result
  const ends = [...imports].map(([state, count]) => `${count} ${state}`).join(", ")
  const line = (name: string, { early, late, perDay }: Growth, unit: (value: number) => string) =>
    `${name.padEnd(22)} ${unit(early).padStart(12)} ${unit(late).padStart(12)} ${perDay.toFixed(1).padStart(10)} a day`
  const mebibytes = (value: number) => `${(value / 2 ** 20).toFixed(2)} MiB`
  return [
    `${samples.at(-1)?.day ?? 0} days; imports: ${ends}; ${logins} logins, ${refusedLogins} refused`,
    `${comparisons} comparisons, no difference; ${warnings.length} warnings of Node`,
    `${"".padEnd(22)} ${"2nd quarter".padStart(12)} ${"last quarter".padStart(12)}`,
    line("heap after collection", growths.heapBytes, mebibytes),
    line("database file", growths.fileBytes, mebibytes),
    line("records shared", growths.records, String),
    line("statements prepared", growths.statements, String),
    line("resources", growths.resources, String),
    line("listeners and timers", growths.listeners, String),
    growths.isStable ? "Stable." : "Something grows.",
  ].join("\n")
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
