import { type Figure, isMissed, shown, verdict } from "./figures.ts"
import type { Report } from "./report.ts"

const width = 980
const labelWidth = 480
const valueWidth = 96
const rowHeight = 26
const top = 46
const bottom = 34
/** What is measured is drawn in shares of what it must not exceed, so that all figures fit on one axis. */
const shareShown = 1.5
const perShare = (width - labelWidth - valueWidth) / shareShown
const mustAt = labelWidth + perShare

const style = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .quiet { fill: #59636e }
  .bar { fill: #2f6fdb }
  .over { fill: #c2410c }
  .track { fill: #eaeef2 }
  .must { stroke: #1f2328; stroke-width: 1.5 }
  .aim { stroke: #1a7f37; stroke-width: 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .bar { fill: #6ea8fe }
    .over { fill: #fb8f5c }
    .track { fill: #2a313c }
    .must { stroke: #e6edf3 }
    .aim { stroke: #3fb950 }
  }`

/** A bar for every figure that has something not to exceed. Readable on a light and on a dark page. */
export function drawFigures({ figures }: Report): string {
  const bounded = figures.filter(({ must }) => must !== undefined)
  const height = top + bounded.length * rowHeight + bottom
  const lineEnd = height - bottom + 4
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">
<title id="title">Homeroom's figures beside their limits</title>
<desc id="description">One bar a figure, in shares of the limit that it must not exceed. Shorter is better.</desc>
<style>${style}
</style>
<text x="${mustAt}" y="20" text-anchor="middle">must not exceed</text>
${bounded.map((figure, row) => drawRow(figure, top + row * rowHeight)).join("\n")}
<line class="must" x1="${mustAt}" y1="28" x2="${mustAt}" y2="${lineEnd}"/>
<line class="aim" x1="${labelWidth}" y1="${height - 13}" x2="${labelWidth}" y2="${height - 1}"/>
<text class="quiet" x="${labelWidth + 10}" y="${height - 3}">aim</text>
<text class="quiet" x="0" y="${height - 3}">Shorter is better. F: fetching and parsing the same pages.</text>
</svg>
`
}

function drawRow(figure: Figure, y: number): string {
  const { name, what, size, measured, aim, unit } = figure
  const middle = y + rowHeight / 2
  const baseline = middle + 4.5
  const share = Math.min(shareOf(figure, measured), shareShown)
  const isOver = isMissed(figure)
  const suffix = unit === "×" ? " ×" : ` ${unit}`
  const aimAt = labelWidth + shareOf(figure, aim ?? 0) * perShare
  const parts = [
    `<text x="0" y="${baseline}"><tspan class="quiet">${name}</tspan> ${escapeText([what, size].filter(Boolean).join(", "))}</text>`,
    `<rect class="track" x="${labelWidth}" y="${y + 5}" width="${shareShown * perShare}" height="${rowHeight - 10}" rx="3"/>`,
    `<rect class="${isOver ? "over" : "bar"}" x="${labelWidth}" y="${y + 5}" width="${round(share * perShare)}" height="${rowHeight - 10}" rx="3"/>`,
    `<text x="${width}" y="${baseline}" text-anchor="end">${shown(measured, unit)}${suffix}${isOver ? ` ${verdict(figure)}` : ""}</text>`,
  ]
  if (aim !== undefined && aim !== figure.must) {
    parts.push(
      `<line class="aim" x1="${round(aimAt)}" y1="${y + 3}" x2="${round(aimAt)}" y2="${y + rowHeight - 3}"/>`,
    )
  }
  return parts.join("\n")
}

/**
 * The value as a share of what must not be exceeded; of nothing, nothing is nothing and all else too much. Where more
 * is better it is the other way round, so that a short bar is a good one everywhere.
 */
function shareOf({ must = 0, moreIsBetter = false }: Figure, value: number): number {
  if (moreIsBetter) return value > 0 ? must / value : shareShown
  if (must > 0) return value / must
  return value > 0 ? shareShown : 0
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
}
