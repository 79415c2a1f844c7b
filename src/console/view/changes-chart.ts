import { type Kind, kinds } from "../../models/index.ts"
import type { Counts, Run } from "../../storage/contract.ts"
import type { ConsoleText } from "../text/english.ts"
import { html, type Markup } from "./html.ts"
import type { Show } from "./show.ts"

const height = 120
const slot = 36
const barWidth = 24
const least = 1.5

/** What a change can be, from the foot of a bar upwards. */
const parts = ["created", "updated", "restored", "archived"] as const

/** How many records of all kinds had this outcome. */
export function totalOf({ counts }: Pick<Run, "counts">, name: keyof Counts): number {
  return kinds.reduce((sum, kind: Kind) => sum + counts[kind][name], 0)
}

/** How many records a run changed, or would change. */
export function changesOf(run: Pick<Run, "counts">): number {
  return parts.reduce((sum, name) => sum + totalOf(run, name), 0)
}

/** A bar for each run, oldest first: its height grows with the root of its changes, lest a first import hides the rest. */
export function changesChart(options: {
  readonly text: ConsoleText
  readonly show: Show
  /** Newest first. */
  readonly runs: readonly Run[]
}): Markup {
  const { text, show } = options
  const runs = options.runs.toReversed()
  const most = Math.max(1, ...runs.map(changesOf))
  const width = Math.max(runs.length * slot, 10 * slot)
  const bars = runs.map((run, index) => {
    const changes = changesOf(run)
    const tall = changes === 0 ? 0 : Math.max(least, Math.sqrt(changes / most) * (height - 8))
    const x = width - (runs.length - index) * slot + (slot - barWidth) / 2
    const when = `${run.startedAt.slice(0, 10)} ${run.startedAt.slice(11, 16)} UTC`
    let y = height
    const pieces = parts.map((name) => {
      const share = changes === 0 ? 0 : (totalOf(run, name) / changes) * tall
      if (share === 0) return ""
      y -= share
      return html`<rect class="${name}" x="${x}" y="${y.toFixed(2)}" width="${barWidth}" height="${share.toFixed(2)}"/>`
    })
    return html`<g><title>${text.history.bar(when, show.number(changes))}</title><rect class="slot" x="${x}" y="0" width="${barWidth}" height="${height}"/>${pieces}</g>`
  })
  return html`<figure class="chart">
<figcaption><span class="chart-title">${text.history.chart}</span>
<ul class="legend">${parts.map((name) => html`<li class="${name}">${text.counts[name]}</li>`)}</ul></figcaption>
<svg role="img" aria-label="${text.history.chartText(show.number(runs.length), show.number(most))}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="xMaxYMax meet" width="${width}" height="${height}">${bars}</svg>
</figure>`
}
