import { kinds } from "../../models/kinds.ts"
import type { Hold } from "../../storage/contract.ts"
import { archivedHolds } from "./archived-holds.ts"
import type { GuardFindings, GuardRequest } from "./guard-request.ts"
import { rejectedShares } from "./rejected-shares.ts"
import { thresholdsFor } from "./thresholds.ts"

/**
 * What the guards find on a run before anything of it is written (S9, S15): the holds of rejected records, of updates,
 * then of archives; none where all is well. A first import is held for rejected records alone.
 *
 * Reads nothing unless the run archives something.
 */
export async function findHolds(request: GuardRequest): Promise<GuardFindings> {
  const { head, counts, archivesWait } = request
  const shares = rejectedShares(request)
  if (head.version > 0) shares.push(...updatedShares(request))
  const holds = shares.filter(isOver)
  const passed = shares.filter((share) => !isOver(share))
  const archives = kinds.some((kind) => counts[kind].archived > 0)
  if (head.version === 0 || archivesWait || !archives) {
    return { holds, passed, archivedBySchool: {}, archivedByRole: {} }
  }
  const found = await archivedHolds(request)
  return { ...found, holds: [...holds, ...found.holds], passed: [...passed, ...found.passed] }
}

function isOver({ measured, limit }: Hold): boolean {
  return measured > limit
}

function updatedShares({ head, counts, settings, nowMs }: GuardRequest): Hold[] {
  const shares: Hold[] = []
  for (const kind of kinds) {
    const { updated } = counts[kind]
    const active = head.counts[kind]?.active ?? 0
    const { updatedShare, atLeast } = thresholdsFor(settings, kind, nowMs)
    // The district's own record is one of one, and changes with every sync of the district with Clever.
    if (updated === 0 || active < atLeast) continue
    const measured = updated / active
    shares.push({ code: "updated-ratio", kind, schoolId: null, measured, limit: updatedShare })
  }
  return shares
}
