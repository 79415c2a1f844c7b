import { type Counts, type FallbackReason, type Hold, kinds, type Run, type RunRejection } from "../index.ts"
import { tableLines } from "./table.ts"

const countNames: readonly (keyof Counts)[] = [
  "created",
  "updated",
  "archived",
  "restored",
  "unchanged",
  "rejected",
]

const fallbackReasons: Readonly<Record<FallbackReason, string>> = {
  "no-cursor": "there is no place in Clever's events to go on from yet",
  "cursor-expired": "the last import is too long ago for Clever's events, which are kept for 30 days",
  "cursor-rejected": "Clever no longer knows the last event that was read",
  "api-version-changed": "the last import used another version of Clever's API",
  "events-unavailable": "Clever's events are not enabled for this app",
  "events-flood": "more has changed than there are records",
}

/** The run in a few lines: what it did, why it waits or failed, and a table of its counts. */
export function runLines(run: Run): string[] {
  const seconds = (run.durationMs / 1_000).toFixed(1)
  const lines = [
    `Import ${run.id}: ${run.state}`,
    `  district   ${run.districtId}`,
    `  mode       ${run.mode}${run.mode === run.requestedMode ? "" : ` (${run.requestedMode} was asked for)`}`,
    `  started    ${run.startedAt} by ${run.startedBy}`,
    `  read       ${number(run.records)} records in ${seconds} s, with ${number(run.requests)} requests`,
  ]
  if (run.fallback !== null) lines.push(`  fell back  ${run.fallback}: ${fallbackReasons[run.fallback]}`)
  for (const hold of run.holds) lines.push(`  ${describeHold(hold, run)}`)
  if (run.error !== null) lines.push(`  error      ${run.error.code}: ${run.error.message}`)
  lines.push("", ...countLines(run))
  return lines
}

/** The counts by kind and action, aligned. */
export function countLines(run: Run): string[] {
  const columns = [
    { title: "kind" },
    ...countNames.map((title) => ({ title, align: "right" as const, width: 9 })),
  ]
  const rows = kinds.map((kind) => [kind, ...countNames.map((name) => number(run.counts[kind][name]))])
  return tableLines(columns, rows)
}

/** A rejected record on one line. */
export function describeRejection({ kind, id, reason, path }: RunRejection): string {
  const place = path === "" ? "" : ` at ${path}`
  return `${kind} ${id ?? "without an id"}: ${reason}${place}`
}

function describeHold({ code, kind, measured, limit }: Hold, run: Run): string {
  const word = run.state === "held" ? "held      " : "waits     "
  if (code === "district-state") {
    return `${word} nothing was archived: the district's state at Clever is ${measured}`
  }
  const what = `${percent(measured)} of the ${kind ?? "record"}s were rejected`
  return `${word} ${what}; more than ${percent(limit)} need a look`
}

function percent(share: number | string): string {
  return typeof share === "number" ? `${(share * 100).toFixed(1)} %` : share
}

/** A whole number as people read it. */
export function number(value: number): string {
  return value.toLocaleString("en-US")
}
