import { hideReferences } from "../../models/hide-references.ts"
import { Mention } from "../../models/mention.ts"
import type { DocumentQuery, DocumentWrite, StoredDocument } from "../contract.ts"
import { OrderedMap, page } from "./ordered-map.ts"

interface DocumentEntry extends Omit<StoredDocument, "value"> {
  /** The value as JSON. */
  readonly text: string
}

/** What is neither roster nor run. What goes in and out is copied. */
export class DocumentTable {
  readonly #collections = new Map<string, OrderedMap<DocumentEntry>>()

  get(collection: string, key: string): StoredDocument | undefined {
    const entry = this.#collections.get(collection)?.get(key)
    return entry === undefined ? undefined : documentOf(entry)
  }

  list({ collection, districtId, prefix = "", after = "", limit }: DocumentQuery): StoredDocument[] {
    const entries = this.#collections.get(collection)?.after(after) ?? []
    return page(entries, limit, (entry) => {
      if (!entry.key.startsWith(prefix)) return undefined
      if (districtId !== undefined && entry.districtId !== districtId) return undefined
      return documentOf(entry)
    })
  }

  /** All of the writes, or none if one of them expects another revision. */
  write(writes: readonly DocumentWrite[]): boolean {
    const revisions = new Map<string, number>()
    for (const write of writes) {
      const place = JSON.stringify([write.collection, write.key])
      const revision = revisions.get(place) ?? this.#revision(write)
      if (write.expect !== undefined && write.expect !== revision) return false
      revisions.set(place, "delete" in write ? 0 : revision + 1)
    }
    for (const write of writes) this.#put(write)
    return true
  }

  /** The same whatever the writes expect. */
  force(writes: readonly DocumentWrite[]): void {
    for (const write of writes) this.#put(write)
  }

  /**
   * Removes the documents of the district, or of none, that tell of the id, and hides it in others; or all documents
   * of the district.
   */
  erase(districtId: string, id: string | undefined): { documents: number; mentions: number } {
    const counts = { documents: 0, mentions: 0 }
    for (const entry of this.entries()) {
      if (entry.districtId !== districtId && entry.districtId !== null) continue
      const mention = new Mention(id ?? districtId)
      const isGone =
        (id === undefined && entry.districtId === districtId) ||
        mention.isIn(entry.key) ||
        entry.subjects.some((subject) => mention.isIn(subject))
      const text = isGone ? undefined : hideReferences(entry.text, mention.id)
      if (isGone) {
        this.#collections.get(entry.collection)?.delete(entry.key)
        counts.documents++
      } else if (text !== undefined) {
        const { collection, key, revision } = entry
        this.#collections.get(collection)?.set(key, { ...entry, text, revision: revision + 1 })
        counts.mentions++
      }
    }
    return counts
  }

  /** Everything that it holds. */
  entries(): DocumentEntry[] {
    return [...this.#collections.values()].flatMap((entries) => [...entries.after("")])
  }

  clear(): void {
    this.#collections.clear()
  }

  #revision({ collection, key }: DocumentWrite): number {
    return this.#collections.get(collection)?.get(key)?.revision ?? 0
  }

  #put(write: DocumentWrite): void {
    const { collection, key } = write
    let entries = this.#collections.get(collection)
    if ("delete" in write) {
      entries?.delete(key)
      return
    }
    if (entries === undefined) {
      entries = new OrderedMap()
      this.#collections.set(collection, entries)
    }
    entries.set(key, {
      collection,
      key,
      districtId: write.districtId,
      subjects: [...(write.subjects ?? [])],
      revision: this.#revision(write) + 1,
      text: JSON.stringify(write.value ?? null),
    })
  }
}

function documentOf({ text, subjects, ...entry }: DocumentEntry): StoredDocument {
  return { ...entry, subjects: [...subjects], value: JSON.parse(text) as unknown }
}
