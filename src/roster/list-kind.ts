import type { Kind } from "../models/kinds.ts"
import { RecordBytes } from "../models/read-record.ts"
import type { RecordPage } from "../models/record-page.ts"
import type { Checkpoint, StagedChange } from "../storage/contract.ts"
import { compareFound } from "./compare.ts"
import { loopError, pagesOf } from "./kind-pages.ts"
import { noPage, orderOf, rawFingerprints, unidentifiedId } from "./listed-page.ts"
import { fingerprintChunk, lookupChunk, PageMerge } from "./page-merge.ts"
import { checkpointOf, type RunContext, stagePage } from "./run-context.ts"

/**
 * Lists one kind and stages how it differs from the roster, page by page (S10, S11, S12).
 *
 * Clever lists in ascending id, and so does the storage: merging the two tells what is new, changed, the same,
 * or gone, holding one page at a time. A page that is unsorted in itself makes the kind start over with every
 * id it brings staged as seen, and what is gone is found at its end.
 */
export async function listKind(context: RunContext, kind: Kind): Promise<void> {
  if (context.scope?.keepsKind(kind) === false) return finishListing(context, kind)
  if (checkpointOf(context.run).ordered) {
    const complete = await listOrdered(context, kind)
    if (complete) return
    const { seen, ...checkpoint } = checkpointOf(context.run)
    context.run = {
      ...context.run,
      checkpoint: {
        ...checkpoint,
        next: null,
        lastId: "",
        ordered: false,
        gap: false,
        seen: { ...seen, [kind]: 0 },
      },
    }
  }
  await listUnordered(context, kind)
  await archiveUnseen(context, kind)
}

/** Returns false as soon as a page is unsorted. */
async function listOrdered(context: RunContext, kind: Kind): Promise<boolean> {
  let isComplete = false
  for await (const page of pagesOf(context, kind)) {
    isComplete = page.next === null
    const checkpoint = checkpointOf(context.run)
    const order = orderOf(page, checkpoint.lastId)
    if (order === "unsorted") return false
    if (order === "backwards") throw loopError(kind)
    const merge = new PageMerge(context, kind, page)
    const changes = (await merge.isSame()) ? [] : await merge.run()
    await merge.pagesBefore
    await finishPage(context, page, merge.checkpoint, changes)
  }
  // A source ends a listing by a page without `next`, by an empty page, or with no page at all.
  if (!isComplete) await finishListing(context, kind)
  return true
}

/** Archives all that is stored behind what was listed: the whole kind where it is out of scope (S18). */
async function finishListing(context: RunContext, kind: Kind): Promise<void> {
  const merge = new PageMerge(context, kind, noPage)
  await finishPage(context, noPage, merge.checkpoint, await merge.run())
}

async function listUnordered(context: RunContext, kind: Kind): Promise<void> {
  for await (const page of pagesOf(context, kind)) {
    const before = await countStagedOf(context, kind)
    const raws = rawFingerprints(page, context.scope)
    const bytes = new RecordBytes(page.body)
    const checkpoint = structuredClone(checkpointOf(context.run))
    checkpoint.outside ??= {}
    const { outside } = checkpoint
    const changes: StagedChange[] = []
    for (let from = 0; from < page.count; from += lookupChunk) {
      const indexes = Array.from({ length: Math.min(lookupChunk, page.count - from) }, (_, i) => from + i)
      const ids = indexes.map((index) => page.ids[index]).filter((id) => id !== undefined)
      const stored = await context.storage.getRecords({ districtId: context.run.districtId, kind, ids })
      const storedById = new Map(stored.map((record) => [record.id, record]))
      for (const index of indexes) {
        const id = page.ids[index]
        if (id === undefined) checkpoint.gap = true
        const known = id === undefined ? undefined : storedById.get(id)
        const [start = 0, end = 0] = [page.starts[index], page.ends[index]]
        const found = { kind, id, raw: raws[index] ?? "", bytes, start, end }
        const change = compareFound(found, known, {
          districtId: context.run.districtId,
          scope: context.scope,
          unidentified: () => unidentifiedId(checkpoint, index),
        })
        if (change !== undefined) changes.push(change)
        if (id === undefined || change?.id === id) continue
        // Of what is out of scope not even the id is staged (S18).
        if (known === undefined && change === undefined) addTo(outside, kind, 1)
        else changes.push({ action: "unchanged", kind, id })
      }
    }
    await finishPage(context, page, checkpoint, changes)
    const staged = await countStagedOf(context, kind)
    // Nothing new, and more listed than there is: what the ordered attempt staged before does not count as seen.
    const seen = (checkpoint.seen[kind] ?? 0) - (outside[kind] ?? 0)
    if (page.count > 0 && staged === before && seen > staged) throw loopError(kind)
  }
}

/** Merges the stored ids with the staged ones, in order, and archives those that no page had. */
async function archiveUnseen(context: RunContext, kind: Kind): Promise<void> {
  const checkpoint = checkpointOf(context.run)
  if (checkpoint.gap) return takeBackArchives(context, kind)
  await context.staging
  const { storage, run } = context
  let after = ""
  for (;;) {
    const rows = await storage.listFingerprints({
      districtId: run.districtId,
      kind,
      after,
      limit: fingerprintChunk,
    })
    const last = rows.at(-1)?.id
    if (last === undefined) return
    const seen = new Set<string>()
    for (let from = after; ; ) {
      const staged = await storage.listStaged({ runId: run.id, kind, after: from, limit: fingerprintChunk })
      for (const { id } of staged) seen.add(id)
      from = staged.at(-1)?.id ?? last
      if (staged.length < fingerprintChunk || from >= last) break
    }
    const gone = rows.filter((row) => row.state === "active" && !seen.has(row.id))
    await stagePage(
      context,
      checkpoint,
      gone.map((row) => ({ action: "archive", kind, id: row.id })),
    )
    after = last
  }
}

/** A record without an id may be any of those that the ordered attempt had missed (S9). */
async function takeBackArchives(context: RunContext, kind: Kind): Promise<void> {
  const { storage, run } = context
  for (;;) {
    await context.staging
    const archives = await storage.listChanges({
      runId: run.id,
      kind,
      actions: ["archive"],
      limit: lookupChunk,
    })
    if (archives.length === 0) return
    await stagePage(
      context,
      checkpointOf(context.run),
      archives.map(({ id }) => ({ action: "unchanged", kind, id })),
    )
  }
}

async function finishPage(
  context: RunContext,
  page: RecordPage,
  checkpoint: Checkpoint,
  changes: readonly StagedChange[],
): Promise<void> {
  const kind = checkpoint.kind
  addTo(checkpoint.seen, kind, page.count)
  context.run = { ...context.run, records: context.run.records + page.count }
  const reached = { ...checkpoint, next: page.next, pages: checkpoint.pages + 1 }
  // May be under way for a while: the storage has work until the next page's first batch is compared.
  await stagePage(context, reached, changes, (run) => context.report("listing", kind, run))
}

async function countStagedOf(context: RunContext, kind: Kind): Promise<number> {
  await context.staging
  const counts = await context.storage.countStaged(context.run.id)
  return counts.reduce((sum, entry) => sum + (entry.kind === kind ? entry.count : 0), 0)
}

function addTo(counts: Partial<Record<Kind, number>>, kind: Kind, amount: number): void {
  counts[kind] = (counts[kind] ?? 0) + amount
}
