import type { ApiVersion } from "../../models/kinds.ts"
import { type JsonObject, parseObject } from "../json.ts"
import { differsByVersion, limitToVersion, type SimulatedKind } from "../kinds.ts"

/**
 * What the app may see of one kind: the JSON text of each record, found by id and listed in ascending id.
 *
 * Texts are kept, not objects: a page is then served by joining texts, and a record costs its bytes.
 */
export class RecordStore {
  readonly kind: SimulatedKind
  /** True where v3.0 shows less of a record than is kept. */
  readonly differs: boolean
  readonly #texts = new Map<string, string>()
  /** The `last_modified` that v3.0 shows where later changes touched nothing but fields of v3.1. */
  readonly #lastModifiedInV30 = new Map<string, string>()
  #ids: string[] = []
  #sorted = true
  readonly #filtered = new Map<string, readonly string[]>()

  /** `newest` is the newest version that the simulator serves: what that shows is what is kept. */
  constructor(kind: SimulatedKind, newest: ApiVersion) {
    this.kind = kind
    this.differs = newest === "v3.1" && differsByVersion(kind)
  }

  get size(): number {
    return this.#texts.size
  }

  get(id: string): string | undefined {
    return this.#texts.get(id)
  }

  set(id: string, text: string): void {
    if (!this.#texts.has(id)) {
      const last = this.#ids.at(-1)
      if (last !== undefined && id < last) this.#sorted = false
      else if (this.#sorted) this.#ids.push(id)
    }
    this.#texts.set(id, text)
    this.#filtered.clear()
  }

  delete(id: string): void {
    this.#texts.delete(id)
    this.#lastModifiedInV30.delete(id)
    this.#sorted = false
    this.#filtered.clear()
  }

  /** Keeps, or with `undefined` lets go of, the `last_modified` that v3.0 shows of a record. */
  pinLastModifiedInV30(id: string, lastModified: string | undefined): void {
    if (lastModified === undefined) this.#lastModifiedInV30.delete(id)
    else if (!this.#lastModifiedInV30.has(id)) this.#lastModifiedInV30.set(id, lastModified)
  }

  /** The `last_modified` that v3.0 shows of a record, where it is not the record's own. */
  lastModifiedInV30(id: string): string | undefined {
    return this.#lastModifiedInV30.get(id)
  }

  /** A record as the given version shows it, as text. */
  textFor(id: string, version: ApiVersion): string | undefined {
    const text = this.#texts.get(id)
    if (text === undefined || version === "v3.1" || !this.differs) return text
    const record = limitToVersion(this.kind, parseObject(text), version)
    const pinned = this.#lastModifiedInV30.get(id)
    if (pinned !== undefined) record.last_modified = pinned
    return JSON.stringify(record)
  }

  /** All ids, ascending. */
  ids(): readonly string[] {
    if (!this.#sorted) {
      const ids = [...this.#texts.keys()]
      // Nearly always in order already, as ids are born ascending: looking is cheaper than sorting.
      if (!ids.every((id, index) => index === 0 || (ids[index - 1] as string) < id)) ids.sort()
      this.#ids = ids
      this.#sorted = true
    }
    return this.#ids
  }

  /**
   * The ids of the records that satisfy a condition, ascending; kept under `name` until anything changes.
   * `hint` is a text without which a record can't satisfy it, so that most need not be parsed.
   */
  idsWhere(name: string, condition: (record: JsonObject) => boolean, hint?: string): readonly string[] {
    const known = this.#filtered.get(name)
    if (known !== undefined) return known
    const found = this.ids().filter((id) => {
      const text = this.#texts.get(id) as string
      return (hint === undefined || text.includes(hint)) && condition(parseObject(text))
    })
    this.#filtered.set(name, found)
    return found
  }
}
