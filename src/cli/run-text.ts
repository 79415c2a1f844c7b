import { type Counts, type FallbackReason, type Hold, kinds, type Run, type RunRejection } from "../index.ts"
import { oneLine } from "./output.ts"
import { tableLines } from "./table.ts"

export const countNames: readonly (keyof Counts)[] = [
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
  "scope-changed": "what is kept of the district was set anew since the last import",
  "events-unavailable": "Clever's events are not enabled for this app",
  "event-unreadable": "one of Clever's events can't be read",
  "events-flood": "more has changed than there are records",
}

/** The run in a few lines: what it did, why it waits or failed, and a table of its counts. */
export function runLines(run: Run): string[] {
  const seconds = (run.durationMs / 1_000).toFixed(1)
  const lines = [
    `${run.purpose === "plan" ? "Plan" : run.mode === "undo" ? "Undo" : "Import"} ${run.id}: ${run.state}`,
    `  district   ${run.districtId}`,
    `  mode       ${run.mode}${run.mode === run.requestedMode ? "" : ` (${run.requestedMode} was asked for)`}`,
    `  started    ${run.startedAt} by ${run.startedBy}`,
    `  read       ${number(run.records)} records in ${seconds} s, with ${number(run.requests)} requests`,
  ]
  if (run.skippedEvents > 0) lines.push(`  skipped    ${skippedText(run.skippedEvents)}`)
  if (run.fallback !== null) lines.push(`  fell back  ${run.fallback}: ${fallbackReasons[run.fallback]}`)
  if (run.undoes !== null) lines.push(`  undoes     ${run.undoes}`)
  if (run.splitFrom !== null) lines.push(`  split off  ${run.splitFrom}, which did the rest`)
  for (const hold of run.holds) lines.push(`  ${describeHold(hold, run)}`)
  if (isWaiting(run)) lines.push(`  plan       ${run.plan?.hash}`, `  until      ${run.plan?.expiresAt}`)
  if (run.approval !== null) lines.push(`  approved   ${decided(run.approval)}`)
  if (run.decision !== null) lines.push(`  ${run.state.padEnd(10)} ${decided(run.decision)}`)
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

/** True for a run that waits for somebody to apply or discard it. */
export function isWaiting({ state, plan }: Run): boolean {
  return plan !== null && (state === "planned" || state === "held" || state === "approved")
}

function skippedText(events: number): string {
  return `${number(events)} ${events === 1 ? "event" : "events"} of types that Homeroom does not know`
}

function decided({ by, at, why }: { by: string; at: string; why: string }): string {
  return `${at} by ${oneLine(by)}${why === "" ? "" : `: ${oneLine(why)}`}`
}

function describeHold(hold: Hold, run: Run): string {
  const word = run.state === "held" || run.purpose === "plan" ? "held      " : "waits     "
  return `${word} ${holdText(hold)}`
}

/** What a guard found, in words. */
export function holdText({ code, kind, schoolId, role, measured, limit }: Hold): string {
  const who = role === undefined ? `${kind ?? "record"}s` : `${role}s`
  const where = schoolId === null ? "" : ` of school ${schoolId}`
  const shares = `${percent(measured)} of the ${who}${where}`
  const need = `more than ${percent(limit)} need a look`
  switch (code) {
    case "district-state":
      return `nothing was archived: the district's state at Clever is ${measured}`
    case "archived-ratio":
      return `${shares} are gone, counting the last 24 hours; ${need}`
    case "updated-ratio":
      return `${shares} are changed; ${need}`
    case "rejected-ratio":
      return `${shares} were rejected; ${need}`
    case "kind-emptied":
      return `all ${who}${where} are gone`
    case "school-vanished":
      return kind === "school" ? `school ${schoolId} is gone` : `all ${who}${where} are gone`
  }
}

function percent(share: number | string): string {
  return typeof share === "number" ? `${(share * 100).toFixed(1)} %` : share
}

/** A whole number as people read it. */
export function number(value: number): string {
  return value.toLocaleString("en-US")
}
