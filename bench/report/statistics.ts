import type { Taken } from "../tasks.ts"

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  const high = sorted[Math.floor(middle)] ?? Number.NaN
  return (low + high) / 2
}

/** How two subjects compare. */
export interface Comparison {
  /** One by the other, round by round, so that a slow minute of the machine counts on both sides. */
  ratios: number[]
  /** The fastest round of the one by the fastest of the other: what is left when others disturbed some rounds. */
  best: number
  /** The median of the same of processor time, which others on the machine disturb less. */
  cpu: number
  /** That of each round. */
  cpuRatios: number[]
  /** The median milliseconds of the one. */
  milliseconds: number
}

export function compare(values: readonly Taken[], bases: readonly Taken[]): Comparison {
  const by = (name: keyof Taken): number[] =>
    values.map((value, round) => value[name] / (bases[round]?.[name] ?? Number.NaN))
  const fastest = (all: readonly Taken[]): number => Math.min(...all.map(({ wallMs }) => wallMs))
  const cpuRatios = by("cpuMs")
  return {
    ratios: by("wallMs"),
    best: fastest(values) / fastest(bases),
    cpu: median(cpuRatios),
    cpuRatios,
    milliseconds: median(values.map(({ wallMs }) => wallMs)),
  }
}
