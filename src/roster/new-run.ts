import { nodeCrypto } from "../models/index.ts"
import type { Lease, Run, RunMode } from "../storage/contract.ts"
import { emptyCounts } from "./plan.ts"
import { isoTime } from "./run-context.ts"

/** A run that nothing has been done for yet. */
export function newRun(options: {
  lease: Lease
  /** The district's version that its changes will be changes of. */
  basis: number
  mode: RunMode
  /** Default `import`. */
  purpose?: Run["purpose"] | undefined
  startedBy: string
  nowMs: number
}): Run {
  const { lease, basis, mode, purpose = "import", startedBy } = options
  const startedAt = isoTime(options.nowMs)
  return {
    // Sorts by time, and is short enough to be typed.
    id: `${startedAt.replace(/[-:]|\.\d+Z/g, "").replace("T", "-")}-${nodeCrypto().randomBytes(4).toString("hex")}`,
    districtId: lease.districtId,
    mode,
    requestedMode: mode,
    fallback: null,
    state: "queued",
    startedAt,
    finishedAt: null,
    startedBy,
    counts: emptyCounts(),
    holds: [],
    cursor: null,
    requests: 0,
    records: 0,
    durationMs: 0,
    resumed: 0,
    skippedEvents: 0,
    error: null,
    purpose,
    plan: null,
    approval: null,
    decision: null,
    splitFrom: null,
    undoes: null,
    version: null,
    archivedBySchool: {},
    fence: lease.fence,
    basis,
    checkpoint: null,
  }
}
