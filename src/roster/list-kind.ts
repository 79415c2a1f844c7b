import { HomeroomError } from "../errors/index.ts"
import { rawFingerprint } from "../models/index.ts"
import { type Kind, kinds } from "../models/kinds.ts"
import type { RecordPage } from "../models/record-page.ts"
import type { Checkpoint, StagedChange, StoredFingerprint } from "../storage/contract.ts"
import { compareFound, needsContent, type StoredState } from "./compare.ts"
import { KindWalk } from "./kind-walk.ts"
import { checkpointOf, type RunContext, stagePage } from "./run-context.ts"
import type { CompiledScope } from "./scope/compiled-scope.ts"

/** More pages of one kind than this are taken for a loop. */
const maxPages = 100_000
/** Stored fingerprints read at a time: a page's worth and some. */
const fingerprintChunk = 12_000
/** Changes staged at a time. */
const stageChunk = 700
/** Ids looked up at a time where a page came unsorted. */
const lookupChunk = 1_000

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

const noPage: RecordPage = {
  body: new Uint8Array(),
  ids: [],
  starts: new Uint32Array(),
  ends: new Uint32Array(),
  count: 0,
  next: null,
}

/** Compares one sorted page with the stored records of the same stretch of ids. */
class PageMerge {
  readonly #context: RunContext
  readonly #kind: Kind
  readonly #page: RecordPage
  readonly #raws: readonly string[]
  readonly #upTo: string | undefined
  #changes: StagedChange[] = []
  checkpoint: Checkpoint
  #rows: StoredFingerprint[] = []
  #at = 0
  #exhausted = false
  /** Which records are stored with the same bytes, where the storage told; then `#rows` has the others alone. */
  #same: Uint8Array | undefined
  /** Contents of some of the page's records, by id. */
  #contents: ReadonlyMap<string, StoredState> = new Map()

  constructor(context: RunContext, kind: Kind, page: RecordPage) {
    this.#context = context
    this.#kind = kind
    this.#page = page
    this.#raws = rawFingerprints(page, context.scope)
    this.checkpoint = structuredClone(checkpointOf(context.run))
    this.#upTo = page.next === null ? undefined : (lastIdOf(page) ?? this.checkpoint.lastId)
  }

