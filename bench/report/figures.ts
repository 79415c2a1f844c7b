import { type Comparison, median } from "./statistics.ts"

/** One measured figure. */
export interface Figure {
  /** `P1`; `N` is the naive peer, `B` the price of plan and log. */
  name: string
  what: string
  /** The district: `100k`. */
  size: string
  measured: number
  /** The smallest and largest of the rounds. */
  least: number
  most: number
  rounds: number
  unit: "×" | "MiB" | "rows" | "pages"
  /** Not to be exceeded, or, where more is better, to be reached; absent where the figure only informs. */
  must?: number
  aim?: number
  moreIsBetter?: boolean
  /** Of a ratio of times: that of the fastest rounds, and that of processor time. */
  best?: number
  cpu?: number
  /** Median milliseconds of what was timed: of use only beside others of the same run. */
  milliseconds?: number
}

export interface Bounds {
  must: number
  aim: number
  moreIsBetter?: boolean
}

export const bounds = {
  P1: { must: 4.0, aim: 3.0 },
  P2: { must: 5.0, aim: 3.5 },
  P3: { must: 0.8, aim: 0.6 },
  P4: { must: 1.0, aim: 0.75 },
  P5: { must: 0, aim: 0 },
  P6: { must: 2.5, aim: 1.8 },
  P7: { must: 256, aim: 192 },
  P7postgres: { must: 288, aim: 192 },
  P8: { must: 1.25, aim: 1.05 },
  P9first: { must: 1.4, aim: 1.1 },
  P9unchanged: { must: 0.85, aim: 0.7 },
  P10first: { must: 12, aim: 20, moreIsBetter: true },
  P10resync: { must: 50, aim: 70, moreIsBetter: true },
  P11first: { must: 1.2, aim: 2, moreIsBetter: true },
  P11resync: { must: 6, aim: 8, moreIsBetter: true },
  P12: { must: 1, aim: 1 },
  P13: { must: 1.2, aim: 2, moreIsBetter: true },
  P14: { must: 2, aim: 1.3 },
} as const satisfies Record<string, Bounds>

type AboutFigure = Pick<Figure, "name" | "what" | "size" | "unit" | "best" | "cpu" | "milliseconds"> & {
  bounds?: Bounds | undefined
}

/** The figure that a comparison of times gives. */
export function ratioOf(
  { ratios, cpuRatios: _cpuRatios, ...more }: Comparison,
  about: Pick<AboutFigure, "name" | "what" | "size" | "bounds">,
): Figure {
  return figureOf(ratios, { ...about, ...more, unit: "×" })
}

/** A figure out of the values of its rounds. */
export function figureOf(values: readonly number[], about: AboutFigure): Figure {
  const { bounds: limits, ...rest } = about
  return {
    ...rest,
    measured: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    rounds: values.length,
    ...limits,
  }
}

/** As the figures are stated: two decimals of a ratio, whole numbers of all else. */
export function shown(value: number, unit: Figure["unit"]): string {
  return unit === "×" ? value.toFixed(2) : String(Math.round(value))
}

export function verdict(figure: Figure): "aim" | "ok" | "over" | "under" | "" {
  const { measured, must, aim, unit, moreIsBetter = false } = figure
  if (must === undefined) return ""
  const value = Number(shown(measured, unit))
  const keeps = (limit: number): boolean => (moreIsBetter ? value >= limit : value <= limit)
  if (aim !== undefined && keeps(aim)) return "aim"
  if (keeps(must)) return "ok"
  return moreIsBetter ? "under" : "over"
}

/** Whether the figure is not as it must be. */
export function isMissed(figure: Figure): boolean {
  return ["over", "under"].includes(verdict(figure))
}

/** Where a figure stands: F first, then by number, then the others. */
export function order({ name }: Pick<Figure, "name">): number {
  if (name === "F") return 0
  return name.startsWith("P") ? Number(name.slice(1)) : 100
}
