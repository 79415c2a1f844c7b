import { setImmediate as nextTurn } from "node:timers/promises"
import type { Kind } from "../models/kinds.ts"
import { RecordBytes } from "../models/read-record.ts"
import type { RecordPage } from "../models/record-page.ts"
import type { Checkpoint, StagedChange, StoredFingerprint } from "../storage/contract.ts"
import { compareFound, needsContent, type StoredState } from "./compare.ts"
import { isComplete, lastIdOf, rawFingerprints, unidentifiedId } from "./listed-page.ts"
import { checkpointOf, type RunContext, stagePage } from "./run-context.ts"

/** Stored fingerprints read at a time: a page's worth and some. */
export const fingerprintChunk: number = 12_000
/** Ids looked up at a time where a page came unsorted. */
export const lookupChunk: number = 1_000
/** Changes staged at a time. */
const stageChunk = 1_400
/** Changes found between two breaks, in which the storage goes on with those before. */
const breakEvery = 25

/** Compares one sorted page with the stored records of the same stretch of ids. */
export class PageMerge {
  readonly #context: RunContext
  readonly #kind: Kind
  readonly #page: RecordPage
  #rawsOnce: readonly string[] | undefined
  readonly #upTo: string | undefined
  /** The staging of the pages before, which nothing of this one may overtake: a killed run compares one page again (S22). */
  readonly pagesBefore: Promise<void>
  #changes: StagedChange[] = []
  checkpoint: Checkpoint
  #rows: StoredFingerprint[] = []
  #at = 0
  #exhausted: boolean
  /** Which records are stored with the same bytes, where the storage told; then `#rows` has the others alone. */
  #same: Uint8Array | undefined
  /** Contents of some of the page's records, by id. */
  #contents: ReadonlyMap<string, StoredState> = new Map()

  constructor(context: RunContext, kind: Kind, page: RecordPage) {
    this.#context = context
    this.#kind = kind
    this.#page = page
    this.checkpoint = structuredClone(checkpointOf(context.run))
    this.#upTo = page.next === null ? undefined : (lastIdOf(page) ?? this.checkpoint.lastId)
    this.pagesBefore = context.staging
    // Of a district without any commit nothing is stored.
    this.#exhausted = context.head.version === 0
  }

  get #raws(): readonly string[] {
    this.#rawsOnce ??= rawFingerprints(this.#page, this.#context.scope)
    return this.#rawsOnce
  }

  /** True if nothing in the page differs from what is stored, asked all at once. */
  async isSame(): Promise<boolean> {
    const { storage, run } = this.#context
    const { lastId, gap } = this.checkpoint
    const ids = this.#page.ids.slice(0, this.#page.count)
    if (this.#exhausted || storage.isStretchSame === undefined || gap || !isComplete(ids)) return false
    const stretch = { districtId: run.districtId, kind: this.#kind, after: lastId, upTo: this.#upTo }
    const rawsOf = (): readonly string[] => this.#raws
    const answer = await storage.isStretchSame({
      ...stretch,
      ids,
      get raws() {
        return rawsOf()
      },
    })
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
    if (this.#same === undefined && !this.#exhausted) await this.#refill(this.checkpoint.lastId)
    const raws = this.#raws
    const bytes = new RecordBytes(page.body)
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
      const raw = raws[index] ?? ""
      if (stored?.raw === raw && stored.state === "active") continue
      if (needsContent(stored, raw, scope)) stored = await this.#withContent(stored, index)
      const found = {
        kind: this.#kind,
        id,
        raw,
        bytes,
        start: page.starts[index] ?? 0,
        end: page.ends[index] ?? 0,
      }
      const change = compareFound(found, stored, {
        districtId,
        scope,
        unidentified: () => unidentifiedId(this.checkpoint, index),
      })
      if (change === undefined) continue
      this.#changes.push(change)
      if (this.#changes.length >= stageChunk) await this.#stageSome()
      else if (this.#changes.length % breakEvery === 0) await nextTurn()
    }
    await this.#passUnseen(undefined)
    return this.#changes
  }

  /** Stages a part of the page, to hold little; a resumed run reads the page again. */
  async #stageSome(): Promise<void> {
    await this.pagesBefore
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