  /** True if nothing in the page differs from what is stored, asked all at once. */
  async isSame(): Promise<boolean> {
    const { storage, run } = this.#context
    const { lastId, gap } = this.checkpoint
    const ids = this.#page.ids.slice(0, this.#page.count)
    if (storage.isStretchSame === undefined || gap || !isComplete(ids)) return false
    const stretch = { districtId: run.districtId, kind: this.#kind, after: lastId, upTo: this.#upTo }
    const answer = await storage.isStretchSame({ ...stretch, ids, raws: this.#raws })
    if (answer === true) this.checkpoint.lastId = ids.at(-1) ?? lastId
    if (typeof answer === "boolean") return answer
    this.#same = answer.same
    this.#rows = answer.others
    this.#exhausted = true
    return false
  }

  async run(): Promise<StagedChange[]> {
    const page = this.#page
    const { scope } = this.#context
    const { districtId } = this.#context.run
    if (this.#same === undefined) await this.#refill(this.checkpoint.lastId)
    for (let index = 0; index < page.count; index++) {
      const id = page.ids[index]
      if (this.#same?.[index] === 1 && id !== undefined) {
        this.checkpoint.lastId = id
        continue
      }
      let stored: StoredState | undefined
      if (id === undefined) {
        this.checkpoint.gap = true
      } else {
        await this.#passUnseen(id)
        // An excluded id is not written down, not even as the place to go on from (S18).
        if (!scope?.excludes(id)) {
          this.checkpoint.gap = false
          this.checkpoint.lastId = id
        }
        if (this.#rows[this.#at]?.id === id) stored = this.#rows[this.#at++]
      }
      const raw = this.#raws[index] ?? ""
      if (stored?.raw === raw && stored.state === "active") continue
      if (needsContent(stored, raw, scope)) stored = await this.#withContent(stored, index)
      const found = { kind: this.#kind, id, raw, text: () => textInPage(page, index) }
      const change = compareFound(found, stored, {
        districtId,
        scope,
        unidentified: () => unidentifiedId(this.checkpoint, index),
      })
      if (change === undefined) continue
      this.#changes.push(change)
      if (this.#changes.length >= stageChunk) await this.#stageSome()
    }
    await this.#passUnseen(undefined)
    return this.#changes
  }

  /** Stages a part of the page, to hold little; a resumed run reads the page again. */
  async #stageSome(): Promise<void> {
    await stagePage(this.#context, checkpointOf(this.#context.run), this.#changes)
    this.#changes = []
  }

  async #withContent(stored: StoredFingerprint, index: number): Promise<StoredState> {
    const known = this.#contents.get(stored.id)
    if (known !== undefined) return known
    const { storage, run } = this.#context
    const ids = this.#page.ids.slice(index, Math.min(index + lookupChunk, this.#page.count))
    const records = await storage.getRecords({
      districtId: run.districtId,
      kind: this.#kind,
      ids: ids.filter((id) => id !== undefined),
    })
    this.#contents = new Map(records.map((record) => [record.id, record]))
    return this.#contents.get(stored.id) ?? stored
  }

  /** Archives the stored records before `id` that the page does not have; up to the stretch's end without one. */
  async #passUnseen(id: string | undefined): Promise<void> {
    for (;;) {
      const row = this.#rows[this.#at]
      if (row === undefined) {
        const last = this.#rows.at(-1)
        if (this.#exhausted || last === undefined) return
        await this.#refill(last.id)
        continue
      }
      if (id !== undefined && row.id >= id) return
      this.#at++
      // A record without an id may be any of the stored ones between its neighbours: none of them is gone (S9).
      if (row.state === "active" && !this.checkpoint.gap) {
        this.#changes.push({ action: "archive", kind: this.#kind, id: row.id })
        if (this.#changes.length >= stageChunk) await this.#stageSome()
      }
    }
  }

  async #refill(after: string): Promise<void> {
    const { storage, run } = this.#context
    this.#rows = await storage.listFingerprints({
      districtId: run.districtId,
      kind: this.#kind,
      after,
      upTo: this.#upTo,
      limit: fingerprintChunk,
    })
    this.#at = 0
    this.#exhausted = this.#rows.length < fingerprintChunk
  }
}

async function listUnordered(context: RunContext, kind: Kind): Promise<void> {
  for await (const page of pagesOf(context, kind)) {
    const before = await countStagedOf(context, kind)
    const raws = rawFingerprints(page, context.scope)
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
        const found = { kind, id, raw: raws[index] ?? "", text: () => textInPage(page, index) }
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

async function* pagesOf(context: RunContext, kind: Kind): AsyncGenerator<RecordPage> {
  const { next, seen } = checkpointOf(context.run)
  // Taken up just after the kind's last page: there is nothing more to list.
  if (next === null && (seen[kind] ?? 0) > 0) return
  const ahead = context.ahead.get(kind)
  context.ahead.delete(kind)
  const walk = next === null && ahead !== undefined ? ahead : openWalk(context, kind, next)
  if (ahead !== walk) await ahead?.close()
  // Beside the pages of users, which are large and many, a page of sections would only take up memory.
  if (kind !== "user") openFollowing(context, kind)
  let pages = 0
  for await (const page of walk.pages()) {
    if (++pages > maxPages) throw loopError(kind)
    if (page.next === null) openFollowing(context, kind)
    yield page
  }
}

/** Asks for the first pages of the kinds after this one, for which no link is needed; up to that of the users. */
function openFollowing(context: RunContext, kind: Kind): void {
  const { scope } = context
  if (context.run.mode !== "bulk") return
  for (const following of kinds.slice(kinds.indexOf(kind) + 1)) {
    if (scope?.keepsKind(following) === false) continue
    if (!context.ahead.has(following)) context.ahead.set(following, openWalk(context, following, null))
    if (following === "user") return
  }
}

function openWalk(context: RunContext, kind: Kind, from: string | null): KindWalk {
  const { source, run, signal, pageSize, onRequest } = context
  return new KindWalk(source, {
    districtId: run.districtId,
    kind,
    from: from ?? undefined,
    pageSize,
    signal,
    onRequest,
  })
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
  await stagePage(context, { ...checkpoint, next: page.next, pages: checkpoint.pages + 1 }, changes)
  // A killed run compares one page again, not two (S22).
  await context.staging
  context.report("listing", kind)
}

async function countStagedOf(context: RunContext, kind: Kind): Promise<number> {
  await context.staging
  const counts = await context.storage.countStaged(context.run.id)
  return counts.reduce((sum, entry) => sum + (entry.kind === kind ? entry.count : 0), 0)
}

function rawFingerprints(page: RecordPage, scope: CompiledScope | undefined): string[] {
  const fingerprint = scope?.fingerprint ?? rawFingerprint
  const raws: string[] = []
  for (let index = 0; index < page.count; index++) {
    raws.push(fingerprint(page.body.subarray(page.starts[index], page.ends[index])))
  }
  return raws
}

function textInPage({ body, starts, ends }: RecordPage, index: number): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString(
    "utf8",
    starts[index],
    ends[index],
  )
}

function isComplete(ids: readonly (string | undefined)[]): ids is readonly string[] {
  return !ids.includes(undefined)
}

function orderOf(page: RecordPage, lastId: string): "ascending" | "unsorted" | "backwards" {
  let first: string | undefined
  let previous: string | undefined
  for (let index = 0; index < page.count; index++) {
    const id = page.ids[index]
    if (id === undefined) continue
    if (previous !== undefined && id <= previous) return "unsorted"
    first ??= id
    previous = id
  }
  return first !== undefined && first <= lastId ? "backwards" : "ascending"
}

function lastIdOf(page: RecordPage): string | undefined {
  for (let index = page.count - 1; index >= 0; index--) {
    const id = page.ids[index]
    if (id !== undefined) return id
  }
  return undefined
}

/** Names a record by its place in the listing, so that a page read again names it the same. */
function unidentifiedId({ kind, seen }: Checkpoint, index: number): string {
  return `?${kind}-${(seen[kind] ?? 0) + index}`
}

function addTo(counts: Partial<Record<Kind, number>>, kind: Kind, amount: number): void {
  counts[kind] = (counts[kind] ?? 0) + amount
}

function loopError(kind: Kind): HomeroomError {
  return new HomeroomError("CLEVER_PAGES_LOOP", { details: { kind } })
}
