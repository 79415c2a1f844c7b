import { type Kind, kinds } from "../../models/kinds.ts"
import type { RosterStorage, Run, RunQuery } from "../../storage/contract.ts"

/** How many records the runs of the last day archived. */
export interface RecentArchives {
  of(kind: Kind): number
  ofSchool(kind: Kind, schoolId: string): number
  ofRole(role: string): number
}

const hourMs = 3_600_000
/** Archives of this long are taken together. */
const windowMs = 24 * hourMs
/** No run is looked at that began longer ago: a run may have been interrupted, and taken up again hours later. */
const lookBackMs = 2 * windowMs
const pageSize = 100

/**
 * The archives of the last 24 hours that nobody decided on: what the district's runs applied without being held and
 * approved, and what was not undone. Whoever applies a plan that no guard held was asked nothing. An undo is somebody's
 * decision, whatever it archives.
 */
export async function recentArchives(options: {
  storage: RosterStorage
  districtId: string
  nowMs: number
}): Promise<RecentArchives> {
  const { storage, districtId, nowMs } = options
  const found: Run[] = []
  const undone = new Set<string>()
  let before: RunQuery["before"]
  for (;;) {
    const page = await storage.listRuns({ districtId, before, limit: pageSize })
    for (const run of page) {
      if (run.state !== "applied") continue
      if (run.undoes !== null) undone.add(run.undoes)
      else if (!isDecided(run) && hasArchives(run) && isRecent(run, nowMs)) found.push(run)
    }
    const last = page.at(-1)
    if (last === undefined || Date.parse(last.startedAt) < nowMs - lookBackMs) break
    before = { startedAt: last.startedAt, id: last.id }
  }
  const runs = found.filter(({ id }) => !undone.has(id))
  const sum = (archivedOf: (run: Run) => number | undefined) =>
    runs.reduce((total, run) => total + (archivedOf(run) ?? 0), 0)
  return {
    of: (kind) => sum((run) => run.counts[kind].archived),
    ofSchool: (kind, schoolId) => sum((run) => run.archivedBySchool[kind]?.[schoolId]),
    ofRole: (role) => sum((run) => run.archivedByRole?.[role]),
  }
}

/** True if a guard held the run and somebody approved it all the same. */
function isDecided({ approval, holds }: Run): boolean {
  return approval !== null && holds.length > 0
}

function hasArchives({ counts }: Run): boolean {
  return kinds.some((kind) => counts[kind].archived > 0)
}

function isRecent({ finishedAt, startedAt }: Run, nowMs: number): boolean {
  return Date.parse(finishedAt ?? startedAt) > nowMs - windowMs
}
