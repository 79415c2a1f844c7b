import { type Figure, shown, verdict } from "./figures.ts"
import type { Report } from "./report.ts"

const headings = [
  "figure",
  "what",
  "size",
  "measured",
  "rounds from–to",
  "best",
  "cpu",
  "must",
  "aim",
  "",
  "ms",
]

function cells(figure: Figure): string[] {
  const { name, what, size, measured, least, most, best, cpu, must, aim, unit, milliseconds } = figure
  const value = (number: number | undefined): string => (number === undefined ? "" : shown(number, unit))
  const suffix = unit === "×" ? "" : ` ${unit}`
  return [
    name,
    what,
    size,
    value(measured) + suffix,
    least === most ? "" : `${value(least)}–${value(most)}`,
    value(best),
    value(cpu),
    must === undefined ? "" : `${figure.moreIsBetter ? "≥" : "≤"} ${value(must)}`,
    value(aim),
    verdict(figure),
    milliseconds === undefined ? "" : milliseconds.toFixed(0),
  ]
}

/** The report for a terminal. */
export function textTable({ figures, machine }: Report): string {
  const rows = [headings, ...figures.map(cells)]
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  )
  const { node, cpu, cpus, memoryGiB, platform, date } = machine
  return `${lines.join("\n")}\n\nNode ${node}, ${cpus} × ${cpu}, ${memoryGiB} GiB, ${platform}, ${date}\n`
}

/** The same as the page `docs/benchmarks.md`. */
export function markdownPage({ figures, machine }: Report): string {
  const line = (row: readonly string[]): string => `| ${row.join(" | ")} |`
  const columns = (row: readonly string[]): string[] => row.slice(0, -1)
  const { node, cpu, cpus, memoryGiB, platform, date } = machine
  return `# Benchmarks

<!-- Written by \`npm run bench -- --write\`. -->

Absolute times say nothing about another machine, so every speed is a ratio measured side by side. **F**, the
floor, is fetching the same pages from the same server with \`await (await fetch(url)).json()\` and doing nothing
with them. Less is better, except where the limit is a ≥. \`bench/README.md\` tells how it is measured and how to repeat it.

![The measured figures beside what they must and should be](images/benchmarks.svg)

${line(columns(headings))}
${line(columns(headings).map(() => "---"))}
${figures.map((figure) => line(columns(cells(figure)))).join("\n")}

Measured on ${date} with Node ${node} on ${cpus} × ${cpu}, ${memoryGiB} GiB of memory, ${platform}.
`
}
