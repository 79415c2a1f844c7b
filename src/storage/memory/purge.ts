import type { PurgeCounts, PurgeRequest, Run } from "../contract.ts"
import type { MemoryTables } from "./memory-tables.ts"

/** Removes what has outlived its time (S31). `at` is the time that purged runs are marked with. */
export function purge(tables: MemoryTables, request: PurgeRequest & { at: string }): PurgeCounts {
  const { districtId, changesBefore, archivedBefore, stagedBefore } = request
  const counts: PurgeCounts = { records: 0, contents: 0 }
  const runs = tables.runs.ofDistrict(districtId)
  if (changesBefore !== undefined) counts.contents += purgeLogs(tables, runs, request, changesBefore)
  if (archivedBefore !== undefined) purgeArchived(tables, runs, request, { counts, before: archivedBefore })
  if (stagedBefore === undefined) return counts
  for (const run of runs) {
    const file = tables.files.get(run.id)
    if (file === undefined || file.isCommitted || run.startedAt >= stagedBefore) continue
    if (file.countStaged().length === 0) continue
    counts.contents += file.purge()
    // Without what it had staged it can't go on from where it was (S22).
    tables.runs.put({ ...run, checkpoint: null, changesPurgedAt: request.at })
  }
  return counts
}

/**
 * Logs go in the order in which they were written, so that what is left is the whole log from some commit on. The last
 * one stays: the next delta looks again at what it rejected (S9).
 */
function purgeLogs(
  tables: MemoryTables,
  runs: readonly Run[],
  { districtId, keepFromVersion, at }: PurgeRequest & { at: string },
  before: string,
): number {
  const last = tables.rosters.get(districtId)?.lastRunId
  const waiting = runsFrom(tables, districtId, keepFromVersion)
  let contents = 0
  for (const run of runs) {
    const file = tables.files.get(run.id)
    const isKept = run.id === last || waiting.has(run.id) || run.changesPurgedAt !== undefined
    if (!file?.isCommitted || isKept) continue
    if ((run.finishedAt ?? run.startedAt) >= before) break
    contents += file.purge()
    tables.runs.put({ ...run, changesPurgedAt: at })
  }
  return contents
}

function purgeArchived(
  tables: MemoryTables,
  runs: readonly Run[],
  { districtId, keepFromVersion }: PurgeRequest,
  { counts, before }: { counts: PurgeCounts; before: string },
): void {
  const roster = tables.rosters.get(districtId)
  if (roster === undefined) return
  // Of records that a run changed whose log must stay, that log would have holes.
  const kept = [...runsFrom(tables, districtId, keepFromVersion)].map((runId) => tables.files.get(runId))
  let purged = 0
  for (const { kind, id } of roster.archivedBefore(Date.parse(before))) {
    if (kept.some((file) => file?.hasLogged(kind, id))) continue
    roster.remove(kind, id)
    tables.overrides.clearOf({ districtId, kind, id })
    for (const run of runs) counts.contents += tables.files.get(run.id)?.removeRecord(kind, id) ?? 0
    purged++
  }
  counts.records += purged
  // Plans that would restore one of them no longer fit (S16).
  if (purged > 0) roster.version++
}

/** The runs whose commits are from this version on; none without it. */
function runsFrom(tables: MemoryTables, districtId: string, version = Number.POSITIVE_INFINITY): Set<string> {
  const commits = tables.rosters.get(districtId)?.commits ?? []
  return new Set(commits.filter((commit) => commit.version >= version).map(({ runId }) => runId))
}
