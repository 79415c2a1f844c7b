import type { ApiVersion } from "../../models/kinds.ts"
import type { Clock } from "../clock.ts"
import type { GeneratedDistrict } from "../generate/generate-district.ts"
import { equalJson, type JsonObject, parseObject, previousAttributes } from "../json.ts"
import { limitToVersion, type SimulatedKind, simulatedKinds } from "../kinds.ts"
import type { ObjectIdSource } from "../object-id.ts"
import { batchRank } from "./batch-order.ts"
import type { EventFeed, RecordChange } from "./event-feed.ts"
import { RecordStore } from "./record-store.ts"
import { Sharing, type SharingSelection } from "./sharing.ts"

/** How many events of each type a batch brought: `{ "users.created": 3 }`. */
export type BatchSummary = Readonly<Record<string, number>>

const silent: ReadonlySet<string> = new Set(["last_modified"])

/**
 * A district as Clever holds it: all its records, what of them is shared, and the feed of the changes.
 *
 * Whatever changes, changes in a batch: at its end the difference of what the app sees becomes events, so
 * that feed and lists can't disagree.
 */
export class DistrictData {
  readonly shown: ReadonlyMap<SimulatedKind, RecordStore>
  readonly sharing: Sharing = new Sharing()
  readonly feed: EventFeed
  eventsEnabled = true
  readonly #clock: Clock
  readonly #ids: ObjectIdSource
  readonly #held = new Map<SimulatedKind, Map<string, string>>()
  readonly #touched = new Map<SimulatedKind, Set<string>>()
  #depth = 0

  constructor(options: {
    generated: GeneratedDistrict
    newestVersion: ApiVersion
    clock: Clock
    ids: ObjectIdSource
    feed: EventFeed
  }) {
    this.#clock = options.clock
    this.#ids = options.ids
    this.feed = options.feed
    const shown = new Map<SimulatedKind, RecordStore>()
    for (const kind of simulatedKinds) {
      const held = new Map<string, string>()
      const store = new RecordStore(kind, options.newestVersion)
      for (const record of options.generated.records(kind)) {
        const text = JSON.stringify(record)
        held.set(String(record.id), text)
        store.set(String(record.id), text)
      }
      this.#held.set(kind, held)
      shown.set(kind, store)
      this.#touched.set(kind, new Set())
    }
    this.shown = shown
  }

  /** The simulated time, as records carry it. */
  now(): string {
    return this.#clock.now().toISOString()
  }

  newId(): string {
    return this.#ids.next(this.#clock.now())
  }

  store(kind: SimulatedKind): RecordStore {
    return this.shown.get(kind) as RecordStore
  }

  has(kind: SimulatedKind, id: string): boolean {
    return this.#texts(kind).has(id)
  }

  /** A copy of a record as the district has it, shared or not. */
  get(kind: SimulatedKind, id: string): JsonObject | undefined {
    const text = this.#texts(kind).get(id)
    return text === undefined ? undefined : parseObject(text)
  }

  /** All records of a kind as texts, shared or not. */
  texts(kind: SimulatedKind): ReadonlyMap<string, string> {
    return this.#texts(kind)
  }

  /** Stores a record; one that really changes gets a new `last_modified`. Within a batch. */
  put(kind: SimulatedKind, record: JsonObject): void {
    const id = String(record.id)
    const before = this.get(kind, id)
    if (before !== undefined) {
      if (equalJson(before, record)) return
      if (record.last_modified === before.last_modified && "last_modified" in record) {
        record.last_modified = this.now()
      }
    }
    this.#texts(kind).set(id, JSON.stringify(record))
    this.#touched.get(kind)?.add(id)
  }

  remove(kind: SimulatedKind, id: string): void {
    if (this.#texts(kind).delete(id)) this.#touched.get(kind)?.add(id)
  }

  /** Changes what is shared, as a batch of its own or within one. */
  share(action: "stop" | "resume", selection: SharingSelection): BatchSummary {
    return this.batch(() => {
      this.sharing[action](selection)
      for (const kind of simulatedKinds) {
        const touched = this.#touched.get(kind)
        for (const id of this.#texts(kind).keys()) touched?.add(id)
      }
    })
  }

  /** Runs `work` and turns what changed into one batch of events. Batches within a batch join it. */
  batch(work: () => void): BatchSummary {
    this.#depth += 1
    let summary: BatchSummary = {}
    try {
      work()
    } finally {
      this.#depth -= 1
      // Even if `work` threw: what it changed is changed, and the feed has to say so.
      if (this.#depth === 0) summary = this.#commit()
    }
    return summary
  }

  #texts(kind: SimulatedKind): Map<string, string> {
    return this.#held.get(kind) as Map<string, string>
  }

  #commit(): BatchSummary {
    if (this.sharing.dependsOnOthers && (this.#touched.get("user")?.size ?? 0) > 0) {
      for (const [id, text] of this.#texts("user")) {
        if (text.includes('"student_relationships"')) this.#touched.get("user")?.add(id)
      }
    }
    const changes: { change: RecordChange; rank: number }[] = []
    for (const [kind, ids] of this.#touched) {
      for (const id of ids) {
        const change = this.#changeOf(kind, id)
        if (change === undefined) continue
        changes.push({ change, rank: batchRank(change) })
      }
      ids.clear()
    }
    changes.sort((one, other) => one.rank - other.rank || (one.change.id < other.change.id ? -1 : 1))
    const summary: Record<string, number> = {}
    for (const { change } of changes) {
      if (this.eventsEnabled) this.feed.append(change)
      const type = `${change.kind}s.${change.action}`
      summary[type] = (summary[type] ?? 0) + 1
    }
    return summary
  }

  /** Brings what is shown of one record up to date; the change that this is, if any. */
  #changeOf(kind: SimulatedKind, id: string): RecordChange | undefined {
    const store = this.store(kind)
    const before = store.get(id)
    const after = this.#shownText(kind, id)
    if (before === after) return undefined
    if (after === undefined) {
      if (before === undefined) return undefined
      const lastModifiedInV30 = store.lastModifiedInV30(id)
      store.delete(id)
      return {
        kind,
        id,
        action: "deleted",
        text: before,
        isSeenInV30: true,
        lastModifiedInV30,
        previous: undefined,
      }
    }
    if (before === undefined) {
      store.set(id, after)
      return { kind, id, action: "created", text: after, isSeenInV30: true, previous: undefined }
    }
    const old = parseObject(before)
    const now = parseObject(after)
    const previous = previousAttributes(old, now, silent)
    // A field that is not shared may have changed alone: then the app sees nothing new.
    if (Object.keys(previous).length === 0) return undefined
    const isSeenInV30 =
      !store.differs ||
      Object.keys(
        previousAttributes(limitToVersion(kind, old, "v3.0"), limitToVersion(kind, now, "v3.0"), silent),
      ).length > 0
    store.set(id, after)
    store.pinLastModifiedInV30(id, isSeenInV30 ? undefined : String(old.last_modified))
    return { kind, id, action: "updated", text: after, isSeenInV30, previous }
  }

  #shownText(kind: SimulatedKind, id: string): string | undefined {
    const text = this.#texts(kind).get(id)
    if (text === undefined || this.sharing.isComplete) return text
    const shown = this.sharing.shown(kind, parseObject(text), (student) => this.get("user", student))
    return shown === undefined ? undefined : JSON.stringify(shown)
  }
}
