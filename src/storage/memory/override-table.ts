import { hideReferences } from "../../models/hide-references.ts"
import type { Kind } from "../../models/kinds.ts"
import { Mention } from "../../models/mention.ts"
import type { FieldOverride, OverrideKey, OverrideQuery } from "../contract.ts"
import { OrderedMap, page } from "./ordered-map.ts"

/** The app's own values of a record's fields, by path. */
type RecordOverrides = OrderedMap<FieldOverride>

/** The app's own values of single fields. What goes in and out is copied. */
export class OverrideTable {
  /** By district and kind, then by record id. */
  readonly #overrides = new Map<string, OrderedMap<RecordOverrides>>()

  set(override: FieldOverride): void {
    this.#record(override).set(override.path, copyOf(override))
  }

  /** Sets it unless the field has one. */
  add(override: FieldOverride): void {
    const fields = this.#record(override)
    if (fields.get(override.path) === undefined) fields.set(override.path, copyOf(override))
  }

  clearOf({ districtId, kind, id, path }: OverrideKey): number {
    const records = this.#overrides.get(placeOf(districtId, kind))
    const fields = records?.get(id)
    if (records === undefined || fields === undefined) return 0
    const before = fields.size
    if (path !== undefined) fields.delete(path)
    const left = path === undefined ? 0 : fields.size
    if (left === 0) records.delete(id)
    return before - left
  }

  list({ districtId, kind, ids, after, limit }: OverrideQuery): FieldOverride[] {
    const records = this.#overrides.get(placeOf(districtId, kind))
    if (records === undefined) return []
    return page(walk(records, ids, after), limit, copyOf)
  }

  /** Removes the record's, and those of the district's others that name it; hides it where it has set one. */
  erase(districtId: string, kind: Kind, id: string): { documents: number; mentions: number } {
    const counts = { documents: this.clearOf({ districtId, kind, id }), mentions: 0 }
    const mention = new Mention(id)
    for (const override of this.entries()) {
      if (override.districtId !== districtId) continue
      if (hideReferences(JSON.stringify(override.value), id) !== undefined) {
        counts.documents += this.clearOf(override)
      } else if (mention.isIn(override.by)) {
        this.set({ ...override, by: mention.hideIn(override.by) })
        counts.mentions++
      }
    }
    return counts
  }

  /** Removes all of a district; tells how many. */
  eraseDistrict(districtId: string): number {
    const gone = this.entries().filter((override) => override.districtId === districtId)
    for (const override of gone) this.clearOf(override)
    return gone.length
  }

  /** Everything that it holds. */
  entries(): FieldOverride[] {
    return [...this.#overrides.values()].flatMap((records) => [...walk(records, undefined, undefined)])
  }

  clear(): void {
    this.#overrides.clear()
  }

  #record({ districtId, kind, id }: FieldOverride): RecordOverrides {
    const place = placeOf(districtId, kind)
    const records = this.#overrides.get(place) ?? new OrderedMap<RecordOverrides>()
    this.#overrides.set(place, records)
    const fields = records.get(id) ?? new OrderedMap<FieldOverride>()
    if (fields.size === 0) records.set(id, fields)
    return fields
  }
}

function* walk(
  records: OrderedMap<RecordOverrides>,
  ids: readonly string[] | undefined,
  after: OverrideQuery["after"],
): Generator<FieldOverride, void, undefined> {
  if (after !== undefined && (ids === undefined || ids.includes(after.id))) {
    yield* records.get(after.id)?.after(after.path) ?? []
  }
  if (ids === undefined) {
    for (const fields of records.after(after?.id ?? "")) yield* fields.after("")
    return
  }
  for (const id of [...new Set(ids)].sort()) {
    if (after === undefined || id > after.id) yield* records.get(id)?.after("") ?? []
  }
}

function placeOf(districtId: string, kind: Kind): string {
  return JSON.stringify([districtId, kind])
}

function copyOf({ districtId, kind, id, path, value, at, by }: FieldOverride): FieldOverride {
  return { districtId, kind, id, path, value: JSON.parse(JSON.stringify(value ?? null)), at, by }
}
