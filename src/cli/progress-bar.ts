import { SingleBar } from "cli-progress"
import { kinds, type SyncProgress } from "../index.ts"

/** Shows how an import goes. */
export interface ProgressDisplay {
  update(progress: SyncProgress): void
  /** Clears away what is shown. */
  stop(): void
}

const plainLineEveryMs = 10_000
const barLength = 24

/** A bar on a terminal; elsewhere a plain line now and then. Both on standard error. */
export function showProgress(): ProgressDisplay {
  return process.stderr.isTTY ? showBar() : showLines()
}

function showBar(): ProgressDisplay {
  const display = new SingleBar({
    stream: process.stderr,
    format: (_options, _params, payload: { text?: string | undefined }) => payload.text ?? "Asking Clever …",
    clearOnComplete: true,
    hideCursor: true,
    // The command itself hears the signals, and clears the bar.
    gracefulExit: false,
    linewrap: true,
  })
  display.start(1, 0, {})
  return {
    update: (progress) => display.update(0, { text: `${drawBar(progress)}${describeProgress(progress)}` }),
    stop: () => display.stop(),
  }
}

function showLines(): ProgressDisplay {
  let shownAt = Date.now()
  return {
    update: (progress) => {
      const now = Date.now()
      if (now - shownAt < plainLineEveryMs) return
      shownAt = now
      process.stderr.write(`${describeProgress(progress)}\n`)
    },
    stop: () => {},
  }
}

const stages: Readonly<Record<SyncProgress["stage"], string>> = {
  listing: "Reading",
  replaying: "Reading what changed meanwhile",
  "reading-events": "Reading changes",
  planning: "Comparing",
  applying: "Saving",
}

/** `Reading users: 20,000 of 52,000 records, 9,800/s, 4 s left`. */
export function describeProgress(progress: SyncProgress): string {
  const { stage, kind, records, recordsPerSecond, expectedRecords, remainingMs } = progress
  const what = stage === "listing" && kind !== null ? ` ${kind}s` : ""
  const total = expectedRecords === null || expectedRecords < records ? "" : ` of ${number(expectedRecords)}`
  const left = remainingMs === null ? "" : `, ${Math.ceil(remainingMs / 1_000)} s left`
  return `${stages[stage]}${what}: ${number(records)}${total} records, ${number(recordsPerSecond)}/s${left}`
}

/** How far it is: by records where their number is known, else by the lists read. Nothing for events. */
function drawBar({ stage, kind, records, expectedRecords }: SyncProgress): string {
  if (expectedRecords !== null && expectedRecords > 0) {
    const share = Math.min(1, records / expectedRecords)
    return `${bar(share)} ${Math.floor(share * 100)}% `
  }
  if (stage !== "listing" || kind === null) return ""
  const list = kinds.indexOf(kind)
  return `${bar(list / kinds.length)} list ${list + 1} of ${kinds.length} `
}

function bar(share: number): string {
  const done = Math.round(share * barLength)
  return `[${"=".repeat(done)}${"-".repeat(barLength - done)}]`
}

function number(value: number): string {
  return value.toLocaleString("en-US")
}
