import type { ImportJob, ImportProgress } from "../../../exchange/index.ts"
import type { Visit } from "../../routing/visit.ts"
import { html, type Markup } from "../../view/html.ts"

/** What is said of a progress, each in a place of its own that never moves. */
export function progressTexts(
  { text, show }: Pick<Visit, "text" | "show">,
  progress: ImportProgress,
): Record<"stage" | "records" | "rate" | "left", string> {
  const words = text.import
  const { stage, kind, records, expectedRecords, recordsPerSecond, remainingMs } = progress
  const name = words.stages[stage]
  const isWithin = expectedRecords !== null && expectedRecords >= records
  return {
    stage: kind === null ? name : words.stage(name, text.kinds[kind]),
    records: isWithin
      ? words.recordsOf(show.number(records), show.number(expectedRecords))
      : words.records(show.number(records)),
    rate: recordsPerSecond === null ? "" : words.rate(show.number(recordsPerSecond)),
    left: remainingMs === null || stage !== "listing" ? "" : words.left(show.duration(remainingMs)),
  }
}

/** The bar, and under it what is done, how fast it goes and how long it will take. */
export function progressBar(visit: Visit, progress: ImportProgress): Markup {
  const texts = progressTexts(visit, progress)
  const { share } = progress
  return html`<div class="progress">
<progress max="1"${share === null ? "" : html` value="${share}"`} aria-label="${visit.text.import.progress}"></progress>
<p class="line">${Object.entries(texts).map(
    ([name, text]) =>
      html`<span data-text="${name}"${name === "stage" ? html` class="strong"` : ""}>${text}</span>`,
  )}</p>
</div>`
}

/** Changes when a page that shows a progress has to be drawn anew: what runs, waits or begins, is another one. */
export function stateMark(running: ImportProgress | undefined, job: ImportJob | null): string {
  if (running !== undefined) return `running ${running.runId}`
  return job === null ? "idle" : `${job.state} ${job.id}`
}
