import { kinds } from "../../models/kinds.ts"
import type { Hold } from "../../storage/contract.ts"
import type { GuardRequest } from "./guard-request.ts"
import { thresholdsFor } from "./thresholds.ts"

/**
 * The share of rejected records of each kind that has any (S9): more than a small one means that something is wrong with
 * the source. So few records as are looked at for no archive are not enough for a share by themselves: one bad term of
 * four is no flood. A login brings one person: what imports rejected before it, imports are held for.
 */
export function rejectedShares({ run, head, counts, settings, nowMs }: GuardRequest): Hold[] {
  if (run.mode === "user") return []
  const shares: Hold[] = []
  for (const kind of kinds) {
    const { created, updated, restored, unchanged, rejected } = counts[kind]
    if (rejected === 0) continue
    const stored = head.counts[kind]?.active ?? 0
    // A bulk run lists what it rejects; a delta has it on top of what is stored.
    const seen = run.checkpoint?.seen[kind] ?? 0
    // Within a scope most of what is listed may be none of the run's business (S18).
    const isScoped = run.checkpoint?.scope !== undefined
    const listed = isScoped ? created + updated + restored + unchanged + rejected : seen
    const known = run.mode === "bulk" ? Math.max(listed, stored, rejected) : stored + rejected
    const { rejectedShare: limit, atLeast } = thresholdsFor(settings, kind, nowMs)
    if (known < atLeast && rejected / atLeast <= limit) continue
    shares.push({ code: "rejected-ratio", kind, schoolId: null, measured: rejected / known, limit })
  }
  return shares
}
