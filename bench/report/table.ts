import { type Figure, order, shown, verdict } from "./figures.ts"
import { busyLoad, type Report } from "./report.ts"

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

/** The figures of a page that was written before, and on which machine and day they were measured. */
export interface WrittenPage {
  figures: Figure[]
  measured: Measured[]
}

/** When and where some figures were measured. */
interface Measured {
  /** `SQLite`, `PostgreSQL`. */
  on: string
  names: string[]
  about: string
}

/** Reads a page back, so that a run of some figures can leave the others as they are. */
export function readMarkdownPage(page: string): WrittenPage {
  const figures = [...page.matchAll(/^\| ([A-Z]\d* \| .*) \|$/gm)].map(([, row = ""]) => {
    const [
      name = "",
      what = "",
      size = "",
      measured = "",
      range = "",
      best = "",
      cpu = "",
      must = "",
      aim = "",
    ] = row.split(" | ").map((cell) => cell.trim())
    const [value = "", unit = "×"] = measured.split(" ")
    const [least = value, most = value] = range === "" ? [] : range.split("–")
    const optional = (key: string, text: string): object => (text === "" ? {} : { [key]: Number(text) })
    return {
      name,
      what,
      size,
      measured: Number(value),
      least: Number(least),
      most: Number(most),
      rounds: 0,
      unit: unit as Figure["unit"],
      ...optional("best", best),
      ...optional("cpu", cpu),
      ...optional("must", must.replace(/^[≤≥] /, "")),
      ...optional("aim", aim),
      ...(must.startsWith("≥") && { moreIsBetter: true }),
    }
  })
  return {
    figures,
    measured: [...page.matchAll(/^(SQLite|PostgreSQL) \((.*)\): measured (.*)$/gm)].map(
      ([, on = "", names = "", about = ""]) => ({ on, names: names.split(", "), about }),
    ),
  }
}

/** The same as the page `docs/benchmarks.md`; `kept` is what stays of the page before. */
export function markdownPage(written: {
  report: Report
  storage: "sqlite" | "postgres"
  kept: WrittenPage
}): string {
  const { report, storage, kept } = written
  const { figures, machine } = report
  const line = (row: readonly string[]): string => `| ${row.join(" | ")} |`
  // The floor is 1 of itself, whoever asks.
  const all = [...kept.figures, ...figures]
    .filter(({ name }) => name !== "F")
    .sort((one, other) => order(one) - order(other))
  const columns = (row: readonly string[]): string[] => row.slice(0, -1)
  const { node, cpu, cpus, memoryGiB, platform, date, load } = machine
  const busy =
    load > busyLoad ? ` Others were at work (load ${load.toFixed(1)}): best and cpu tell more.` : ""
  const about = `on ${date} with Node ${node} on ${cpus} × ${cpu}, ${memoryGiB} GiB of memory, ${platform}.${busy}`
  const names = [...new Set(figures.map(({ name }) => name))].filter((name) => name !== "F")
  const on = storage === "postgres" ? "PostgreSQL" : "SQLite"
  const measured = [
    ...kept.measured.flatMap((former) => {
      if (former.on !== on) return [former]
      const others = former.names.filter((name) => name !== "F" && !names.includes(name))
      return others.length === 0 ? [] : [{ ...former, names: others }]
    }),
    { on, names, about },
  ]
  return `# Benchmarks

<!-- Written by \`npm run bench -- --write\`. -->

Absolute times say nothing about another machine, so every speed is a ratio measured side by side. **F**, the
floor, is fetching the same pages from the same server with \`await (await fetch(url)).json()\` and doing nothing
with them. Less is better, except where the limit is a ≥. \`bench/README.md\` tells how it is measured and how to
repeat it.

![The measured figures beside what they must and should be](images/benchmarks.svg)

${line(columns(headings))}
${line(columns(headings).map(() => "---"))}
${all.map((figure) => line(columns(cells(figure)))).join("\n")}

${measured.map(({ on: where, names: those, about: how }) => `${where} (${those.join(", ")}): measured ${how}`).join("\n\n")}

**P13** compares how many logins one core can do in a second with express-openid-connect, which then asks Clever who
somebody is and in which roles, as Homeroom does, so that both send the same requests. **P14** compares what an app
waits for when it imports Homeroom with what it waits for openid-client alone. What takes longest to load
(openid-client, jose, zod) comes with the first login or import; the second row adds that.
`
}
