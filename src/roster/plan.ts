import { type Kind, kinds } from "../models/kinds.ts"
import type { Action, Counts, Cursor, Hold, StagedCount } from "../storage/contract.ts"
import { readDistrict, whyArchivesWait } from "./district-state.ts"
import { checkpointOf, type RunContext } from "./run-context.ts"

/** What a run would commit: how many of what, what holds it, and which actions may take effect. */
export interface Plan {
  counts: Record<Kind, Counts>
  /** Changes that would be logged. */
  changes: number
  /** True if the run must wait for a person. */
  held: boolean
  holds: Hold[]
  actions: readonly Action[]
  cursor: Cursor | null
  /** The district's version after the commit; null if it writes no record. */
  version: number | null
}

const rejectionsPerLookup = 1_000

const defaultRejectedShare = 0.05

const everyAction: readonly Action[] = ["create", "update", "restore", "archive", "refresh"]

/** Counts what is staged and lets the guards look at it, before anything is written (S9, S28). */
export async function makePlan(context: RunContext): Promise<Plan> {
  const { storage, run, head, clock } = context
  const staged = await storage.countStaged(run.id)
  const counts = await countByKind(context, staged)
  const holds = rejectedHolds(context, counts, context.settings.guards.rejectedShare ?? defaultRejectedShare)
  const held = holds.length > 0

  const reason = whyArchivesWait(await readDistrict(context), clock())
  const archives = kinds.reduce((sum, kind) => sum + counts[kind].archived, 0)
  const withheld = reason !== undefined && archives > 0
  let cursor = checkpointOf(run).cursor
  if (withheld) {
    holds.push({ code: "district-state", kind: null, schoolId: null, measured: reason, limit: "running" })
    if (!held) for (const kind of kinds) counts[kind].archived = 0
    // What waits must be seen again: a delta reads its events once more, after a bulk only another bulk would.
    cursor = run.mode === "delta" ? head.cursor : null
  }
  const actions = withheld ? everyAction.filter((action) => action !== "archive") : everyAction
  const written = staged.filter(({ action }) => actions.includes(action))
  const logged = written.filter(({ action }) => action !== "refresh")
  return {
    counts,
    changes: logged.reduce((sum, entry) => sum + entry.count, 0),
    held,
    holds,
    actions,
    cursor,
    version: written.length > 0 ? run.basis + 1 : null,
  }
}

export function emptyCounts(): Record<Kind, Counts> {
  const none = (): Counts => ({ created: 0, updated: 0, archived: 0, restored: 0, unchanged: 0, rejected: 0 })
  return { district: none(), school: none(), term: none(), course: none(), user: none(), section: none() }
}

async function countByKind(
  context: RunContext,
  staged: readonly StagedCount[],
): Promise<Record<Kind, Counts>> {
  const { run, head } = context
  const counts = emptyCounts()
  const words: Partial<Record<Action, keyof Counts>> = {
    create: "created",
    update: "updated",
    archive: "archived",
    restore: "restored",
    refresh: "unchanged",
    unchanged: "unchanged",
    reject: "rejected",
  }
  for (const { kind, action, count } of staged) {
    const word = words[action]
    if (word !== undefined) counts[kind][word] += count
  }
  if (run.mode === "bulk") {
    const rejectedActive = await countRejectedActive(context)
    // A bulk run stages nothing for most unchanged records: they are those it neither changed nor refused.
    for (const kind of kinds) {
      const active = head.counts[kind]?.active ?? 0
      const { updated, archived } = counts[kind]
      counts[kind].unchanged = active - updated - archived - (rejectedActive[kind] ?? 0)
    }
  }
  return counts
}

/** How many of the rejected records are stored and active, and stay so untouched (S9). */
async function countRejectedActive({ storage, run }: RunContext): Promise<Partial<Record<Kind, number>>> {
  const counts: Partial<Record<Kind, number>> = {}
  let after: { kind: Kind; id: string } | undefined
  for (;;) {
    const rejections = await storage.listRejections({ runId: run.id, after, limit: rejectionsPerLookup })
    const last = rejections.at(-1)
    if (last === undefined) return counts
    for (const kind of new Set(rejections.map((rejection) => rejection.kind))) {
      const ids = rejections.filter((rejection) => rejection.kind === kind).map(({ id }) => id)
      const stored = await storage.getRecords({ districtId: run.districtId, kind, ids })
      counts[kind] = (counts[kind] ?? 0) + stored.filter(({ state }) => state === "active").length
    }
    after = { kind: last.kind, id: last.id }
  }
}

/** S9: more than a small share of rejected records of a kind means that something is wrong with the source. */
function rejectedHolds(context: RunContext, counts: Record<Kind, Counts>, limit: number): Hold[] {
  const holds: Hold[] = []
  for (const kind of kinds) {
    const { rejected } = counts[kind]
    if (rejected === 0) continue
    const stored = context.head.counts[kind]?.active ?? 0
    // A bulk run lists what it rejects; a delta has it on top of what is stored.
    const listed = checkpointOf(context.run).seen[kind] ?? 0
    const known = context.run.mode === "bulk" ? Math.max(listed, stored, rejected) : stored + rejected
    const measured = rejected / known
    if (measured > limit) holds.push({ code: "rejected-ratio", kind, schoolId: null, measured, limit })
  }
  return holds
}
