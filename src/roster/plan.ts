import { type Kind, kinds } from "../models/kinds.ts"
import type { Action, Counts, Cursor, Hold, HoldCode, Run, StagedCount } from "../storage/contract.ts"
import { readDistrict, whyArchivesWait } from "./district-state.ts"
import { findHolds } from "./guards/find-holds.ts"
import { checkpointOf, type RunContext } from "./run-context.ts"

/** How many records a run would change, by kind, and how many of each school and role it would archive. */
export type PlannedCounts = Required<Pick<Run, "counts" | "archivedBySchool" | "archivedByRole">>

/** What a run would commit: how many of what, what holds it, and which actions may take effect. */
export interface PlannedCommit extends PlannedCounts {
  /** Of all that is staged, archives that don't take effect included. */
  staged: PlannedCounts
  /** Changes that would be logged. */
  changes: number
  /** Records that would be written, silent refreshes included. */
  writes: number
  holds: Hold[]
  passed: Hold[]
  /**
   * What the holds mean: nothing stands in the way; the run waits for a person; or only its archives do, in a run of
   * their own, while the rest goes on (S15 `risky-only`).
   */
  verdict: "go" | "hold" | "split"
  actions: readonly Action[]
  cursor: Cursor | null
}

const rejectionsPerLookup = 1_000

const everyAction: readonly Action[] = ["create", "update", "restore", "archive", "refresh"]
const harmlessActions: readonly Action[] = everyAction.filter((action) => action !== "archive")

/** What a guard may find that only archives cause. */
const archiveHolds: readonly HoldCode[] = ["archived-ratio", "kind-emptied", "school-vanished"]

/** Counts what is staged and lets the guards look at it, before anything is written (S9, S15, S28). */
export async function makePlan(context: RunContext): Promise<PlannedCommit> {
  const { storage, run, head, clock, settings } = context
  const staged = await storage.countStaged(run.id)
  const counts = await countByKind(context, staged)
  const archives = kinds.reduce((sum, kind) => sum + counts[kind].archived, 0)
  const reason = archives > 0 ? whyArchivesWait(await readDistrict(context), clock()) : undefined
  const archivesWait = reason !== undefined
  const nowMs = clock()
  const found = await findHolds({
    storage,
    run,
    head,
    counts,
    settings: settings.guards,
    nowMs,
    archivesWait,
  })
  const { holds, passed, archivedBySchool, archivedByRole } = found
  const all: PlannedCounts = { counts, archivedBySchool, archivedByRole }
  const verdict = verdictOn(context, holds, staged)
  if (archivesWait) {
    holds.push({ code: "district-state", kind: null, schoolId: null, measured: reason, limit: "running" })
  } else if (verdict !== "split") {
    const { cursor } = checkpointOf(run)
    return {
      ...all,
      staged: all,
      ...sumOf(staged, everyAction),
      holds,
      passed,
      verdict,
      actions: everyAction,
      cursor,
    }
  }
  return { ...withoutArchives(context, all, staged), holds, passed, verdict }
}

function verdictOn(
  { run, settings }: RunContext,
  holds: readonly Hold[],
  staged: readonly StagedCount[],
): PlannedCommit["verdict"] {
  if (holds.length === 0) return "go"
  const isRisky = holds.every(({ code }) => archiveHolds.includes(code))
  const mayGoOn = run.purpose === "import" && settings.guards.onHold === "risky-only"
  // Without anything else to commit the run itself can wait.
  return isRisky && mayGoOn && sumOf(staged, harmlessActions).changes > 0 ? "split" : "hold"
}

/** What is committed where archives wait, for a person or for the district (S15, S28). */
function withoutArchives(
  { run, head }: RunContext,
  all: PlannedCounts,
  staged: readonly StagedCount[],
): Omit<PlannedCommit, "holds" | "passed" | "verdict"> {
  const counts = structuredClone(all.counts)
  for (const kind of kinds) counts[kind].archived = 0
  return {
    counts,
    archivedBySchool: {},
    archivedByRole: {},
    staged: all,
    ...sumOf(staged, harmlessActions),
    actions: harmlessActions,
    // What waits must be seen again: a delta reads its events once more, after a bulk only another bulk would.
    cursor: run.mode === "delta" ? head.cursor : null,
  }
}

/** How many of the staged changes of some actions would be logged, and how many written. */
export function sumOf(
  staged: readonly StagedCount[],
  actions: readonly Action[],
): Pick<PlannedCommit, "changes" | "writes"> {
  let [changes, writes] = [0, 0]
  for (const { action, count } of staged) {
    if (!actions.includes(action)) continue
    writes += count
    if (action !== "refresh") changes += count
  }
  return { changes, writes }
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
